import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { billMonth } from '../../sandbox/bill-month.ts';
import {
  ApiRefusal,
  type ExchangeView,
  listCharges,
  listExchanges,
  readCycle,
  recordAcceptance,
  startCycle,
  uploadStoredFile,
  useOrderExport,
} from '../../sandbox/operator.ts';
import { generateOrderExport } from '../../sandbox/shop/order-export.ts';
import { createWorkflowStarter } from '../../temporal/workflow-starter.ts';
import { cycleWorkflowId } from '../../workflows/workflow-ids.ts';
import { type Month, openMonth } from './month.ts';

/** What two people, or two clicks, do at the same moment. */
const billedMonth = '2026-11';

let month: Month;
beforeAll(async () => {
  month = await openMonth({
    settings: { paygent: { maxRecordsPerFile: 10, exchangesAtOnce: 10 } },
  });
});
afterAll(() => month.close());

const exportOf = (seed: string, orders: number) =>
  Buffer.concat([...generateOrderExport({ month: billedMonth, orders, seed, oddShare: 0 })]);

const leave = (bytes: Uint8Array) =>
  uploadStoredFile(month.day.desk, { name: 'orders.csv', kind: 'order-export', bytes });

const count = async (table: 'cycles' | 'decisions' | 'send_answers' | 'selections' | 'charges') => {
  const row = await month.db
    .selectFrom(table)
    .select((eb) => eb.fn.countAll<number>().as('rows'))
    .executeTakeFirstOrThrow();
  return row.rows;
};

/** The refusals among what was tried at once; whatever else failed is thrown. */
function refusalsOf(tried: readonly PromiseSettledResult<unknown>[]): string[] {
  return tried
    .filter((one) => one.status === 'rejected')
    .map(({ reason }) => {
      if (!(reason instanceof ApiRefusal)) throw reason;
      return `${reason.status} ${reason.problem}`;
    });
}

test('the same month started ten times at once is one cycle and one workflow', async () => {
  const { desk } = month.day;
  await Promise.all(Array.from({ length: 10 }, () => startCycle(desk, billedMonth)));
  const workflowId = cycleWorkflowId(desk.merchant, billedMonth);
  await readCycle(desk, billedMonth);
  expect(await count('cycles')).toBe(1);
  const starter = createWorkflowStarter(month.client, month.taskQueue);
  const running = await month.client.workflow.getHandle(workflowId).describe();
  const again = await starter.start({
    workflowId,
    workflow: 'billingCycle',
    input: { merchant: desk.merchant, clockOffsetMs: 0 },
    month: billedMonth,
    stage: null,
  });
  expect(again).toBe(running.runId);
  // The list of executions is kept up a moment later than the executions.
  const query = `WorkflowId = "${workflowId}"`;
  const executions = () => month.client.workflow.count(query).then((found) => found.count);
  await vi.waitFor(async () => expect(await executions()).toBe(1), { timeout: 60_000 });
});

test('two exports given at the same moment are both taken, and each order is billed once', async () => {
  const { desk } = month.day;
  const hashes = await Promise.all([leave(exportOf('one', 60)), leave(exportOf('two', 61))]);
  const tried = await Promise.allSettled([
    ...hashes.map((sha256) => useOrderExport(desk, billedMonth, sha256)),
    ...hashes.map((sha256) => useOrderExport(desk, billedMonth, sha256)),
  ]);
  // Whichever came later brought its news to the other, before or after the orders were selected.
  expect(refusalsOf(tried)).toEqual([]);
  await vi.waitFor(
    async () => {
      const cycle = await readCycle(desk, billedMonth);
      expect(cycle.stage).toBe('awaiting_result');
      expect(cycle.conservation).toEqual({ rows: true, yen: true, broken: [] });
      const charges = await listCharges(desk, billedMonth, {});
      expect(charges.length).toBeGreaterThan(0);
      expect(new Set(charges.map((one) => one.orderNumber)).size).toBe(charges.length);
      expect(charges.length + cycle.unbilled).toBe(cycle.selection?.selected);
    },
    { timeout: 60_000, interval: 100 },
  );
});

async function handingOver(files: number): Promise<ExchangeView[]> {
  return await vi.waitFor(
    async () => {
      const open = (await listExchanges(month.day.desk, billedMonth)).filter(
        (one) => one.stage === 'handing_over',
      );
      expect(open.length).toBeGreaterThanOrEqual(files);
      return open;
    },
    { timeout: 60_000, interval: 100 },
  );
}

test('the same act with the same key from five clients is one decision, with one answer', async () => {
  const [exchange] = await handingOver(5);
  if (exchange === undefined) throw new Error('no file is handed over');
  const before = await count('decisions');
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => recordAcceptance(month.day.desk, exchange, '900001')),
  );
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  expect(answers[0]).toMatchObject({ stage: 'awaiting_result', acceptanceNumber: '900001' });
  expect((await count('decisions')) - before).toBe(1);
  expect(await count('send_answers')).toBe(1);
});

test('of two different acceptances at once exactly one wins, and the other is a 409', async () => {
  const open = await handingOver(4);
  for (const [index, exchange] of open.entries()) {
    const numbers = [910_000, 920_000].map((base) => String(base + index));
    const tried = await Promise.allSettled(
      numbers.map((number) => recordAcceptance(month.day.desk, exchange, number)),
    );
    expect(refusalsOf(tried)).toEqual(['409 conflict']);
    const winner = numbers[tried.findIndex((one) => one.status === 'fulfilled')];
    const kept = await listExchanges(month.day.desk, billedMonth);
    expect(kept.find((one) => one.number === exchange.number)?.acceptanceNumber).toBe(winner);
  }
  // One acceptance of the test before, one of each file here: the losers left nothing.
  expect(await count('send_answers')).toBe(1 + open.length);
});

test('one number for two files at once is taken by one of them', async () => {
  const other = await openMonth({
    settings: { paygent: { maxRecordsPerFile: 10, exchangesAtOnce: 10 } },
  });
  try {
    await other.begin(billedMonth, exportOf('three', 20));
    const files = await vi.waitFor(
      async () => {
        const open = await listExchanges(other.day.desk, billedMonth);
        expect(open.filter((one) => one.stage === 'handing_over')).toHaveLength(open.length);
        expect(open.length).toBeGreaterThanOrEqual(2);
        return open.slice(0, 2);
      },
      { timeout: 60_000, interval: 100 },
    );
    const tried = await Promise.allSettled(
      files.map((file) => recordAcceptance(other.day.desk, file, '930001')),
    );
    expect(refusalsOf(tried)).toEqual(['409 conflict']);
  } finally {
    await other.close();
  }
});

test('an operator stopped after an upload or before its result goes on and uploads nothing again', async () => {
  const other = await openMonth();
  try {
    await other.begin(billedMonth, exportOf('four', 30));
    const stopped = {
      ...other.day,
      onStep: (step: string) => {
        if (step === 'uploaded') throw new Error('stopped');
      },
    };
    await expect(billMonth(stopped, billedMonth)).rejects.toThrow('stopped');
    await expect(billMonth(stopped, billedMonth)).rejects.toThrow('stopped');
    const late = {
      ...other.day,
      onStep: (step: string) => {
        if (step === 'completed') throw new Error('stopped later');
      },
    };
    await expect(billMonth(late, billedMonth)).rejects.toThrow('stopped later');
    const cycle = await billMonth(other.day, billedMonth);
    const { totals } = await other.readLedger();
    expect(totals).toMatchObject({
      attempts: cycle.selection?.selected,
      doubleAuthorizations: 0,
      authorizationsAfterCapture: 0,
      repeatedCaptures: 0,
      captureRefusals: 0,
    });
    expect(totals.captures).toBe(cycle.selection?.selected);
  } finally {
    await other.close();
  }
});
