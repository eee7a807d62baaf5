import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Db, openDatabase } from '../../db/database.ts';
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
