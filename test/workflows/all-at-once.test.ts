import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { carryFile } from '../../sandbox/bill-month.ts';
import { listCharges, listExchanges, readCycle } from '../../sandbox/operator.ts';
import { workVoids } from '../../sandbox/portal-lists.ts';
import { type Month, openMonth } from './month.ts';
import { makeExport, post, type Reply, untilCycle, untilExchange } from './month-acts.ts';

/** Acts that exclude one another, on the same charges at the same moment, over workflows of short histories. */
const billed = '2026-11';
const yen = 3980;
const numbers = (prefix: string, suffix: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}${suffix}`);
const good = numbers('W', '', 8);
const declined = numbers('N', '-G55x1', 6);

let month: Month;
beforeAll(async () => {
  month = await openMonth({
    settings: { capture: { policy: 'manual' }, paygent: { exchangesAtOnce: 10 } },
    timing: { maxHistoryEvents: 40 },
  });
});
afterAll(() => month.close());

const path = `/cycles/${billed}`;
const one = (amount = yen) => ({ confirmed: { rows: 1, yen: amount }, reason: '同時' });
const capture = (order: string) =>
  post(month, `${path}/captures`, { orderNumbers: [order], ...one() });
const part = (order: string) =>
  post(month, `${path}/captures`, {
    orderNumbers: [order],
    partialAmounts: [{ orderNumber: order, amountYen: 500 }],
    ...one(500),
  });
const voids = (order: string) => post(month, `${path}/voids`, { orderNumbers: [order], ...one() });
const desk = (order: string, what: object) =>
  post(
    month,
    '/ng-cases/acts',
    { ...what, cases: [{ month: billed, orderNumber: order }] },
    randomUUID(),
  );
const end = (order: string) =>
  post(month, `${path}/ended-charges`, {
    orderNumbers: [order],
    kind: 'given_up',
    reason: '同時',
  });

async function carryAll(): Promise<void> {
  const open = (await listExchanges(month.day.desk, billed)).filter(
    ({ stage }) => stage === 'handing_over',
  );
  for (const exchange of open) await carryFile(month.day, exchange);
}

const won = (replies: readonly Reply[]) =>
  replies.map(({ status }, index) => (status === 200 ? index : -1)).filter((index) => index >= 0);

test('of acts that exclude one another one stands, and the PSP sees no more than that', async () => {
  await month.begin(billed, makeExport([...good, ...declined].map((number) => ({ number }))));
  await carryFile(month.day, await untilExchange(month, billed, 'auth-1'));
  await untilCycle(month, billed, ({ charges }) => charges.declined?.rows === 6);

  const authorized = await Promise.all(
    good.map((order, index) =>
      Promise.all([
        capture(order),
        part(order),
        index % 2 === 0 ? capture(order) : voids(order),
        part(order),
      ]),
    ),
  );
  const worked = await Promise.all(
    declined.map((order) =>
      Promise.all([
        desk(order, { kind: 'retry', on: null }),
        desk(order, { kind: 'limit_raised', limit: 'daily', on: null }),
        desk(order, { kind: 'cancel', reason: '同時' }),
        order < 'N3' ? desk(order, { kind: 'give_up', reason: '同時' }) : end(order),
      ]),
    ),
  );
  const statuses = [...authorized, ...worked].flat().map(({ status }) => status);
  expect(statuses.filter((status) => ![200, 409, 422].includes(status))).toEqual([]);

  await untilClosed();

  const { totals, orders } = await month.readLedger();
  expect(totals).toMatchObject({ doubleAuthorizations: 0, repeatedCaptures: 0 });
  const states = new Map(
    (await listCharges(month.day.desk, billed, {})).map((charge) => [
      charge.orderNumber,
      charge.state,
    ]),
  );
  for (const [index, order] of good.entries()) {
    const winners = won(authorized[index] ?? []);
    const voided = index % 2 === 1 && winners.includes(2);
    const parts = winners.includes(1) || winners.includes(3);
    const wholes = winners.includes(0) || (index % 2 === 0 && winners.includes(2));
    // Two amounts of one authorization were never both promised.
    expect([order, parts && wholes, voided || parts || wholes]).toEqual([order, false, true]);
    const payments = orders.find(({ orderNumber }) => orderNumber === order)?.payments ?? [];
    expect([order, states.get(order), payments.map(({ capturedYen }) => capturedYen)]).toEqual(
      voided ? [order, 'voided', [0]] : [order, 'captured', [parts ? 500 : yen]],
    );
  }
  for (const [index, order] of declined.entries()) {
    const ledger = orders.find(({ orderNumber }) => orderNumber === order);
    const ended = ['cancelled', 'given_up'].includes(states.get(order) ?? '');
    // An end that was promised stands; without one, it was retried, paid and captured once.
    const promised = won(worked[index] ?? []).some((act) => act >= 2);
    expect([order, promised, ledger?.captures]).toEqual([order, ended, ended ? 0 : 1]);
  }
});

/** Carries what there is to carry until nothing is left to do. */
async function untilClosed(): Promise<void> {
  for (;;) {
    const { stage, conservation } = await readCycle(month.day.desk, billed);
    expect(conservation).toEqual({ rows: true, yen: true, broken: [] });
    if (stage === 'closed') return;
    await carryAll();
    await workVoids(month.day, billed);
    const authorized = await listCharges(month.day.desk, billed, { state: 'authorized' });
    for (const { orderNumber } of authorized) await capture(orderNumber);
  }
}
