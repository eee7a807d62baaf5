import type { DeclineClass } from './decline.ts';

/** A case of the NG desk: a declined charge on its way to an end (spec 1.8). */

/**
 * What comes next in a case.
 *
 * - `plan`: it was declined since the last wave, which has not planned it yet.
 * - `retry`, `contact`, `carry_over`, `give_up`: the desk does it by itself when it is due.
 * - `await_order`: the customer was told; the next order that is billed takes the charge over. When it
 *   is due, the case goes back to a person.
 * - `decide`, `fix_data`: a person must say what it is, or put our data right; nothing is due.
 * - `await_result`: an authorization was asked for, is on its way or waits for its capture.
 * - `none`: the case is closed.
 */
export const NG_NEXT_STEPS = [
  'plan',
  'retry',
  'contact',
  'carry_over',
  'await_order',
  'give_up',
  'decide',
  'fix_data',
  'await_result',
  'none',
] as const;
export type NgNextStep = (typeof NG_NEXT_STEPS)[number];

/** Next steps that wait for a person, whatever the day. */
export const NG_STEPS_OF_PEOPLE: readonly NgNextStep[] = ['decide', 'fix_data'];

/** What operators read. */
export const ngNextStepLabels: Readonly<Record<NgNextStep, string>> = {
  plan: '計画の作成待ち',
  retry: '再オーソリ',
  contact: '顧客への連絡',
  carry_over: '翌月へ繰越',
  await_order: '翌月の受注待ち',
  give_up: '請求断念',
  decide: '担当者の判断待ち',
  fix_data: 'データの修正待ち',
  await_result: '結果待ち',
  none: '完了',
};

/**
 * How a case ended. `replaced`: another order was paid in its place. `expired`, `voided`: it was
 * authorized again and that authorization lapsed or was taken back; the month says what follows.
 */
export const NG_OUTCOMES = [
  'paid',
  'replaced',
  'carried_over',
  'cancelled',
  'given_up',
  'voided',
  'expired',
] as const;
export type NgOutcome = (typeof NG_OUTCOMES)[number];

export const ngOutcomeLabels: Readonly<Record<NgOutcome, string>> = {
  paid: '入金(消込済)',
  replaced: '別の注文で支払済み',
  carried_over: '翌月へ繰越',
  cancelled: 'キャンセル',
  given_up: '請求断念',
  voided: 'オーソリ取消',
  expired: 'オーソリ期限切れ',
};

/** What brought the money of a paid case in. */
export const NG_RECOVERIES = [
  'retry',
  'retry_now',
  'new_card',
  'limit_raised',
  'replaced',
  'other',
] as const;
export type NgRecovery = (typeof NG_RECOVERIES)[number];

/** One line of a case's history. */
export const NG_STEP_KINDS = [
  'opened',
  'declined_again',
  'planned',
  'retry',
  'retry_now',
  'contact',
  'new_card',
  'limit_raised',
  'classified',
  'replaced',
  'carry_over',
  'given_up',
  'cancelled',
  'closed',
] as const;
export type NgStepKind = (typeof NG_STEP_KINDS)[number];

/** A step that is still to come, with the reason for it and for its day in Japanese. */
export interface PlannedStep {
  readonly step: Exclude<NgNextStep, 'plan' | 'none' | 'await_result'>;
  /** ISO instant at which the desk takes it; null: a person does. */
  readonly dueAt: string | null;
  readonly why: string;
}

/** Which limit was exceeded, once a person has learnt it. */
export const LIMIT_KINDS = ['daily', 'monthly'] as const;
export type LimitKind = (typeof LIMIT_KINDS)[number];

/** Classes in which the very same card is never tried again (spec 1.8). */
export const NEVER_RETRIED_AS_IS: readonly DeclineClass[] = ['card_expired', 'card_cancelled'];
