import { continueAsNew, proxyActivities, setHandler, workflowInfo } from '@temporalio/workflow';
import type { FileActivities, MainActivities } from '../activities/index.ts';
import type { CycleStage } from '../billing/cycle.ts';
import {
  describeExchange,
  type ExchangeFacts,
  type ExchangeName,
  type ExchangeStage,
  isFinishedExchange,
} from '../billing/exchange.ts';
import { fileActivity, shortActivity, timingOf, type WorkflowInput } from './activity-options.ts';
import { hangBell } from './bell.ts';
import { startClock } from './clock.ts';
import {
  ingestResult,
  recordAcceptance,
  recordCompletion,
  recordFormatErrors,
  settleLines,
} from './messages.ts';
import { refuseUnless } from './refusals.ts';
import { setStage } from './stage.ts';

export interface FileExchangeInput extends WorkflowInput {
  readonly exchange: ExchangeName;
  /** Started again for a result that comes after the file was settled. */
  readonly lateResult?: boolean;
}

/** Long enough for the Update that follows the start; nobody waits for this to pass. */
const LATE_RESULT_PAUSE_MS = 60_000;

/**
 * The round trip of one file with a PSP, by its portal: an operator takes the file, brings back the
 * 受付番号 and later the result. Whatever is told is a row before it is a yes; the workflow waits and
 * tells the month. Reminders come with the mails.
 */
export async function fileExchange(input: FileExchangeInput): Promise<void> {
  const clock = startClock(input.clockOffsetMs);
  const bell = hangBell(clock);
  const short = proxyActivities<MainActivities>(shortActivity(timingOf(input)));
  const files = proxyActivities<FileActivities>(fileActivity(timingOf(input)));
  const { workflowId } = workflowInfo();
  const of = () => ({ merchant: input.merchant, exchange: input.exchange, now: clock.now() });
  let stage: ExchangeStage = 'built';
  let opened = false;

  /** Every act ends the same way: the loop reads the row again, and the month is told. */
  const told = async <Result>(act: () => Promise<Result>): Promise<Result> => {
    // It may come with the very first task, before the file is open to the operator.
    await clock.until(null, () => opened);
    const value = await act();
    await short.reportToCycle(of());
    bell.ring();
    return value;
  };
  const validator = (_act: unknown) => refuseFinished(stage);
  setHandler(
    recordAcceptance,
    ({ acceptanceNumber, ...act }) =>
      told(() => short.recordAcceptance({ ...of(), workflowId, act, acceptanceNumber })),
    { validator },
  );
  setHandler(
    recordFormatErrors,
    ({ errors, ...act }) =>
      told(() => short.recordFormatErrors({ ...of(), workflowId, act, errors })),
    { validator },
  );
  setHandler(
    recordCompletion,
    (act) => told(() => short.recordCompletion({ ...of(), workflowId, act })),
    { validator },
  );
  // At any stage: what a late result says against the record is the sign of a double billing.
  setHandler(ingestResult, ({ sha256, ...act }) =>
    told(() => files.ingestResult({ ...of(), workflowId, act, sha256 })),
  );
  setHandler(
    settleLines,
    ({ orderNumbers, outcome, ...act }) =>
      told(() => short.settleLines({ ...of(), workflowId, act, orderNumbers, outcome })),
    { validator },
  );

  const { clockOffsetMs, ...first } = await short.readExchange(of());
  clock.moveTo(clockOffsetMs);
  let facts: ExchangeFacts = first;
  if (facts.stage === 'built') facts = await short.beginHandOver(of());
  opened = true;

  while (!isFinishedExchange(facts.stage)) {
    stage = facts.stage;
    setStage(stageOf(facts.stage), waitsForPerson(facts), describeFacts(facts));
    await bell.waits(null, describeFacts(facts));
    if (workflowInfo().continueAsNewSuggested) {
      await clock.quiet();
      await continueAsNew<typeof fileExchange>({ ...input, clockOffsetMs: clock.offsetMs() });
    }
    facts = await short.readExchange(of());
  }
  stage = facts.stage;
  if (input.lateResult === true) await bell.pauses(LATE_RESULT_PAUSE_MS, '遅れて届いた結果');
  setStage('closed', false, describeFacts(facts));
  await short.reportToCycle(of());
  await clock.quiet();
}

/** The exchange's place among the stages by which people search. */
function stageOf(stage: ExchangeStage): CycleStage {
  if (stage === 'built' || stage === 'handing_over') return 'handing_over';
  return stage === 'reconciling' ? 'reconciling' : 'awaiting_result';
}

/** With the portal every step but the PSP's own work waits for an operator. */
function waitsForPerson(facts: ExchangeFacts): boolean {
  return facts.stage !== 'awaiting_result' || facts.unsettled > 0 || facts.completed;
}

function describeFacts(facts: ExchangeFacts): string {
  return describeExchange(facts.stage, facts.unsettled);
}

function refuseFinished(stage: ExchangeStage): void {
  refuseUnless(!isFinishedExchange(stage), 'このファイルの処理は完了しています。');
}
