import type { CycleStage } from '../../billing/cycle.ts';
import type { ExchangeName } from '../../billing/exchange.ts';
import type { Db } from '../database.ts';
import { listOpenWork } from './business-clock.ts';
import { listCycles } from './cycles.ts';

/** What of a merchant a workflow must be at work on. */
export interface UnfinishedWork {
  readonly cycles: readonly {
    readonly billingMonth: string;
    readonly startedBy: string;
    readonly scope: 'all' | 'chosen';
    readonly stage: CycleStage;
  }[];
  readonly exchanges: readonly ExchangeName[];
  /** Numbers of imports that are held or run. */
  readonly importNumbers: readonly number[];
  /** Slugs of delivery endpoints whose queue is not empty. */
  readonly endpoints: readonly string[];
  /** Declined charges have, or are about to have, cases. */
  readonly ngDesk: boolean;
  readonly mails: boolean;
  readonly mailbox: boolean;
}

/** Read from the rows alone: whatever Temporal knows or has forgotten. */
export async function listUnfinishedWork(db: Db, merchantId: number): Promise<UnfinishedWork> {
  const { cycleMonths, endpoints: _, ...open } = await listOpenWork(db, merchantId);
  const cycles = await listCycles(db, merchantId, { open: true });
  const endpoints = await db
    .selectFrom('delivery_endpoints as e')
    .select('e.slug')
    .where('e.merchant_id', '=', merchantId)
    .where('e.state', '<>', 'retired')
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('deliveries as d')
          .select('d.id')
          .whereRef('d.endpoint_id', '=', 'e.id')
          .where('d.state', '=', 'due'),
      ),
    )
    .orderBy('e.slug')
    .execute();
  return {
    ...open,
    cycles: cycles.filter(({ billingMonth }) => cycleMonths.includes(billingMonth)),
    endpoints: endpoints.map(({ slug }) => slug),
  };
}
