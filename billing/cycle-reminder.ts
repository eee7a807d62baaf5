import { type CycleFacts, needsAttention } from './cycle.ts';
import { describeCycle } from './describe-cycle.ts';
import type { MailParameters } from './mail/templates.ts';

export type CycleReminder =
  | { readonly template: 'orders_waiting'; readonly parameters: MailParameters<'orders_waiting'> }
  | {
      readonly template: 'approval_waiting';
      readonly parameters: MailParameters<'approval_waiting'>;
    }
  | { readonly template: 'refused_step'; readonly parameters: MailParameters<'refused_step'> }
  | { readonly template: 'attention'; readonly parameters: MailParameters<'attention'> };

/**
 * What operators are reminded of in a month; null when nothing waits for them. Files remind of
 * themselves: a month that waits for nothing else says nothing.
 */
export function writeCycleReminder(
  month: string,
  facts: CycleFacts,
  waitingDays: number,
): CycleReminder | null {
  if (facts.trouble !== null) {
    return { template: 'refused_step', parameters: { month, sentence: describeCycle(facts) } };
  }
  if (facts.stage === 'collecting' && !facts.collected) {
    return { template: 'orders_waiting', parameters: { month, waitingDays } };
  }
  if (facts.approval?.current === true && !facts.approval.approved) {
    const { n, rows, yen, why } = facts.approval;
    const asked = { month, preview: n, charges: rows, amountYen: yen, why, again: false };
    return { template: 'approval_waiting', parameters: { ...asked, waitingDays } };
  }
  const files = { ...facts.exchanges, toHandOver: 0, stuck: 0, unsettled: 0 };
  if (!needsAttention({ ...facts, exchanges: files })) return null;
  const sentence = `${describeCycle(facts)}(${waitingDays} 日経過)`;
  return { template: 'attention', parameters: { month, sentence } };
}

/** Names one reminder of one wait, so that it is never posted twice. */
export function cycleReminderKey(month: string, since: string, waitingDays: number): string {
  return `cycle:${month}:${Date.parse(since)}:d${waitingDays}`;
}
