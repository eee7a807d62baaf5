import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { contract, type RouteContract, type RouteName } from '../../api/contract.ts';
import { createToken } from '../../db/queries/tokens.ts';
import { billMonth } from '../../sandbox/bill-month.ts';
import { downloadExchangeFile, listExchanges } from '../../sandbox/operator.ts';
import { routeSamples } from '../api/route-samples.ts';
import { type Month, openMonth, sandboxNow } from './month.ts';
import {
  ask,
  countAtPsp,
  giveResult,
  makeExport,
  makeResult,
  numbered,
  post,
  untilCycle,
  untilExchange,
} from './month-acts.ts';

/** The month of the samples that the walk over all routes sends. */
const closedMonth = '2026-10';
const isAct = (route: RouteContract) =>
  route.idempotencyKey === 'required' && /\/(?:cycles|exchanges)\/:month\//.test(route.path);
// A correction is what a closed month is for; it has tests of its own below.
const acts = (Object.keys(contract) as RouteName[]).filter(
  (name) => isAct(contract[name]) && name !== 'recordCorrection',
);

// What names a file is looked at whenever it comes; these name one that is not there.
const namingFiles: readonly RouteName[] = [
  'ingestResult',
  'readInquiry',
  'useInquiry',
  'acknowledgeInquiry',
];

let month: Month;
let owner: pg.Client;
/** Of someone who may do everything: it is not the role that keeps the month as it is. */
let token: string;

beforeAll(async () => {
  month = await openMonth();
  ({ token } = await createToken(month.db, {
    ...{ actor: 'admin of the test', role: 'admin', scope: { all: true } },
    ...{ expiresAt: null, now: sandboxNow, createdBy: 'test' },
  }));
  owner = new pg.Client({ connectionString: month.ownerDatabaseUrl });
  await owner.connect();
  await month.begin(closedMonth, makeExport(numbered('k', 12)));
  await billMonth(month.day, closedMonth);
  await untilCycle(month, closedMonth, ({ stage }) => stage === 'closed');
});
afterAll(async () => {
  await owner?.end();
  await month?.close();
});

/** All rows of every table that tells of months, but the audit, as one hash. */
async function hashRecord(): Promise<string> {
  const { rows: tables } = await sql<{ name: string }>`
    select table_name as name from information_schema.columns
     where table_schema = 'public' and column_name = 'merchant_id'
       and table_name in (select tablename from pg_tables where schemaname = 'public')
     order by 1`.execute(month.db);
  expect(tables.length).toBeGreaterThan(25);
  const hashes: string[] = [];
  for (const { name } of tables) {
    const { rows } = await owner.query(
      `select md5(coalesce(string_agg(t::text, e'\\n' order by t::text), '')) as hash from "${name}" t`,
    );
    hashes.push(`${name} ${rows[0].hash}`);
  }
  return hashes.join('\n');
}

describe('nothing in a closed month changes', () => {
  test('there are acts to try', () => {
    expect(acts.length).toBeGreaterThan(10);
    expect(acts).toContain('endCharges');
    expect(acts).toContain('settleLines');
  });

  test.each(acts)('%s is refused and leaves every row as it was', async (name) => {
    const before = await hashRecord();
    const { desk } = month.day;
    const sample = routeSamples[name];
    const response = await fetch(`${desk.apiUrl}${sample.path(desk.merchant)}`, {
      method: contract[name].method.toUpperCase(),
      headers: {
        authorization: `Bearer ${token}`,
        'idempotency-key': randomUUID(),
        ...(sample.json === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(sample.json === undefined ? {} : { body: JSON.stringify(sample.json('1')) }),
    });
    const body = (await response.json()) as { detail?: string };
    expect([name, response.status, body.detail]).toEqual([
      name,
      namingFiles.includes(name) ? 404 : 409,
      expect.stringContaining('ません'),
    ]);
    expect(await hashRecord()).toBe(before);
  });

  test('started again it is shown as it is', async () => {
    const before = await hashRecord();
    const again = await ask(month, 'POST', '/cycles', { month: closedMonth });
    expect(again).toMatchObject({ status: 200, body: { stage: 'closed' } });
    expect(await hashRecord()).toBe(before);
  });
});

test('its report adds up', async () => {
  const { body } = await ask(month, 'GET', `/cycles/${closedMonth}/report`);
  const all = { rows: 12, yen: 12 * 1000 + 66 };
  expect(body).toMatchObject({
    stage: 'closed',
    startedBy: 'operator of the test',
    orders: [{ verdict: 'selected', reason: null, label: null, ...all }],
    charges: [{ state: 'captured', label: '消込済', ...all }],
    declines: [],
    authorizations: [{ outcome: 'ok', ...all }],
    endings: [{ kind: 'capture', result: 'captured', ...all }],
    corrections: [],
    deadlines: { inTime: all, late: { rows: 0 }, waiting: { rows: 0 }, expired: { rows: 0 } },
    conservation: { rows: true, yen: true, broken: [] },
  });
  expect(body.exchanges).toMatchObject([
    { kind: 'auth', number: 1, stage: 'reconciled', sent: all, lines: { ok: all } },
    { kind: 'capture', number: 1, stage: 'reconciled', sent: all, lines: { ok: all } },
  ]);
  for (const exchange of body.exchanges as Record<string, string>[]) {
    const { handedOverAt, acceptedAt, completedAt, reconciledAt } = exchange;
    const instants = [handedOverAt, acceptedAt, completedAt, reconciledAt];
    expect(instants).toEqual([...instants].sort());
    expect(instants).not.toContain(null);
  }
});

describe('what becomes known later is a correction beside the record', () => {
  /** All that the closed month itself is made of: its rows, but for who is asked to look. */
  async function hashMonth(): Promise<string> {
    const later =
      /^(?:corrections|correction_acknowledgements|cycles|decisions|files|file_chunks|notices|mail_outbox|audit_entries) /;
    return (await hashRecord())
      .split('\n')
      .filter((line) => !later.test(line))
      .join('\n');
  }
  const corrections = (query = '') => ask(month, 'GET', `/corrections${query}`);

  test('a late result that says something else is kept, alarms, and changes nothing', async () => {
    const before = await hashMonth();
    const [, capture] = await listExchanges(month.day.desk, closedMonth);
    if (capture?.kind !== 'capture') throw new Error('no capture file');
    const request = await downloadExchangeFile(month.day.desk, capture);
    const late = makeResult(request, (orderNumber) => (orderNumber === 'k03' ? '1' : '0'));
    expect((await giveResult(month, capture, late)).status).toBe(200);
    // Another file that says the same again is no further correction.
    const again = makeResult(request, (orderNumber) => (/k0[34]/.test(orderNumber) ? '1' : '0'));
    expect((await giveResult(month, capture, again)).status).toBe(200);
    const { body } = await corrections('?open=true');
    expect(body.corrections).toMatchObject([
      { number: 2, kind: 'late_result', orderNumber: 'k04', yen: 1003, received: 'refused' },
      {
        ...{ month: closedMonth, number: 1, kind: 'late_result', label: '締め後に届いた結果' },
        ...{ orderNumber: 'k03', yen: 1002, recorded: 'captured', received: 'refused' },
        ...{ file: { kind: 'capture', number: 1 }, acknowledged: null },
      },
    ]);
    expect(await hashMonth()).toBe(before);
    const cycle = await ask(month, 'GET', `/cycles/${closedMonth}`);
    expect(cycle.body).toMatchObject({ stage: 'closed', attention: true });
    expect(cycle.body.waitsFor).toContain('訂正が 2 件');
    const notices = await ask(month, 'GET', '/notices');
    expect(JSON.stringify(notices.body)).toContain('二重請求の可能性');
    expect(await countAtPsp(month, 'k')).toMatchObject({ captures: 12, twice: [] });
  });

  test('a refund is recorded once, whatever is sent again, and not above what was captured', async () => {
    const refund = { kind: 'refund', orderNumber: 'k05', yen: 1004, reason: '返品' };
    const path = `/cycles/${closedMonth}/corrections`;
    const key = randomUUID();
    const first = await post(month, path, refund, key);
    expect(first).toMatchObject({ status: 200, body: { number: 3 } });
    expect(await post(month, path, refund, key)).toMatchObject({ body: { number: 3 } });
    const tooMuch = await post(month, path, { ...refund, yen: 1005 });
    expect([tooMuch.status, tooMuch.body.detail]).toEqual([409, expect.stringContaining('1,004')]);
    const stranger = await post(month, path, { ...refund, orderNumber: 'nobody' });
    expect([stranger.status, stranger.body.detail]).toEqual([
      409,
      expect.stringContaining('nobody'),
    ]);
    const late = await post(month, path, { ...refund, kind: 'late_result' });
    expect(late.status).toBe(422);
    const rest = await corrections('?limit=1');
    expect(rest.body.nextAfter).toBe(`${closedMonth}/3`);
    const next = await corrections(`?limit=5&after=${encodeURIComponent(`${closedMonth}/3`)}`);
    expect(next.body.corrections).toMatchObject([{ number: 2 }, { number: 1 }]);
  });

  test('it stays open until a person has looked after it', async () => {
    const acknowledge = (number: number) =>
      post(month, `/cycles/${closedMonth}/corrections/${number}/acknowledgement`, {
        reason: 'ペイジェントの画面で確認',
      });
    expect((await acknowledge(1)).body).toEqual({ open: 2 });
    const twice = await acknowledge(1);
    expect([twice.status, twice.body.detail]).toEqual([409, expect.stringContaining('確認済み')]);
    expect((await acknowledge(2)).body).toEqual({ open: 1 });
    expect((await acknowledge(3)).body).toEqual({ open: 0 });
    expect((await corrections('?open=true')).body.corrections).toEqual([]);
    const report = await ask(month, 'GET', `/cycles/${closedMonth}/report`);
    expect(report.body.corrections).toEqual([
      { kind: 'late_result', rows: 2, yen: 2005, open: 0 },
      { kind: 'refund', rows: 1, yen: 1004, open: 0 },
    ]);
    const cycle = await ask(month, 'GET', `/cycles/${closedMonth}`);
    expect(cycle.body).toMatchObject({
      attention: false,
      waitsFor: expect.not.stringContaining('訂正'),
    });
  });

  test('a month that is open takes none, and says what keeps it open', async () => {
    await month.begin('2026-12', makeExport(numbered('o', 1)));
    await untilExchange(month, '2026-12', 'auth-1');
    const open = await ask(month, 'GET', '/cycles/2026-12/open-rows');
    expect(open.body).toMatchObject({
      reasons: [{ reason: 'sent', rows: 1, yen: 1000, mover: 'psp', samples: ['o01'] }],
      rows: [{ reason: 'sent', orderNumber: 'o01', yen: 1000, file: 'auth-1', line: 2 }],
      nextAfter: null,
    });
    const done = await ask(month, 'GET', `/cycles/${closedMonth}/open-rows`);
    expect(done.body).toEqual({ reasons: [], pending: null, rows: [], nextAfter: null });
    const refund = { kind: 'refund', orderNumber: 'o01', yen: 1, reason: '返品' };
    const early = await post(month, '/cycles/2026-12/corrections', refund);
    expect([early.status, early.body.detail]).toEqual([
      409,
      expect.stringContaining('まだ締めていません'),
    ]);
  });
});
