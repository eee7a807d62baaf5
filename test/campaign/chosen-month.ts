import { carryFile } from '../../sandbox/bill-month.ts';
import { type CycleView, listCharges, listExchanges, readCycle } from '../../sandbox/operator.ts';
import type { Month } from '../workflows/month.ts';
import { makeExport, numbered, type TestOrder, upload } from '../workflows/month-acts.ts';
import { processFaults } from './faults.ts';
import {
  billedMonth,
  countOf,
  insist,
  pause,
  persist,
  type StepKind,
  type Story,
} from './story.ts';

/** 30 of 60 orders are billed first, in two files; then what newer exports made of the rest. */
const orders = numbered('c', 60);
const firstRun = orders.slice(0, 30);
const shippedFirst = 10;

const steps = {
  'run opened': { table: 'runs', on: 'insert', rows: 2, at: 'commit' },
  'orders of a run named': { table: 'run_orders', on: 'insert', rows: 30, at: 'row' },
  'month moved to its files': {
    table: 'cycles',
    on: 'update',
    when: "new.stage = 'handing_over'",
    rows: 2,
    at: 'commit',
  },
  'charging a run': { table: 'charges', on: 'insert', rows: 50, at: 'row' },
  'run planned': { table: 'run_plans', on: 'insert', rows: 2, at: 'commit' },
  'writing a newer version': {
    table: 'orders',
    on: 'insert',
    when: 'new.version > 1',
    rows: 10,
    at: 'row',
  },
  'newer export taken': {
    table: 'order_collections',
    on: 'insert',
    when: 'new.n > 1',
    rows: 3,
    at: 'commit',
  },
  'judging newer versions': {
    table: 'selection_rows',
    on: 'insert',
    when: 'new.version > 1',
    rows: 4,
    at: 'row',
  },
  'order held': { table: 'order_holds', on: 'insert', rows: 1, at: 'commit' },
  'hold released': { table: 'order_hold_releases', on: 'insert', rows: 1, at: 'commit' },
  'shipments told': { table: 'shipments', on: 'insert', rows: 30, at: 'commit' },
  'claiming a capture wave': { table: 'endings', on: 'insert', rows: 50, at: 'row' },
  'capture wave claimed': { table: 'endings', on: 'insert', rows: 50, at: 'commit' },
  'capture asked for': { table: 'capture_requests', on: 'insert', rows: 1, at: 'commit' },
  'run shown and let go': { table: 'clearances', on: 'insert', rows: 2, at: 'commit' },
} as const satisfies Record<string, StepKind>;

/** A month of chosen orders: newer exports, two runs, a hold, captures in waves as goods leave. */
export const chosenMonth: Story = {
  settings: { paygent: { maxRecordsPerFile: 20 }, capture: { policy: 'on-shipment' } },
  steps,
  faults: processFaults,
  async live(month, ended) {
    const until = (holds: (cycle: CycleView) => boolean) => carryUntil(month, ended, holds);
    await insist(month, '/cycles', { month: billedMonth, scope: 'chosen' });
    await give(month, orders);
    await until(({ stage, unbilled }) => stage === 'previewing' && unbilled === 60);
    await insist(month, path('/runs'), {
      orderNumbers: firstRun.map(({ number }) => number),
      confirmed: sum(firstRun),
      reason,
    });
    // Charges stand in the order of the exports that they are made from, and a file takes along what
    // another run has charged by then.
    while ((await countSent(month)) < firstRun.length) await pause();
    await give(month, [...newerOrders(shippedFirst, 1), ...added]);
    await give(month, [...newerOrders(shippedFirst, 2), ...added]);
    await insist(month, path('/holds'), { orderNumbers: [held], reason });
    const left = newerOrders(0, 2).filter(({ number }) => isLeft(number));
    const rest = [...left, ...added];
    await until(({ unbilled }) => unbilled === rest.length - 1);
    await insist(month, path('/released-holds'), { orderNumbers: [held], reason });
    await until(({ unbilled }) => unbilled === rest.length);
    await insist(month, path('/runs'), { orderNumbers: null, confirmed: sum(rest), reason });
    const billed = firstRun.length + rest.length;
    await until(({ charges }) => countOf(charges) === billed);
    await give(month, [...newerOrders(orders.length, 2), ...added.map(shipped)]);
    // Nothing may still be on its way to the PSP or back: what comes later waits for the wave of tomorrow.
    const allShipped = ({ capture, charges: { planned, sent, unknown, authorized } }: CycleView) =>
      ![planned, sent, unknown].some((state) => state && state.rows > 0) &&
      capture.ready > 0 &&
      capture.ready === authorized?.rows;
    await until(allShipped);
    // A wave has left today; what is asked for takes along all that is ready.
    const [asked] = await listCharges(month.day.desk, billedMonth, { state: 'authorized' });
    if (asked === undefined) throw new Error('nothing is authorized');
    await insist(month, path('/captures'), {
      orderNumbers: [asked.orderNumber],
      confirmed: { rows: 1, yen: asked.amountYen },
      reason,
    });
    await until(({ stage }) => stage === 'working_ng');
    const declined = await listCharges(month.day.desk, billedMonth, { state: 'declined' });
    await insist(month, path('/ended-charges'), {
      orderNumbers: declined.map(({ orderNumber }) => orderNumber),
      kind: 'given_up',
      reason,
    });
    await until(({ stage }) => stage === 'closed');
  },
};

const reason = '店舗の依頼';
const [cancelled, doubled, changed, held] = ['c31', 'c32', 'c33', 'c34'] as const;
const added = numbered('d', 3);
const isLeft = (number: string) =>
  number !== cancelled && number !== doubled && !firstRun.some((order) => order.number === number);
const path = (rest: string) => `/cycles/${billedMonth}${rest}`;
const shipped = (order: TestOrder): TestOrder => ({ ...order, 全商品発送日: '2026/11/20' });

/** What the n-th newer export says of the first orders: changed, cancelled, doubled, shipped. */
function newerOrders(shippedCount: number, n: number): TestOrder[] {
  const newer = orders.map((order, index): TestOrder => {
    const known = index < shippedCount ? shipped(order) : order;
    if (order.number === changed) return { ...known, yen: 5000 + n };
    return order.number === cancelled ? { ...known, 対応状況: 'キャンセル' } : known;
  });
  return n === 1 ? [...newer, ...newer.filter(({ number }) => number === doubled)] : newer;
}

const sum = (list: readonly TestOrder[]) => ({
  rows: list.length,
  yen: list.reduce((total, { yen }) => total + Number(yen), 0),
});

async function countSent({ day }: Month): Promise<number> {
  const exchanges = await listExchanges(day.desk, billedMonth);
  return exchanges.reduce((total, { records }) => total + records, 0);
}

async function give(month: Month, list: readonly TestOrder[]): Promise<void> {
  const stored = await upload(month, 'order-export', makeExport(list));
  const { sha256 } = stored.body as { sha256: string };
  await insist(month, path('/order-export'), { sha256 });
}

/** Carries every file to the PSP and back, until the month looks as asked and none is left. */
async function carryUntil(
  month: Month,
  ended: AbortSignal,
  holds: (cycle: CycleView) => boolean,
): Promise<void> {
  const { day } = month;
  for (;;) {
    // Before its files: those that it counts as built are among them.
    const cycle = await readCycle(day.desk, billedMonth);
    const open = (await listExchanges(day.desk, billedMonth)).filter(
      ({ stage, attention }) =>
        stage === 'handing_over' ||
        stage === 'built' ||
        (stage === 'awaiting_result' && !attention),
    );
    for (const exchange of open) {
      if (exchange.stage !== 'built') await persist(month, () => carryFile(day, exchange));
    }
    if (open.length === 0 && holds(cycle)) return;
    if (ended.aborted) throw new Error(`never so: ${JSON.stringify(cycle)}`);
    await pause();
  }
}
