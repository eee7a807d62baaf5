import { afterAll, beforeAll, expect, test } from 'vitest';
import { registerMerchant } from '../../sandbox/paygent-operator.ts';
import { advanceTo } from './hand-over-acts.ts';
import { type Month, openMonth, paygentId, sandboxNow } from './month.ts';
import {
  ask,
  countAtPsp,
  exchangePath,
  makeExport,
  numbered,
  orderFault,
  post,
  untilCycle,
  untilExchange,
} from './month-acts.ts';
import { useTelegrams, writeTelegramSecrets } from './telegram-acts.ts';

/** Files by telegram, which nobody carries. Each test bills a month of its own and goes on in time. */
let month: Month;
let telegrams = 0;
let minutes = 0;

beforeAll(async () => {
  month = await openMonth();
  await writeTelegramSecrets(month);
  await useTelegrams(month);
});
afterAll(() => month.close());

async function getJson<T>(path: string): Promise<T> {
  return (await (await fetch(`${month.portal.url}/merchants/${paygentId}${path}`)).json()) as T;
}

/** How many telegrams 200 came since this was asked last, each under a number of its own. */
async function newTelegrams(): Promise<number> {
  const { references } = await getJson<{ references: string[] }>('/telegrams');
  expect(new Set(references).size).toBe(references.length);
  const since = references.length - telegrams;
  telegrams = references.length;
  return since;
}

async function pass(...steps: readonly number[]): Promise<void> {
  for (const step of steps) {
    minutes += step;
    await advanceTo(month, new Date(Date.parse(sandboxNow) + minutes * 60_000).toISOString());
  }
}

const begin = (billingMonth: string, prefix: string) =>
  month.begin(billingMonth, makeExport(numbered(prefix, 3)));

async function finish(billingMonth: string, prefix: string): Promise<void> {
  await pass(10, 10);
  const cycle = await untilCycle(month, billingMonth, ({ stage }) => stage === 'closed');
  expect(cycle.conservation).toEqual({ rows: true, yen: true, broken: [] });
  expect(await countAtPsp(month, prefix)).toEqual({ authorizations: 3, captures: 3, twice: [] });
}

test('a month is billed by nobody’s hands, over a result that broke off', async () => {
  await orderFault(month, 'オーソリ', { kind: 'result_cut' });
  await begin('2026-01', '01');
  const auth = await untilExchange(month, '2026-01', 'auth-1', 'awaiting_result');
  expect(auth.acceptanceNumber).toMatch(/^\d+$/);
  await finish('2026-01', '01');
  expect(await newTelegrams()).toBe(2);
});

test('a file whose answer broke off is found by asking, and never sent again', async () => {
  await orderFault(month, 'オーソリ', { kind: 'answer_cut' });
  await begin('2026-02', '02');
  const auth = await untilExchange(month, '2026-02', 'auth-1', 'unknown');
  expect((await ask(month, 'GET', exchangePath(auth))).body.waitsFor).toContain('照会');
  expect(auth.attention).toBe(true);
  await pass(2);
  const found = await untilExchange(month, '2026-02', 'auth-1', 'awaiting_result');
  expect(found.acceptanceNumber).toMatch(/^\d+$/);
  await finish('2026-02', '02');
  expect(await newTelegrams()).toBe(2);
});

test('a file that never came is sent again only when its absence counts', async () => {
  await orderFault(month, 'オーソリ', { kind: 'cut_before_acceptance' });
  await begin('2026-03', '03');
  await untilExchange(month, '2026-03', 'auth-1', 'unknown');
  await pass(20);
  await untilExchange(month, '2026-03', 'auth-1', 'unknown');
  expect(await newTelegrams()).toBe(1);
  await pass(60);
  await finish('2026-03', '03');
  expect(await newTelegrams()).toBe(2);
});

test('where Paygent’s "no" is not understood, a person decides', async () => {
  await useTelegrams(month, { codes: { rejected: [], notTaken: [], processing: [], absent: [] } });
  await orderFault(month, 'オーソリ', { kind: 'cut_before_acceptance' });
  await begin('2026-04', '04');
  const auth = await untilExchange(month, '2026-04', 'auth-1', 'unknown');
  await pass(60, 60);
  const { body } = await ask(month, 'GET', exchangePath(auth));
  expect(body).toMatchObject({ stage: 'unknown' });
  expect(body.note).toContain('SANDBOX-NOFILE');
  const decision = { found: 'not_sent', reason: 'ペイジェントに確認' };
  const decided = await post(month, `${exchangePath(auth)}/unclear-decision`, decision);
  expect(decided.body).toMatchObject({ stage: 'cancelled' });
  expect(await countAtPsp(month, '04')).toMatchObject({ authorizations: 0 });
  expect(await newTelegrams()).toBe(1);
});

test('a file of the wrong format is rejected, and bills nobody', async () => {
  await useTelegrams(month, {
    codes: { rejected: ['SANDBOX-FORMAT'], notTaken: [], processing: [], absent: [] },
  });
  await registerMerchant(month.portal, { maxRecordsPerFile: 2, processingDelayMs: 0 });
  await begin('2026-05', '05');
  const auth = await untilExchange(month, '2026-05', 'auth-1', 'rejected');
  const { text } = await ask(month, 'GET', exchangePath(auth));
  expect(text).toContain('最大件数 2 件');
  expect(await countAtPsp(month, '05')).toMatchObject({ authorizations: 0 });
  expect(await newTelegrams()).toBe(1);
});
