import { sql } from 'kysely';
import pg from 'pg';
import type { Db } from '../../db/database.ts';
import { insertCollectedMonth } from './collected-month.ts';
import type { MoneyRecord } from './money-record.ts';

/**
 * A month that says of itself that it is large, so that whoever counts it waits. One of its rows has lost its
 * verdict.
 *
 * @param owner a database as its owner: nobody else may break a month
 */
export async function insertLargeMonth(
  owner: Db,
  amounts: readonly number[],
): Promise<MoneyRecord & { readonly orderNumber: string }> {
  const record = await insertCollectedMonth(owner, amounts);
  const lost = amounts.length + 1;
  const { cycleId } = record;
  await sql`update order_collections set records = 100000 where cycle_id = ${cycleId}`.execute(
    owner,
  );
  await sql`delete from selection_rows where cycle_id = ${cycleId} and record = ${lost}`.execute(
    owner,
  );
  return { ...record, orderNumber: `order-${lost}` };
}

/** Until it is released, whoever adds up what every row of a month became waits; nobody else does. */
export async function holdSums(ownerUrl: string): Promise<{ release(): Promise<void> }> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  await client.query('begin');
  await client.query('lock table quarantined_orders in access exclusive mode');
  return { release: async () => await client.end() };
}
