import { continueAsNew, proxyActivities, setHandler, workflowInfo } from '@temporalio/workflow';
import type { DeliveryRound } from '../activities/delivery.ts';
import type { MainActivities } from '../activities/index.ts';
import { earlierInstant } from '../billing/instant.ts';
import {
  deliveryActivity,
  shortActivity,
  timingOf,
  type WorkflowInput,
} from './activity-options.ts';
import { hangBell } from './bell.ts';
import { startClock } from './clock.ts';
import { shouldContinueAsNew } from './history.ts';
import { actOnSendErrors, resendWebhookEvents, sendTestEvent } from './messages.ts';
import { showDetails } from './stage.ts';

export interface DeliveryDeskInput extends WorkflowInput {
  /** Slug of the endpoint. */
  readonly endpoint: string;
}

/**
 * Delivers what waits for one endpoint of a merchant, carrier results or events, for as long as the
 * endpoint is not retired. The queue is rows; the desk only works it in rounds, waits for what falls
 * due next, and tells operators of what was given up. Whoever queues something rings its bell.
 */
export async function deliveryDesk(input: DeliveryDeskInput): Promise<void> {
  const clock = startClock(input.clockOffsetMs);
  const bell = hangBell(clock);
  const timing = timingOf(input);
  const short = proxyActivities<MainActivities>(shortActivity(timing));
  const lines = proxyActivities<MainActivities>(deliveryActivity(timing));
  const { workflowId } = workflowInfo();
  const of = () => ({ merchant: input.merchant, endpoint: input.endpoint, now: clock.now() });

  // Of the whole merchant: the rows of a confirm page may belong to several of its endpoints.
  setHandler(actOnSendErrors, async ({ confirmation, ...act }) => {
    const { merchant } = input;
    const at = { merchant, workflowId, now: clock.now() };
    const done = await short.actOnSendErrors({ ...at, act, confirmation });
    bell.ring();
    return done;
  });
  setHandler(sendTestEvent, async (act) => {
    const written = await short.sendTestEvent({ ...of(), workflowId, act });
    bell.ring();
    return written;
  });
  setHandler(resendWebhookEvents, async ({ events, ...act }) => {
    const done = await short.resendWebhookEvents({ ...of(), workflowId, act, events });
    bell.ring();
    return done;
  });

  for (;;) {
    const round = await lines.deliverDue(of());
    clock.moveTo(round.clockOffsetMs);
    showDetails(describe(round));
    if (round.digestAt !== null && round.digestAt <= clock.now()) {
      await short.postSendErrorDigest(of());
    } else if (round.state === 'retired') {
      break;
    } else if (!round.more) {
      await bell.waits(earlierInstant(round.nextDue, round.digestAt), describe(round));
    }
    if (shouldContinueAsNew(timing)) {
      await clock.quiet();
      await continueAsNew<typeof deliveryDesk>({ ...input, clockOffsetMs: clock.offsetMs() });
    }
  }
  await clock.quiet();
}

/** What the desk waits for, in plain words, for people who look at the Temporal UI. */
function describe(round: DeliveryRound): string {
  if (round.state === 'paused') return '送信を止めています。再開を待っています。';
  if (round.state === 'retired') return 'この送信先は廃止されました。';
  if (round.more) return '送信しています。';
  return round.nextDue === null ? '送信するものを待っています。' : '次の送信時刻を待っています。';
}
