import type { BusinessDate } from './business-date.ts';
import { businessDateOf } from './business-date.ts';
import { type DeclineClass, declineLabels } from './decline.ts';
import { type LimitKind, NEVER_RETRIED_AS_IS } from './ng-case.ts';
import { isWithinBudget, type RetryUsage } from './retry-budget.ts';
import type { NgCaseFacts } from './retry-planner.ts';

/** What a person may do with cases of the NG desk, one or many at a time. */
export type NgAct =
  /** Another attempt: on a day, or (null) at once. */
  | { readonly kind: 'retry'; readonly on: BusinessDate | null }
  /** The customer had the limit raised; a daily one holds for that day: retry at once or on a day. */
  | { readonly kind: 'limit_raised'; readonly limit: LimitKind; readonly on: BusinessDate | null }
  /** It is known which limit it was: the plan follows from it. */
  | { readonly kind: 'limit_known'; readonly limit: LimitKind }
  | { readonly kind: 'ask_customer' }
  /** The next mail to the customer does not leave, whether it is planned or waits. */
  | { readonly kind: 'skip_contact' }
  /**
   * A new card or registration lives at PSP or shop; column L names `previousOrderNumber` from now on
   * (null: the registration of before was brought up to date there).
   */
  | { readonly kind: 'new_card'; readonly previousOrderNumber: string | null }
  /** Another order was paid in its place. */
  | { readonly kind: 'replaced'; readonly byOrderNumber: string }
  /** Billed with the next order of the customer, or (`toOrderNumber`) with one that a person names. */
  | { readonly kind: 'carry_over'; readonly toOrderNumber: string | null }
  | { readonly kind: 'classify'; readonly class: DeclineClass }
  | { readonly kind: 'cancel' }
  | { readonly kind: 'give_up' };

/** Names a case to people: its order in its month. */
export interface NgCaseName {
  /** YYYY-MM. */
  readonly month: string;
  readonly orderNumber: string;
  /** The declined attempt at which the case stood when the person looked; unnamed, any. */
  readonly attempt?: number | undefined;
}

/** Why a person's retry of one case is refused, in an operator's words; null when it may be. */
export function refuseRetry(
  of: Pick<NgCaseFacts, 'class' | 'code' | 'retries' | 'registered' | 'brand' | 'usage'>,
  when: { readonly on: BusinessDate | null; readonly now: string; readonly maxRetries: number },
): string | null {
  const { on, now, maxRetries } = when;
  if (on !== null && on < businessDateOf(now)) return '過去の日付です';
  if (NEVER_RETRIED_AS_IS.includes(of.class) && !of.registered) {
    return `${declineLabels[of.class]}のため、同じカードでは再オーソリできません。新しいカードまたは登録を記録してください`;
  }
  if (of.retries >= maxRetries) {
    return `再オーソリの上限(${maxRetries} 回、設定 ng.maxRetries)に達しています`;
  }
  return exceedsBudget(of) && (on === null || on === businessDateOf(now))
    ? '国際ブランドの再試行回数の上限に達しています。日を改めて指定してください'
    : null;

  function exceedsBudget(card: { brand: NgCaseFacts['brand']; usage: RetryUsage }): boolean {
    return !isWithinBudget(card.brand, card.usage, now);
  }
}
