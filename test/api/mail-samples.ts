import type { RouteName } from '../../api/contract.ts';
import type { RouteSample } from './route-samples.ts';

const merchant = (path: string) => (slug: string) => `/v1/merchants/${slug}${path}`;

/** Of mails that leave and of those that come in. */
export const mailSamples = {
  listMails: { path: merchant('/mails'), answer: 200 },
  decideMail: {
    path: merchant('/mails/no-such-mail/decision'),
    json: () => ({ outcome: 'sent', reason: 'walk' }),
    answer: 'mail-not-found',
  },
  readMail: { path: merchant('/mails/no-such-mail'), answer: 'mail-not-found' },
  readMailbox: { path: merchant('/mailbox'), answer: 200 },
  listMailboxMails: { path: merchant('/mailbox/mails'), answer: 200 },
} satisfies Partial<Record<RouteName, RouteSample>>;
