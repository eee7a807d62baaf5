import { listAuditHeads } from '../db/queries/audit-heads.ts';
import { listMerchants } from '../db/queries/merchants.ts';
import { UsageError, withRecord } from './record-access.ts';

/** Ten years of days. */
const MOST_DAYS = 3660;

/** `tsukigime audit heads`: what the worker's log has published day by day. */
export async function runAuditHeads(command: { readonly merchant?: string }): Promise<number> {
  return await withRecord(async ({ db }) => {
    const merchants = (await listMerchants(db, null)).filter(
      ({ slug }) => command.merchant === undefined || slug === command.merchant,
    );
    const chains: (number | null)[] = merchants.map(({ id }) => id);
    if (command.merchant === undefined) chains.unshift(null);
    if (chains.length === 0) throw new UsageError(`There is no merchant ${command.merchant}.`);
    for (const chain of chains) {
      const heads = await listAuditHeads(db, chain, { limit: MOST_DAYS });
      for (const head of heads) console.log(JSON.stringify(head));
    }
  });
}
