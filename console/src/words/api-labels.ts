import type { UnlockedBy } from '../../../billing/card-lock.ts';
import type { MigrationCheck } from '../../../billing/card-migration.ts';
import type { RefreshOutcome } from '../../../billing/card-refresh.ts';
import type { RefreshReason } from '../../../billing/card-refresh-selection.ts';
import type { UncoveredReason } from '../../../billing/migration-coverage.ts';
import type { OpenReason } from '../../../billing/open-rows.ts';
import type { CardNeed } from '../../../billing/refresh-status.ts';
import { useLanguage } from '../language.ts';

/**
 * Codes that the API names in Japanese beside them: the name is the API's, its English ours. Where it
 * gives no name, or the rooms' own words may be loaded, they stand with both languages in the other
 * files of words.
 */
function defineLabels<Code extends string>(english: Readonly<Record<Code, string>>) {
  return () => {
    const { language } = useLanguage();
    const known: Readonly<Record<string, string>> = english;
    return (code: string, ja: string): string => (language === 'ja' ? ja : (known[code] ?? ja));
  };
}

export const useOpenReasonLabels = defineLabels<OpenReason>({
  unjudged: 'Collected rows without a verdict',
  selected_without_charge: 'Orders not billed yet',
  charge_without_selection: 'Charges without a selection',
  charge_amount_differs: 'Charges of another amount than selected',
  line_missing: 'Lines of a file that are missing',
  line_amount_differs: 'Lines of another amount than their charge',
  line_without_verdict: 'Lines without a result',
  contradiction: 'Results that contradict the record',
  stray: 'Result lines that were never sent',
  quarantined: 'Results to look at',
  unknown: 'Unknown results',
  declined: 'Declined authorizations',
  expired: 'Expired authorizations',
  capture_refused: 'Refused captures',
  held: 'On hold',
  planned: 'Not sent yet',
  authorized: 'Awaiting capture',
  sent: 'Awaiting authorization results',
  capture_sent: 'Awaiting capture results',
  void_sent: 'Awaiting void results',
});

export const useRefreshReasonLabels = defineLabels<RefreshReason>({
  first_refresh: 'In: the first refresh covers all cards',
  expires_this_month: 'In: expires in the month of the results',
  expires_next_month: 'In: expires in the month after',
  other_service: 'Out: not a card of GMO',
  customer_deleted: 'Out: the customer was deleted',
  card_deleted: 'Out: the card was deleted',
  unfit_keys: 'Out: its member ID or sequence cannot be written; import the card again',
  locked: 'Out: refused by the last refresh; another card is needed',
  customer_registered_late: 'Out: the customer came after the end of last month',
  card_registered_late: 'Out: the card came after the end of last month',
  expired_before: 'Out: expired already; ask the customer for a new card',
  expires_later: 'Out: expires later',
});

export const useRefreshOutcomeLabels = defineLabels<RefreshOutcome>({
  renewed: 'Card renewed',
  valid: 'Unchanged',
  no_newer_data: 'No newer data: the customer should change the card',
  refused: 'Kept out of billing (card locked)',
  card_changed: 'Not applied: the card was changed since',
  card_gone: 'Not applied: the card was deleted since',
});

export const useUnlockLabels = defineLabels<UnlockedBy>({
  replaced: 'Another card',
  override: 'Mis-match, overridden by two people',
});

export const useCardNeedLabels = defineLabels<CardNeed>({
  locked: 'Refused by the refresh (card locked)',
  expired: 'Expired',
  not_renewed: 'Expires soon, not renewed by the refresh',
});

export const useUncoveredLabels = defineLabels<UncoveredReason>({
  missing: 'Not in the returned file',
  failed: 'Its returned line has an error',
  removed: 'Its imported card has gone since',
  deleted: 'The customer was deleted',
});

export const useMigrationCheckLabels = defineLabels<MigrationCheck>({
  fee_known: 'The fee of linking is known',
  psp_informed: 'The new PSP is informed',
  cart_informed: 'The old cart and the support desk are informed',
  dates_agreed: 'The dates are agreed',
  several_cards_reported: 'Customers with several cards are reported (with the day)',
  canary: 'The first billing of the canary is looked at',
});
