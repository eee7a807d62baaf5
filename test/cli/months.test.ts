import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addDays, businessDateOf, startOfBusinessDate } from '../../billing/business-date.ts';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import { type Db, openDatabase } from '../../db/database.ts';
import { saveSettings } from '../../db/queries/settings.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { insertOrders } from '../db/collected-orders.ts';
import { AT, insertMoneyRecord, type MoneyRecord } from '../db/money-record.ts';
import { prepareSent } from '../db/race.ts';
import { runCommand } from './run-command.ts';

let database: TestDatabase;
let db: Db;
let slug: string;
let record: MoneyRecord;

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.ownerUrl, { maxConnections: 1 });
  record = await insertMoneyRecord(db);
  await insertOrders(db, record, { count: 10, broken: 1 });
  slug = record.slug;
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

test('what expires soon, as lines, CSV and JSON', async () => {
  // Commands live in real time: a window that ends at the third midnight in Japan from now on.
  const today = businessDateOf(new Date().toISOString());
  const [charge] = await prepareSent(db, record, 1);
  if (charge === undefined) throw new Error('no charge');
  await sql`insert into outcomes (charge_id, n, merchant_id, outcome, capture_before, recorded_at)
    values (${charge.chargeId}, 1, ${record.merchantId}, 'ok',
            ${startOfBusinessDate(addDays(today, 3))}, ${AT})`.execute(db);
  const lines = await run('deadlines', '--merchant', slug);
  expect(lines).toMatchObject({ code: 0, err: '' });
  expect(lines.out.split('\n')).toContain('within 3 days: 1 charge, 1,000 円');
  expect(lines.out).toContain('1 charge of 2026-11, 1,000 円');
  const csv = await run('deadlines', '--merchant', slug, '--csv');
  expect(csv.out).toContain(`2026-11,${addDays(today, 3)},`);
  const json = await run('deadlines', '--merchant', slug, '--within', '30', '--json');
  expect(JSON.parse(json.out)).toMatchObject({ days: [{ month: '2026-11', rows: 1, yen: 1000 }] });
  expect((await run('deadlines', '--merchant', 'nobody')).code).toBe(2);
});

test.each([
  ['nobody', '2026-11', 'There is no merchant nobody.'],
  [null, '2026-13', 'is not YYYY-MM'],
  [null, '2025-01', 'has no billing cycle of 2025-01'],
])('a month that is not there: %s %s', async (merchant, month, message) => {
  const of = ['--merchant', merchant ?? slug, '--month', month];
  const { code, out, err } = await run('cycle', 'report', ...of);
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
  expect([code, out.trim().split('\n')]).toEqual([
    0,
    [
      'by-hand cycle: unchanged; none: months are started by hand',
      'by-hand refresh: unchanged; none: no card refresh starts by itself',
      'by-hand retention: unchanged; none: nothing is blanked by itself',
    ],
  ]);
  const json = await run('schedules', 'sync', '--json');
  const none = { change: 'unchanged', nextStart: null, paused: false, movedClock: false };
  expect(JSON.parse(json.out)).toEqual(
    ['cycle', 'refresh', 'retention'].map((what) => ({ merchant: 'by-hand', what, ...none })),
  );

  // What is paused is not told as if it were going to start.
  const { id } = await db
    .selectFrom('merchants')
    .select('id')
    .where('slug', '=', 'by-hand')
    .executeTakeFirstOrThrow();
  const save = async (cycleDay: number | null, seenVersion: number) =>
    await saveSettings(db, id, {
      settings: merchantSettingsSchema.parse({
        schedule: { cycleDay },
        cardRefresh: { enabled: cycleDay !== null },
      }),
      ...{ seenVersion, actor: 'test', reason: 'test', now: AT },
    });
  await save(25, 1);
  const cycle = ['--merchant', 'by-hand', '--what', 'cycle'];
  const paused = await run('schedules', 'pause', ...cycle, '--reason', 'moving');
  expect([paused.code, paused.out]).toEqual([0, expect.stringContaining('Japan: paused')]);
  const sync = async () => (await run('schedules', 'sync', '--merchant', 'by-hand')).out;
  const first = await sync();
  expect(first).toMatch(
    /^by-hand cycle: unchanged; it is paused, \d{4}-\d\d-\d\d in Japan is not started$/m,
  );
  expect(first).toMatch(/^by-hand refresh: unchanged; next start \d{4}-\d\d-\d\d in Japan$/m);
  await save(null, 2);
  const last = await sync();
  expect(last).toContain('by-hand cycle: taken away; none: months are started by hand');
  expect(last).toContain('by-hand refresh: taken away; none: no card refresh starts by itself');
  expect(last).toContain('by-hand retention: unchanged; none');
});

test('what a month would bill, as lines, JSON and CSV, and nothing is written', async () => {
  const month = ['--merchant', slug, '--month', '2026-11'];
  expect(await run('cycle', 'preview', ...month)).toMatchObject({
    code: 2,
    err: expect.stringContaining('has no settings yet'),
  });
  await saveSettings(db, record.merchantId, {
    settings: merchantSettingsSchema.parse({ approval: { policy: 'always', ceilingYen: 1 } }),
    ...{ seenVersion: 0, actor: 'test', reason: 'test', now: AT },
  });
  const csvPath = join(await mkdtemp(join(tmpdir(), 'tsukigime-preview-')), 'preview.csv');
  const lines = await run('cycle', 'preview', ...month, '--csv', csvPath);
  expect(lines).toMatchObject({ code: 0, err: '' });
  expect(lines.out).toContain('注文 11 件: 請求対象 9 件、対象外 1 件、要確認 1 件');
  expect(lines.out).toContain('承認: 必要。');
  const csv = await readFile(csvPath, 'utf8');
  expect(csv.trimEnd().split('\r\n')).toHaveLength(1 + 9);
  const json = await run('cycle', 'preview', ...month, '--json');
  expect(JSON.parse(json.out)).toMatchObject({ rows: 9, summary: { orders: 11 } });
  for (const table of ['previews', 'selections', 'runs'] as const) {
    expect(await db.selectFrom(table).select('merchant_id').execute()).toEqual([]);
  }
});
