import type { RouteSample } from './route-samples.ts';

const merchant = (path: string) => (slug: string) => `/v1/merchants/${slug}${path}`;
// No card refresh of this month is ever started.
const refresh = (path: string) => merchant(`/card-refreshes/2026-10${path}`);

/** Routes of the monthly card refresh. */
export const refreshSamples = {
  listCardRefreshes: { path: merchant('/card-refreshes'), answer: 200 },
  startCardRefresh: {
    path: merchant('/card-refreshes'),
    json: () => ({ month: '2026-11' }),
    answer: 202,
  },
  readCardRefresh: { path: refresh(''), answer: 'card-refresh-not-found' },
  runCardRefreshNow: {
    path: refresh('/run'),
    json: () => ({ reason: 'walk' }),
    answer: 'card-refresh-not-found',
  },
  decideRefreshRequest: {
    path: refresh('/request-decision'),
    json: () => ({ arrived: true, reason: 'walk' }),
    answer: 'card-refresh-not-found',
  },
  closeCardRefresh: {
    path: refresh('/close'),
    json: () => ({ reason: 'walk' }),
    answer: 'card-refresh-not-found',
  },
  ingestRefreshResult: {
    path: refresh('/result'),
    json: () => ({ sha256: 'a'.repeat(64) }),
    answer: 'file-not-found',
  },
  downloadRefreshRequest: { path: refresh('/request'), answer: 'card-refresh-not-found' },
  previewCardRefresh: { path: refresh('/preview'), answer: 200 },
  downloadRefreshPreview: { path: refresh('/preview.csv'), answer: 200 },
  testRefreshConnection: {
    path: merchant('/card-refresh-connection/test'),
    json: () => ({}),
    answer: 200,
  },
  readEposBanner: { path: merchant('/epos-banner'), answer: 200 },
  saveEposBanner: { path: merchant('/epos-banner'), raw: 'no picture', answer: 'banner-unusable' },
  resetEposBanner: { path: merchant('/epos-banner'), answer: 200 },
  listRefreshResults: { path: refresh('/results'), answer: 'card-refresh-not-found' },
  downloadRefreshResults: { path: refresh('/results.csv'), answer: 'card-refresh-not-found' },
  listRefreshQuarantine: { path: refresh('/quarantine'), answer: 'card-refresh-not-found' },
  listJobs: { path: merchant('/jobs'), answer: 200 },
  searchSubscriptions: {
    path: merchant('/subscriptions?refreshStatus=ng,mismatch,not_judged'),
    answer: 200,
  },
  downloadSubscriptions: { path: merchant('/subscriptions.csv'), answer: 200 },
  listCardsNeedingAction: { path: merchant('/cards-needing-action?need=locked'), answer: 200 },
  downloadCardsNeedingAction: { path: merchant('/cards-needing-action.csv'), answer: 200 },
  readExpiryCalendar: { path: merchant('/card-expiries?months=3'), answer: 200 },
  listExpiringCards: { path: merchant('/card-expiries/2026-12'), answer: 200 },
  countCardNotices: { path: merchant('/card-notices?need=locked'), answer: 200 },
  // Customers of the walk's merchant get no mail of ours.
  postCardNotices: {
    path: merchant('/card-notices'),
    json: () => ({ confirmed: 1 }),
    answer: 'conflict',
  },
  listCardLocks: { path: merchant('/card-locks'), answer: 200 },
  downloadCardLocks: { path: merchant('/card-locks.csv'), answer: 200 },
  readCardLock: { path: merchant('/card-locks/1'), answer: 'card-lock-not-found' },
  requestLockOverride: {
    path: merchant('/card-locks/1/overrides'),
    json: () => ({ mismatch: 'wrong_row', evidenceSha256: 'a'.repeat(64), reason: 'walk' }),
    answer: 'card-lock-not-found',
  },
  answerLockOverride: {
    path: merchant('/card-locks/1/override-answer'),
    json: () => ({ override: 1, answer: 'rejected', reason: 'walk' }),
    answer: 'card-lock-not-found',
  },
} as const satisfies Record<string, RouteSample>;
