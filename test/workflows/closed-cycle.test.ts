import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { contract, type RouteContract, type RouteName } from '../../api/contract.ts';
import { billMonth } from '../../sandbox/bill-month.ts';
import { routeSamples } from '../api/route-samples.ts';
import { type Month, openMonth } from './month.ts';
import { ask, makeExport, numbered, untilCycle } from './month-acts.ts';

/** The month of the samples that the walk over all routes sends. */
const closedMonth = '2026-10';
const isAct = (route: RouteContract) =>
  route.idempotencyKey === 'required' && /\/(?:cycles|exchanges)\/:month\//.test(route.path);
const acts = (Object.keys(contract) as RouteName[]).filter((name) => isAct(contract[name]));

let month: Month;
let owner: pg.Client;

beforeAll(async () => {
  month = await openMonth();
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
        authorization: `Bearer ${desk.token}`,
        'idempotency-key': randomUUID(),
        ...(sample.json === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(sample.json === undefined ? {} : { body: JSON.stringify(sample.json('1')) }),
    });
    const body = (await response.json()) as { detail?: string };
    // A late result alone is looked at whenever it comes; this one names a file that is not there.
    expect([name, response.status, body.detail]).toEqual([
      name,
      name === 'ingestResult' ? 404 : 409,
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
