import type { Logger } from 'pino';
import type { AuditHead } from '../billing/audit-chain.ts';
import { businessDateOf } from '../billing/business-date.ts';
import { lookHourly } from './look-hourly.ts';

/**
 * Publishes the head of every audit chain, once a day and now: as a line of the log, which leaves this
 * machine with all other lines, so that nobody who can write to the database alone can shorten or
 * rewrite a chain unseen. Several workers publish each head once.
 */
export function keepAuditHeads(
  record: (of: { readonly day: string; readonly now: string }) => Promise<readonly AuditHead[]>,
  logger: Logger,
  intervalMs?: number,
): { stop(): void } {
  return lookHourly(
    async () => {
      const now = new Date().toISOString();
      for (const auditHead of await record({ day: businessDateOf(now), now })) {
        logger.info({ auditHead }, 'head of an audit chain');
      }
    },
    (error) => logger.warn({ err: error }, 'the heads of the audit were not written down'),
    intervalMs,
  );
}
