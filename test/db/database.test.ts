import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Db, lockMerchant, openDatabase, retryMerge } from '../../db/database.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';

let database: TestDatabase;
let db: Db;

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.appUrl);
});
afterAll(async () => {
  await db.destroy();
  await database.drop();
});

test('what is read can go straight into JSON', async () => {
  const { rows } = await sql<Record<string, unknown>>`
    select 9007199254740991::bigint as big, sum(x) as total, avg(x) as mean,
      date '2026-11-01' as day, timestamptz '2026-11-01 09:00+09' as instant,
      timestamptz '2026-11-01 00:00:00.123456+00' as micro, array[1, 2]::bigint[] as ids
    from (values (1::bigint), (2)) v (x)`.execute(db);
  expect(rows).toEqual([
    {
      big: 9007199254740991,
      total: 3,
      mean: 1.5,
      day: '2026-11-01',
      instant: '2026-11-01T00:00:00.000Z',
      micro: '2026-11-01T00:00:00.123Z',
      ids: [1, 2],
    },
  ]);
  await expect(sql`select 9007199254740993::bigint`.execute(db)).rejects.toThrow(RangeError);
});

/** Fails with the SQLSTATE, as a statement in the database would. */
function failWith(sqlState: string): Promise<unknown> {
  const raise = `do $$ begin raise exception 'test' using errcode = '${sqlState}'; end $$`;
  return sql.raw(raise).execute(db);
}

test.each(['40P01', '40001', '23505'])(
  'a merge that ends in %s is tried again',
  async (sqlState) => {
    const tries: number[] = [];
    const merged = retryMerge(async (attempt) => {
      tries.push(attempt);
      if (attempt < 3) await failWith(sqlState);
      return 'merged';
    });
    expect(await merged).toBe('merged');
    expect(tries).toEqual([1, 2, 3]);
  },
);

test('a merge is given up after five tries, and at once for any other error', async () => {
  let tries = 0;
  const merge = (sqlState: string) =>
    retryMerge(() => {
      tries += 1;
      return failWith(sqlState);
    });
  await expect(merge('40001')).rejects.toMatchObject({ code: '40001' });
  expect(tries).toBe(5);
  await expect(merge('TK001')).rejects.toMatchObject({ code: 'TK001' });
  expect(tries).toBe(6);
});

test('the lock of a merchant keeps out its own work and no other merchant', async () => {
  const order: string[] = [];
  const second = await db.transaction().execute(async (trx) => {
    await lockMerchant(trx, 1);
    await db.transaction().execute((other) => lockMerchant(other, 2));
    order.push('another merchant');
    const waiting = db.transaction().execute(async (same) => {
      await lockMerchant(same, 1);
      order.push('second');
    });
    await expect
      .poll(async () => {
        const { rows } = await sql`select from pg_locks where locktype = 'advisory'
          and not granted and database = (select oid from pg_database
            where datname = current_database())`.execute(db);
        return rows.length;
      })
      .toBe(1);
    order.push('first');
    return { waiting };
  });
  await second.waiting;
  expect(order).toEqual(['another merchant', 'first', 'second']);
});
