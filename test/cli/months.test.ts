import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Db, openDatabase } from '../../db/database.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { insertOrders } from '../db/collected-orders.ts';
import { insertMoneyRecord } from '../db/money-record.ts';
import { runCommand } from './run-command.ts';

let database: TestDatabase;
let db: Db;
let slug: string;

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.ownerUrl, { maxConnections: 1 });
  const record = await insertMoneyRecord(db);
  await insertOrders(db, record, { count: 10, broken: 1 });
  const merchant = db.selectFrom('merchants').select('slug').where('id', '=', record.merchantId);
  slug = (await merchant.executeTakeFirstOrThrow()).slug;
});
afterAll(async () => {
  await db.destroy();
  await database.drop();
});

const run = (...args: string[]) => runCommand({ databaseUrl: database.appUrl }, ...args);

test('the report of a month, as JSON and as CSV', async () => {
  const month = ['--merchant', slug, '--month', '2026-11'];
  const json = await run('cycle', 'report', ...month);
  expect(json).toMatchObject({ code: 0, err: '' });
  expect(JSON.parse(json.out)).toMatchObject({
    month: '2026-11',
    orders: [
      { verdict: 'selected', rows: 9 },
      { verdict: 'excluded', reason: 'first_order', rows: 1 },
      { verdict: 'quarantined', rows: 1 },
    ],
  });
  const csv = await run('cycle', 'report', ...month, '--csv');
  expect(csv.out.split('\r\n')).toContain('注文,対象外,初回の注文,1,1010,');
});

test.each([
  [['--merchant', 'nobody', '--month', '2026-11'], 'There is no merchant nobody.'],
  [['--merchant', 'record-1', '--month', '2026-13'], 'is not YYYY-MM'],
  [['--merchant', 'record-1', '--month', '2025-01'], 'has no billing cycle of 2025-01'],
])('a month that is not there: %j', async (args, message) => {
  const { code, out, err } = await run('cycle', 'report', ...args);
  expect([code, out]).toEqual([2, '']);
  expect(err).toContain(message);
});

test('Schedules are compared with the settings, of every merchant that has some', async () => {
  const made = await run(
    'merchant',
    'create',
    '--merchant',
    'by-hand',
    '--name',
    '店',
    '--kind',
    'real',
  );
  expect(made.code).toBe(0);
  const { code, out } = await run('schedules', 'sync');
  expect([code, out.trim()]).toEqual([0, 'by-hand: months are started by hand (unchanged)']);
  const json = await run('schedules', 'sync', '--json');
  expect(JSON.parse(json.out)).toEqual([
    { merchant: 'by-hand', change: 'unchanged', nextStart: null, movedClock: false },
  ]);
});
