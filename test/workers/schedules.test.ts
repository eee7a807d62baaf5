import { expect, test, vi } from 'vitest';
import { createLogger } from '../../workers/logger.ts';
import { keepSchedules, type SyncedSchedule } from '../../workers/schedules.ts';

const logger = createLogger({ level: 'silent', name: 'test' });
const synced: SyncedSchedule[] = [
  {
    merchant: 'a-shop',
    change: 'created',
    retention: 'unchanged',
    refresh: 'unchanged',
    nextStart: '2026-12-10',
    movedClock: false,
  },
];

test('Schedules are looked after at once and again and again, also after a look that failed', async () => {
  const looks: string[] = [];
  const keeper = keepSchedules(
    async (now) => {
      looks.push(now);
      if (looks.length === 1) throw new Error('Temporal is away');
      return synced;
    },
    logger,
    5,
  );
  await vi.waitFor(() => expect(looks.length).toBeGreaterThan(3));
  keeper.stop();
  for (const now of looks) expect(new Date(now).toISOString()).toBe(now);
});

test('never two looks at once, and none after the stop', async () => {
  let running = 0;
  let most = 0;
  let looks = 0;
  let finish = () => {};
  const held = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const keeper = keepSchedules(
    async () => {
      looks += 1;
      running += 1;
      most = Math.max(most, running);
      if (looks === 3) {
        keeper.stop();
        await held;
      }
      running -= 1;
      return [];
    },
    logger,
    1,
  );
  await vi.waitFor(() => expect(looks).toBe(3));
  finish();
  await held;
  await new Promise((resolve) => setImmediate(resolve));
  expect([looks, most]).toEqual([3, 1]);
});
