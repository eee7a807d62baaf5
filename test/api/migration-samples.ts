import type { RouteSample } from './route-samples.ts';

/** Requests for the routes of card migrations; no migration is ever started but by the first. */
const merchant = (path: string) => (slug: string) => `/v1/merchants/${slug}${path}`;
const one = (path = '') => merchant(`/card-migrations/99${path}`);
const missing = 'migration-not-found';
const act = (path: string, body: object = {}): RouteSample => ({
  path: one(path),
  json: () => body,
  answer: missing,
});

export const migrationSamples = {
  startCardMigration: {
    path: merchant('/card-migrations'),
    json: () => ({ service: 'YAMATO', oldService: '旧カート', follows: 99 }),
    answer: 'conflict',
  },
  listCardMigrations: { path: merchant('/card-migrations'), answer: 200 },
  readCardMigration: { path: one(), answer: missing },
  listMigrationFindings: { path: one('/findings'), answer: missing },
  acknowledgeMigrationCheck: act('/acknowledgements', { check: 'fee_known' }),
  decideMigrationCustomers: act('/decisions', {
    decisions: [{ customerId: 'US-00000001', choice: 'acknowledged' }],
  }),
  releaseLinkFile: act('/link-files'),
  downloadLinkFile: { path: one('/link-files/1/file'), answer: missing },
  recordLinkHandOver: act('/hand-over'),
  uploadReturnedFile: { path: one('/returned-files?name=r.csv'), raw: 'a,b\r\n', answer: missing },
  listReturnedRows: { path: one('/returned-files/1/rows'), answer: missing },
  downloadReturnedRows: { path: one('/returned-files/1/rows.csv'), answer: missing },
  listUncoveredCustomers: { path: one('/uncovered'), answer: missing },
  downloadUncoveredCustomers: { path: one('/uncovered.csv'), answer: missing },
  listMigrationCharges: { path: one('/open-charges'), answer: missing },
  acceptCoverage: act('/acceptance', { uncovered: 0 }),
  cancelCardMigration: act('/cancellation'),
} as const satisfies Record<string, RouteSample>;
