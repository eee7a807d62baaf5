import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Db, openDatabase } from '../../db/database.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { AT, insertCharges, insertExchange, insertMoneyRecord } from './money-record.ts';

let database: TestDatabase;
let db: Db;

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.ownerUrl);
});
afterAll(async () => {
  await db.destroy();
  await database.drop();
});

// A file that Postgres has not counted yet beside one that it has: by the index of exchanges each line
// read all claims of its file, and the third file of a large month took minutes.
test('a line finds its claim by the key of the claim, whatever Postgres knows of its file', async () => {
  const record = await insertMoneyRecord(db);
  const { merchantId } = record;
  const count = 8_000;
  const charges = await insertCharges(db, record, 2 * count);
  const claim = async (first: number) => {
    const exchangeId = await insertExchange(db, record);
    await db.transaction().execute(async (trx) => {
      await sql`set local statement_timeout = '5s'`.execute(trx);
      await sql`
        insert into attempts (charge_id, n, merchant_id, kind, exchange_id, amount_yen, claimed_at)
        select id, 1, ${merchantId}, 'authorization', ${exchangeId}, 1000, ${AT} from charges
         where cycle_id = ${record.cycleId} and id >= ${first} order by id limit ${count}`.execute(
        trx,
      );
      await sql`
        insert into file_lines (exchange_id, line_number, merchant_id, charge_id, n, order_number, yen)
        select exchange_id, row_number() over (order by charge_id) + 1, merchant_id, charge_id, 1,
               charge_id::text, 1000
          from attempts where exchange_id = ${exchangeId}`.execute(trx);
    });
    return exchangeId;
  };
  await claim(charges[0]!.chargeId);
  await sql`analyze attempts, file_lines, charges`.execute(db);
  const second = await claim(charges[count]!.chargeId);
  const { rows } = await sql<{ fact: string; rows: number; yen: number }>`
    select fact, rows, yen::float8 as yen from charge_tallies
     where cycle_id = ${record.cycleId} and exchange_id = ${second}`.execute(db);
  // The same statement that wrote the claims added them up.
  expect(rows).toEqual([{ fact: 'authorization', rows: count, yen: count * 1000 }]);
});
