import type { Db, Trx } from '../database.ts';

/** What an exchange's results have contradicted before, settled or not: `charge:n:k:received`. */
export async function listKnownContradictions(
  db: Db | Trx,
  merchantId: number,
  exchangeId: number,
): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('contradictions')
    .where('merchant_id', '=', merchantId)
    .where('exchange_id', '=', exchangeId)
    .select(['charge_id as chargeId', 'n', 'k', 'received'])
    .execute();
  return new Set(rows.map((row) => contradictionKey(row, row.received)));
}

export function contradictionKey(
  slot: { readonly chargeId: number; readonly n: number; readonly k: number | null },
  received: string,
): string {
  return `${slot.chargeId}:${slot.n}:${slot.k ?? ''}:${received}`;
}
