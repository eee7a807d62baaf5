import {
  continueAsNew,
  proxyActivities,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { MainActivities } from '../activities/index.ts';
import { mailActivity, shortActivity, timingOf, type WorkflowInput } from './activity-options.ts';
import { hangBell, mayEnd } from './bell.ts';
import { startClock } from './clock.ts';
import { decideMail } from './messages.ts';
import { showDetails } from './stage.ts';
import { attentionAttribute } from './workflow-ids.ts';

const MINUTE_MS = 60_000;
/** A mail server that is away is asked again after this, and ever more seldom. */
const FIRST_PAUSE_MS = MINUTE_MS;
const LONGEST_PAUSE_MS = 60 * MINUTE_MS;
/** Without a mail server only a new configuration helps: looked for once a day. */
const NO_SERVER_PAUSE_MS = 24 * 60 * MINUTE_MS;

/**
 * The only sender of a merchant's mail. It works the outbox in batches, at most so many a minute,
 * waits for what is due later and for people where nobody knows whether a mail left, and ends when
 * nothing of the kind is there: whoever posts the next mail starts it again.
 */
export async function mailDispatch(input: WorkflowInput): Promise<void> {
  const clock = startClock(input.clockOffsetMs);
  const bell = hangBell(clock);
  const short = proxyActivities<MainActivities>(shortActivity(timingOf(input)));
  const line = proxyActivities<MainActivities>(mailActivity(timingOf(input)));
  const { workflowId } = workflowInfo();
  const of = () => ({ merchant: input.merchant, now: clock.now() });
  /** Before the next batch: the server was away at the last one. */
  let pauseMs = 0;

  setHandler(decideMail, async ({ key, outcome, ...act }) => {
    const decided = await short.decideMail({ ...of(), workflowId, act, key, outcome });
    bell.ring();
    return decided;
  });

  for (;;) {
    const { dueAt, unknown, allowed, allowedAt, clockOffsetMs } = await short.readOutbox(of());
    clock.moveTo(clockOffsetMs);
    say(unknown);
    if (dueAt !== null && dueAt <= clock.now()) {
      if (allowed > 0) await sendBatch(allowed);
      else await clock.until(allowedAt, undefined, '送信数の制限');
    } else if (dueAt !== null || unknown > 0) await bell.waits(dueAt, '次のメール');
    else if (await mayEnd(clock, bell)) return;
    if (workflowInfo().continueAsNewSuggested) {
      await clock.quiet();
      await continueAsNew<typeof mailDispatch>({ ...input, clockOffsetMs: clock.offsetMs() });
    }
  }

  async function sendBatch(limit: number): Promise<void> {
    if (pauseMs > 0) await clock.after(pauseMs, undefined, 'メールサーバーの再試行');
    const round = await line.sendMails({ ...of(), limit });
    if (round.outcome === 'no_server') {
      return await bell.pauses(NO_SERVER_PAUSE_MS, 'メールサーバーの設定待ち');
    }
    if (round.outcome === 'away') {
      // What was cut off is looked at first: people are told of it at once.
      pauseMs = Math.min(Math.max(pauseMs * 2, FIRST_PAUSE_MS), LONGEST_PAUSE_MS);
      return;
    }
    pauseMs = 0;
  }

  function say(unknown: number): void {
    const attention = unknown > 0;
    if (workflowInfo().typedSearchAttributes.get(attentionAttribute) !== attention) {
      upsertSearchAttributes([{ key: attentionAttribute, value: attention }]);
    }
    showDetails(attention ? `送信できたか分からないメール ${unknown} 件` : 'メールの送信');
  }
}
