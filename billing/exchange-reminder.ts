import { type ExchangeName, type ExchangeStage, exchangeFileName } from './exchange.ts';
import { describeCarriage, type ExchangeTransport } from './exchange-transport.ts';
import type { MailParameters } from './mail/templates.ts';

/** What a reminder of a waiting file is made of. */
export interface WaitingExchange extends ExchangeName {
  readonly stage: ExchangeStage;
  readonly records: number;
  readonly amountYen: number;
  readonly acceptanceNumber: string | null;
  /** ISO instant since which it waits. */
  readonly waitsSince: string;
  readonly attention: boolean;
  readonly transport: ExchangeTransport;
  readonly dueAt: string | null;
  readonly note: string | null;
  readonly sendOpen: boolean;
}

export type ExchangeReminder =
  | {
      readonly template: 'hand_over_waiting';
      readonly parameters: MailParameters<'hand_over_waiting'>;
    }
  | { readonly template: 'result_waiting'; readonly parameters: MailParameters<'result_waiting'> }
  | { readonly template: 'attention'; readonly parameters: MailParameters<'attention'> };

/** A file whose turn has not come waits for other files, and people are reminded of those. */
export function isReminded(stage: ExchangeStage): boolean {
  return stage === 'handing_over' || stage === 'awaiting_result' || stage === 'unknown';
}

/**
 * What operators are reminded of; null when nothing waits for them.
 *
 * @param unsettled lines that a result left without a definite outcome
 * @param waitingDays as planned by `planReminders`
 */
export function writeExchangeReminder(
  exchange: WaitingExchange,
  unsettled: number,
  waitingDays: number,
): ExchangeReminder | null {
  const { billingMonth: month, kind, number, records, amountYen, stage } = exchange;
  const fileName = exchangeFileName(exchange);
  const file = { month, kind, number, fileName, records, amountYen, waitingDays };
  if (stage === 'handing_over' && exchange.transport === 'portal')
    return { template: 'hand_over_waiting', parameters: file };
  const { acceptanceNumber } = exchange;
  if (stage === 'awaiting_result' && unsettled === 0 && acceptanceNumber !== null) {
    return { template: 'result_waiting', parameters: { ...file, acceptanceNumber } };
  }
  if (!isReminded(stage)) return null;
  const sentence = `${fileName}: ${describeCarriage(exchange, unsettled)}(${waitingDays} 日経過)`;
  return { template: 'attention', parameters: { month, sentence } };
}

/** Names one reminder of one wait, so that it is never posted twice. */
export function exchangeReminderKey(exchange: WaitingExchange, waitingDays: number): string {
  const { billingMonth, kind, number, stage } = exchange;
  const since = Date.parse(exchange.waitsSince);
  return `exchange:${billingMonth}:${kind}:${number}:${stage}:${since}:d${waitingDays}`;
}
