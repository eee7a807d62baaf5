import type { RouteName } from '../../api/contract.ts';
import type { RouteSample } from './route-samples.ts';

const merchant = (path: string) => (slug: string) => `/v1/merchants/${slug}${path}`;

/** Samples of the routes of the NG desk and of its mails to customers. */
export const ngSamples = {
  listNgCases: { path: merchant('/ng-cases'), answer: 200 },
  downloadNgCases: { path: merchant('/ng-cases.csv'), answer: 200 },
  readNgCase: { path: merchant('/cycles/2026-11/ng-cases/1'), answer: 'ng-case-not-found' },
  actOnNgCases: {
    path: merchant('/ng-cases/acts'),
    json: () => ({ kind: 'retry', on: null, cases: [{ month: '2026-11', orderNumber: '1' }] }),
    answer: 'conflict',
  },
  listCustomerMailTemplates: { path: merchant('/customer-mail-templates'), answer: 200 },
  listCustomerMailVersions: {
    path: merchant('/customer-mail-templates/held/versions'),
    answer: 200,
  },
  saveCustomerMailTemplate: {
    path: merchant('/customer-mail-templates/held'),
    json: () => ({ subject: '件名', body: '@@customer_name@@ 様', version: 9 }),
    answer: 'conflict',
  },
  previewCustomerMailTemplate: {
    path: merchant('/customer-mail-templates/held/preview'),
    json: () => ({}),
    answer: 200,
  },
  previewCustomerMail: {
    path: merchant('/cycles/2026-11/ng-cases/1/customer-mail'),
    answer: 'ng-case-not-found',
  },
  verifyCardPageLink: {
    path: merchant('/card-page-links/verification'),
    json: () => ({ token: 'v1.none' }),
    answer: 'link-forged',
  },
  readNgReport: { path: merchant('/ng-report?from=2026-11-01&to=2026-11-30'), answer: 200 },
  downloadNgReport: {
    path: merchant('/ng-report.csv?from=2026-11-01&to=2026-11-30'),
    answer: 200,
  },
} satisfies Partial<Record<RouteName, RouteSample>>;
