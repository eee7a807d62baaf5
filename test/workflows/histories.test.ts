import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { billMonth } from '../../sandbox/bill-month.ts';
import { generateOrderExport, makeExportOrders } from '../../sandbox/shop/order-export.ts';
import { createDataConverter } from '../../temporal/client.ts';
import { createLogger } from '../../workers/logger.ts';
import { loadWorkflowBundle } from '../../workers/workflow-bundle.ts';
import { cycleWorkflowId, exchangeWorkflowId } from '../../workflows/workflow-ids.ts';
import { bundlesDir } from '../workers/test-workers.ts';
import { type Month, openMonth } from './month.ts';

/** What a month leaves in Temporal: replayable, of a length that orders do not change, and mute. */
const billedMonth = '2026-11';
const sizes = [50, 500] as const;

let months: readonly { readonly month: Month; readonly orders: number }[];
beforeAll(async () => {
  months = await Promise.all(
    sizes.map(async (orders) => {
      const month = await openMonth();
      await month.begin(
        billedMonth,
        Buffer.concat([...generateOrderExport({ month: billedMonth, orders, oddShare: 0 })]),
      );
      expect((await billMonth(month.day, billedMonth)).charges.captured?.rows).toBe(orders);
      return { month, orders };
    }),
  );
});
afterAll(async () => {
  for (const { month } of months ?? []) await month.close();
});

async function historiesOf(month: Month) {
  const { merchant } = month.day.desk;
  const ids = [
    cycleWorkflowId(merchant, billedMonth),
    exchangeWorkflowId(merchant, billedMonth, 'auth', 1),
    exchangeWorkflowId(merchant, billedMonth, 'capture', 1),
  ];
  return await Promise.all(
    ids.map(async (id) => {
      const handle = month.client.workflow.getHandle(id);
      // The last events are those of its end.
      await handle.result();
      return { id, history: await handle.fetchHistory() };
    }),
  );
}

test('both workflows replay from their histories', async () => {
  for (const { month } of months) {
    const { code } = await loadWorkflowBundle(
      bundlesDir,
      createLogger({ level: 'silent', name: 'test' }),
    );
    for (const { id, history } of await historiesOf(month)) {
      await Worker.runReplayHistory(
        { workflowBundle: { code }, dataConverter: createDataConverter(month.server.keys) },
        history,
        id,
      );
    }
  }
});

/** What a workflow did: its events without the worker's turns, which fall together by chance. */
function countActs(history: Awaited<ReturnType<typeof historiesOf>>[number]['history']): number {
  const acts = (history.events ?? []).filter(
    (event) =>
      !event.workflowTaskScheduledEventAttributes &&
      !event.workflowTaskStartedEventAttributes &&
      !event.workflowTaskCompletedEventAttributes,
  );
  return acts.length;
}

/** Signals of two acts may come as one, which saves the cycle a look; orders would add hundreds. */
const fewSignals = 30;

test('ten times the orders make no longer history', async () => {
  const [few, many] = await Promise.all(months.map(({ month }) => historiesOf(month)));
  for (const [index, { id, history }] of (few ?? []).entries()) {
    const other = many?.[index]?.history;
    const difference = Math.abs(countActs(history) - countActs(other ?? {}));
    expect(countActs(history), id).toBeGreaterThan(30);
    expect(difference, id).toBeLessThanOrEqual(id.startsWith('cycle:') ? fewSignals : 0);
  }
});

/** Of issue 13: of a file with what it leaves in its month, and of a month besides, desks and mail too. */
const eventsPerFile = 100;
const eventsBesides = 200;

test('a file leaves few events, and so does its month', async () => {
  for (const { month } of months) {
    const query = `TaskQueue = '${month.taskQueue}'`;
    const events: number[] = [];
    for await (const { workflowId, runId, type } of month.client.workflow.list({ query })) {
      const { historyLength } = await month.client.workflow.getHandle(workflowId, runId).describe();
      events.push(historyLength);
      // Those in the month, some 20, are counted below.
      if (type === 'fileExchange') expect(historyLength, workflowId).toBeLessThanOrEqual(70);
    }
    const files = 2;
    expect(events.length).toBeGreaterThan(files);
    const all = events.reduce((total, one) => total + one, 0);
    expect(all).toBeLessThanOrEqual(files * eventsPerFile + eventsBesides);
  }
});

test('no history holds an order number, a customer number, a name, a mail address or a phone', async () => {
  for (const { month, orders } of months) {
    const personal = new Set<string>();
    for (const order of makeExportOrders({ month: billedMonth, orders, oddShare: 0 })) {
      const { values } = order;
      personal
        .add(values.注文番号)
        .add(values.メールアドレス)
        .add(values.電話番号)
        .add(values.顧客名);
    }
    for (const { history } of await historiesOf(month)) {
      const clear = Buffer.concat(bytesOf(history)).toString('utf8');
      expect(clear.length).toBeGreaterThan(10_000);
      // What may stand there in clear is found, so the rest would be.
      expect(clear).toContain(month.day.desk.merchant);
      expect([...personal].filter((text) => clear.includes(text))).toEqual([]);
    }
  }
});

/** Every byte and text anywhere in it, as they lie on the server. */
function bytesOf(value: unknown): Buffer[] {
  if (typeof value === 'string') return [Buffer.from(`${value}\n`)];
  if (value instanceof Uint8Array) return [Buffer.from(value), Buffer.from('\n')];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(bytesOf);
}
