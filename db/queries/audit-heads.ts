import { type Kysely, sql } from 'kysely';
import type { AuditHead } from '../../billing/audit-chain.ts';
import type { Database } from '../tables.ts';

/** Where heads are to be published, and when. */
export interface PublishedHeads {
  /** Date in Japan. */
  readonly day: string;
  /** ISO instant. */
  readonly now: string;
  /** Tells them to where nobody with this database can change them; throws when it cannot. */
  publish(heads: readonly AuditHead[]): void;
}

/**
 * Publishes where each chain stands and writes it down, once a day: the first call of the day does it.
 * It is written down only once it is published, so that a process that dies in between leaves the day
 * to the next call: a head that is published twice harms nobody, one that never is protects nothing.
 *
 * @returns what was published now
 */
export async function recordAuditHeads(
  db: Kysely<Database>,
  { day, now, publish }: PublishedHeads,
): Promise<AuditHead[]> {
  return await db.transaction().execute(async (trx) => {
    const heads = await writeHeads(trx, { day, now });
    if (heads.length > 0) publish(heads);
    return heads;
  });
}

async function writeHeads(
  trx: Kysely<Database>,
  { day, now }: Pick<PublishedHeads, 'day' | 'now'>,
): Promise<AuditHead[]> {
  const { rows } = await sql<{ slug: string | null; n: number; hash: Buffer }>`
    with chains (chain_id) as (select 0::bigint union all select id from merchants),
    written as (
      insert into audit_heads (chain_id, day, n, hash, recorded_at)
      select c.chain_id, ${day}::date, e.n, e.hash, ${now}::timestamptz
      from chains c cross join lateral (
        select n, hash from audit_entries where chain_id = c.chain_id order by n desc limit 1) e
      on conflict do nothing
      returning chain_id, n, hash)
    select m.slug, w.n, w.hash from written w left join merchants m on m.id = w.chain_id
    order by m.slug nulls first`.execute(trx);
  return rows.map(({ slug, n, hash }) => ({ merchant: slug, day, n, hash: hash.toString('hex') }));
}

/** The heads of a merchant's chain (null: of no single merchant), newest first. */
export async function listAuditHeads(
  db: Kysely<Database>,
  merchantId: number | null,
  { before, limit }: { readonly before?: string | undefined; readonly limit: number },
): Promise<AuditHead[]> {
  const rows = await db
    .selectFrom('audit_heads')
    .leftJoin('merchants', 'merchants.id', 'audit_heads.chain_id')
    .select(['slug as merchant', 'day', 'n', 'hash'])
    .where('chain_id', '=', merchantId ?? 0)
    .$if(before !== undefined, (query) => query.where('day', '<', before ?? ''))
    .orderBy('day', 'desc')
    .limit(limit)
    .execute();
  return rows.map(({ hash, ...row }) => ({ ...row, hash: hash.toString('hex') }));
}
