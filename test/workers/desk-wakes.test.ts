import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { SleepingDesk } from '../../db/queries/delivery-wakes.ts';
import { keepDesksAwake } from '../../workers/desk-wakes.ts';
import { createLogger } from '../../workers/logger.ts';
import { deliveryDeskWorkflowId } from '../../workflows/workflow-ids.ts';

const lines: string[] = [];
const logger = createLogger({
  ...{ level: 'warn', name: 'test' },
  destination: { write: (line) => void lines.push(line) },
});
const desks: SleepingDesk[] = ['first', 'second', 'third'].map((slug) => ({
  ...{ merchant: 'a-shop', clockOffsetMs: 0, slug },
}));
const [firstId, secondId, thirdId] = desks.map(({ slug }) => deliveryDeskWorkflowId(slug));

beforeEach(() => {
  vi.useFakeTimers();
  lines.length = 0;
});
afterEach(() => void vi.useRealTimers());

test('a desk that cannot be woken holds up no other, is tried again and said once', async () => {
  const woken: string[] = [];
  let isAway = true;
  const keeper = keepDesksAwake(
    async () => desks,
    {
      startAndReport: async ({ workflowId }) => {
        if (isAway && workflowId === firstId) throw new Error('it is not taken');
        woken.push(workflowId);
      },
    },
    logger,
    1_000,
  );
  await vi.advanceTimersByTimeAsync(2_000);
  expect(woken).toEqual([secondId, thirdId]);
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { merchant: 'a-shop', endpoint: 'first', err: { message: 'it is not taken' } },
  ]);
  isAway = false;
  await vi.advanceTimersByTimeAsync(1_000);
  keeper.stop();
  expect(woken).toContain(firstId);
});

test('looks do not pile up behind one that hangs', async () => {
  let looks = 0;
  let finish = () => {};
  const held = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const keeper = keepDesksAwake(
    async () => {
      looks += 1;
      if (looks === 1) await held;
      return [];
    },
    { startAndReport: async () => {} },
    logger,
    1_000,
  );
  await vi.advanceTimersByTimeAsync(10_000);
  expect(looks).toBe(1);
  finish();
  await vi.advanceTimersByTimeAsync(500);
  expect(looks).toBe(1);
  await vi.advanceTimersByTimeAsync(500);
  expect(looks).toBe(2);
  keeper.stop();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(looks).toBe(2);
});
