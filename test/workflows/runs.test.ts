import { afterAll, beforeAll, expect, test } from 'vitest';
import { carryFile } from '../../sandbox/bill-month.ts';
import { readCycle } from '../../sandbox/operator.ts';
import { advanceTo } from './hand-over-acts.ts';
import { type Month, openMonth } from './month.ts';
import {
  ask,
  countAtPsp,
  makeExport,
  numbered,
  post,
  type TestOrder,
  untilCycle,
  untilExchange,
  upload,
} from './month-acts.ts';

let month: Month;
beforeAll(async () => {
  month = await openMonth({ settings: { capture: { policy: 'on-shipment' } } });
});
afterAll(() => month.close());

const reason = '店舗の依頼';
const path = (billingMonth: string, rest: string) => `/cycles/${billingMonth}${rest}`;

async function give(billingMonth: string, orders: readonly TestOrder[]) {
  const stored = await upload(month, 'order-export', makeExport(orders));
  const { sha256 } = stored.body as { sha256: string };
  return await post(month, path(billingMonth, '/order-export'), { sha256 });
}

async function carry(billingMonth: string, name: string): Promise<void> {
  await carryFile(month.day, await untilExchange(month, billingMonth, name));
}

test('a month of chosen orders bills those that a person names and confirms', async () => {
  const orders = numbered('31', 4);
  await post(month, '/cycles', { month: '2026-03', scope: 'chosen' });
  await give('2026-03', orders);
  const waiting = await untilCycle(month, '2026-03', ({ stage }) => stage === 'previewing');
  expect(waiting).toMatchObject({ attention: true, scope: 'chosen', unbilled: 4 });
  expect(waiting.waitsFor).toBe('請求する注文の指定を待っています(請求対象 4 件)。');

  const chosen = { orderNumbers: ['3101', '3103'], reason };
  const wrong = await post(month, path('2026-03', '/runs'), {
    ...chosen,
    confirmed: { rows: 2, yen: 2001 },
  });
  expect(wrong).toMatchObject({ status: 409, body: { errors: [{ message: 'TotalsDiffer' }] } });
  expect(wrong.body.detail).toContain('現在の値(2 件、2002 円)');
  const unknown = await post(month, path('2026-03', '/runs'), {
    orderNumbers: ['3101', '9999'],
    confirmed: { rows: 2, yen: 2002 },
    reason,
  });
  expect(unknown.status).toBe(409);
  expect(unknown.body.detail).toContain('9999');

  const run = { ...chosen, confirmed: { rows: 2, yen: 2002 } };
  expect(await post(month, path('2026-03', '/runs'), run)).toMatchObject({
    status: 200,
    body: { rows: 2, yen: 2002 },
  });
  const file = await untilExchange(month, '2026-03', 'auth-1');
  expect(file).toMatchObject({ records: 2, amountYen: 2002 });
  // Billed by another press of the button: no.
  expect((await post(month, path('2026-03', '/runs'), run)).status).toBe(409);
  await carry('2026-03', 'auth-1');

  const rest = { orderNumbers: null, confirmed: { rows: 2, yen: 2004 }, reason };
  expect((await post(month, path('2026-03', '/runs'), rest)).status).toBe(200);
  expect(await untilExchange(month, '2026-03', 'auth-2')).toMatchObject({ records: 2 });
  await carry('2026-03', 'auth-2');
  const { body } = await ask(month, 'GET', path('2026-03', '/runs'));
  expect(body).toMatchObject({
    runs: [
      { n: 1, scope: 'chosen', orders: 2, charges: 2, openedBy: 'operator of the test' },
      { n: 2, scope: 'all', orders: null, charges: 2 },
    ],
    unbilled: { rows: 0, yen: 0 },
  });
  expect(await countAtPsp(month, '31')).toMatchObject({ authorizations: 4, twice: [] });
});

test('shipped orders are captured, by newer exports, by news and by tick; the rest waits', async () => {
  const orders = numbered('32', 5);
  const [first, second, ...others] = orders as [TestOrder, TestOrder, ...TestOrder[]];
  await month.begin(
    '2026-04',
    makeExport([{ ...first, 全商品発送日: '2026/11/20' }, second, ...others]),
  );
  await carry('2026-04', 'auth-1');
  // Shipped before it was authorized: it leaves with the first wave.
  expect(await untilExchange(month, '2026-04', 'capture-1')).toMatchObject({ records: 1 });
  await carry('2026-04', 'capture-1');
  const waiting = await untilCycle(month, '2026-04', ({ charges }) => charges.captured?.rows === 1);
  expect(waiting).toMatchObject({ stage: 'capturing', attention: false });
  expect(waiting.waitsFor).toContain('商品の発送を待っています(売上処理待ち 4 件)');

  // A newer export tells one shipment and an order that was not there.
  const shipped = { ...second, 全商品発送日: '2026/11/20' };
  const newer = await give('2026-04', [shipped, ...others, { number: '3299' }]);
  expect(newer.body).toMatchObject({ records: 5, added: 1, changed: 1, unchanged: 3, gone: 1 });
  const told = await ask(month, 'GET', path('2026-04', '/order-changes?charged=true'));
  expect(told.body.changes).toMatchObject([
    { export: 2, orderNumber: '3201', kind: 'gone', charged: true },
    {
      export: 2,
      orderNumber: '3202',
      kind: 'changed',
      differences: [
        { field: 'shipment', before: 'unknown', after: 'shipped' },
        { field: 'shipped_on', before: null, after: '2026-11-20' },
      ],
    },
  ]);
  // Today's wave has left: this one leaves with tomorrow's, at ten in Japan.
  const ready = await untilCycle(
    month,
    '2026-04',
    ({ capture, unbilled }) => capture.ready === 1 && unbilled === 1,
  );
  expect(ready.capture.nextWaveAt).toBe('2026-11-21T01:00:00.000Z');
  expect(ready.waitsFor).toContain('まだ請求していない注文が 1 件');
  await advanceTo(month, '2026-11-21T01:00:00.000Z');
  expect(await untilExchange(month, '2026-04', 'capture-2')).toMatchObject({ records: 1 });
  await carry('2026-04', 'capture-2');

  // What an operator ticks leaves at once; what the shop's system tells waits for its wave.
  const ticked = { orderNumbers: ['3203'], reason };
  const confirmed = { rows: 1, yen: 1002 };
  const refused = await post(month, path('2026-04', '/captures'), {
    ...ticked,
    confirmed: { rows: 1, yen: 1 },
  });
  expect(refused.body.errors).toMatchObject([{ message: 'TotalsDiffer' }]);
  expect(await post(month, path('2026-04', '/captures'), { ...ticked, confirmed })).toMatchObject({
    status: 200,
    body: confirmed,
  });
  expect(await untilExchange(month, '2026-04', 'capture-3')).toMatchObject({ records: 1 });
  await carry('2026-04', 'capture-3');
  expect((await post(month, path('2026-04', '/captures'), { ...ticked, confirmed })).status).toBe(
    409,
  );
  const news = { shipments: [{ orderNumber: '3204', shippedOn: '2026-11-21' }] };
  expect((await post(month, path('2026-04', '/shipments'), news)).status).toBe(200);
  const last = await untilCycle(month, '2026-04', ({ capture }) => capture.ready === 1);
  expect(last.capture.nextWaveAt).toBe('2026-11-22T01:00:00.000Z');
  expect(await countAtPsp(month, '32')).toMatchObject({ captures: 3, twice: [] });

  // A day that is told ahead lets nothing go before it has come.
  const ahead = { shipments: [{ orderNumber: '3205', shippedOn: '2026-11-25' }] };
  expect((await post(month, path('2026-04', '/shipments'), ahead)).status).toBe(200);
  await advanceTo(month, '2026-11-22T01:00:00.000Z');
  expect(await untilExchange(month, '2026-04', 'capture-4')).toMatchObject({ records: 1 });
  await carry('2026-04', 'capture-4');
  await advanceTo(month, '2026-11-24T14:00:00.000Z');
  expect((await readCycle(month.day.desk, '2026-04')).capture.ready).toBe(0);
  await advanceTo(month, '2026-11-24T15:00:00.000Z');
  expect(await untilExchange(month, '2026-04', 'capture-5')).toMatchObject({ records: 1 });
});

test('the next export of another month tells shipments of this one', async () => {
  await month.begin('2026-05', makeExport(numbered('33', 2)));
  await carry('2026-05', 'auth-1');
  await untilCycle(month, '2026-05', ({ stage }) => stage === 'capturing');
  const [one] = numbered('33', 1) as [TestOrder];
  await month.begin(
    '2026-06',
    makeExport([{ ...one, 全商品発送日: '2026/11/21' }, ...numbered('34', 1)]),
  );
  expect(await untilExchange(month, '2026-05', 'capture-1')).toMatchObject({ records: 1 });
  const { selection } = await readCycle(month.day.desk, '2026-06');
  expect(selection).toMatchObject({ selected: 1, excluded: { already_billed: 1 } });
});

test('orders that are left over keep a month open until they are billed or held', async () => {
  await post(month, '/cycles', { month: '2026-07', scope: 'chosen' });
  await give('2026-07', [{ number: '3501', 全商品発送日: '2026/11/20' }, { number: '3502' }]);
  await untilCycle(month, '2026-07', ({ stage }) => stage === 'previewing');
  const run = { orderNumbers: ['3501'], confirmed: { rows: 1, yen: 3980 }, reason };
  await post(month, path('2026-07', '/runs'), run);
  await carry('2026-07', 'auth-1');
  await carry('2026-07', 'capture-1');
  const left = await untilCycle(month, '2026-07', ({ stage }) => stage === 'working_ng');
  expect(left).toMatchObject({ attention: true, unbilled: 1 });
  await post(month, path('2026-07', '/holds'), { orderNumbers: ['3502'], reason });
  const closed = await untilCycle(month, '2026-07', ({ stage }) => stage === 'closed');
  expect(closed.selection).toMatchObject({ selected: 1, excluded: { on_hold: 1 } });
  expect(closed.conservation.broken).toEqual([]);
});
