import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { billMonth, carryFile } from '../../sandbox/bill-month.ts';
import {
  downloadExchangeFile,
  endCharges,
  listCharges,
  listExchanges,
  listOrders,
  readCycle,
} from '../../sandbox/operator.ts';
import { expectSummary, generateOrderExport } from '../../sandbox/shop/order-export.ts';
import { type Month, openMonth } from './month.ts';
import {
  fetchResult,
  giveResult,
  makeExport,
  numbered,
  orderFault,
  untilCycle,
  untilExchange,
} from './month-acts.ts';

const orders = 60;

describe("a December export that still holds November's orders", () => {
  let month: Month;
  beforeAll(async () => {
    month = await openMonth({
      settings: { paygent: { maxRecordsPerFile: 20 } },
      outcomes: { declineShare: 0.2, seed: 'november' },
    });
  });
  afterAll(() => month.close());

  test('bills none of them again, whatever became of them', async () => {
    const desk = month.day.desk;
    const november = Buffer.concat([...generateOrderExport({ month: '2026-11', orders })]);
    await orderFault(month, 'オーソリ', { kind: 'row_missing', count: 2 });
    await month.begin('2026-11', november);
    // The first file goes all the way, the second only to its result, the third nowhere.
    const first = await untilExchange(month, '2026-11', 'auth-1');
    const second = await untilExchange(month, '2026-11', 'auth-2');
    await untilExchange(month, '2026-11', 'auth-3');
    await carryFile(month.day, first);
    await carryFile(month.day, await untilExchange(month, '2026-11', 'capture-1'));
    await giveResult(month, second, await fetchResult(month, second));
    await untilExchange(month, '2026-11', 'capture-2');
    const [declined] = await listCharges(desk, '2026-11', { state: 'declined' });
    await endCharges(desk, '2026-11', {
      orderNumbers: [declined?.orderNumber ?? ''],
      kind: 'given_up',
      reason: '解約',
    });
    const open = await readCycle(desk, '2026-11');
    const states = ['capture_sent', 'captured', 'declined', 'given_up', 'quarantined', 'sent'];
    expect(Object.keys(open.charges).sort()).toEqual(states);
    expect(open.conservation.broken).toEqual([]);

    const options = { month: '2026-12', orders, previousMonthOrders: orders };
    await month.begin('2026-12', Buffer.concat([...generateOrderExport(options)]));
    const expected = expectSummary(options);
    const december = await untilCycle(month, '2026-12', ({ stage }) => stage === 'awaiting_result');
    const { selectedOfPreviousMonth } = expected;
    expect(selectedOfPreviousMonth).toBeGreaterThan(40);
    expect(december.selection).toMatchObject({
      orders: expected.orders,
      selected: expected.selected - selectedOfPreviousMonth,
      excluded: { ...expected.excluded, already_billed: selectedOfPreviousMonth },
      quarantined: expected.quarantined.length,
    });
    const shown = await listOrders(desk, '2026-12', { reason: 'already_billed' });
    expect(new Set(shown.map((row) => row.billedIn))).toEqual(new Set(['2026-11']));
    expect(
      [
        ...new Set(shown.map((row) => (row as unknown as { billedState: string }).billedState)),
      ].sort(),
    ).toEqual(states);

    const billed = (await listCharges(desk, '2026-12', {})).map((charge) => charge.orderNumber);
    const taken = new Set((await listCharges(desk, '2026-11', {})).map((one) => one.orderNumber));
    expect(billed).toHaveLength(expected.selected - selectedOfPreviousMonth);
    expect(billed.filter((number) => taken.has(number))).toEqual([]);
    const cycle = await billMonth(month.day, '2026-12');
    expect(cycle.conservation).toEqual({ rows: true, yen: true, broken: [] });
    const { totals } = await month.readLedger();
    expect(totals).toMatchObject({ doubleAuthorizations: 0, repeatedCaptures: 0 });
  });

  test('November goes on after that: what was left of it is billed once', async () => {
    await billMonth(month.day, '2026-11');
    const cycle = await readCycle(month.day.desk, '2026-11');
    expect(cycle.conservation.broken).toEqual([]);
    expect(cycle.charges.sent).toBeUndefined();
    const { totals, orders: accounts } = await month.readLedger();
    expect(totals).toMatchObject({
      doubleAuthorizations: 0,
      authorizationsAfterCapture: 0,
      repeatedCaptures: 0,
    });
    expect(accounts.filter((account) => account.attempts > 1)).toEqual([]);
  });
});

describe('a cart that keeps one order number for a whole subscription', () => {
  let month: Month;
  beforeAll(async () => {
    month = await openMonth({ settings: { orderIdentity: 'per-month' } });
  });
  afterAll(() => month.close());

  test('bills the number once a month, every month', async () => {
    const [one, two, three] = numbered('77', 3);
    await month.begin('2026-11', makeExport([one!, two!]));
    await billMonth(month.day, '2026-11');
    await untilCycle(month, '2026-11', ({ stage }) => stage === 'closed');
    await month.begin('2026-12', makeExport([one!, two!, three!, three!]));
    await billMonth(month.day, '2026-12');
    const december = await untilCycle(month, '2026-12', ({ stage }) => stage === 'closed');
    expect(december.selection).toMatchObject({ selected: 2, excluded: {}, quarantined: 2 });
    expect(december.charges).toEqual({ captured: { rows: 2, yen: 2001 } });
    const { orders: accounts } = await month.readLedger();
    expect(accounts.map(({ orderNumber, captures }) => [orderNumber, captures])).toEqual([
      ['7701', 2],
      ['7702', 2],
    ]);
  });

  test("last month's result is no result of this month's file, though every field agrees", async () => {
    await month.begin('2027-01', makeExport(numbered('77', 2)));
    const december = (await listExchanges(month.day.desk, '2026-12'))[0]!;
    const january = await untilExchange(month, '2027-01', 'auth-1');
    const bytes = async (exchange: typeof january) =>
      (await downloadExchangeFile(month.day.desk, exchange)).toString();
    expect(await bytes(january)).toBe(await bytes(december));
    const genuine = await fetchResult(month, january);
    const old = await fetch(
      `${month.portal.url}/merchants/${month.portal.merchantId}/results/${december.acceptanceNumber}`,
    );
    const reply = await giveResult(month, january, Buffer.from(await old.arrayBuffer()));
    expect(reply.status).toBe(422);
    expect(reply.body.detail).toContain('2026-12 の auth-1 の結果として取り込み済み');
    expect((await giveResult(month, january, genuine)).status).toBe(200);
  });
});
