import { continueAsNew, patched, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { FactsAfterAct, OfExchange, Tells } from '../activities/acts.ts';
import type { FileActivities, MainActivities } from '../activities/index.ts';
import {
  type ExchangeFacts,
  type ExchangeName,
  type ExchangeStage,
  isFinishedExchange,
} from '../billing/exchange.ts';
import { isReminded } from '../billing/exchange-reminder.ts';
import { earlierInstant } from '../billing/instant.ts';
import { planReminders } from '../billing/reminders.ts';
import { fileActivity, shortActivity, timingOf, type WorkflowInput } from './activity-options.ts';
import { hangBell } from './bell.ts';
import { startClock } from './clock.ts';
import { hearExchangeActs } from './exchange-acts.ts';
import { describeFacts, stageOf, waitsForPerson } from './exchange-stage.ts';
import { exchangeByReading } from './file-exchange-by-reading.ts';
import { shouldContinueAsNew } from './history.ts';
import { createMachineCarrier } from './machine-carrier.ts';
import type { OperatorAct } from './messages.ts';
import { keepSight } from './row-sight.ts';
import { setStage } from './stage.ts';

export interface FileExchangeInput extends WorkflowInput {
  readonly exchange: ExchangeName;
  /** Started again for a result that comes after the file was settled. */
  readonly lateResult?: boolean;
}

/** Long enough for the Update that follows the start; nobody waits for this to pass. */
export const LATE_RESULT_PAUSE_MS = 60_000;

/**
 * The round trip of one file with a PSP. By its portal: when its turn comes, an operator takes the
 * file, brings back the 受付番号 and later the result. Else a machine carries it (machine-carrier.ts),
 * and people speak only where it cannot know. Whatever is told is a row before it is a yes; its
 * activity tells the month and says how the row is then, for which the workflow waits and reminds.
 */
export async function fileExchange(input: FileExchangeInput): Promise<void> {
  // Of runs that an older version began; with the file that it names until none is left.
  if (!patched('fewer-looks')) return await exchangeByReading(input);
  const clock = startClock(input.clockOffsetMs);
  const bell = hangBell(clock);
  const timing = timingOf(input);
  const short = proxyActivities<MainActivities>(shortActivity(timing));
  const files = proxyActivities<FileActivities>(fileActivity(timing));
  const { workflowId } = workflowInfo();
  const of = () => ({ merchant: input.merchant, exchange: input.exchange, now: clock.now() });
  const sight = keepSight<ExchangeFacts>(bell, () => short.readExchange(of()));
  let stage: ExchangeStage = 'built';
  let opened = false;
  // Only saves a second call: the key of a reminder keeps it from being posted twice.
  let reminded = '';
  // A run that is started over a finished row knows nothing of what the month was told.
  let toldStage: ExchangeStage | null = null;

  async function takes<Answer>(
    tells: Tells,
    act: OperatorAct,
    run: (of: OfExchange) => Promise<{ answer: Answer; facts: FactsAfterAct | undefined }>,
  ): Promise<Answer> {
    // It may come with the very first task, before the file is open to the operator.
    await clock.until(null, () => opened);
    return await sight.during(async (sees) => {
      const { answer, facts } = await run({ ...of(), workflowId, act, tells });
      // An older worker tells nobody.
      const told = facts?.told === true ? facts : await short.tellOfExchange({ ...of(), tells });
      const now = told.othersWait === true ? await short.admitFiles(of()) : told;
      if (tells !== 'nobody') toldStage = now.stage;
      sees(now);
      return answer;
    });
  }
  const takesAs =
    (tells: Tells) => (act: OperatorAct, run: (of: OfExchange) => Promise<FactsAfterAct>) =>
      takes(tells, act, async (of) => {
        const facts = await run(of);
        return { answer: facts, facts };
      });
  const taker = {
    noted: takesAs('nobody'),
    told: takesAs('month'),
    left: takesAs('month_once_all_left'),
    freed: takesAs('turns'),
    freedWith: <Answer>(
      act: OperatorAct,
      run: (of: OfExchange) => Promise<{ answer: Answer; facts: FactsAfterAct | undefined }>,
    ) => takes('turns', act, run),
    isFinished: () => isFinishedExchange(stage),
  };
  hearExchangeActs(taker, short, files);
  const machine = createMachineCarrier(clock, timing, workflowId, of);

  bell.heed();
  const { clockOffsetMs, ...first } = await short.openExchange(of());
  clock.moveTo(clockOffsetMs);
  let facts: ExchangeFacts = first;
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
    facts = await sight.look();
  }
  stage = facts.stage;
  if (input.lateResult === true) await bell.pauses(LATE_RESULT_PAUSE_MS, '遅れて届いた結果');
  setStage('closed', false, describeFacts(facts));
  await clock.quiet();
  if (toldStage !== facts.stage) await short.reportToCycle(of());
  await clock.quiet();

  /** Has the machine act that carries the file; the month is told of what changes for it. */
  async function carried(before: ExchangeFacts): Promise<boolean> {
    if (!(await machine.acts(before))) return false;
    await sight.during(async (sees) => {
      const { stage, attention } = before;
      const after = await short.tellOfExchange({
        ...of(),
        tells: 'month',
        unless: { stage, attention },
      });
      if (after.told) toldStage = after.stage;
      sees(after);
    });
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
