import type { Logger } from 'pino';
import { describeError } from '../../temporal/describe-error.ts';
import { wakeDeliveryDesk } from '../../temporal/start-delivery-desk.ts';
import type { WorkflowStarter } from '../../temporal/workflow-starter.ts';

interface DeskOwner {
  readonly slug: string;
  readonly clockOffsetMs: number;
}

export interface DeliveryWaker {
  /** Returns at once. The queue is rows, so a desk that is woken late misses nothing. */
  wake(merchant: DeskOwner, endpoint: string): void;
}

/** Each waking is some events in the desk's history: hundreds of calls a second share one. */
const pauseMs = 500;
const longestPauseMs = 30_000;

/**
 * Wakes the desks of endpoints that have something to deliver, again and again while Temporal is
 * away, for as long as this process lives; the next one asks the rows when it starts.
 */
export function createDeliveryWaker(
  workflows: Pick<WorkflowStarter, 'startAndReport'>,
  logger: Logger,
): DeliveryWaker {
  const pending = new Map<string, DeskOwner>();
  const busy = new Set<string>();

  async function tryWake(endpoint: string, merchant: DeskOwner): Promise<boolean> {
    try {
      await wakeDeliveryDesk(workflows, merchant, endpoint);
      return true;
    } catch (error) {
      logger.warn({ endpoint, error: describeError(error) }, 'delivery desk not woken yet');
      if (!pending.has(endpoint)) pending.set(endpoint, merchant);
      return false;
    }
  }

  async function work(endpoint: string): Promise<void> {
    let pause = pauseMs;
    for (let next = pending.get(endpoint); next !== undefined; next = pending.get(endpoint)) {
      pending.delete(endpoint);
      const woken = await tryWake(endpoint, next);
      pause = woken ? pauseMs : Math.min(pause * 2, longestPauseMs);
      await new Promise<void>((resolve) => {
        setTimeout(resolve, pause).unref();
      });
    }
  }

  return {
    wake(merchant, endpoint) {
      pending.set(endpoint, merchant);
      if (busy.has(endpoint)) return;
      busy.add(endpoint);
      void work(endpoint).finally(() => busy.delete(endpoint));
    },
  };
}
