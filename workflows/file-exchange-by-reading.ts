import { continueAsNew, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { FileActivities, MainActivities } from '../activities/index.ts';
import { type ExchangeFacts, type ExchangeStage, isFinishedExchange } from '../billing/exchange.ts';
import { isReminded } from '../billing/exchange-reminder.ts';
import { earlierInstant } from '../billing/instant.ts';
import { planReminders } from '../billing/reminders.ts';
import { fileActivity, shortActivity, timingOf } from './activity-options.ts';
import { hangBell } from './bell.ts';
import { startClock } from './clock.ts';
import { type ActTaker, hearExchangeActs } from './exchange-acts.ts';
import { describeFacts, stageOf, waitsForPerson } from './exchange-stage.ts';
import {
  type FileExchangeInput,
  type fileExchange,
  LATE_RESULT_PAUSE_MS,
} from './file-exchange.ts';
import { shouldContinueAsNew } from './history.ts';
import { createMachineCarrier } from './machine-carrier.ts';
import type { OperatorAct } from './messages.ts';
import { setStage } from './stage.ts';

/**
 * The story of `fileExchange` as runs tell it that were begun before its acts said how the row is
 * after them: every act is followed by a report to the month, a look for whose turn it is and a
 * reading of the row, each a step of its own. Nothing here may change; the file goes when no such run
 * is left (docs/operations.md, "A new version").
 */
export async function exchangeByReading(input: FileExchangeInput): Promise<void> {
  const clock = startClock(input.clockOffsetMs);
  const bell = hangBell(clock);
  const timing = timingOf(input);
  const short = proxyActivities<MainActivities>(shortActivity(timing));
  const files = proxyActivities<FileActivities>(fileActivity(timing));
  const { workflowId } = workflowInfo();
  const of = () => ({ merchant: input.merchant, exchange: input.exchange, now: clock.now() });
  let stage: ExchangeStage = 'built';
  let opened = false;
  // Only saves a second call: the key of a reminder keeps it from being posted twice.
  let reminded = '';

  // A run that is started over a finished row knows nothing of what the month was told.
  let monthKnows = false;

  /** Every act ends the same way: the loop reads the row again. */
  const noted = async <Result>(act: () => Promise<Result>): Promise<Result> => {
    // It may come with the very first task, before the file is open to the operator.
    await clock.until(null, () => opened);
    const value = await act();
    bell.ring();
    return value;
  };
  const told = async <Result>(act: () => Promise<Result>): Promise<Result> => {
    monthKnows = false;
    const value = await noted(act);
    await short.reportToCycle(of());
    monthKnows = true;
    return value;
  };
  const freed = async <Result>(act: () => Promise<Result>): Promise<Result> => {
    const value = await told(act);
    await short.admitFiles(of());
    return value;
  };
  const by = (act: OperatorAct) => ({ ...of(), workflowId, act });
  const taker: ActTaker = {
    noted: (act, run) => noted(() => run(by(act))),
    told: (act, run) => told(() => run(by(act))),
    left: (act, run) => told(() => run(by(act))),
    freed: (act, run) => freed(() => run(by(act))),
    freedWith: (act, run) => freed(async () => (await run(by(act))).answer),
    isFinished: () => isFinishedExchange(stage),
  };
  hearExchangeActs(taker, short, files);
  const machine = createMachineCarrier(clock, timing, workflowId, of);

  const { clockOffsetMs, ...first } = await short.readExchange(of());
  clock.moveTo(clockOffsetMs);
  let facts: ExchangeFacts = first;
  if (facts.stage === 'built' && facts.transport === 'portal') facts = await short.admitFiles(of());
  opened = true;

  while (!isFinishedExchange(facts.stage)) {
    stage = facts.stage;
    setStage(stageOf(facts.stage), waitsForPerson(facts), describeFacts(facts));
    const dueAt = earlierInstant(await remind(facts), machine.nextAt(facts));
    if (!(await carried(facts))) await bell.waits(dueAt, describeFacts(facts));
    if (shouldContinueAsNew(timing)) {
      await clock.quiet();
      await continueAsNew<typeof fileExchange>({ ...input, clockOffsetMs: clock.offsetMs() });
    }
    facts = await short.readExchange(of());
  }
  stage = facts.stage;
  if (input.lateResult === true) await bell.pauses(LATE_RESULT_PAUSE_MS, '遅れて届いた結果');
  setStage('closed', false, describeFacts(facts));
  await clock.quiet();
  if (!monthKnows) await short.reportToCycle(of());
  await clock.quiet();

  /** Has the machine act that carries the file; the month is told of what changes for it. */
  async function carried(now: ExchangeFacts): Promise<boolean> {
    if (!(await machine.acts(now))) return false;
    const after = await short.readExchange(of());
    if (after.stage !== now.stage || after.attention !== now.attention) {
      await short.reportToCycle(of());
    }
    return true;
  }

  /** Reminds of a wait what is due of it. @returns when to remind next; null = of nothing */
  async function remind(now: ExchangeFacts): Promise<string | null> {
    if (!isReminded(now.stage)) return null;
    const { due, next } = planReminders(now.waitsSince, clock.now());
    const occasion = `${now.stage} ${now.waitsSince} ${due?.days}`;
    if (due !== null && occasion !== reminded) {
      await short.remindOfExchange({ ...of(), days: due.days });
    }
    reminded = occasion;
    return next.dueAt;
  }
}
