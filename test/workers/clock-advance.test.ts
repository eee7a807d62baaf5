import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AdvanceClockOptions, advanceClock } from '../../workers/clock-advance.ts';
import type { RunningWorkers } from '../../workers/worker.ts';
import type {
  BystanderInput,
  ClockActivities,
  ClockEvent,
  PingPongInput,
} from './fixtures/clock-workflows.ts';
import { connectTestWorkers, type TestWorkers } from './test-workers.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const iso = (ms: number) => new Date(ms).toISOString();

let temporal: TestWorkers;
let workers: RunningWorkers;
let events: ClockEvent[] = [];
/** Stands for the merchant's row and for the rows of its open workflows. */
const row = { kind: 'sandbox' as 'sandbox' | 'real', offsetMs: 0 };
const openIds: string[] = [];
/** Keeps the activity `record` from ending until it resolves. */
let holdEvents = { promise: Promise.resolve(), resolve: () => {} };

function held() {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

const activities: ClockActivities = {
  record: async (event) => {
    await holdEvents.promise;
    events.push(event);
  },
  tell: async (workflowId, dayBegins) => {
    await temporal.starter.reportRowChanged(workflowId, { kind: 'day', id: dayBegins });
  },
  startBystander: async (workflowId, dueAt) => {
    openIds.push(workflowId);
    await startBystander(workflowId, 'late', Date.parse(dueAt) + hourMs, hourMs, 5);
  },
};

function startBystander(
  workflowId: string,
  who: string,
  firstDueMs: number,
  everyMs: number,
  times: number,
) {
  const input: BystanderInput = {
    merchant: temporal.merchant,
    clockOffsetMs: row.offsetMs,
    who,
    firstDue: iso(firstDueMs),
    everyMs,
    times,
  };
  return temporal.starter.start({
    workflowId,
    workflow: 'bystander',
    input,
    month: null,
    stage: null,
  });
}

function startPingPong(who: string, peer: string, dayBegins: string | null, lastDay: string) {
  const input: PingPongInput = {
    merchant: temporal.merchant,
    clockOffsetMs: row.offsetMs,
    who,
    peerId: `pair:${temporal.merchant}:${peer}`,
    dayBegins,
    lastDay,
    guestDay: iso(Date.parse(lastDay) - 20 * dayMs),
  };
  const workflowId = `pair:${temporal.merchant}:${who}`;
  return temporal.starter.start({
    workflowId,
    workflow: 'pingPong',
    input,
    month: null,
    stage: null,
  });
}

function advance(target: string, options: Partial<AdvanceClockOptions> = {}) {
  return advanceClock({
    client: temporal.client,
    merchant: temporal.merchant,
    target,
    realNowMs: Date.now,
    readClock: async () => ({ ...row }),
    writeOffset: async (offsetMs, oldOffsetMs) => {
      if (row.offsetMs !== oldOffsetMs) return false;
      row.offsetMs = offsetMs;
      return true;
    },
    openWorkflowIds: async () => openIds,
    ...options,
  });
}

beforeAll(async () => {
  temporal = await connectTestWorkers();
  workers = await temporal.startWorkers({ main: activities, files: {} });
});
afterAll(async () => {
  workers?.shutdown();
  await workers?.done;
  await temporal?.close();
});

test('two workflows that wait on each other live through 40 days in seconds, in exact order', async () => {
  events = [];
  const startMs = Math.floor(Date.now() / dayMs) * dayMs;
  const lastDay = iso(startMs + 40 * dayMs);
  await startPingPong('b', 'a', null, lastDay);
  await startPingPong('a', 'b', iso(startMs), lastDay);
  // One that is due an hour after each second day, and one that is due at the same instants.
  await startBystander(
    `by:${temporal.merchant}:odd`,
    'odd',
    startMs + 2 * dayMs + hourMs,
    2 * dayMs,
    19,
  );
  await startBystander(`by:${temporal.merchant}:same`, 'same', startMs + dayMs, dayMs, 40);

  const startedMs = performance.now();
  const result = await advance(lastDay);
  const tookMs = performance.now() - startedMs;

  const by = (who: string) => events.filter((event) => event.who === who);
  expect(by('a').map((event) => event.dueAt)).toEqual(
    Array.from({ length: 20 }, (_, turn) => iso(startMs + (2 * turn + 1) * dayMs)),
  );
  expect(by('b').map((event) => event.dueAt)).toEqual(
    Array.from({ length: 20 }, (_, turn) => iso(startMs + (2 * turn + 2) * dayMs)),
  );
  expect(by('odd')).toHaveLength(19);
  expect(by('same')).toHaveLength(40);
  // Started in the middle, by an activity.
  expect(by('late')).toHaveLength(5);

  // Nothing happened before its time, or later than the real time that the step itself took, and
  // nothing that was due earlier happened after something that was due later.
  const latenessMs = events.map((event) => Date.parse(event.now) - Date.parse(event.dueAt));
  expect(Math.min(...latenessMs)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...latenessMs)).toBeLessThan(10_000);
  const dues = events.map((event) => event.dueAt);
  expect(dues).toEqual([...dues].sort());

  expect(result.to).toBe(lastDay);
  expect(row.offsetMs).toBe(result.offsetMs);
  expect(tookMs).toBeLessThan(60_000);
  console.log(
    `40 days: ${result.steps} steps in ${Math.round(tookMs)} ms, at most ${Math.max(...latenessMs)} ms late`,
  );
});

const refusals = [
  {
    why: 'a real merchant',
    problem: 'real_merchant',
    target: iso(Date.now() + 400 * dayMs),
    options: { readClock: async () => ({ kind: 'real' as const, offsetMs: 0 }) },
  },
  {
    why: 'an unknown merchant',
    problem: 'unknown_merchant',
    target: iso(Date.now() + 400 * dayMs),
    options: { readClock: async () => null },
  },
  { why: 'a target in the past', problem: 'not_ahead', target: iso(Date.now() - 1), options: {} },
  { why: 'a target that is no date', problem: 'not_ahead', target: 'tomorrow', options: {} },
  {
    why: 'a clock that somebody else moves',
    problem: 'moved_by_another',
    target: iso(Date.now() + 400 * dayMs),
    options: { writeOffset: async () => false },
  },
] as const;

test.each(refusals)('refuses $why', async ({ problem, target, options }) => {
  const before = row.offsetMs;
  await expect(advance(target, options)).rejects.toMatchObject({
    name: 'ClockAdvanceError',
    problem,
  });
  expect(row.offsetMs).toBe(before);
});

test('names the workflow and the activity that keep the clock from going on', async () => {
  const workflowId = `by:${temporal.merchant}:stuck`;
  const dueMs = Date.now() + row.offsetMs + dayMs;
  holdEvents = held();
  await startBystander(workflowId, 'stuck', dueMs, dayMs, 1);
  await expect(
    advance(iso(dueMs + dayMs), { limit: { settleTimeoutMs: 500 } }),
  ).rejects.toMatchObject({
    problem: 'not_settled',
    message: expect.stringContaining(`${workflowId} still runs activity record`),
  });
  // The clock stays where it is, and the same call goes on from there.
  holdEvents.resolve();
  const result = await advance(iso(dueMs + dayMs));
  expect(result.to).toBe(iso(dueMs + dayMs));
  expect(events.filter((event) => event.who === 'stuck')).toHaveLength(1);
});

test('stops on the way at least every `maxStepMs`, and after too many steps', async () => {
  const fromMs = Date.now() + row.offsetMs;
  const steps: string[] = [];
  const result = await advance(iso(fromMs + 10.5 * dayMs), {
    maxStepMs: dayMs,
    onStep: (step) => steps.push(step.at),
  });
  expect(steps).toHaveLength(11);
  expect(result.steps).toBe(11);
  await expect(
    advance(iso(fromMs + 20.5 * dayMs), { maxStepMs: dayMs, limit: { steps: 4 } }),
  ).rejects.toMatchObject({ problem: 'too_many_steps' });
  expect(Date.now() + row.offsetMs).toBeLessThan(fromMs + 15.5 * dayMs);
});
