import { randomBytes } from 'node:crypto';
import type { ScheduleHandle } from '@temporalio/client';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test, vi } from 'vitest';
import {
  type MerchantSettingsInput,
  merchantSettingsSchema,
} from '../../billing/merchant-settings.ts';
import { parseEncryptionKeys } from '../../config.ts';
import { type Db, openDatabase } from '../../db/database.ts';
import { listAudit } from '../../db/queries/audit.ts';
import { moveBusinessClock } from '../../db/queries/business-clock.ts';
import { findRefresh } from '../../db/queries/card-refresh.ts';
import { findCycle, listCycles } from '../../db/queries/cycles.ts';
import { createMerchant, type Merchant } from '../../db/queries/merchants.ts';
import { decideSchedule } from '../../db/queries/schedule-decisions.ts';
import { saveSettings } from '../../db/queries/settings.ts';
import { createDependencies } from '../../workers/dependencies.ts';
import { createLogger } from '../../workers/logger.ts';
import { syncSchedules } from '../../workers/schedules.ts';
import { startWorkers } from '../../workers/worker.ts';
import { loadWorkflowBundle } from '../../workers/workflow-bundle.ts';
import { cycleWorkflowId, scheduleIdOf } from '../../workflows/workflow-ids.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { bundlesDir, connectTestWorkers, type TestWorkers } from '../workers/test-workers.ts';

/** The day from which Schedules are planned, whenever the test runs. */
const plannedAt = '2026-01-15T00:00:00.000Z';
const logger = createLogger({ level: 'silent', name: 'test' });

let database: TestDatabase;
let db: Db;
let temporal: TestWorkers;
let stopWorkers: () => Promise<void>;
let merchant: Merchant;
let version: number;
const schedules: ScheduleHandle[] = [];

async function runWorkers(): Promise<() => Promise<void>> {
  const { server, taskQueue } = temporal;
  const fileKeys = parseEncryptionKeys(inject('fileKeys'));
  const dependencies = await createDependencies(
    { databaseUrlApp: database.appUrl, fileKeys },
    server,
    logger,
    taskQueue,
  );
  const bundle = await loadWorkflowBundle(bundlesDir, logger);
  const { activities } = dependencies;
  const running = await startWorkers({
    server,
    bundle,
    activities,
    logger,
    taskQueue,
    shutdownGraceMs: 2000,
  });
  return async () => {
    running.shutdown();
    await running.done;
    await dependencies.close();
  };
}

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.appUrl, { maxConnections: 3 });
  temporal = await connectTestWorkers();
  stopWorkers = await runWorkers();
});
afterAll(async () => {
  // They would fire on, on a server that other tests use.
  for (const schedule of schedules) await schedule.delete().catch(() => {});
  await stopWorkers?.();
  await temporal?.close();
  await db?.destroy();
  await database?.drop();
});

type ScheduleSettings = MerchantSettingsInput['schedule'];

beforeEach(async () => {
  const slug = `m-${randomBytes(4).toString('hex')}`;
  schedules.push(temporal.client.schedule.getHandle(scheduleIdOf(slug, 'cycle')));
  merchant = await createMerchant(db, {
    slug,
    name: '予定の店',
    kind: 'sandbox',
    settings: merchantSettingsSchema.parse({}),
    actor: 'test',
    now: plannedAt,
  });
  version = 1;
});

async function setSchedule(schedule: ScheduleSettings): Promise<void> {
  const settings = merchantSettingsSchema.parse({ schedule });
  const change = { seenVersion: version, settings, actor: 'test', reason: 'test', now: plannedAt };
  version = (await saveSettings(db, merchant.id, change)).version;
}

async function sync(now = plannedAt) {
  const { synced } = await syncSchedules(db, temporal.client, now, temporal.taskQueue);
  const own = synced.filter(({ merchant: slug }) => slug === merchant.slug);
  return Object.fromEntries(own.map(({ what, merchant: _, ...one }) => [what, one]));
}

const schedule = () => temporal.client.schedule.getHandle(scheduleIdOf(merchant.slug, 'cycle'));

/** Fires as if the time had passed just now, and waits for what it started. */
async function fire(from: string, to: string): Promise<number> {
  const taken = async () => (await schedule().describe()).info;
  const before = (await taken()).numActionsTaken;
  await schedule().backfill({ start: new Date(from), end: new Date(to), overlap: 'ALLOW_ALL' });
  // A second patch is worked in turn: when it is done, so is the first.
  return await vi.waitFor(
    async () => {
      const { numActionsTaken, recentActions } = await taken();
      expect(numActionsTaken).toBeGreaterThan(before);
      for (const { action } of recentActions) {
        await temporal.client.workflow.getHandle(action.workflow.workflowId).result();
      }
      return numActionsTaken - before;
    },
    { timeout: 60_000, interval: 100 },
  );
}

const months = async () =>
  (await listCycles(db, merchant.id)).map(({ billingMonth }) => billingMonth).sort();

test('what is kept no longer is blanked every night, by a Schedule of its own', async () => {
  const nightly = temporal.client.schedule.getHandle(scheduleIdOf(merchant.slug, 'retention'));
  schedules.push(nightly);
  const save = async (orderMonths: number | null) => {
    const settings = merchantSettingsSchema.parse({ retention: { orderMonths } });
    const by = { actor: 'test', reason: 'test', now: plannedAt };
    version = (await saveSettings(db, merchant.id, { seenVersion: version, settings, ...by }))
      .version;
  };
  await save(12);
  expect(await sync()).toMatchObject({
    cycle: { change: 'unchanged' },
    retention: { change: 'created', nextStart: '2026-01-16' },
  });
  expect(await sync()).toMatchObject({ retention: { change: 'unchanged' } });
  await nightly.trigger();
  await vi.waitFor(
    async () => {
      const audit = await listAudit(db, merchant.id, { afterN: 0, limit: 100 });
      expect(audit.map(({ entry }) => JSON.parse(entry).act)).toContain('retention.applied');
    },
    { timeout: 60_000, interval: 100 },
  );
  await save(null);
  expect(await sync()).toMatchObject({ retention: { change: 'deleted', nextStart: null } });
});

describe('Schedules follow the settings', () => {
  test('made, left alone, changed, held and taken away', async () => {
    const none = { change: 'unchanged', nextStart: null, paused: false, movedClock: false };
    expect(await sync()).toEqual({ cycle: none, refresh: none, retention: none });
    await setSchedule({ cycleDay: 31, businessDayRule: 'next' });
    expect(await sync()).toMatchObject({ cycle: { change: 'created', nextStart: '2026-02-02' } });
    const made = await schedule().describe();
    expect(made.policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 7 * 86_400_000 });
    expect(made.spec.timezone).toBe('Asia/Tokyo');
    expect(made.spec.calendars).toHaveLength(24);
    expect(await sync()).toMatchObject({ cycle: { change: 'unchanged', paused: false } });

    await schedule().pause('summer');
    expect(await sync()).toMatchObject({ cycle: { change: 'unchanged', paused: true } });
    await setSchedule({ cycleDay: 10, at: '23:30', businessDayRule: 'previous' });
    expect(await sync()).toMatchObject({
      cycle: { change: 'updated', nextStart: '2026-02-10', paused: true },
    });
    expect((await schedule().describe()).state).toMatchObject({ paused: true, note: 'summer' });
    // A month later there is one more date at the end.
    expect(await sync('2026-02-15T00:00:00.000Z')).toMatchObject({ cycle: { change: 'updated' } });

    // Decided while Temporal was away: the next look makes it so.
    await schedule().unpause();
    for (const change of ['paused', 'resumed'] as const) {
      const paused = change === 'paused';
      const decision = { what: 'cycle', paused, actor: 'test', reason: 'test' } as const;
      await decideSchedule(db, merchant.id, { ...decision, now: plannedAt });
      expect(await sync('2026-02-15T00:00:00.000Z')).toMatchObject({ cycle: { change, paused } });
    }

    await setSchedule({ cycleDay: null });
    expect(await sync()).toMatchObject({ cycle: { change: 'deleted', nextStart: null } });
    await expect(schedule().describe()).rejects.toThrow();
    expect(await sync()).toMatchObject({ cycle: { change: 'unchanged' } });
  });

  test('Temporal knows the times of the next starts', async () => {
    await setSchedule({ cycleDay: 5, at: '00:00', businessDayRule: 'next' });
    await sync(new Date().toISOString());
    const { nextActionTimes } = (await schedule().describe()).info;
    expect(nextActionTimes.length).toBeGreaterThan(3);
    for (const time of nextActionTimes) {
      // Midnight in Japan.
      expect(time.toISOString().slice(11)).toBe('15:00:00.000Z');
    }
  });

  test('a sandbox merchant whose clock was moved has none', async () => {
    await setSchedule({ cycleDay: 10 });
    expect(await sync()).toMatchObject({ cycle: { change: 'created', movedClock: false } });
    await moveBusinessClock(db, merchant.id, { offsetMs: 86_400_000, oldOffsetMs: 0 });
    expect(await sync()).toMatchObject({
      cycle: { change: 'deleted', nextStart: null, movedClock: true },
      refresh: { change: 'unchanged', movedClock: false },
    });
  });
});

describe('a fire', () => {
  test('starts the month that was meant, at midnight in Japan', async () => {
    // 31 May 2026 is a Sunday.
    await setSchedule({ cycleDay: 31, at: '00:00', businessDayRule: 'next' });
    await sync();
    expect(await fire('2026-05-31T14:30:00Z', '2026-05-31T15:30:00Z')).toBe(1);
    expect(await months()).toEqual(['2026-05']);
    const cycle = await findCycle(db, merchant.id, '2026-05');
    expect(cycle).toMatchObject({ startedBy: 'schedule', stage: 'collecting' });
    const audit = await listAudit(db, merchant.id, { afterN: 0, limit: 100 });
    const started = audit
      .map(({ entry }) => JSON.parse(entry))
      .filter(({ act }) => act === 'cycle.started');
    expect(started).toMatchObject([
      { actor: 'schedule', subject: cycleWorkflowId(merchant.slug, '2026-05') },
    ]);
    const workflow = temporal.client.workflow.getHandle(cycleWorkflowId(merchant.slug, '2026-05'));
    expect((await workflow.describe()).status.name).toBe('RUNNING');

    // The last minute of a day in Japan is still that day.
    await setSchedule({ cycleDay: 30, at: '23:59', businessDayRule: 'none' });
    await sync();
    expect(await fire('2026-06-30T14:00:00Z', '2026-06-30T15:00:00Z')).toBe(1);
    expect(await months()).toEqual(['2026-05', '2026-06']);
  });

  test('that comes twice starts one month, and a month that is there is left alone', async () => {
    await setSchedule({ cycleDay: 10, businessDayRule: 'none' });
    await sync();
    for (let times = 1; times <= 2; times += 1) {
      await fire('2026-03-09T23:00:00Z', '2026-03-10T01:00:00Z');
    }
    expect(await months()).toEqual(['2026-03']);
    const audit = await listAudit(db, merchant.id, { afterN: 0, limit: 100 });
    expect(audit.filter(({ entry }) => entry.includes('cycle.started'))).toHaveLength(1);
  });

  test('that is older than the settings starts nothing', async () => {
    await setSchedule({ cycleDay: 10, businessDayRule: 'none' });
    await sync();
    await setSchedule({ cycleDay: 11, businessDayRule: 'none' });
    await fire('2026-03-09T23:00:00Z', '2026-03-10T01:00:00Z');
    await setSchedule({ cycleDay: null });
    await fire('2026-04-09T23:00:00Z', '2026-04-10T01:00:00Z');
    expect(await months()).toEqual([]);
  });

  test('by hand, on a day that starts no month, starts nothing', async () => {
    // The day after tomorrow, so that no midnight in between makes it today.
    const day = new Date(Date.now() + 9 * 3_600_000 + 2 * 86_400_000).getUTCDate();
    await setSchedule({ cycleDay: day, businessDayRule: 'none' });
    await sync(new Date().toISOString());
    await schedule().trigger();
    await vi.waitFor(
      async () => {
        const { recentActions } = (await schedule().describe()).info;
        const id = recentActions[0]?.action.workflow.workflowId ?? '';
        await temporal.client.workflow.getHandle(id).result();
      },
      { timeout: 60_000, interval: 100 },
    );
    expect(await months()).toEqual([]);
  });

  test('finds the clock of its merchant moved and starts nothing', async () => {
    await setSchedule({ cycleDay: 10, businessDayRule: 'none' });
    await sync();
    await moveBusinessClock(db, merchant.id, { offsetMs: 86_400_000, oldOffsetMs: 0 });
    await fire('2026-03-09T23:00:00Z', '2026-03-10T01:00:00Z');
    expect(await months()).toEqual([]);
  });

  test('that no worker saw starts its own month once there is one again', async () => {
    await setSchedule({ cycleDay: 10, businessDayRule: 'none' });
    await sync();
    await stopWorkers();
    const range = {
      start: new Date('2026-04-09T23:00:00Z'),
      end: new Date('2026-04-10T01:00:00Z'),
    };
    await schedule().backfill({ ...range, overlap: 'ALLOW_ALL' });
    await vi.waitFor(
      async () => expect((await schedule().describe()).info.numActionsTaken).toBe(1),
      { timeout: 60_000, interval: 100 },
    );
    expect(await months()).toEqual([]);
    stopWorkers = await runWorkers();
    await vi.waitFor(async () => expect(await months()).toEqual(['2026-04']), {
      timeout: 60_000,
      interval: 100,
    });
  });
});

test('card refreshes have a Schedule of their own; settings that lack something run none', async () => {
  const handle = temporal.client.schedule.getHandle(scheduleIdOf(merchant.slug, 'refresh'));
  schedules.push(handle);
  const settings = merchantSettingsSchema.parse({ cardRefresh: { enabled: true } });
  const change = { seenVersion: version, settings, actor: 'test', reason: 'test', now: plannedAt };
  await saveSettings(db, merchant.id, change);
  expect(await sync()).toMatchObject({
    cycle: { change: 'unchanged' },
    refresh: { change: 'created' },
  });
  expect(await sync()).toMatchObject({ refresh: { change: 'unchanged' } });
  // Five days before the 1st of March, 05:00 in Japan.
  const from = new Date('2026-02-23T19:00:00Z');
  await handle.backfill({ start: from, end: new Date('2026-02-23T21:00:00Z') });
  const ended = await vi.waitFor(
    async () => {
      const found = await findRefresh(db, merchant.id, '2026-03');
      expect(found?.stage).toBe('not_run');
      return found;
    },
    { timeout: 60_000, interval: 100 },
  );
  expect(ended?.note).toContain('洗替の設定にショップID');
  expect(await months()).toEqual([]);
});
