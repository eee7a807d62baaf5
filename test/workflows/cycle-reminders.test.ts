import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startCycle } from '../../sandbox/operator.ts';
import { advanceTo } from './hand-over-acts.ts';
import { type Month, openMonth } from './month.ts';
import { ask, isStill, makeExport, numbered, post, untilCycle, upload } from './month-acts.ts';

/** What a month tells operators when it waits for them and nobody comes. */
let month: Month;
beforeAll(async () => {
  month = await openMonth({ settings: { paygent: { width: 15 } } });
});
afterAll(() => month.close());

interface Notice {
  readonly subject: string;
  readonly text: string;
}

const subjects = async (): Promise<string[]> => {
  const { body } = await ask(month, 'GET', '/notices?limit=100');
  return (body.notices as Notice[]).map(({ subject }) => subject).reverse();
};

test('orders that nobody brings are asked for after 1, 3 and 7 days, then weekly', async () => {
  await startCycle(month.day.desk, '2026-12');
  await untilCycle(month, '2026-12', ({ stage }) => stage === 'collecting');
  const asked = '2026-12 の注文CSVの取り込みをお願いします';
  await advanceTo(month, '2026-11-20T23:00:00.000Z');
  expect(await subjects()).toEqual([]);
  await advanceTo(month, '2026-11-23T00:30:00.000Z');
  await vi.waitFor(async () => expect(await subjects()).toEqual([asked, asked]), {
    timeout: 60_000,
  });
  await advanceTo(month, '2026-12-04T01:00:00.000Z');
  await vi.waitFor(async () => expect(await subjects()).toEqual(Array(4).fill(asked)), {
    timeout: 60_000,
  });
});

test('a refused step is told at once, cases that need a person after a day', async () => {
  await startCycle(month.day.desk, '2027-01');
  const nothing = makeExport([{ number: '7101', yen: '12.5' }]);
  const { body } = await upload(month, 'order-export', nothing);
  await post(month, '/cycles/2027-01/order-export', { sha256: body.sha256 });
  await untilCycle(month, '2027-01', isStill);
  const stopped = '2027-01 の請求が止まっています';
  await vi.waitFor(async () => expect(await subjects()).toContain(stopped), { timeout: 60_000 });
  const before = (await subjects()).filter((subject) => subject === stopped).length;
  expect(before).toBe(1);
  const whole = await upload(month, 'order-export', makeExport(numbered('71', 2)));
  await post(month, '/cycles/2027-01/order-export', { sha256: whole.body.sha256 });
  await untilCycle(month, '2027-01', ({ stage }) => stage === 'awaiting_result');
  expect((await subjects()).filter((subject) => subject.startsWith('2027-01'))).toEqual([stopped]);
});
