import { afterAll, beforeAll, expect, test } from 'vitest';
import { listAudit } from '../../db/queries/audit.ts';
import { scheduleIdOf } from '../../workflows/workflow-ids.ts';
import { connectTestTemporal, type TestTemporal } from '../temporal.ts';
import { type RunningApi, readProblem, startApi } from './running-api.ts';

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

interface Shown {
  readonly what: string;
  readonly state: string;
  readonly followsSettings: boolean;
  readonly paused: { readonly by: string | null; readonly reason: string | null } | null;
  readonly nextStarts: readonly { readonly date: string; readonly month: string | null }[];
}

async function shown(what = 'cycle'): Promise<Shown | undefined> {
  const response = await api.call(`/v1/merchants/${slug}/schedules`, { token: admin });
  expect(response.status).toBe(200);
  const { schedules } = (await response.json()) as { schedules: Shown[] };
  return schedules.find((one) => one.what === what);
}

async function act(path: string, json?: unknown): Promise<Response> {
  const init = { method: 'POST', token: admin, ...(json === undefined ? {} : { json }) };
  return await api.call(`/v1/merchants/${slug}/schedules${path}`, init);
}

test('a pause outlasts new settings and a lost Temporal, and ends when somebody says so', async () => {
  expect(await shown()).toMatchObject({ state: 'none', followsSettings: true, nextStarts: [] });
  expect(await save(3, { schedule: { cycleDay: 9 } })).toBe(200);
  const active = await shown();
  expect(active).toMatchObject({ state: 'active', followsSettings: true, paused: null });
  const [next] = active?.nextStarts ?? [];
  expect(next?.date).toBe(`${next?.month}-09`);

  const reason = '新しいカートへ移行中';
  expect((await act('/cycle/pause', { reason })).status).toBe(200);
  // The first reason stays.
  expect((await act('/cycle/pause', { reason: 'once more' })).status).toBe(200);
  const paused = { state: 'paused', paused: { by: 'admin of the test', reason } };
  expect(await shown()).toMatchObject(paused);
  // Temporal keeps notes as they are: no words of a person go there.
  expect((await schedule().describe()).state.note).not.toContain(reason);
  expect(await save(4, { schedule: { cycleDay: 10 } })).toBe(200);
  expect(await shown()).toMatchObject(paused);
  await schedule().delete();
  expect(await shown()).toMatchObject({ state: 'missing', followsSettings: false });
  expect((await act('/sync')).status).toBe(200);
  expect(await shown()).toMatchObject({ ...paused, followsSettings: true });

  expect((await act('/cycle/resume', { reason: 'it has moved' })).status).toBe(200);
  expect(await shown()).toMatchObject({ state: 'active', paused: null });
  const { id } = await api.db.selectFrom('merchants').select('id').executeTakeFirstOrThrow();
  const acts = (await listAudit(api.db, id)).map(({ entry }) => JSON.parse(entry));
  expect(acts.filter((one) => one.act.startsWith('schedule.'))).toMatchObject([
    { act: 'schedule.paused', subject: 'cycle', reason },
    { act: 'schedule.resumed', subject: 'cycle', reason: 'it has moved' },
  ]);
});

test('a pause by other hands is shown and holds until it is taken back', async () => {
  await schedule().pause('by hand');
  expect((await act('/sync')).status).toBe(200);
  expect(await shown()).toMatchObject({
    state: 'paused',
    followsSettings: true,
    paused: { by: null, reason: 'by hand' },
  });
  expect((await act('/cycle/resume', { reason: 'go on' })).status).toBe(200);
  expect(await shown()).toMatchObject({ state: 'active' });
});

test('what the settings do not want cannot be held', async () => {
  const refused = await act('/refresh/pause', { reason: 'no refresh here' });
  expect(await readProblem(refused)).toMatchObject({ status: 404, slug: 'schedule-not-wanted' });
});
