import { sql } from 'kysely';
import type { Db, Trx } from '../database.ts';

const pageRows = 50_000;

/** 顧客番号 of all customers on record, deleted ones too: no number is given twice. */
export async function* listCustomerNumbers(db: Db, merchantId: number): AsyncGenerator<string> {
  for (let after = ''; ; ) {
    const page = await db
      .selectFrom('customers')
      .where('merchant_id', '=', merchantId)
      .where('customer_number', '>', after)
      .orderBy('customer_number')
      .limit(pageRows)
      .select('customer_number as number')
      .execute();
    for (const { number } of page) yield number;
    if (page.length < pageRows) return;
    after = page.at(-1)?.number ?? after;
  }
}

/** The last 顧客ID given out, and how many customers have one beyond it. */
export async function readNumbering(
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

/** Keeps the last 顧客ID given out; an earlier one changes nothing. */
export async function noteLastCustomerId(
  trx: Trx,
  merchantId: number,
  lastId: number,
): Promise<void> {
  await sql`
    update customer_numberings set last_id = greatest(last_id, ${lastId}::int)
     where merchant_id = ${merchantId}`.execute(trx);
}
