import type { Logger } from 'pino';
import { businessDateOf } from '../billing/business-date.ts';
import type { PublishedHeads } from '../db/queries/audit-heads.ts';
import { lookHourly } from './look-hourly.ts';

/**
 * Publishes the head of every audit chain, once a day and now: as a line of the log, which leaves this
 * machine with all other lines, so that nobody who can write to the database alone can shorten or
 * rewrite a chain unseen. Several workers publish each head once, unless one dies at it.
 */
export function keepAuditHeads(
  record: (of: PublishedHeads) => Promise<unknown>,
  logger: Logger,
  intervalMs?: number,
): { stop(): void } {
  return lookHourly(
    async () => {
      const now = new Date().toISOString();
      await record({
        day: businessDateOf(now),
        now,
        publish(heads) {
          for (const auditHead of heads) logger.info({ auditHead }, 'head of an audit chain');
        },
      });
    },
    (error) => logger.warn({ err: error }, 'the heads of the audit were not written down'),
    intervalMs,
  );
}
