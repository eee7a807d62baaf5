import { readFile } from 'node:fs/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { billMonth } from '../../sandbox/bill-month.ts';
import {
  endCharges,
  listCharges,
  listExchanges,
  readCycle,
  settleLines,
  startCycle,
} from '../../sandbox/operator.ts';
import { startExchange } from '../../temporal/start-exchange.ts';
import { createWorkflowStarter } from '../../temporal/workflow-starter.ts';
import { cycleWorkflowId, exchangeWorkflowId } from '../../workflows/workflow-ids.ts';
import { loseTemporalState } from '../campaign/faults.ts';
import { type Month, openMonth } from './month.ts';

/** Workflows that are gone while their rows stand: what is started again goes on from the rows. */
const billedMonth = '2026-11';
let month: Month;
beforeAll(async () => {
  month = await openMonth({
    // Orders whose number ends in 7 come back with a code that no table knows.
    outcomes: { rules: [{ match: { orderNumber: '7$' }, outcome: 'unknown' }], declineShare: 0 },
  });
  await month.begin(billedMonth, await readFile('test/fixtures/orders/orders-2026-11.csv'));
});
afterAll(() => month?.close());

/** Number of rows of every table that tells of money. */
async function countRecord(): Promise<Record<string, number>> {
  const tables = ['orders', 'selections', 'charges', 'charge_items', 'attempts', 'outcomes'];
  tables.push('endings', 'ending_results', 'exchanges', 'file_lines', 'sends', 'send_answers');
  tables.push('result_files', 'contradictions', 'decisions', 'files');
  const counts: Record<string, number> = {};
  for (const table of tables) {
    const { rows } = await sql<{ rows: number }>`
      select count(*)::int as rows from ${sql.table(table)}`.execute(month.db);
    counts[table] = rows[0]?.rows ?? 0;
  }
  return counts;
}

test('a file whose workflow alone is gone comes back when its month is started again', async () => {
  const { desk } = month.day;
  const auth = exchangeWorkflowId(desk.merchant, billedMonth, 'auth', 1);
  await vi.waitFor(
    async () => expect((await listExchanges(desk, billedMonth))[0]?.stage).toBe('handing_over'),
    { timeout: 60_000, interval: 100 },
  );
  const handle = month.client.workflow.getHandle(auth);
  await handle.terminate('lost (test)');
  expect(await startCycle(desk, billedMonth)).toBe(false);
  expect((await handle.describe()).status.name).toBe('RUNNING');
});

test('a month with open lines goes on after everything was lost, and is settled and closed', async () => {
  const { desk } = month.day;
  const cycle = await billMonth(month.day, billedMonth);
  expect(cycle.exchanges).toMatchObject({ open: 0, unsettled: 1 });
  const before = await countRecord();
  await loseTemporalState(month);
  await startCycle(desk, billedMonth);
  const [auth] = await listExchanges(desk, billedMonth);
  if (auth === undefined) throw new Error('no authorization file');
  const unknown = (await listCharges(desk, billedMonth, {})).filter((charge) =>
    ['unknown', 'quarantined'].includes(charge.state),
  );
  expect(unknown.length).toBeGreaterThan(10);
  await settleLines(desk, auth, {
    orderNumbers: unknown.map((charge) => charge.orderNumber),
    outcome: 'declined',
    reason: 'not there in Paygent Online',
  });
  await endCharges(desk, billedMonth, {
    orderNumbers: unknown.map((charge) => charge.orderNumber),
    kind: 'given_up',
    reason: 'the month of the test ends here',
  });
  await vi.waitFor(async () => expect((await readCycle(desk, billedMonth)).stage).toBe('closed'), {
    timeout: 60_000,
    interval: 100,
  });
  const after = await countRecord();
  expect(after).toMatchObject({
    orders: before.orders,
    charges: 326,
    // Each was sent once; an attempt more is the slot in which a charge was given up.
    attempts: 326 + unknown.length,
    outcomes: 326,
    endings: 326 - unknown.length,
    ending_results: 326 - unknown.length,
    sends: before.sends,
    contradictions: 0,
  });
  const { totals } = await month.readLedger();
  expect(totals).toMatchObject({ attempts: 326, doubleAuthorizations: 0, repeatedCaptures: 0 });
});

test('a closed month and its files, started again, end at once and change nothing', async () => {
  const { desk } = month.day;
  const before = await countRecord();
  const cycleBefore = await readCycle(desk, billedMonth);
  expect(await startCycle(desk, billedMonth)).toBe(false);
  const starter = createWorkflowStarter(month.client, month.taskQueue);
  const merchant = { slug: desk.merchant, clockOffsetMs: 0 };
  const workflowId = cycleWorkflowId(desk.merchant, billedMonth);
  await starter.start({
    workflowId,
    workflow: 'billingCycle',
    input: { merchant: desk.merchant, clockOffsetMs: 0, month: billedMonth, startedBy: 'test' },
    month: billedMonth,
    stage: 'closed',
  });
  const ids = [workflowId];
  for (const exchange of await listExchanges(desk, billedMonth)) {
    const name = { ...exchange, billingMonth: exchange.month };
    await startExchange(starter, merchant, name);
    ids.push(exchangeWorkflowId(desk.merchant, billedMonth, exchange.kind, exchange.number));
  }
  expect(ids.length).toBeGreaterThanOrEqual(3);
  for (const id of ids) await month.client.workflow.getHandle(id).result();
  expect(await countRecord()).toEqual(before);
  expect(await readCycle(desk, billedMonth)).toEqual(cycleBefore);
});
