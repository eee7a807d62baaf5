import type { UnfinishedWork } from '../../billing/unfinished-work.ts';
import type { Db } from '../database.ts';
import { listOpenWork } from './business-clock.ts';
import { listCycles } from './cycles.ts';

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
