import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCycle } from '../../sandbox/operator.ts';
import { loseTemporalState } from '../campaign/faults.ts';
import { advanceTo } from './hand-over-acts.ts';
import { type Month, openMonth } from './month.ts';
import { exchangePath, makeExport, numbered, post, untilExchange } from './month-acts.ts';

/** What waits for an operator is told again: after 1, 3 and 7 days, then every week. */
let month: Month;
beforeAll(async () => {
  month = await openMonth({ settings: { operatorMail: { to: ['keiri@example.jp'] } } });
});
afterAll(() => month.close());

/** Noon in Japan, so many days after the test's beginning. */
const noonAfter = (days: number) =>
  new Date(Date.parse('2026-11-20T03:00:00.000Z') + days * 86_400_000).toISOString();

/** Kind and day of each reminder of the file, oldest first. */
async function reminders(): Promise<string[]> {
  const { rows } = await sql<{ kind: string; key: string }>`
    select kind, key from notices where merchant_id = ${month.merchantId}
       and key like 'exchange:%' order by id`.execute(month.db);
  return rows.map(({ kind, key }) => `${kind} ${key.split(':').at(-1)}`);
}

async function countMails(): Promise<number> {
  const { rows } = await sql<{ mails: number }>`
    select count(*)::int as mails from mail_outbox where key like 'exchange:%'`.execute(month.db);
  return rows[0]?.mails ?? 0;
}

test('a file that nobody uploads is remembered at its days, once each', async () => {
  await month.begin('2026-11', makeExport(numbered('11', 2)));
  await untilExchange(month, '2026-11', 'auth-1');
  await advanceTo(month, noonAfter(0));
  expect(await reminders()).toEqual([]);
  await advanceTo(month, noonAfter(15));
  expect(await reminders()).toEqual([
    'hand_over_waiting d1',
    'hand_over_waiting d3',
    'hand_over_waiting d7',
    'hand_over_waiting d14',
  ]);
  expect(await countMails()).toBe(4);
});

test('after Temporal lost everything nothing is told twice', async () => {
  await loseTemporalState(month);
  await startCycle(month.day.desk, '2026-11');
  await untilExchange(month, '2026-11', 'auth-1');
  await advanceTo(month, noonAfter(16));
  expect(await reminders()).toHaveLength(4);
});

test('an unclear upload and a result that does not come have waits of their own', async () => {
  const auth = await untilExchange(month, '2026-11', 'auth-1');
  await post(month, `${exchangePath(auth)}/unclear`, { reason: '画面が固まった' });
  await advanceTo(month, noonAfter(17));
  expect((await reminders()).at(-1)).toBe('attention d1');
  const found = { found: 'accepted', acceptanceNumber: '7001', reason: '一覧で確認' };
  await post(month, `${exchangePath(auth)}/unclear-decision`, found);
  await advanceTo(month, noonAfter(20));
  expect((await reminders()).slice(5)).toEqual(['result_waiting d1', 'result_waiting d3']);
});
