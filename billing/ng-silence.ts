import {
  addDays,
  type BusinessDate,
  businessDateOf,
  startOfBusinessDate,
} from './business-date.ts';
import { nextWave, type PlanningContext } from './retry-planner.ts';

/** Steps that follow from a customer's silence: whoever was not written to yet has not been silent. */
export const SILENT_STEPS = ['contact', 'carry_over', 'give_up'] as const;
export type SilentStep = (typeof SILENT_STEPS)[number];

/** What is known of the mails of a case whose silent step is due. */
export interface CaseMails {
  readonly step: SilentStep;
  /** A mail waits, is on its way, or nobody knows whether it left. */
  readonly unsent: boolean;
  /** Date in Japan on which the latest mail left; null: none has. */
  readonly sentOn: BusinessDate | null;
}

const NAMES: Readonly<Record<SilentStep, string>> = {
  contact: '再度の連絡',
  carry_over: '翌月への繰越',
  give_up: '請求の断念',
};

/**
 * Until when a due step waits because its customer has not had the days that the settings give: they
 * count from the day on which the mail left, not from the day on which it was to leave.
 *
 * @returns null: it may be taken now
 */
export function waitForAnswer(
  { step, unsent, sentOn }: CaseMails,
  context: PlanningContext,
): { readonly dueAt: string; readonly why: string } | null {
  const today = businessDateOf(context.now);
  if (unsent) {
    const dueAt = nextWave(startOfBusinessDate(addDays(today, 1)), context);
    const why = `顧客へのメールがまだ送信されていないか、送信されたか不明なため、${NAMES[step]}を延ばしています。送信されてから日数を数えます。メールの一覧を確かめてください。`;
    return { dueAt, why };
  }
  if (sentOn === null) return null;
  const from = addDays(sentOn, answerDaysOf(step, context));
  if (today >= from) return null;
  const dueAt = nextWave(startOfBusinessDate(from), context);
  const why = `顧客へのメールは ${sentOn} に送信されました。返答を待つため、${NAMES[step]}は ${businessDateOf(dueAt)} です。`;
  return { dueAt, why };
}

function answerDaysOf(step: SilentStep, { settings }: PlanningContext): number {
  if (step === 'carry_over') return settings.carryOver.noticeDays;
  return step === 'contact' ? settings.askAgainAfterDays : settings.contact.answerDays;
}
