import type { Logger } from 'pino';
import type { AuditHead } from '../billing/audit-chain.ts';
import { businessDateOf } from '../billing/business-date.ts';

/** The first look of a day writes its heads down; the others of that day change nothing. */
const LOOK_INTERVAL_MS = 3_600_000;

/**
 * Publishes the head of every audit chain, once a day and now: as a line of the log, which leaves this
 * machine with all other lines, so that nobody who can write to the database alone can shorten or
 * rewrite a chain unseen. Several workers publish each head once.
 */
export function keepAuditHeads(
  record: (of: { readonly day: string; readonly now: string }) => Promise<readonly AuditHead[]>,
  logger: Logger,
  intervalMs = LOOK_INTERVAL_MS,
): { stop(): void } {
  let stopped = false;
  let looking = Promise.resolve();
  const look = () => {
    looking = looking.then(async () => {
      if (stopped) return;
      const now = new Date().toISOString();
      try {
        for (const auditHead of await record({ day: businessDateOf(now), now })) {
          logger.info({ auditHead }, 'head of an audit chain');
        }
      } catch (error) {
        // A process that ends closes the connections under it.
        if (!stopped) logger.warn({ err: error }, 'the heads of the audit were not written down');
      }
    });
  };
  look();
  const timer = setInterval(look, intervalMs);
  return {
    stop() {
      stopped = true;
      clearInterval(timer);
    },
  };
}
