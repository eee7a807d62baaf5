import { afterAll, beforeAll, expect, test } from 'vitest';
import { listCharges, readCycle } from '../../sandbox/operator.ts';
import { setSandboxClock } from '../../sandbox/paygent-operator.ts';
import { advanceTo } from './hand-over-acts.ts';
import { type Month, openMonth } from './month.ts';
import {
  ask,
  exchangePath,
  fetchResult,
  giveResult,
  makeExport,
  numbered,
  orderFault,
  post,
  untilCycle,
  untilExchange,
} from './month-acts.ts';

/** Authorized on 2026-11-20 in Japan: the window ends with the first instant of 2027-01-19 there. */
const windowEnds = '2027-01-18T15:00:00.000Z';
const aDayLater = '2027-01-19T15:00:00.000Z';
/** Far enough for all that follows until the clock is moved again: real time goes on meanwhile. */
const hourBefore = (instant: string) => new Date(Date.parse(instant) - 3_600_000).toISOString();

let month: Month;
beforeAll(async () => {
  month = await openMonth();
});
afterAll(() => month.close());

async function beginAuthorized(billingMonth: string, prefix: string) {
  await month.begin(billingMonth, makeExport(numbered(prefix, 2)));
  const auth = await untilExchange(month, billingMonth, 'auth-1');
  await giveResult(month, auth, await fetchResult(month, auth));
  return await untilExchange(month, billingMonth, 'capture-1');
}

const states = async (billingMonth: string) =>
  Object.keys((await readCycle(month.day.desk, billingMonth)).charges);

async function statusesAtPsp(prefix: string): Promise<string[]> {
  const { orders } = await month.readLedger();
  return orders
    .filter(({ orderNumber }) => orderNumber.startsWith(prefix))
    .flatMap(({ payments }) => payments.map(({ status }) => status));
}

test('only what nobody claimed expires, and only a day after the deadline', async () => {
  // Its captures are refused: free to expire.
  const refused = await beginAuthorized('2026-11', '11');
  await post(month, `${exchangePath(refused)}/format-errors`, {
    errors: [{ part: 'header', line: 1, item: '取引種別', content: '不正です' }],
  });
  // Its capture file is claimed, and perhaps at the PSP: it must not.
  await beginAuthorized('2026-10', '10');
  // What the PSP answered cannot be believed: captured or not, it must not.
  await orderFault(month, '売上', { kind: 'amount_changed', count: 2 });
  const doubtful = await beginAuthorized('2026-09', '09');
  await giveResult(month, doubtful, await fetchResult(month, doubtful));
  await untilCycle(month, '2026-11', ({ stage }) => stage === 'working_ng');
  expect(await states('2026-09')).toEqual(['quarantined']);
  const [charge] = await listCharges(month.day.desk, '2026-11', {});
  expect(charge).toMatchObject({ captureBefore: windowEnds });

  await advanceTo(month, hourBefore(windowEnds));
  expect(await statusesAtPsp('11')).toEqual(['オーソリOK', 'オーソリOK']);
  await setSandboxClock(month.portal.url, windowEnds);
  expect(await statusesAtPsp('11')).toEqual(['オーソリ期限切れ', 'オーソリ期限切れ']);
  await advanceTo(month, hourBefore(aDayLater));
  expect(await states('2026-11')).toEqual(['authorized']);
  // Past the window nothing is captured any more, whoever asks.
  const rebuilt = { kind: 'capture', reason: 'もう一度' };
  expect((await post(month, '/cycles/2026-11/rebuilt-files', rebuilt)).body).toMatchObject({
    files: 0,
  });

  await advanceTo(month, aDayLater);
  await untilCycle(month, '2026-11', ({ charges }) => charges.expired?.rows === 2);
  expect(await states('2026-10')).toEqual(['capture_sent']);
  expect(await states('2026-09')).toEqual(['quarantined']);
});

test('expired charges wait for a person, who ends the month', async () => {
  const cycle = await untilCycle(month, '2026-11', ({ attention }) => attention);
  expect(cycle.stage).toBe('working_ng');
  expect(cycle.waitsFor).toContain('期限切れ 2 件');
  const end = { orderNumbers: ['1101', '1102'], kind: 'given_up', reason: '期限切れ' };
  expect((await post(month, '/cycles/2026-11/ended-charges', end)).body).toEqual({ ended: 2 });
  const closed = await untilCycle(month, '2026-11', ({ stage }) => stage === 'closed');
  expect(closed.conservation).toEqual({ rows: true, yen: true, broken: [] });
});

test('a capture file past its window is given to nobody; withdrawn, its charges expire', async () => {
  const capture = await untilExchange(month, '2026-10', 'capture-1');
  const late = await ask(month, 'GET', `${exchangePath(capture)}/file`);
  expect([late.status, late.body.detail]).toEqual([409, expect.stringContaining('期限を過ぎた')]);
  const reason = '期限内にアップロードしていない';
  expect((await post(month, `${exchangePath(capture)}/withdrawal`, { reason })).status).toBe(200);
  const cycle = await untilCycle(month, '2026-10', ({ charges }) => charges.expired !== undefined);
  expect(cycle.charges).toEqual({ expired: { rows: 2, yen: 2001 } });
  expect((await month.readLedger()).totals).toMatchObject({ repeatedCaptures: 0 });
});
