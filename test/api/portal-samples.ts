import type { RouteName } from '../../api/contract.ts';
import type { RouteSample } from './route-samples.ts';

const sha256 = 'a'.repeat(64);
// No cycle of this month is ever started.
const merchant = (path: string) => (slug: string) => `/v1/merchants/${slug}${path}`;
const cycle = (path: string) => merchant(`/cycles/2026-10${path}`);
const exchange = (path: string) => merchant(`/exchanges/2026-10/auth/1${path}`);

/** Samples of the routes for what operators do on the portal and at the reconciliation desk. */
export const portalSamples = {
  listInquiries: { path: cycle('/payment-inquiries'), answer: 'cycle-not-found' },
  readInquiry: {
    path: cycle('/payment-inquiries'),
    json: () => ({ sha256 }),
    answer: 'cycle-not-found',
  },
  compareInquiry: { path: cycle('/payment-inquiries/1'), answer: 'cycle-not-found' },
  listComparedPayments: { path: cycle('/payment-inquiries/1/rows'), answer: 'cycle-not-found' },
  acknowledgeInquiry: {
    path: cycle('/payment-inquiries/1/acknowledgement'),
    json: () => ({ confirmed: { rows: 1, yen: 1 }, reason: 'walk' }),
    answer: 'cycle-not-found',
  },
  useInquiry: {
    path: cycle('/payment-inquiries/1/use'),
    json: () => ({ confirmed: { rows: 1, yen: 1 }, reason: 'walk' }),
    answer: 'cycle-not-found',
  },
  listPortalCaptures: { path: cycle('/portal-captures'), answer: 'cycle-not-found' },
  downloadPortalCaptures: { path: cycle('/portal-captures.csv'), answer: 'cycle-not-found' },
  confirmPortalCaptures: {
    path: cycle('/confirmed-captures'),
    json: () => ({ orderNumbers: null, confirmed: { rows: 1, yen: 1 }, result: 'captured' }),
    answer: 'cycle-not-found',
  },
  listVoids: { path: cycle('/voids'), answer: 'cycle-not-found' },
  downloadVoids: { path: cycle('/voids.csv'), answer: 'cycle-not-found' },
  suggestVoids: { path: cycle('/suggested-voids'), answer: 'cycle-not-found' },
  voidCharges: {
    path: cycle('/voids'),
    json: () => ({ orderNumbers: ['1'], confirmed: { rows: 1, yen: 1 }, reason: 'walk' }),
    answer: 'cycle-not-found',
  },
  confirmVoids: {
    path: cycle('/confirmed-voids'),
    json: () => ({ orderNumbers: ['1'], result: 'voided' }),
    answer: 'cycle-not-found',
  },
  listDeskItems: { path: merchant('/reconciliation-desk'), answer: 200 },
  readDeskItem: {
    path: merchant('/reconciliation-desk/items/line.2026-10.auth.1.2'),
    answer: 'desk-item-not-found',
  },
  decideDeskItems: {
    path: merchant('/reconciliation-desk/decisions'),
    json: () => ({
      decisions: [{ item: 'line.2026-10.auth.1.2', action: 'ok' }],
      reason: 'walk',
    }),
    answer: 'conflict',
  },
  downloadDeskSheet: { path: merchant('/reconciliation-desk/items.csv'), answer: 200 },
  previewDeskSheet: {
    path: merchant(`/reconciliation-desk/sheets/${sha256}`),
    answer: 'file-not-found',
  },
  applyDeskSheet: {
    path: merchant(`/reconciliation-desk/sheets/${sha256}/decisions`),
    json: () => ({ confirmed: { rows: 0, yen: 0 }, reason: 'walk' }),
    answer: 'file-not-found',
  },
  listResultChanges: { path: exchange('/result-changes'), answer: 'exchange-not-found' },
} as const satisfies Partial<Record<RouteName, RouteSample>>;
