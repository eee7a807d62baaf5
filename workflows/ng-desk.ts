import {
  continueAsNew,
  proxyActivities,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { FileActivities } from '../activities/index.ts';
import { fileActivity, timingOf, type WorkflowInput } from './activity-options.ts';
import { hangBell } from './bell.ts';
import { startClock } from './clock.ts';
import { shouldContinueAsNew } from './history.ts';
import { actOnNgCases } from './messages.ts';
import { readRefusal, refuseUnless } from './refusals.ts';
import { showDetails } from './stage.ts';
import { attentionAttribute } from './workflow-ids.ts';

/** What a wave left undone is tried again after this, in case nobody tells the desk. */
const UNDONE_PAUSE_MS = 3_600_000;

/**
 * Works the declined charges of all open months of a merchant, for ever: one wave when something is
 * due, and at once when a file, a person or a month has news. The cases are rows; the desk only waits
 * for the next of them, so that its history grows with days and acts, never with cases.
 */
export async function ngDesk(input: WorkflowInput): Promise<void> {
  const clock = startClock(input.clockOffsetMs);
  const bell = hangBell(clock);
  const timing = timingOf(input);
  const files = proxyActivities<FileActivities>(fileActivity(timing));
  const { workflowId } = workflowInfo();
  const of = () => ({
    ...{ merchant: input.merchant, now: clock.now() },
    clockOffsetMs: clock.offsetMs(),
  });
  let undoneBefore = false;

  setHandler(
    actOnNgCases,
    async ({ cases, what, ...act }) => {
      const done = await files.actOnNgCases({ ...of(), workflowId, act, cases, what });
      bell.ring();
      return done;
    },
    { validator: ({ cases }) => refuseUnless(cases.length > 0, '注文を1件以上指定してください。') },
  );

  for (;;) {
    await wave();
    if (shouldContinueAsNew(timing)) {
      await clock.quiet();
      await continueAsNew<typeof ngDesk>({ ...input, clockOffsetMs: clock.offsetMs() });
    }
  }

  /** What a person must put right first (settings) ends no desk: it waits and tries again. */
  async function wave(): Promise<void> {
    try {
      const facts = await files.workNgDesk(of());
      clock.moveTo(facts.clockOffsetMs);
      const { nextDueAt } = facts;
      say(facts.people > 0, `NG対応中 ${facts.open} 件(判断・修正待ち ${facts.people} 件)`);
      const undone = facts.unplanned > 0 || (nextDueAt !== null && clock.isDue(nextDueAt));
      // A step may make the next one due; what is left over twice will not be done by haste.
      if (undone && undoneBefore) await bell.pauses(UNDONE_PAUSE_MS, '残りの対応');
      else if (!undone) await bell.waits(nextDueAt, '次の対応日');
      undoneBefore = undone && !undoneBefore;
    } catch (error) {
      const trouble = readRefusal(error);
      if (trouble === undefined) throw error;
      say(true, trouble);
      await bell.pauses(UNDONE_PAUSE_MS, '再試行待ち');
    }
  }

  function say(attention: boolean, details: string): void {
    if (workflowInfo().typedSearchAttributes.get(attentionAttribute) !== attention) {
      upsertSearchAttributes([{ key: attentionAttribute, value: attention }]);
    }
    showDetails(details);
  }
}
