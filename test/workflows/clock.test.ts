import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { RunningWorkers } from '../../workers/worker.ts';
import { clockMoved, clockState, rowChanged } from '../../workflows/messages.ts';
import type { TimeInput, TimeResult } from '../workers/fixtures/time-workflow.ts';
import { connectTestWorkers, type TestWorkers } from '../workers/test-workers.ts';

const dayMs = 86_400_000;
const iso = (ms: number) => new Date(ms).toISOString();

let temporal: TestWorkers;
let workers: RunningWorkers;
let stories = 0;

beforeAll(async () => {
  temporal = await connectTestWorkers();
  workers = await temporal.startWorkers({ main: { nothing: async () => {} }, files: {} });
});
afterAll(async () => {
  workers?.shutdown();
  await workers?.done;
  await temporal?.close();
});

async function start(wait: TimeInput['wait'], clockOffsetMs = 0) {
  stories += 1;
  const handle = await temporal.client.workflow.start('timeKeeper', {
    workflowId: `time:${temporal.merchant}:${stories}`,
    taskQueue: temporal.taskQueue,
    args: [{ merchant: temporal.merchant, clockOffsetMs, wait } satisfies TimeInput],
  });
  return {
    handle,
    result: () => handle.result() as Promise<TimeResult>,
    state: () => handle.query(clockState),
    move: (offsetMs: number) => handle.signal(clockMoved, { offsetMs }),
    wake: (id = 'row') => handle.signal(rowChanged, { kind: 'test', id }),
    events: async () => (await handle.fetchHistory()).events ?? [],
  };
}

test('in real time a wait ends at its instant', async () => {
  const dueAt = iso(Date.now() + 1_500);
  const { result, state } = await start({ kind: 'until', instant: dueAt });
  expect(await state()).toMatchObject({ nextDue: dueAt, idle: true, running: [], offsetMs: 0 });
  const { why, endedAt, startedAt } = await result();
  expect(why).toBe('due');
  expect(Date.parse(startedAt)).toBeGreaterThan(Date.now() - 60_000);
  expect(endedAt >= dueAt).toBe(true);
});

test('a moved clock ends a wait of months at once and never goes back', async () => {
  const dueAt = iso(Date.now() + 90 * dayMs);
  const { result, state, move, events } = await start({ kind: 'until', instant: dueAt });
  // Its first timer is set before the clock moves: a move that arrives first would spare it.
  expect(await state()).toMatchObject({ nextDue: dueAt, offsetMs: 0 });
  await move(30 * dayMs);
  expect(await state()).toMatchObject({ nextDue: dueAt, idle: true, offsetMs: 30 * dayMs });
  await move(10 * dayMs);
  expect(await state()).toMatchObject({ offsetMs: 30 * dayMs });
  await move(90 * dayMs);
  const { why, endedAt } = await result();
  expect(why).toBe('due');
  expect(endedAt >= dueAt && endedAt < iso(Date.parse(dueAt) + 60_000)).toBe(true);
  // One timer for each value of the clock, none for the move that was ignored.
  const timers = (await events()).filter((event) => event.timerStartedEventAttributes);
  expect(timers).toHaveLength(2);
});

test('a start gives the clock its offset', async () => {
  const { result } = await start({ kind: 'after', durationMs: 1 }, 400 * dayMs);
  const { startedAt } = await result();
  expect(Date.parse(startedAt)).toBeGreaterThan(Date.now() + 399 * dayMs);
});

test('an instant that has passed is due without a timer', async () => {
  const { result, events } = await start({ kind: 'until', instant: iso(Date.now() - dayMs) });
  expect((await result()).why).toBe('due');
  expect((await events()).filter((event) => event.timerStartedEventAttributes)).toEqual([]);
});

test('a condition ends a wait before its instant, and a wait without one', async () => {
  const dated = await start({ kind: 'until', instant: iso(Date.now() + dayMs) });
  const undated = await start({ kind: 'until', instant: null });
  expect(await undated.state()).toMatchObject({ nextDue: null, idle: true });
  await dated.wake();
  await undated.wake();
  expect((await dated.result()).why).toBe('condition');
  expect((await undated.result()).why).toBe('condition');
});

test('the earliest of several waits is the next due', async () => {
  const { result, state, move } = await start({ kind: 'first' });
  const before = Date.parse((await state()).nextDue ?? '');
  expect(before).toBeLessThan(Date.now() + 11 * dayMs);
  await move(10 * dayMs + 60_000);
  expect((await result()).why).toBe('early');
});

test('`every` checks at its intervals, when woken, and a last time at its deadline', async () => {
  const startMs = Date.now();
  const deadline = iso(startMs + 3.5 * dayMs);
  const { result, state, move, wake } = await start({ kind: 'every', intervalMs: dayMs, deadline });
  // After the first check: a signal that comes with the start is part of it.
  await state();
  await wake();
  for (const day of [1, 2, 3]) {
    const due = Date.parse((await state()).nextDue ?? '');
    expect(Math.round((due - startMs) / dayMs)).toBe(day);
    await move(due - Date.now());
  }
  expect((await state()).nextDue).toBe(deadline);
  await move(Date.parse(deadline) - Date.now());
  const { why, checkedAt } = await result();
  expect(why).toBe('due');
  const days = checkedAt.map((at) => Math.round((2 * (Date.parse(at) - startMs)) / dayMs) / 2);
  expect(days).toEqual([0, 0, 1, 2, 3, 3.5]);
});

test('`every` ends with the value that its check gives', async () => {
  const { result, wake } = await start({ kind: 'every', intervalMs: dayMs, deadline: null });
  await wake('enough');
  expect((await result()).why).toBe('enough');
});

test('turns grow with everything that happens and with nothing else', async () => {
  const { state, wake, move, handle } = await start({
    kind: 'every',
    intervalMs: dayMs,
    deadline: null,
  });
  const first = await state();
  expect(await state()).toEqual(first);
  await wake();
  const second = await state();
  expect(second.turns).toBeGreaterThan(first.turns);
  await move(1_000);
  const third = await state();
  expect(third.turns).toBeGreaterThan(second.turns);
  expect(third.runId).toBe(first.runId);
  await handle.terminate();
});

test('an instant that is none fails the task by name instead of waiting for ever', async () => {
  const { handle } = await start({ kind: 'until', instant: 'tomorrow' });
  await vi.waitFor(
    async () => {
      const { events } = await handle.fetchHistory();
      const failed = events?.find((event) => event.workflowTaskFailedEventAttributes);
      expect(failed).toBeDefined();
    },
    { timeout: 60_000, interval: 100 },
  );
  await handle.terminate();
});
