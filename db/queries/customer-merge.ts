import { sql } from 'kysely';
import type { CopyRows, CopyValue } from '../copy-rows.ts';
import type { Trx } from '../database.ts';

/** Counts of a merge: every row of the file is in one of the first two. */
export interface MergeCounts {
  readonly imported: number;
  readonly failed: number;
  /** Of the imported ones. */
  readonly warned: number;
}

/** Sentences for what only the merge can find; they come from the room of the rows. */
export interface CustomerConflictTexts {
  readonly numberDoubled: string;
  readonly idDoubled: string;
  readonly idTaken: string;
  readonly idDiffers: string;
}

const customerColumns = [
  'name',
  'kana',
  'postal_code',
  'prefecture',
  'city',
  'street',
  'building',
  'phone',
  'email',
  'gender',
  'birth_date',
  'occupation_id',
  'tag_ids',
  'newsletter',
  'customer_type',
] as const;

/** What COPY writes for each good row, in this order. */
export const STAGED_CUSTOMER_COLUMNS = [
  'record',
  'line',
  'customer_number',
  'customer_id',
  ...customerColumns,
  'warned_columns',
  'warnings',
] as const;

/** What COPY writes for each failed row; `key` is what must stand once in the file, if it was readable. */
export const STAGED_FAILURE_COLUMNS = ['record', 'line', 'key', 'columns', 'errors'] as const;

/** Text of a Postgres array, for COPY. */
export function toPgArray(values: readonly (string | number | null)[]): string {
  const items = values.map((value) =>
    value === null ? 'NULL' : `"${String(value).replace(/["\\]/g, '\\$&')}"`,
  );
  return `{${items.join(',')}}`;
}

/** Copies staged rows; two tables take turns on one connection, so the caller gives whole batches. */
export async function copyStagedRows(
  copyRows: CopyRows,
  table: 'staged_customers' | 'staged_cards',
  columns: readonly string[],
  rows: {
    readonly good: readonly (readonly CopyValue[])[];
    readonly failed: readonly (readonly CopyValue[])[];
  },
): Promise<void> {
  if (rows.good.length > 0) await copyRows(table, columns, rows.good);
  if (rows.failed.length > 0) {
    await copyRows('staged_failures', STAGED_FAILURE_COLUMNS, rows.failed);
  }
}

/** Tables of this transaction alone: nothing of an interrupted pass stays behind. */
export async function createCustomerStage(trx: Trx): Promise<void> {
  await sql`
    create temp table staged_customers (
      record int, line int, customer_number text, customer_id int, name text, kana text,
      postal_code text, prefecture text, city text, street text, building text, phone text,
      email text, gender text, birth_date text, occupation_id bigint, tag_ids bigint[],
      newsletter boolean, customer_type smallint, warned_columns text[], warnings text[]
    ) on commit drop;
    ${createFailureStage}`.execute(trx);
}

export const createFailureStage = sql`
  create temp table staged_failures (
    record int, line int, key text, columns text[], errors text[]
  ) on commit drop;
  create temp table refused (record int, columns text[], errors text[]) on commit drop`;

/**
 * Merges the staged customers into the record, set-based: known 顧客番号 are updated, new ones get the
 * next IDs, doubled and conflicting rows become failures. The caller holds `lock_customers`.
 */
export async function mergeCustomers(
  trx: Trx,
  merchantId: number,
  of: { readonly importId: number; readonly now: string; readonly texts: CustomerConflictTexts },
): Promise<MergeCounts> {
  // A sort of a million rows in memory, once; the default would spill it to disk.
  await sql`set local work_mem = '128MB'`.execute(trx);
  await sql`analyze staged_customers; analyze staged_failures`.execute(trx);
  await findCustomerConflicts(trx, merchantId, of.texts);
  await sql`analyze refused`.execute(trx);
  const accepted = sql`not exists (select from refused r where r.record = s.record)`;
  const set = sql.join(customerColumns.map((name) => sql`${sql.ref(name)} = s.${sql.ref(name)}`));
  const own = sql.join(customerColumns.map((name) => sql.ref(`c.${name}`)));
  const staged = sql.join(customerColumns.map((name) => sql.ref(`s.${name}`)));
  await sql`
    update customers c
       set ${set}, import_id = ${of.importId}, updated_at = ${of.now}, deleted_at = null,
           blanked_at = null
      from staged_customers s
     where c.merchant_id = ${merchantId} and c.customer_number = s.customer_number and ${accepted}
       and ((${own}) is distinct from (${staged}) or c.deleted_at is not null)`.execute(trx);
  await insertNewCustomers(trx, merchantId, of);
  return await recordRemarks(trx, merchantId, { ...of, table: 'staged_customers' });
}

async function findCustomerConflicts(
  trx: Trx,
  merchantId: number,
  texts: CustomerConflictTexts,
): Promise<void> {
  await sql`
    with numbered as (
      select record, customer_number as key from staged_customers
      union all select record, key from staged_failures where key is not null
    ), found (record, rank, "column", error) as (
      select record, 1, '顧客番号', ${texts.numberDoubled}::text from (
        select record, row_number() over (partition by key order by record) as k from numbered
         where key in (select key from numbered group by key having count(*) > 1)) d
       where k > 1
      union all
      select record, 2, '顧客ID', ${texts.idDoubled} from (
        select record, row_number() over (partition by customer_id order by record) as k
          from staged_customers where customer_id is not null) d
       where k > 1
      union all
      select s.record, 3, '顧客ID', ${texts.idTaken}
        from staged_customers s
        join customers c on c.merchant_id = ${merchantId} and c.customer_id = s.customer_id
       where c.customer_number <> s.customer_number
         and not exists (select from customers o where o.merchant_id = ${merchantId}
           and o.customer_number = s.customer_number)
      union all
      select s.record, 4, '顧客ID', ${texts.idDiffers}
        from staged_customers s
        join customers c on c.merchant_id = ${merchantId} and c.customer_number = s.customer_number
       where s.customer_id <> c.customer_id
    )
    insert into refused (record, columns, errors)
    select record, array_agg("column" order by rank), array_agg(error order by rank)
      from found group by record`.execute(trx);
}

async function insertNewCustomers(
  trx: Trx,
  merchantId: number,
  of: { readonly importId: number; readonly now: string },
): Promise<void> {
  const names = sql.join(customerColumns.map((name) => sql.ref(name)));
  const into = sql`insert into customers (merchant_id, customer_id, customer_number, ${names},
    import_id, created_at, updated_at)`;
  const isNew = sql`
    not exists (select from refused r where r.record = s.record)
    and not exists (select from customers c
      where c.merchant_id = ${merchantId} and c.customer_number = s.customer_number)`;
  const rest = sql`${of.importId}::bigint, ${of.now}::timestamptz, ${of.now}::timestamptz`;
  await sql`
    ${into} select ${merchantId}::bigint, customer_id, customer_number, ${names}, ${rest}
      from staged_customers s where s.customer_id is not null and ${isNew}`.execute(trx);
  const { last, beyond } = await readNumbering(trx, merchantId);
  // Numbers that came in files are passed over. Where there are none beyond the last, counting is all.
  const free =
    beyond === 0
      ? sql`select n as k, ${last}::int + n as id from generate_series(1, (select count(*) from fresh)) n`
      : sql`
        select row_number() over (order by n) as k, n as id
          from generate_series(${last}::int + 1,
                 ${last + beyond}::int + (select count(*)::int from fresh)) n
         where not exists (select from customers c
           where c.merchant_id = ${merchantId} and c.customer_id = n)`;
  const given = await sql<{ last: number | null }>`
    with fresh as materialized (
      select s.*, row_number() over (order by record) as k
        from staged_customers s where s.customer_id is null and ${isNew}
    ), free as (${free}), added as (
      ${into} select ${merchantId}::bigint, free.id, customer_number, ${names}, ${rest}
        from fresh join free using (k) order by k
      returning customer_id
    )
    select max(customer_id) as last from added`.execute(trx);
  const newest = given.rows[0]?.last ?? null;
  if (newest === null) return;
  await trx
    .updateTable('customer_numberings')
    .set({ last_id: newest })
    .where('merchant_id', '=', merchantId)
    .execute();
}

/** The last number given out, and how many customers have one beyond it. */
async function readNumbering(
  trx: Trx,
  merchantId: number,
): Promise<{ readonly last: number; readonly beyond: number }> {
  await trx
    .insertInto('customer_numberings')
    .values({ merchant_id: merchantId, last_id: 0 })
    .onConflict((conflict) => conflict.column('merchant_id').doNothing())
    .execute();
  const { rows } = await sql<{ last: number; beyond: number }>`
    select n.last_id as last, (select count(*) from customers c
        where c.merchant_id = n.merchant_id and c.customer_id > n.last_id) as beyond
      from customer_numberings n where n.merchant_id = ${merchantId}`.execute(trx);
  const [row] = rows;
  if (row === undefined) throw new Error('the numbering was just written');
  return row;
}

/** Writes failures and warnings of a merge from its stage, and counts. */
export async function recordRemarks(
  trx: Trx,
  merchantId: number,
  of: { readonly importId: number; readonly table: 'staged_customers' | 'staged_cards' },
): Promise<MergeCounts> {
  const table = sql.table(of.table);
  const head = sql`${of.importId}::bigint, s.record, s.line, ${merchantId}::bigint`;
  const failures = await sql`
    insert into import_failures (import_id, record, line, merchant_id, columns, errors)
    select ${head}, coalesce(r.columns, '{}') || s.columns, coalesce(r.errors, '{}') || s.errors
      from staged_failures s left join refused r on r.record = s.record
    union all
    select ${head}, r.columns, r.errors from ${table} s join refused r on r.record = s.record
  `.execute(trx);
  const warnings = await sql`
    insert into import_warnings (import_id, record, line, merchant_id, columns, warnings)
    select ${head}, s.warned_columns, s.warnings from ${table} s
     where s.warnings is not null
       and not exists (select from refused r where r.record = s.record)`.execute(trx);
  const { rows } = await sql<{ imported: number }>`
    select count(*) as imported from ${table} s
     where not exists (select from refused r where r.record = s.record)`.execute(trx);
  return {
    imported: rows[0]?.imported ?? 0,
    failed: Number(failures.numAffectedRows ?? 0n),
    warned: Number(warnings.numAffectedRows ?? 0n),
  };
}
