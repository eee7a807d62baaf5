import type { CycleStage } from '../billing/cycle.ts';
import type { ExchangeFacts, ExchangeStage } from '../billing/exchange.ts';
import { describeCarriage } from '../billing/exchange-transport.ts';

/** The exchange's place among the stages by which people search. */
export function stageOf(stage: ExchangeStage): CycleStage {
  if (stage === 'built' || stage === 'handing_over') return 'handing_over';
  return stage === 'reconciling' ? 'reconciling' : 'awaiting_result';
}

/** With the portal every step but the PSP's own work, and the file's turn, waits for an operator. */
export function waitsForPerson(facts: ExchangeFacts): boolean {
  if (facts.transport !== 'portal') return facts.attention;
  if (facts.stage === 'built') return false;
  return facts.stage !== 'awaiting_result' || facts.unsettled > 0 || facts.completed;
}

/** What the file waits for, as an operator reads it. */
export function describeFacts(facts: ExchangeFacts): string {
  return describeCarriage(facts, facts.unsettled);
}
