import { sql } from 'kysely';
import type { Trx } from '../database.ts';
import { accepted, customerColumns, markRefused } from '../import-stage.ts';
import { noteLastCustomerId, readNumbering } from './customer-numbers.ts';

/** Counts of a merge; what did not fail is imported. */
export interface MergeCounts {
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

/**
 * Merges the staged customers into the record, set-based: known 顧客番号 are updated, new ones get the
 * next IDs, doubled and conflicting rows become failures. Customers of this import may be on record already:
 * they stand earlier in the file than any staged row with their number. The caller holds `lock_customers`.
 */
export async function mergeCustomers(
  trx: Trx,
  merchantId: number,
  of: { readonly importId: number; readonly now: string; readonly texts: CustomerConflictTexts },
): Promise<MergeCounts> {
  // A sort of a million rows in memory, once; the default would spill it to disk.
  await sql`set local work_mem = '128MB'`.execute(trx);
  // Those columns alone by which the merge chooses its way.
  await sql`analyze staged_customers (record, customer_number, customer_id, errors)`.execute(trx);
  await findCustomerConflicts(trx, merchantId, of);
  await markRefused(trx, 'staged_customers');
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
  of: { readonly importId: number; readonly texts: CustomerConflictTexts },
): Promise<void> {
  const { importId, texts } = of;
  await sql`
    with numbered as (
      select record, customer_number as key from staged_customers where customer_number is not null
    ), found (record, rank, "column", error) as (
      select record, 1, '顧客番号', ${texts.numberDoubled}::text from (
        select record from (
          select record, row_number() over (partition by key order by record) as k from numbered
           where key in (select key from numbered group by key having count(*) > 1)) d
         where k > 1
        union
        select n.record from numbered n
          join customers c on c.merchant_id = ${merchantId} and c.customer_number = n.key
         where c.import_id = ${importId}) d
      union all
      select record, 2, '顧客ID', ${texts.idDoubled} from (
        select record, row_number() over (partition by customer_id order by record) as k
          from staged_customers where customer_id is not null and errors is null) d
       where k > 1
      union all
      select s.record, 3, '顧客ID', ${texts.idTaken}
        from staged_customers s
        join customers c on c.merchant_id = ${merchantId} and c.customer_id = s.customer_id
       where s.errors is null and c.customer_number <> s.customer_number
         and not exists (select from customers o where o.merchant_id = ${merchantId}
           and o.customer_number = s.customer_number)
      union all
      select s.record, 4, '顧客ID', ${texts.idDiffers}
        from staged_customers s
        join customers c on c.merchant_id = ${merchantId} and c.customer_number = s.customer_number
       where s.errors is null and s.customer_id <> c.customer_id and c.import_id <> ${importId}
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
    ${accepted} and not exists (select from customers c
      where c.merchant_id = ${merchantId} and c.customer_number = s.customer_number)`;
  const rest = sql`${of.importId}::bigint, ${of.now}::timestamptz, ${of.now}::timestamptz`;
  await sql`
    ${into} select ${merchantId}::bigint, customer_id, customer_number, ${names}, ${rest}
      from staged_customers s where s.customer_id is not null and ${isNew}`.execute(trx);
  const { last, beyond } = await readNumbering(trx, merchantId);
  // Rows lie in the order of the file. Numbers that came in files are passed over; where there are none
  // beyond the last, counting is all.
  const counted = sql`
    select ${names}, customer_number, ${last}::int + row_number() over () as id
      from staged_customers s where s.customer_id is null and ${isNew}`;
  const passedOver = sql`
    select f.*, free.id from (
      select ${names}, customer_number, row_number() over () as k
        from staged_customers s where s.customer_id is null and ${isNew}) f
    join (
      select row_number() over (order by n) as k, n as id
        from generate_series(${last}::int + 1, ${last + beyond}::int
               + (select count(*)::int from staged_customers)) n
       where not exists (select from customers c
         where c.merchant_id = ${merchantId} and c.customer_id = n)) free using (k)`;
  // Not the largest ID on record: one that a file gave may lie near the end of all numbers.
  const { rows: added } = await sql<{ newest: number | null }>`
    with added as (
      ${into} select ${merchantId}::bigint, id, customer_number, ${names}, ${rest}
        from (${beyond === 0 ? counted : passedOver}) numbered
      returning customer_id)
    select max(customer_id) as newest from added`.execute(trx);
  await noteLastCustomerId(trx, merchantId, added[0]?.newest ?? last);
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
    select ${head}, s.columns, s.errors from ${table} s where s.errors is not null`.execute(trx);
  const warnings = await sql`
    insert into import_warnings (import_id, record, line, merchant_id, columns, warnings)
    select ${head}, s.warned_columns, s.warnings from ${table} s
     where s.warnings is not null and ${accepted}`.execute(trx);
  return {
    failed: Number(failures.numAffectedRows ?? 0n),
    warned: Number(warnings.numAffectedRows ?? 0n),
  };
}
