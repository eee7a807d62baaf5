import { afterAll, beforeAll, expect, test } from 'vitest';
import { scheduleIdOf } from '../../workflows/workflow-ids.ts';
import { connectTestTemporal, type TestTemporal } from '../temporal.ts';
import { type RunningApi, startApi } from './running-api.ts';

let api: RunningApi;
let temporal: TestTemporal;
let admin: string;
let slug: string;

beforeAll(async () => {
  api = await startApi();
  temporal = await connectTestTemporal();
  slug = `m-${temporal.suffix}`;
  admin = await api.addToken('admin');
});
afterAll(async () => {
  // It would fire on, on a server that other tests use.
  await schedule()
    .delete()
    .catch(() => {});
  await temporal.close();
  await api.close();
});

const schedule = () => temporal.client.schedule.getHandle(scheduleIdOf(slug, 'cycle'));
const starts = async () => (await schedule().describe()).spec.calendars?.[0];

async function save(version: number, settings: unknown): Promise<number> {
  const json = { version, settings, reason: 'test' };
  const path = `/v1/merchants/${slug}/settings`;
  return (await api.call(path, { method: 'PUT', token: admin, json })).status;
}

test('the Schedule of a merchant follows the settings that are saved', async () => {
  const made = await api.call('/v1/merchants', {
    method: 'POST',
    token: admin,
    json: {
      merchant: slug,
      name: '予定の店',
      kind: 'real',
      settings: { schedule: { cycleDay: 9 } },
    },
  });
  expect(made.status).toBe(201);
  expect(await starts()).toMatchObject({ dayOfMonth: [{ start: 9 }], hour: [{ start: 9 }] });
  expect(await save(1, { schedule: { cycleDay: 20, at: '18:30' } })).toBe(200);
  expect(await starts()).toMatchObject({ dayOfMonth: [{ start: 20 }], minute: [{ start: 30 }] });
  expect(await save(2, {})).toBe(200);
  await expect(schedule().describe()).rejects.toThrow();
});
