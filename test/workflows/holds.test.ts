import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { billMonth } from '../../sandbox/bill-month.ts';
import {
  downloadExchangeFile,
  listCharges,
  uploadStoredFile,
  useOrderExport,
} from '../../sandbox/operator.ts';
import { type Month, openMonth } from './month.ts';
import {
  ask,
  countAtPsp,
  exchangePath,
  fetchResult,
  giveResult,
  makeExport,
  numbered,
  post,
  type TestOrder,
  untilCycle,
  untilExchange,
} from './month-acts.ts';

/** Orders that a person keeps out of files, and charges that are opened again. */
let month: Month;
beforeAll(async () => {
  month = await openMonth();
});
afterAll(() => month.close());

const reason = '顧客から連絡あり';
const whole = { rows: true, yen: true, broken: [] };

const onOrders = (billingMonth: string, act: string, orderNumbers: readonly string[]) =>
  post(month, `/cycles/${billingMonth}/${act}`, { orderNumbers, reason });

const holdsOf = async (billingMonth: string) =>
  (await ask(month, 'GET', `/cycles/${billingMonth}/holds`)).body.holds as {
    orderNumber: string;
    n: number;
    reason: string;
    state: string;
  }[];

async function statesOf(billingMonth: string): Promise<Record<string, string>> {
  const charges = await listCharges(month.day.desk, billingMonth, {});
  return Object.fromEntries(charges.map(({ orderNumber, state }) => [orderNumber, state]));
}

async function carry(billingMonth: string, name: string): Promise<void> {
  const exchange = await untilExchange(month, billingMonth, name);
  await giveResult(month, exchange, await fetchResult(month, exchange));
}

describe('orders taken out of a file before it is uploaded', () => {
  test('are on hold, and the others stand in a new file that counts them anew', async () => {
    await month.begin('2026-01', makeExport(numbered('01', 4)));
    const first = await untilExchange(month, '2026-01', 'auth-1');
    const taking = { orderNumbers: ['0102', '0104'], reason };
    const absent = await post(month, `${exchangePath(first)}/taken-out-orders`, {
      ...taking,
      orderNumbers: ['0102', '9999'],
    });
    expect([absent.status, absent.body.detail]).toEqual([409, expect.stringContaining('9999')]);
    const key = randomUUID();
    const path = `${exchangePath(first)}/taken-out-orders`;
    const taken = await Promise.all([
      post(month, path, taking, key),
      post(month, path, taking, key),
    ]);
    expect(taken.map(({ body }) => body)).toEqual([
      { held: 2, files: 1 },
      { held: 2, files: 1 },
    ]);
    expect((await untilExchange(month, '2026-01', 'auth-1', 'cancelled')).records).toBe(4);
    const second = await untilExchange(month, '2026-01', 'auth-2');
    expect(second).toMatchObject({ records: 2, amountYen: 1000 + 1002 });
    expect(second.sha256).not.toBe(first.sha256);
    const text = (await downloadExchangeFile(month.day.desk, second)).toString('ascii');
    expect(text.trimEnd().split('\r\n').at(-1)).toBe('4,2');
    expect(await holdsOf('2026-01')).toMatchObject([
      { orderNumber: '0102', reason, state: 'planned' },
      { orderNumber: '0104', reason, state: 'planned' },
    ]);
  });

  test('stay out of every file until they are released', async () => {
    await carry('2026-01', 'auth-2');
    await carry('2026-01', 'capture-1');
    const waiting = await untilCycle(month, '2026-01', ({ stage }) => stage === 'working_ng');
    expect(waiting).toMatchObject({ attention: true, conservation: whole });
    expect(waiting.waitsFor).toContain('保留 2 件');
    const rebuilt = { kind: 'auth', reason };
    expect((await post(month, '/cycles/2026-01/rebuilt-files', rebuilt)).body.files).toBe(0);

    expect((await onOrders('2026-01', 'released-holds', ['0102', '0101'])).status).toBe(409);
    expect((await onOrders('2026-01', 'released-holds', ['0102'])).body).toEqual({ released: 1 });
    expect((await post(month, '/cycles/2026-01/rebuilt-files', rebuilt)).body.files).toBe(1);
    await carry('2026-01', 'auth-3');
    await carry('2026-01', 'capture-2');
    expect(await statesOf('2026-01')).toMatchObject({ '0102': 'captured', '0104': 'planned' });
  });

  test('may be given up while on hold, and the month closes', async () => {
    const end = { orderNumbers: ['0104'], kind: 'given_up', reason };
    expect((await post(month, '/cycles/2026-01/ended-charges', end)).status).toBe(200);
    const closed = await untilCycle(month, '2026-01', ({ stage }) => stage === 'closed');
    expect(closed.conservation).toEqual(whole);
    expect(await countAtPsp(month, '01')).toEqual({ authorizations: 3, captures: 3, twice: [] });
    // Nothing in a closed month changes, a charge is not opened again there.
    const late = await onOrders('2026-01', 'released-charges', ['0104']);
    expect([late.status, late.body.detail]).toEqual([409, expect.stringContaining('締め済み')]);
  });
});

test('an authorized charge on hold is not captured before it is released', async () => {
  await month.begin('2026-02', makeExport(numbered('02', 3)));
  // What is in a file is not held: the hold would not stop it.
  const auth = await untilExchange(month, '2026-02', 'auth-1');
  const early = await onOrders('2026-02', 'holds', ['0201']);
  expect([early.status, early.body.detail]).toEqual([409, expect.stringContaining('取り出す')]);
  await giveResult(month, auth, await fetchResult(month, auth));
  const capture = await untilExchange(month, '2026-02', 'capture-1');
  const taken = await post(month, `${exchangePath(capture)}/taken-out-orders`, {
    orderNumbers: ['0203'],
    reason,
  });
  expect(taken.body).toEqual({ held: 1, files: 1 });
  await carry('2026-02', 'capture-2');
  await untilCycle(month, '2026-02', ({ stage }) => stage === 'working_ng');
  expect(await statesOf('2026-02')).toEqual({
    '0201': 'captured',
    '0202': 'captured',
    '0203': 'authorized',
  });
  const rebuilt = { kind: 'capture', reason };
  expect((await post(month, '/cycles/2026-02/rebuilt-files', rebuilt)).body.files).toBe(0);
  expect((await onOrders('2026-02', 'released-holds', ['0203'])).status).toBe(200);
  expect((await post(month, '/cycles/2026-02/rebuilt-files', rebuilt)).body.files).toBe(1);
  await carry('2026-02', 'capture-3');
  await untilCycle(month, '2026-02', ({ stage }) => stage === 'closed');
  expect(await countAtPsp(month, '02')).toEqual({ authorizations: 3, captures: 3, twice: [] });
});

test('a charge that was given up is opened again and billed in its own month', async () => {
  await month.begin('2026-03', makeExport(numbered('03', 2)));
  const auth = await untilExchange(month, '2026-03', 'auth-1');
  await post(month, `${exchangePath(auth)}/withdrawal`, { reason });
  await untilCycle(month, '2026-03', ({ stage }) => stage === 'working_ng');
  const end = { orderNumbers: ['0301'], kind: 'given_up', reason };
  await post(month, '/cycles/2026-03/ended-charges', end);
  const wrong = await onOrders('2026-03', 'released-charges', ['0302']);
  expect([wrong.status, wrong.body.detail]).toEqual([409, expect.stringContaining('0302')]);
  expect((await onOrders('2026-03', 'released-charges', ['0301'])).body).toEqual({ released: 1 });
  expect(await statesOf('2026-03')).toEqual({ '0301': 'planned', '0302': 'planned' });
  await post(month, '/cycles/2026-03/rebuilt-files', { kind: 'auth', reason });
  await carry('2026-03', 'auth-2');
  await untilExchange(month, '2026-03', 'capture-1');
  await billMonth(month.day, '2026-03');
  const closed = await untilCycle(month, '2026-03', ({ stage }) => stage === 'closed');
  expect(closed.charges).toEqual({ captured: { rows: 2, yen: 2001 } });
});

test('an order on hold is not selected until it is released', async () => {
  const { desk } = month.day;
  await ask(month, 'POST', '/cycles', { month: '2026-05', scope: 'chosen' });
  const sha256 = await uploadStoredFile(desk, {
    name: 'orders.csv',
    kind: 'order-export',
    bytes: makeExport(numbered('05', 3)),
  });
  await useOrderExport(desk, '2026-05', sha256);
  await untilCycle(month, '2026-05', ({ selection }) => selection?.selected === 3);
  const unknown = await onOrders('2026-05', 'holds', ['0501', '7777']);
  expect([unknown.status, unknown.body.detail]).toEqual([409, expect.stringContaining('7777')]);
  await onOrders('2026-05', 'holds', ['0501']);
  const held = await untilCycle(month, '2026-05', ({ selection }) => selection?.selected === 2);
  expect(held.selection?.excluded).toEqual({ on_hold: 1 });
  await onOrders('2026-05', 'released-holds', ['0501']);
  await untilCycle(month, '2026-05', ({ selection }) => selection?.selected === 3);
});

test('an order on hold that a newer export cancels is billed by nobody who saw the first hold only', async () => {
  const { desk } = month.day;
  const [first, second] = numbered('06', 2) as [TestOrder, TestOrder];
  await month.begin('2026-06', makeExport([first, second]));
  const auth = await untilExchange(month, '2026-06', 'auth-1');
  const taking = { orderNumbers: ['0602'], reason };
  await post(month, `${exchangePath(auth)}/taken-out-orders`, taking);
  const [seen] = await holdsOf('2026-06');
  expect(seen).toMatchObject({ n: 1, reason, earlierReason: null, cancelled: false });
  const sha256 = await uploadStoredFile(desk, {
    name: 'newer.csv',
    kind: 'order-export',
    bytes: makeExport([first, { ...second, 対応状況: 'キャンセル' }]),
  });
  await useOrderExport(desk, '2026-06', sha256);
  const [anew] = await holdsOf('2026-06');
  expect(anew).toMatchObject({
    ...{ orderNumber: '0602', n: 2, heldBy: 'policy:cancelled-orders' },
    ...{ earlierReason: reason, cancelled: true },
  });
  const release = (n?: number) =>
    post(month, '/cycles/2026-06/released-holds', {
      ...{ orderNumbers: ['0602'], reason },
      ...(n === undefined ? {} : { seen: [{ orderNumber: '0602', n }] }),
    });
  const blind = await release(1);
  expect([blind.status, blind.body.detail]).toEqual([409, expect.stringContaining('別の理由')]);
  expect(await holdsOf('2026-06')).toEqual([anew]);
  expect((await release(2)).body).toEqual({ released: 1 });
  expect(await holdsOf('2026-06')).toEqual([]);
  expect(
    (await post(month, '/cycles/2026-06/rebuilt-files', { kind: 'auth', reason })).body,
  ).toEqual({ files: 1, why: null });
});
