import type { RefreshFacts } from '../billing/card-refresh.ts';
import { defineOperatorUpdate } from './messages.ts';

/** What people tell a month's card refresh. */

/** What waits is tried now; a month that was not run is run after all, while there is time. */
export const runRefreshNow = defineOperatorUpdate<object, RefreshFacts>('runRefreshNow');

/** What became of a request of which nobody knows whether it arrived. */
export const decideRefreshRequest = defineOperatorUpdate<
  { readonly arrived: boolean },
  RefreshFacts
>('decideRefreshRequest');

/** The month ends as it is: without a request, or with cards that nobody judged. */
export const closeRefresh = defineOperatorUpdate<object, RefreshFacts>('closeRefresh');

/** A result that a person brings: stored bytes, named by their hash. */
export const ingestRefreshResult = defineOperatorUpdate<{ readonly sha256: string }, RefreshFacts>(
  'ingestRefreshResult',
);
