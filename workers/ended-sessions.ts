import type { Logger } from 'pino';
import { lookHourly } from './look-hourly.ts';

/** Has sessions that ended long ago removed: they concern no merchant, so no Schedule of one does it. */
export function keepSessionsShort(
  remove: (now: string) => Promise<number>,
  logger: Logger,
  intervalMs?: number,
): { stop(): void } {
  return lookHourly(
    async () => {
      const removed = await remove(new Date().toISOString());
      if (removed > 0) logger.info({ removed }, 'ended sessions removed');
    },
    (error) => logger.warn({ err: error }, 'ended sessions were not removed'),
    intervalMs,
  );
}
