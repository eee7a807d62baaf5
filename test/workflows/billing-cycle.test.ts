import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { billMonth } from '../../sandbox/bill-month.ts';
import { listCharges, listExchanges, listOrders } from '../../sandbox/operator.ts';
import { type Month, openMonth } from './month.ts';

let month: Month;
beforeAll(async () => {
  month = await openMonth({ outcomes: { declineShare: 0.05, seed: 'spine' } });
});
afterAll(() => month.close());

test('a month is billed and captured: every order ends in a count, the PSP agrees', async () => {
  const csv = await readFile('test/fixtures/orders/orders-2026-11.csv');
  await month.begin('2026-11', csv);
  const cycle = await billMonth(month.day, '2026-11');

  expect(cycle.selection).toMatchObject({ orders: 368, selected: 326, amountYen: 3314934 });
  expect(cycle.conservation).toEqual({ rows: true, yen: true, broken: [] });
  const { captured, declined } = cycle.charges;
  expect((captured?.rows ?? 0) + (declined?.rows ?? 0)).toBe(326);
  expect((captured?.yen ?? 0) + (declined?.yen ?? 0)).toBe(3314934);
  expect(declined?.rows).toBeGreaterThan(0);

  const ledger = await month.readLedger();
  expect(ledger.orders.filter((order) => order.captures > 1)).toEqual([]);
  const charges = await listCharges(month.day.desk, '2026-11', { state: 'captured' });
  expect(new Set(charges.map((charge) => charge.orderNumber)).size).toBe(captured?.rows);
  expect(await listOrders(month.day.desk, '2026-11', { verdict: 'quarantined' })).toHaveLength(10);
  expect((await listExchanges(month.day.desk, '2026-11')).map((one) => one.stage)).toEqual([
    'reconciled',
    'reconciled',
  ]);
});
