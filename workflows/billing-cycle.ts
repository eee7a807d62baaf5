import {
  ApplicationFailure,
  continueAsNew,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
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
import { endCharges, rebuildFiles, useOrderExport } from './messages.ts';
import { setStage } from './stage.ts';

export interface BillingCycleInput extends WorkflowInput {
  /** YYYY-MM */
  readonly month: string;
  readonly startedBy: string;
}

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
  let stage: CycleStage = 'collecting';
  let opened = false;

  setHandler(
    useOrderExport,
    async ({ sha256, ...act }) => {
      // It may come with the very first task, before the month has its row.
      await clock.until(null, () => opened);
      const collected = await files.collectOrders({ ...of(), workflowId, act, sha256 });
      bell.ring();
      return collected;
    },
    { validator: (_act) => refuseUnless(stage === 'collecting', '注文はすでに選定済みです。') },
  );
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
  setHandler(
    rebuildFiles,
    async ({ kind, ...act }) => {
      const built = await files.rebuildFiles({ ...of(), workflowId, act, kind });
      await short.startExchanges(of());
      bell.ring();
      return built;
    },
    {
      validator: (_act) =>
        refuseUnless(
          ['awaiting_result', 'capturing', 'working_ng'].includes(stage),
          'いまはファイルを作り直せません。',
        ),
    },
  );

  const first = await short.openCycle({ ...of(), startedBy: input.startedBy });
  clock.moveTo(first.clockOffsetMs);
  opened = true;
  let facts = first.facts;
  // A restarted cycle finds its files on their way: each goes on from its own row.
  if (facts.exchanges.open + facts.exchanges.unsettled > 0) await short.startExchanges(of());

  while (facts.stage !== 'closed') {
    stage = facts.stage;
    setStage(facts.stage, needsAttention(facts), describeCycle(facts));
    await step(facts);
    if (workflowInfo().continueAsNewSuggested) {
      await clock.quiet();
      await continueAsNew<typeof billingCycle>({ ...input, clockOffsetMs: clock.offsetMs() });
    }
    facts = await short.readCycle(of());
  }
  stage = 'closed';
  setStage('closed', false, describeCycle(facts));
  await clock.quiet();

  async function step(now: CycleFacts): Promise<void> {
    const move = (to: CycleStage) => short.moveCycle({ ...of(), from: now.stage, to });
    switch (now.stage) {
      case 'collecting':
        if (!now.collected) return await bell.waits(null, '注文CSV');
        await files.selectOrders(of());
        return;

      case 'handing_over':
        await files.planCharges(of());
        await files.buildFiles({ ...of(), kind: 'auth' });
        await short.startExchanges(of());
        return await move('awaiting_result');

      case 'awaiting_result':
        if (now.exchanges.open > 0) return await bell.waits(null, 'オーソリ結果');
        return await move('capturing');

      case 'capturing':
        if (now.capturable > 0) {
          await files.buildFiles({ ...of(), kind: 'capture' });
          return await short.startExchanges(of());
        }
        if (now.exchanges.open > 0) return await bell.waits(now.nextExpiryAt, '売上結果');
        return await move('working_ng');

      case 'working_ng':
        if (now.capturable > 0) return await move('capturing');
        if (now.expirable > 0) {
          await short.expireAuthorizations(of());
          return;
        }
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

/** A validator refuses before anything is written: its message is what the operator reads. */
function refuseUnless(allowed: boolean, message: string): void {
  if (allowed) return;
  throw ApplicationFailure.create({
    type: 'StageConflict',
    message: `${message}何も変更していません。`,
    nonRetryable: true,
  });
}
