import { continueAsNew, proxyActivities, setHandler, workflowInfo } from '@temporalio/workflow';
import type { FileActivities, MainActivities } from '../activities/index.ts';
import {
  type CycleFacts,
  type CycleStage,
  describeCycle,
  isFinished,
  needsAttention,
} from '../billing/cycle.ts';
import { fileActivity, shortActivity, timingOf, type WorkflowInput } from './activity-options.ts';
import { hangBell } from './bell.ts';
import { startClock } from './clock.ts';
import {
  endCharges,
  rebuildFiles,
  resumeCycle,
  settleContradictions,
  useOrderExport,
} from './messages.ts';
import { readRefusal, refuseUnless } from './refusals.ts';
import { setStage } from './stage.ts';

export interface BillingCycleInput extends WorkflowInput {
  /** YYYY-MM */
  readonly month: string;
  readonly startedBy: string;
}

/**
 * A step that was refused is tried again by itself, in case nobody tells the workflow that its cause
 * is gone. Seldom: each trial is some events in the history, and 60 days may pass.
 */
const REFUSED_STEP_PAUSE_MS = 3_600_000;

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

  // No validator: only the rows tell an export that comes too late from one whose sender asks again
  // because the first answer was lost with Temporal's state.
  setHandler(useOrderExport, async ({ sha256, ...act }) => {
    // It may come with the very first task, before the month has its row.
    await clock.until(null, () => opened);
    const collected = await files.collectOrders({ ...of(), workflowId, act, sha256 });
    bell.ring();
    return collected;
  });
  setHandler(
    endCharges,
    async ({ orderNumbers, kind, ...act }) => {
      const ended = await short.endCharges({ ...of(), workflowId, act, orderNumbers, kind });
      bell.ring();
      return ended;
    },
    {
      validator: ({ orderNumbers }) =>
        refuseUnless(orderNumbers.length > 0, '注文番号を1件以上指定してください。'),
    },
  );
  setHandler(rebuildFiles, async ({ kind, ...act }) => {
    await clock.until(null, () => opened);
    const built = await files.rebuildFiles({ ...of(), workflowId, act, kind });
    await short.startExchanges(of());
    bell.ring();
    return built;
  });
  setHandler(settleContradictions, async ({ orderNumbers, ...act }) => {
    const settled = await short.settleContradictions({ ...of(), workflowId, act, orderNumbers });
    bell.ring();
    return settled;
  });
  setHandler(
    resumeCycle,
    async (act) => {
      const resumed = await short.resumeCycle({ ...of(), workflowId, act });
      bell.ring();
      return resumed;
    },
    { validator: (_act) => refuseUnless(troubled, 'この月の処理は止まっていません。') },
  );

  const first = await short.openCycle({ ...of(), startedBy: input.startedBy });
  clock.moveTo(first.clockOffsetMs);
  opened = true;
  let facts = first.facts;
  // A restarted cycle finds its files on their way: each goes on from its own row.
  if (facts.exchanges.open + facts.exchanges.unsettled > 0) await short.startExchanges(of());

  while (facts.stage !== 'closed') {
    setStage(facts.stage, needsAttention(facts), describeCycle(facts));
    await tryStep(facts);
    if (workflowInfo().continueAsNewSuggested) {
      await clock.quiet();
      await continueAsNew<typeof billingCycle>({ ...input, clockOffsetMs: clock.offsetMs() });
    }
    facts = await short.readCycle(of());
  }
  setStage('closed', false, describeCycle(facts));
  await clock.quiet();

  /** What a person must put right first ends no month: it says so, waits and tries again. */
  async function tryStep(now: CycleFacts): Promise<void> {
    try {
      await step(now);
      if (now.trouble !== null) await short.noteTrouble({ ...of(), trouble: null });
      troubled = false;
    } catch (error) {
      const trouble = readRefusal(error);
      if (trouble === undefined) throw error;
      troubled = true;
      if (trouble !== now.trouble) await short.noteTrouble({ ...of(), trouble });
      setStage(now.stage, true, describeCycle({ ...now, trouble }));
      await bell.pauses(REFUSED_STEP_PAUSE_MS, '再開待ち');
    }
  }

  async function step(now: CycleFacts): Promise<void> {
    const move = (to: CycleStage) => short.moveCycle({ ...of(), from: now.stage, to });
    switch (now.stage) {
      case 'collecting':
        if (!now.collected) return await bell.waits(null, '注文CSV');
        await files.selectOrders({ ...of(), workflowId });
        return;

      case 'handing_over':
        await files.planCharges(of());
        await files.buildFiles({ ...of(), kind: 'auth' });
        await short.startExchanges(of());
        return await move('awaiting_result');

      case 'awaiting_result':
        // One file without a result must not hold back the captures of the others.
        if (now.expirable > 0) return await short.expireAuthorizations(of());
        if (now.exchanges.open > 0 && now.capturable === 0) {
          return await bell.waits(now.nextExpiryAt, 'オーソリ結果');
        }
        return await move('capturing');

      case 'capturing':
        if (now.capturable > 0) {
          await files.buildFiles({ ...of(), kind: 'capture' });
          return await short.startExchanges(of());
        }
        if (now.expirable > 0) return await short.expireAuthorizations(of());
        if (now.exchanges.open > 0) return await bell.waits(now.nextExpiryAt, '売上結果');
        return await move('working_ng');

      case 'working_ng':
        if (now.capturable > 0) return await move('capturing');
        if (now.expirable > 0) return await short.expireAuthorizations(of());
        if (isFinished(now.charges) && now.exchanges.open + now.exchanges.unsettled === 0) {
          return await move('closing');
        }
        return await bell.waits(now.nextExpiryAt, '対応待ち');

      case 'closing':
        await short.closeCycle(of());
        return;

      default:
        // Previewing and approval come with their capability; a stopped cycle waits for a person.
        return await bell.waits(null, '再開');
    }
  }
}
