import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { billMonth } from '../../sandbox/bill-month.ts';
import { onlyStage, stagesOf } from './hand-over-acts.ts';
import { type Month, openMonth } from './month.ts';
import {
  ask,
  exchangePath,
  fetchResult,
  giveResult,
  makeExport,
  numbered,
  untilCycle,
  untilExchange,
} from './month-acts.ts';

/** The portal finds the last ten uploads of an account: results of older ones would be lost. */
let month: Month;
beforeAll(async () => {
  month = await openMonth({ settings: { paygent: { maxRecordsPerFile: 1, exchangesAtOnce: 8 } } });
});
afterAll(() => month.close());

const open = async (billingMonth: string) =>
  onlyStage(await stagesOf(month, billingMonth), 'handing_over').length;

test('an eleventh file, of whatever month, waits while ten results are unfetched', async () => {
  await month.begin('2026-01', makeExport(numbered('01', 6)));
  await vi.waitFor(async () => expect(await open('2026-01')).toBe(6), { timeout: 60_000 });
  await month.begin('2026-02', makeExport(numbered('02', 6)));
  await vi.waitFor(async () => expect(await open('2026-02')).toBe(4), { timeout: 60_000 });
  const fifth = await untilExchange(month, '2026-02', 'auth-5', 'built');
  const { body } = await ask(month, 'GET', exchangePath(fifth));
  expect(body).toMatchObject({ handOver: { heldBackBy: 'account' } });
  expect(body.waitsFor).toContain('直近 10 件');

  // Ten uploads, and each of their results is still there to be fetched.
  const results: [Awaited<ReturnType<typeof untilExchange>>, Buffer][] = [];
  for (const [billingMonth, files] of [
    ['2026-01', 6],
    ['2026-02', 4],
  ] as const) {
    for (let number = 1; number <= files; number += 1) {
      const exchange = await untilExchange(month, billingMonth, `auth-${number}`);
      results.push([exchange, await fetchResult(month, exchange)]);
    }
  }
  expect(await stagesOf(month, '2026-02')).toContain('auth-5 built');
  const [[first, result] = []] = results;
  if (first === undefined || result === undefined) throw new Error('no result');
  await giveResult(month, first, result);
  // Its place goes to the file that was built first of all that wait: a file of the other month.
  await untilExchange(month, '2026-02', 'auth-5');
  for (const [exchange, bytes] of results.slice(1)) await giveResult(month, exchange, bytes);

  for (const billingMonth of ['2026-01', '2026-02']) {
    await billMonth(month.day, billingMonth);
    await untilCycle(month, billingMonth, ({ stage }) => stage === 'closed');
  }
  const { totals } = await month.readLedger();
  expect(totals).toMatchObject({ captures: 12, doubleAuthorizations: 0, repeatedCaptures: 0 });
});
