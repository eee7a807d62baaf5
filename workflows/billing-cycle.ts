import { continueAsNew, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { FileActivities, MainActivities } from '../activities/index.ts';
import { deadlineMarkKey } from '../billing/capture-deadlines.ts';
import {
  type CycleFacts,
  type CycleStage,
  isFinished,
  isToPreview,
  needsAttention,
} from '../billing/cycle.ts';
import { describeCycle } from '../billing/describe-cycle.ts';
import { earlierInstant, laterInstant } from '../billing/instant.ts';
import { planReminders } from '../billing/reminders.ts';
import { fileActivity, shortActivity, timingOf, type WorkflowInput } from './activity-options.ts';
import { hangBell } from './bell.ts';
import { startClock } from './clock.ts';
import { hearCycleActs } from './cycle-acts.ts';
import { createCycleSteps } from './cycle-steps.ts';
import { shouldContinueAsNew } from './history.ts';
import { readRefusal } from './refusals.ts';
import { setStage } from './stage.ts';

export interface BillingCycleInput extends WorkflowInput {
  /** YYYY-MM */
  readonly month: string;
  readonly startedBy: string;
  /** Whether it bills all its orders by itself, or those that a person chooses; all by default. */
  readonly scope?: 'all' | 'chosen';
  /** Started again over a closed month, for a person's word on it. */
  readonly afterClose?: boolean;
}

/** Long enough for the Update that follows the start; nobody waits for this to pass. */
const AFTER_CLOSE_PAUSE_MS = 60_000;

/**
 * A step that was refused is tried again by itself, in case nobody tells the workflow that its cause
 * is gone. Seldom: each trial is some events in the history, and 60 days may pass.
 */
const REFUSED_STEP_PAUSE_MS = 3_600_000;

/** Once a month has its orders, newer exports only tell shipments and corrections: four looks a day. */
const LATER_LOOK_PAUSE_MS = 6 * 3_600_000;

/** Who hands in what the shop leaves at its order source. */
const SOURCE_ACTOR = 'order-source';

/**
 * A merchant's billing of one month: collect → select → authorization files → results → captures →
 * the cases that need people → closed. Where it stands is read from its rows, at the start and after
 * every step, so that a cycle whose Temporal state was lost goes on from there.
 */
export async function billingCycle(input: BillingCycleInput): Promise<void> {
  const clock = startClock(input.clockOffsetMs);
  const bell = hangBell(clock);
  const short = proxyActivities<MainActivities>(shortActivity(timingOf(input)));
  const files = proxyActivities<FileActivities>(fileActivity(timingOf(input)));
  const { workflowId } = workflowInfo();
  const of = () => ({ merchant: input.merchant, month: input.month, now: clock.now() });
  let opened = false;
  let troubled = false;
  let nextLookAt: string | null = null;
  let remindAt: string | null = null;
  // Only saves a second call: the key of a reminder keeps it from being posted twice.
  let reminded = '';
  let toldDeadlines = '';

  const told = async <Result>(act: () => Promise<Result>): Promise<Result> => {
    // It may come with the very first task, before the month has its row.
    await clock.until(null, () => opened);
    const value = await act();
    bell.ring();
    return value;
  };
  hearCycleActs({ of, workflowId, told, isTroubled: () => troubled }, short, files);
  const steps = createCycleSteps(short, files, bell, of);
  const { look, build, noteTrouble } = steps;

  const first = await short.openCycle({
    ...of(),
    startedBy: input.startedBy,
    scope: input.scope ?? 'all',
  });
  clock.moveTo(first.clockOffsetMs);
  opened = true;
  let facts = first.facts;
  // A restarted cycle finds its files on their way: each goes on from its own row.
  if (facts.exchanges.open + facts.exchanges.unsettled > 0) await short.startExchanges(of());

  while (facts.stage !== 'closed') {
    setStage(facts.stage, needsAttention(facts), describeCycle(facts));
    remindAt = await remind(facts);
    await tellDeadlines(facts);
    await tryStep(facts);
    if (shouldContinueAsNew(timingOf(input))) {
      await clock.quiet();
      await continueAsNew<typeof billingCycle>({ ...input, clockOffsetMs: clock.offsetMs() });
    }
    facts = await look();
  }
  setStage('closed', needsAttention(facts), describeCycle(facts));
  if (input.afterClose === true) await bell.pauses(AFTER_CLOSE_PAUSE_MS, '締め後の訂正');
  await clock.quiet();

  /** What a person must put right first ends no month: it says so, waits and tries again. */
  async function tryStep(now: CycleFacts): Promise<void> {
    try {
      await step(now);
      if (now.trouble !== null) await noteTrouble(null);
      troubled = false;
    } catch (error) {
      const trouble = readRefusal(error);
      if (trouble === undefined) throw error;
      troubled = true;
      if (trouble !== now.trouble) {
        await noteTrouble(trouble);
        await short.remindOfCycle({ ...of(), since: clock.now(), days: 0 });
      }
      setStage(now.stage, true, describeCycle({ ...now, trouble }));
      await bell.pauses(REFUSED_STEP_PAUSE_MS, '再開待ち');
    }
  }

  async function step(now: CycleFacts): Promise<void> {
    const move = (to: CycleStage) => steps.move(now.stage, to);
    if (now.stage !== 'collecting' && now.stage !== 'closing') {
      // A newer export, or a hold: who is billed is decided anew, of what is not charged yet.
      if (now.unselected) {
        await files.selectOrders({ ...of(), workflowId });
        return;
      }
      if (isToPreview(now) && !BEFORE_FILES.includes(now.stage)) return await move('previewing');
      if (now.expirable > 0) return await short.expireAuthorizations(of());
      if (now.again > 0 && !BEFORE_FILES.includes(now.stage)) {
        const { uncleared } = await build('auth');
        return uncleared ? await move('previewing') : undefined;
      }
      const { rule, rows } = now.deadlines.lastDay;
      // What is about to leave anyway leaves first.
      if (rule !== 'ask' && rows > 0 && !now.capture.due) {
        await files.applyLastDayRule({ ...of(), workflowId });
        return;
      }
      // A further run that waits for people must not hold back the captures of those before it.
      const waits = now.stage === 'previewing' || now.stage === 'awaiting_approval';
      if (waits && now.capture.due) return void (await build('capture'));
    }
    switch (now.stage) {
      case 'collecting':
        if (!now.collected) return await rests(now, '注文CSV');
        await files.selectOrders({ ...of(), workflowId });
        return;

      case 'previewing':
        if (isToPreview(now)) return await files.previewRun(of());
        // A run that was sent back leaves earlier ones as they are.
        if (hasCharges(now)) return await move('awaiting_result');
        return await rests(now, '請求する注文の指定');

      case 'awaiting_approval':
        return await awaitApproval(now, move);

      case 'handing_over': {
        const { outdated } = await files.planCharges(of());
        if (outdated) return await move('previewing');
        const { uncleared } = await build('auth');
        return await move(uncleared ? 'previewing' : 'awaiting_result');
      }

      case 'awaiting_result':
        // One file without a result must not hold back the captures of the others.
        if (now.exchanges.open > 0 && !now.capture.due) return await rests(now, 'オーソリ結果');
        return await move('capturing');

      case 'capturing':
        if (now.capture.due) return void (await build('capture'));
        if (now.exchanges.open > 0 || awaitsCapture(now)) return await rests(now, '売上処理');
        return await move('working_ng');

      case 'working_ng':
        if (now.capture.due || awaitsCapture(now)) return await move('capturing');
        if (
          !isFinished(now.charges) ||
          now.exchanges.open + now.exchanges.unsettled + now.strays > 0
        ) {
          return await rests(now, '対応待ち');
        }
        // Another month may have billed them since: then nothing is left over here.
        if (now.unbilled > 0) await files.selectOrders({ ...of(), workflowId });
        if (now.unbilled > 0 || !steps.trustsLook) {
          const { unbilled } = await short.readCycle(of());
          if (unbilled > 0) return await rests(now, '未請求の注文');
        }
        return await move('closing');

      case 'closing':
        await short.closeCycle(of());
        return;

      default:
        // A stopped cycle waits for a person.
        return await bell.waits(null, '再開');
    }
  }

  /** An approval lets the files be built; what changes before it has the month look again. */
  async function awaitApproval(
    now: CycleFacts,
    move: (to: CycleStage) => Promise<void>,
  ): Promise<void> {
    if (!isToPreview(now) || now.approval?.current !== true) return await move('previewing');
    if (now.approval.approved) return await move('handing_over');
    return await rests(now, '請求の承認');
  }

  /**
   * Until something happens, a window ends or nears its end, captures leave together or the shop may
   * have left an export.
   */
  async function rests(now: CycleFacts, purpose: string): Promise<void> {
    const asked = bell.hears(SOURCE_ACTOR);
    const looks = now.watchesSource && (asked || clock.isDue(nextLookAt));
    if (looks && (await lookForExports(now, asked))) return;
    const due = earlierInstant(
      remindAt,
      earlierInstant(
        earlierInstant(now.nextExpiryAt, now.deadlines.nextAt),
        earlierInstant(now.capture.nextWaveAt, now.capture.nextShipmentAt),
      ),
    );
    await bell.waits(now.watchesSource ? earlierInstant(due, nextLookAt) : due, purpose);
  }

  /** Reminds of a wait what is due of it. @returns when to remind next; null = of nothing */
  async function remind({ waitsSince }: CycleFacts): Promise<string | null> {
    if (waitsSince === null) return null;
    const { due, next } = planReminders(waitsSince, clock.now());
    const occasion = `${waitsSince} ${due?.days}`;
    if (due !== null && occasion !== reminded) {
      await short.remindOfCycle({ ...of(), since: waitsSince, days: due.days });
    }
    reminded = occasion;
    return next.dueAt;
  }

  /** Tells of windows that end soon what is due of them. */
  async function tellDeadlines({ deadlines: { marks } }: CycleFacts): Promise<void> {
    const occasion = marks.map((mark) => deadlineMarkKey(input.month, mark)).join(' ');
    if (occasion !== '' && occasion !== toldDeadlines) {
      await files.remindOfDeadlines({ ...of(), marks });
    }
    toldDeadlines = occasion;
  }

  /** Reads what the shop has left for the month. @returns whether there was anything */
  async function lookForExports(now: CycleFacts, asked: boolean): Promise<boolean> {
    const found = await files.fetchOrderExports(of());
    nextLookAt = found.nextLookAt;
    // Whoever asked is there to see it taken, once it is written to its end.
    if (now.collected && !asked)
      nextLookAt = laterInstant(nextLookAt, clock.in(LATER_LOOK_PAUSE_MS));
    for (const sha256 of found.sha256s) {
      const act = { actor: SOURCE_ACTOR, idempotencyKey: `${input.month}-${sha256}`, reason: null };
      try {
        await files.collectOrders({ ...of(), workflowId, act, sha256 });
      } catch (error) {
        const refusal = readRefusal(error);
        if (refusal === undefined) throw error;
        await files.refuseOrderExport({ ...of(), sha256, refusal });
      }
    }
    return found.sha256s.length > 0;
  }
}

/** Where a month stands until files of what it is about to bill are built. */
const BEFORE_FILES: readonly CycleStage[] = ['previewing', 'awaiting_approval', 'handing_over'];

const hasCharges = ({ charges }: CycleFacts) => Object.values(charges).some(({ rows }) => rows > 0);

/** Authorized charges that wait for their shipment or for a person's tick. */
function awaitsCapture({ charges, captureRefused }: CycleFacts): boolean {
  return (charges.authorized?.rows ?? 0) > captureRefused;
}
