import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { listExchanges } from '../../sandbox/operator.ts';
import { onlyStage, stagesOf } from './hand-over-acts.ts';
import { type Month, openMonth } from './month.ts';
import { exchangePath, makeExport, numbered, post, untilExchange } from './month-acts.ts';

/** Two people who say different things of one upload at the same moment: one of them is heard. */
let month: Month;
beforeAll(async () => {
  month = await openMonth({ settings: { paygent: { maxRecordsPerFile: 1, exchangesAtOnce: 8 } } });
  await month.begin('2026-11', makeExport(numbered('11', 8)));
  await vi.waitFor(
    async () => expect(onlyStage(await stagesOf(month, '2026-11'), 'handing_over')).toHaveLength(8),
    { timeout: 60_000, interval: 100 },
  );
});
afterAll(() => month.close());

const reason = '同時操作';
const errors = [{ part: 'header', line: 1, item: '取引種別', content: '不正です' }];

/** Whether the attempt in a file has come to nothing. */
async function outcomesOf(number: number): Promise<string[]> {
  const { rows } = await sql<{ outcome: string }>`
    select o.outcome from outcomes o join exchanges e on e.id = o.exchange_id
     where e.number = ${number} and e.kind = 'auth'`.execute(month.db);
  return rows.map((row) => row.outcome);
}

test.each([
  [1, 'withdrawal', { reason }, 'cancelled', ['not_sent']],
  [2, 'withdrawal', { reason }, 'cancelled', ['not_sent']],
  [3, 'unclear', { reason }, 'unknown', []],
  [4, 'unclear', { reason }, 'unknown', []],
  [5, 'format-errors', { errors }, 'rejected', ['rejected']],
  [6, 'format-errors', { errors }, 'rejected', ['rejected']],
  [7, 'taken-out-orders', { orderNumbers: ['1107'], reason }, 'cancelled', ['not_sent']],
  [8, 'taken-out-orders', { orderNumbers: ['1108'], reason }, 'cancelled', ['not_sent']],
] as const)('file %i: acceptance ∥ %s', async (number, act, json, stage, outcomes) => {
  const exchange = await untilExchange(month, '2026-11', `auth-${number}`);
  const acceptance = { acceptanceNumber: String(960_000 + number), matched: true };
  const first = () => post(month, `${exchangePath(exchange)}/acceptance`, acceptance);
  const second = () => post(month, `${exchangePath(exchange)}/${act}`, json);
  // Who goes first alternates.
  const [accepted, other] =
    number % 2 === 0
      ? await Promise.all([first(), second()])
      : (await Promise.all([second(), first()])).reverse();
  expect([accepted?.status, other?.status].sort()).toEqual([200, 409]);
  const [row] = (await listExchanges(month.day.desk, '2026-11')).filter(
    (one) => one.kind === 'auth' && one.number === number,
  );
  if (accepted?.status === 200) {
    expect(row).toMatchObject({
      stage: 'awaiting_result',
      acceptanceNumber: acceptance.acceptanceNumber,
    });
    expect(await outcomesOf(number)).toEqual([]);
  } else {
    expect(row).toMatchObject({ stage, acceptanceNumber: null });
    expect(await outcomesOf(number)).toEqual(outcomes);
  }
});
