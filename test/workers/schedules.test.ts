import { expect, test, vi } from 'vitest';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import { SCHEDULED_WORK } from '../../billing/wanted-schedules.ts';
import { openDatabase } from '../../db/database.ts';
import { createMerchant } from '../../db/queries/merchants.ts';
import { insertSettings } from '../../db/queries/settings.ts';
import { createLogger } from '../../workers/logger.ts';
import {
  keepSchedules,
  refuseFailed,
  type SyncedSchedule,
  syncSchedules,
} from '../../workers/schedules.ts';
import { createTestDatabase } from '../database.ts';
import { connectTestTemporal } from '../temporal.ts';

const logger = createLogger({ level: 'silent', name: 'test' });
const synced: SyncedSchedule[] = [
  {
    merchant: 'a-shop',
    what: 'cycle',
    change: 'created',
    nextStart: '2026-12-10',
    paused: false,
    movedClock: false,
  },
];

test('Schedules are looked after at once and again and again, also after a look that failed', async () => {
  const looks: string[] = [];
  const keeper = keepSchedules(
    async (now) => {
      looks.push(now);
      if (looks.length === 1) throw new Error('Temporal is away');
      return { synced, failed: [] };
    },
    logger,
    5,
  );
  await vi.waitFor(() => expect(looks.length).toBeGreaterThan(3), { timeout: 60_000 });
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
      return { synced: [], failed: [] };
    },
    logger,
    1,
  );
  await vi.waitFor(() => expect(looks).toBe(3), { timeout: 60_000 });
  finish();
  await held;
  await new Promise((resolve) => setImmediate(resolve));
  expect([looks, most]).toEqual([3, 1]);
});

test('a merchant whose settings cannot be read holds up no other, and is named', async () => {
  const database = await createTestDatabase();
  const db = openDatabase(database.appUrl, { maxConnections: 2 });
  const temporal = await connectTestTemporal();
  const now = '2026-11-22T00:00:00.000Z';
  const settings = merchantSettingsSchema.parse({});
  const [first, second] = [`a-${temporal.suffix}`, `b-${temporal.suffix}`];
  for (const slug of [first, second]) {
    const { id } = await createMerchant(db, {
      ...{ slug, name: slug, kind: 'sandbox', settings, actor: 'test', now },
    });
    if (slug === second) continue;
    const unreadable = { ...settings, ofAnotherRelease: true };
    const version = { version: 2, settings: unreadable, actor: 'test', reason: null, now };
    await insertSettings(db, id, version);
  }
  const sync = await syncSchedules(db, temporal.client, now, temporal.taskQueue());
  await temporal.close();
  await db.destroy();
  await database.drop();
  expect(sync.synced.map(({ merchant, what }) => [merchant, what])).toEqual(
    SCHEDULED_WORK.map((what) => [second, what]),
  );
  expect(sync.failed.map(({ merchant }) => merchant)).toEqual([first]);
  // Whoever waits for all must not take it for done.
  expect(() => refuseFailed(sync)).toThrow(first);
  expect(() => refuseFailed({ ...sync, failed: [] })).not.toThrow();
});
