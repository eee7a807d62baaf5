import { isDeepStrictEqual } from 'node:util';
import {
  type Client,
  type ScheduleDescription,
  ScheduleNotFoundError,
  type ScheduleOptions,
} from '@temporalio/client';
import type { WantedSchedule } from '../billing/cycle-schedule.ts';
import { mainTaskQueue, scheduleIdOf, startAttributes } from '../workflows/workflow-ids.ts';
import { encryptionKeyIdOf } from './payload-codec.ts';

export type ScheduleChange = 'created' | 'updated' | 'deleted' | 'unchanged';

/**
 * A start that nobody made while Temporal was away is made up for within this time; after it a person
 * decides: an order export of last week may no longer be what is to be billed.
 */
const CATCH_UP_WINDOW_MS = 7 * 86_400_000;

/** Makes a merchant's Schedule equal to what its settings want. Repeating it changes nothing. */
export async function syncSchedule(
  client: Client,
  wanted: WantedSchedule,
  taskQueue = mainTaskQueue,
): Promise<ScheduleChange> {
  const handle = client.schedule.getHandle(scheduleIdOf(wanted.merchant, wanted.what));
  const found = await handle.describe().catch((error: unknown) => {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  });
  if (wanted.starts.length === 0) {
    if (found === undefined) return 'unchanged';
    await handle.delete();
    return 'deleted';
  }
  const schedule = toSchedule(wanted, taskQueue);
  if (found === undefined) {
    await client.schedule.create(schedule);
    return 'created';
  }
  if (isEqual(found, schedule, await newestKeyId(client))) return 'unchanged';
  // Paused stays paused: that is a person's decision and not a setting.
  await handle.update(({ state }) => ({ ...schedule, state }));
  return 'updated';
}

function toSchedule({ merchant, what, at, starts }: WantedSchedule, taskQueue: string) {
  const [hour = 0, minute = 0] = at.split(':').map(Number);
  const scheduleId = scheduleIdOf(merchant, what);
  return {
    scheduleId,
    spec: {
      timezone: 'Asia/Tokyo',
      calendars:
        starts === 'daily'
          ? [{ hour, minute }]
          : // Dates one by one: no calendar of Temporal knows the holidays of Japan.
            starts.map(({ month, date }) => ({
              year: Number(date.slice(0, 4)),
              month: monthNames[Number(date.slice(5, 7)) - 1] ?? 'JANUARY',
              dayOfMonth: Number(date.slice(8)),
              hour,
              minute,
              comment: month,
            })),
    },
    action: {
      type: 'startWorkflow',
      workflowType: what === 'retention' ? 'retention' : 'monthStarter',
      // The Schedule adds the time for which it starts it.
      workflowId: scheduleId,
      taskQueue,
      args: [{ merchant, clockOffsetMs: 0, ...(what === 'retention' ? {} : { what }) }],
      typedSearchAttributes: startAttributes(merchant, null, null),
    },
    policies: { overlap: 'SKIP', catchupWindow: CATCH_UP_WINDOW_MS },
  } satisfies ScheduleOptions;
}

const monthNames = [
  'JANUARY',
  'FEBRUARY',
  'MARCH',
  'APRIL',
  'MAY',
  'JUNE',
  'JULY',
  'AUGUST',
  'SEPTEMBER',
  'OCTOBER',
  'NOVEMBER',
  'DECEMBER',
] as const;

function isEqual(
  found: ScheduleDescription,
  wanted: ReturnType<typeof toSchedule>,
  keyId: string | null,
): boolean {
  const payload = found.raw.schedule?.action?.startWorkflow?.input?.payloads?.[0];
  const { timezone, calendars } = found.spec;
  return (
    // Written under an older key, it could not be read any more once that key is taken away.
    encryptionKeyIdOf(payload) === keyId &&
    timezone === wanted.spec.timezone &&
    isDeepStrictEqual((calendars ?? []).map(toMoment), wanted.spec.calendars.map(toWantedMoment)) &&
    found.action.workflowType === wanted.action.workflowType &&
    found.action.taskQueue === wanted.action.taskQueue &&
    isDeepStrictEqual(found.action.args, wanted.action.args) &&
    found.policies.overlap === wanted.policies.overlap &&
    found.policies.catchupWindow === wanted.policies.catchupWindow
  );
}

/** Under which key the client writes payloads now. */
async function newestKeyId(client: Client): Promise<string | null> {
  const payloads = [{ metadata: {}, data: new Uint8Array() }];
  const [codec] = client.options.loadedDataConverter.payloadCodecs;
  return encryptionKeyIdOf((await codec?.encode(payloads))?.[0]);
}

type FoundCalendar = NonNullable<ScheduleDescription['spec']['calendars']>[number];
type WantedCalendar = ReturnType<typeof toSchedule>['spec']['calendars'][number];

function toMoment({ year, month, dayOfMonth, hour, minute, comment }: FoundCalendar) {
  return [year, month, dayOfMonth, hour, minute]
    .map((ranges) => ranges.map(({ start, end }) => (start === end ? start : `${start}-${end}`)))
    .concat([[comment ?? '']]);
}

function toWantedMoment(calendar: WantedCalendar) {
  const { hour, minute } = calendar;
  if (!('month' in calendar)) return [[], ['JANUARY-DECEMBER'], ['1-31'], [hour], [minute], ['']];
  const { year, month, dayOfMonth, comment } = calendar;
  return [[year], [month], [dayOfMonth], [hour], [minute], [comment]];
}
