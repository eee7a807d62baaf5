import { afterEach, beforeEach, expect, test } from 'vitest';
import { carryFile } from '../../sandbox/bill-month.ts';
import { readCycle } from '../../sandbox/operator.ts';
import { type Caught, type Step, setTraps, type Traps } from '../campaign/traps.ts';
import { type Month, openMonth } from './month.ts';
import {
  makeExport,
  numbered,
  post,
  type TestOrder,
  untilCycle,
  untilExchange,
  upload,
} from './month-acts.ts';

/** What is said to a month in the moment in which it bills or closes. */
let month: Month;
let traps: Traps | undefined;
beforeEach(async () => {
  month = await openMonth();
});
afterEach(async () => {
  await traps?.client.query('select pg_advisory_unlock_all()');
  await traps?.close();
  traps = undefined;
  await month.close();
});

const reason = '店舗の依頼';
const billedMonth = '2026-03';
const path = (rest: string) => `/cycles/${billedMonth}${rest}`;

async function give(orders: readonly TestOrder[]) {
  const stored = await upload(month, 'order-export', makeExport(orders));
  const { sha256 } = stored.body as { sha256: string };
  return await post(month, path('/order-export'), { sha256 });
}

/** One of two orders is billed and captured; the other is left over, and keeps the month open. */
async function billOneOfTwo(): Promise<void> {
  const [first, second] = numbered('41', 2) as [TestOrder, TestOrder];
  await post(month, '/cycles', { month: billedMonth, scope: 'chosen' });
  await give([first, second]);
  await untilCycle(month, billedMonth, ({ stage }) => stage === 'previewing');
  const run = { orderNumbers: [first.number], confirmed: { rows: 1, yen: 1000 }, reason };
  expect((await post(month, path('/runs'), run)).status).toBe(200);
  for (const file of ['auth-1', 'capture-1']) {
    await carryFile(month.day, await untilExchange(month, billedMonth, file));
  }
  await untilCycle(month, billedMonth, ({ stage }) => stage === 'working_ng');
}

/** The month stands still when it comes to a stage. */
async function trapAt(stage: string): Promise<() => Promise<Caught>> {
  return await trap({ table: 'cycles', on: 'update', when: `new.stage = '${stage}'` });
}

async function trap(at: Pick<Step, 'table' | 'on' | 'when'>): Promise<() => Promise<Caught>> {
  const step: Step = { name: at.when ?? at.table, ...at, n: 1, at: 'commit' };
  const set = await setTraps(month.ownerDatabaseUrl, [step]);
  traps = set;
  return async () => {
    const caught = await set.next(AbortSignal.timeout(20_000));
    if (caught === undefined) throw new Error(`the month never came to ${step.name}`);
    return caught;
  };
}

/** Holds the second order, whereupon nothing keeps the month open. */
async function closeUpTo(stage: 'closing' | 'closed'): Promise<Caught> {
  const caught = await trapAt(stage);
  await post(month, path('/holds'), { orderNumbers: ['4102'], reason });
  return await caught();
}

/** Two orders whose run is opened, and a newer export that cancels the second one while `at` stands still. */
async function cancelMeanwhile(numbers: string, at: () => Promise<() => Promise<Caught>>) {
  const [first, second] = numbered(numbers, 2) as [TestOrder, TestOrder];
  await post(month, '/cycles', { month: billedMonth, scope: 'chosen' });
  await give([first, second]);
  await untilCycle(month, billedMonth, ({ stage }) => stage === 'previewing');
  const standing = await at();
  const run = { orderNumbers: null, confirmed: { rows: 2, yen: 2001 }, reason };
  const opened = post(month, path('/runs'), run);
  const caught = await standing();
  const newer = give([first, { ...second, 対応状況: 'キャンセル' }]);
  await untilAnotherWaits(caught);
  await caught.release();
  expect((await opened).status).toBe(200);
  expect(await newer).toMatchObject({ status: 200, body: { changed: 1 } });
  expect(await untilExchange(month, billedMonth, 'auth-1')).toMatchObject({ records: 1 });
  return await readCycle(month.day.desk, billedMonth);
}

test('an order that an export cancels after its run was opened, and before it is charged', async () => {
  const { selection } = await cancelMeanwhile('42', () => trap({ table: 'runs', on: 'insert' }));
  expect(selection).toMatchObject({ selected: 1, excluded: { cancelled: 1 } });
});

test('one that an export cancels as soon as it is charged is held, and in no file', async () => {
  const { selection, held } = await cancelMeanwhile('43', () => trapAt('handing_over'));
  expect({ selection, held }).toMatchObject({ selection: { selected: 2 }, held: 1 });
});

test('an order that is let go while its month is about to close is not left behind', async () => {
  await billOneOfTwo();
  const caught = await closeUpTo('closing');
  const released = await post(month, path('/released-holds'), { orderNumbers: ['4102'], reason });
  expect(released.status).toBe(200);
  await caught.release();
  const open = await untilCycle(
    month,
    billedMonth,
    ({ stage, unbilled }) => stage === 'closed' || unbilled === 1,
  );
  expect(open).toMatchObject({ stage: 'working_ng', selection: { selected: 2 } });
});

test('an export that comes while its month closes is refused whole', async () => {
  await billOneOfTwo();
  const caught = await closeUpTo('closed');
  const late = give(numbered('41', 3));
  await untilAnotherWaits(caught);
  await caught.release();
  expect(await late).toMatchObject({ status: 409 });
  const closed = await untilCycle(month, billedMonth, ({ stage }) => stage === 'closed');
  expect(closed.selection).toMatchObject({ orders: 2 });
  expect(closed.conservation.broken).toEqual([]);
  expect((await readCycle(month.day.desk, billedMonth)).unbilled).toBe(0);
});

/** Until another backend than the one that was caught waits for a lock. */
async function untilAnotherWaits({ pid }: Caught): Promise<void> {
  for (;;) {
    const waiting = await traps?.client.query(
      'select from pg_locks where not granted and pid <> $1 and (database is null or database = (select oid from pg_database where datname = current_database()))',
      [pid],
    );
    if ((waiting?.rowCount ?? 0) > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}
