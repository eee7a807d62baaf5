import type { Logger } from 'pino';
import type { SleepingDesk } from '../db/queries/delivery-wakes.ts';
import { wakeDeliveryDesk } from '../temporal/start-delivery-desk.ts';
import type { WorkflowStarter } from '../temporal/workflow-starter.ts';

/** A look reads a few rows by key; a shop hears of an event a second later at most. */
const LOOK_INTERVAL_MS = 1_000;
/** A desk that was woken and still has something untried is at work: it need not be told each second. */
const LONGEST_PAUSE_MS = 60_000;

/**
 * Wakes delivery desks for which something is queued that they do not know of: events are written by the
 * database in the transaction of what they tell, and whoever queues a result or resumes an endpoint may
 * die before it could say so. Several workers wake a desk several times, which does no harm. A desk that
 * cannot be woken holds up no other, and is tried again at the next look.
 */
export function keepDesksAwake(
  list: (realNow: string) => Promise<readonly SleepingDesk[]>,
  starter: Pick<WorkflowStarter, 'startAndReport'>,
  logger: Logger,
  intervalMs = LOOK_INTERVAL_MS,
): { stop(): void } {
  let stopped = false;
  let isLooking = false;
  const pauses = new Map<string, { until: number; pauseMs: number }>();
  /** Said once and not each second. */
  const asleep = new Set<string>();
  async function wake({ merchant, clockOffsetMs, slug }: SleepingDesk): Promise<void> {
    const paused = pauses.get(slug);
    if (paused !== undefined && performance.now() < paused.until) return;
    try {
      await wakeDeliveryDesk(starter, { slug: merchant, clockOffsetMs }, slug);
    } catch (error) {
      // A process that ends closes the connections under it.
      if (stopped || asleep.has(slug)) return;
      asleep.add(slug);
      logger.warn({ merchant, endpoint: slug, err: error }, 'delivery desk was not woken yet');
      return;
    }
    asleep.delete(slug);
    const pauseMs = Math.min((paused?.pauseMs ?? intervalMs) * 2, LONGEST_PAUSE_MS);
    pauses.set(slug, { until: performance.now() + pauseMs, pauseMs });
  }
  async function look(): Promise<void> {
    const desks = await list(new Date().toISOString());
    const slugs = new Set(desks.map(({ slug }) => slug));
    for (const slug of pauses.keys()) if (!slugs.has(slug)) pauses.delete(slug);
    for (const slug of asleep) if (!slugs.has(slug)) asleep.delete(slug);
    for (const desk of desks) {
      if (stopped) return;
      await wake(desk);
    }
  }
  const timer = setInterval(async () => {
    // While Temporal or Postgres is away a look takes long: the others would queue up behind it.
    if (isLooking) return;
    isLooking = true;
    try {
      await look();
    } catch (error) {
      if (!stopped) logger.warn({ err: error }, 'delivery desks were not woken yet');
    } finally {
      isLooking = false;
    }
  }, intervalMs);
  return {
    stop() {
      stopped = true;
      clearInterval(timer);
    },
  };
}
