import { sql } from 'kysely';
import {
  type AuditEntry,
  encodeAuditEntry,
  GENESIS_HASH,
  hashAuditEntry,
} from '../../billing/audit-chain.ts';
import { addDays, type BusinessDate, startOfBusinessDate } from '../../billing/business-date.ts';
import { type Db, lockAuditChain, type Trx } from '../database.ts';

export type { AuditEntry } from '../../billing/audit-chain.ts';

export interface RecordedAuditEntry {
  readonly n: number;
  /** The exact text that was hashed. */
  readonly entry: string;
  /** Hex. */
  readonly hash: string;
  /** ISO instant. */
  readonly recordedAt: string;
}

/** The chain of acts that concern no single merchant. */
const COMMON_CHAIN = 0;

/**
 * Appends to the audit of a merchant (null: the chain of no single merchant) and returns the
 * entry's number. In a transaction it becomes part of it, and the chain stays locked until that
 * ends; so append last.
 */
export async function appendAudit(
  db: Db | Trx,
  merchantId: number | null,
  entry: AuditEntry,
): Promise<number> {
  if (!db.isTransaction) {
    return await db.transaction().execute((trx) => appendAudit(trx, merchantId, entry));
  }
  const chainId = merchantId ?? COMMON_CHAIN;
  await lockAuditChain(db as Trx, chainId);
  const head = await db
    .selectFrom('audit_entries')
    .select(['n', 'hash'])
    .where('chain_id', '=', chainId)
    .orderBy('n', 'desc')
    .limit(1)
    .executeTakeFirst();
  const n = (head?.n ?? 0) + 1;
  const previousHash = head?.hash ?? GENESIS_HASH;
  const text = encodeAuditEntry(await readSlug(db, merchantId), n, entry);
  await db
    .insertInto('audit_entries')
    .values({
      chain_id: chainId,
      n,
      entry: text,
      previous_hash: previousHash,
      hash: hashAuditEntry(previousHash, text),
      recorded_at: entry.at,
    })
    .execute();
  return n;
}

async function readSlug(db: Db | Trx, merchantId: number | null): Promise<string | null> {
  if (merchantId === null) return null;
  const { slug } = await db
    .selectFrom('merchants')
    .select('slug')
    .where('id', '=', merchantId)
    .executeTakeFirstOrThrow();
  return slug;
}

/** Entries after number `afterN`, oldest first; ask again from the last one for more. */
export async function listAudit(
  db: Db | Trx,
  merchantId: number | null,
  { afterN = 0, limit = 100 }: { afterN?: number; limit?: number } = {},
): Promise<RecordedAuditEntry[]> {
  const rows = await db
    .selectFrom('audit_entries')
    .select(['n', 'entry', 'hash', 'recorded_at'])
    .where('chain_id', '=', merchantId ?? COMMON_CHAIN)
    .where('n', '>', afterN)
    .orderBy('n')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    n: row.n,
    entry: row.entry,
    hash: row.hash.toString('hex'),
    recordedAt: row.recorded_at,
  }));
}

/** What somebody looks for in the audit; every condition may be left out. */
export interface AuditSearch {
  /** Part of the person's or program's name, in any case. */
  readonly actor?: string | undefined;
  /** Part of the act or of its subject, in any case. */
  readonly about?: string | undefined;
  /** Days in Japan, both included, on the clock that the entry tells. */
  readonly from?: BusinessDate | undefined;
  readonly to?: BusinessDate | undefined;
}

/** Entries that a search finds, newest first, of which each has a number below `beforeN`. */
export async function searchAudit(
  db: Db,
  merchantId: number,
  page: { readonly search: AuditSearch; readonly beforeN: number | null; readonly limit: number },
): Promise<RecordedAuditEntry[]> {
  const { actor = null, about = null, from, to } = page.search;
  const since = from === undefined ? null : startOfBusinessDate(from);
  const until = to === undefined ? null : startOfBusinessDate(addDays(to, 1));
  // What the whole text does not hold none of its parts does: few are taken apart.
  const holds = (part: string | null, ...names: readonly string[]) =>
    sql`(${part}::text is null or (
      strpos(lower(entry), lower(${JSON.stringify(part ?? '').slice(1, -1)}::text)) > 0
      and (${sql.join(
        names.map((name) => sql`strpos(lower(entry::jsonb ->> ${name}), lower(${part}::text)) > 0`),
        sql` or `,
      )})))`;
  const { rows } = await sql<RecordedAuditEntry>`
    select n, entry, encode(hash, 'hex') as hash, recorded_at as "recordedAt"
      from audit_entries
     where chain_id = ${merchantId} and (${page.beforeN}::bigint is null or n < ${page.beforeN})
       and (${since}::timestamptz is null or recorded_at >= ${since})
       and (${until}::timestamptz is null or recorded_at < ${until})
       and ${holds(actor, 'actor')} and ${holds(about, 'act', 'subject')}
     order by n desc limit ${page.limit}`.execute(db);
  return rows;
}
