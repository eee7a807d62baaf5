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

export type ScheduleChange = 'created' | 'updated' | 'paused' | 'resumed' | 'deleted' | 'unchanged';

/** What became of a Schedule. */
export interface ScheduleOutcome {
  readonly change: ScheduleChange;
  /** Held now, whoever paused it: its starts are not made. */
  readonly paused: boolean;
}

/**
 * A start that nobody made while Temporal was away is made up for within this time; after it a person
 * decides: an order export of last week may no longer be what is to be billed.
 */
const CATCH_UP_WINDOW_MS = 7 * 86_400_000;

/** What a person decided last about a Schedule. */
export interface ScheduleHold {
  readonly paused: boolean;
  /** Number of the decision. */
  readonly n: number;
}

/**
 * Makes a merchant's Schedule equal to what its settings want, and held where a person decided so.
 * Repeating it changes nothing.
 */
export async function syncSchedule(
  client: Client,
  wanted: WantedSchedule,
  hold: ScheduleHold | undefined,
  taskQueue = mainTaskQueue,
): Promise<ScheduleOutcome> {
  const handle = client.schedule.getHandle(scheduleIdOf(wanted.merchant, wanted.what));
  const found = await findSchedule(client, wanted);
  if (wanted.starts.length === 0) {
    if (found !== undefined) await handle.delete();
    return { change: found === undefined ? 'unchanged' : 'deleted', paused: false };
  }
  const schedule = toSchedule(wanted, taskQueue);
  if (found === undefined) {
    const state = holdOf({ paused: false }, hold);
    await client.schedule.create({ ...schedule, state });
    return { change: 'created', paused: state.paused };
  }
  const { paused } = holdOf(found.state, hold);
  const isHeld = found.state.paused === paused;
  const follows = isEqual(found, schedule, await newestKeyId(client));
  if (isHeld && follows) return { change: 'unchanged', paused };
  await handle.update(({ state }) => ({ ...schedule, state: holdOf(state, hold) }));
  if (!follows) return { change: 'updated', paused };
  return { change: paused ? 'paused' : 'resumed', paused };
}

/** All of a merchant's Schedules. @returns what became of each, by what it starts */
export async function syncWanted(
  client: Client,
  wanted: readonly WantedSchedule[],
  decisions: readonly (ScheduleHold & Pick<WantedSchedule, 'what'>)[],
  taskQueue?: string,
): Promise<ReadonlyMap<WantedSchedule['what'], ScheduleOutcome>> {
  const outcomes = new Map<WantedSchedule['what'], ScheduleOutcome>();
  for (const one of wanted) {
    const hold = decisions.find(({ what }) => what === one.what);
    outcomes.set(one.what, await syncSchedule(client, one, hold, taskQueue));
  }
  return outcomes;
}

/** What Temporal has of a Schedule; undefined = there is none. */
async function findSchedule(
  client: Client,
  { merchant, what }: Pick<WantedSchedule, 'merchant' | 'what'>,
): Promise<ScheduleDescription | undefined> {
  const handle = client.schedule.getHandle(scheduleIdOf(merchant, what));
  return await handle.describe().catch((error: unknown) => {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  });
}

/**
 * The note of a pause that was decided here. It names the decision and no words of a person: Temporal
 * keeps a note as it is, readable by everybody who sees its database.
 */
const noteStart = 'tsukigime: decision ';

interface HeldState {
  readonly paused: boolean;
  readonly note?: string;
}

/** Paused by other hands, in Temporal itself, stays paused: that is a person's decision too. */
function holdOf(state: HeldState, hold: ScheduleHold | undefined): HeldState {
  if (hold?.paused === true) {
    return state.paused ? state : { paused: true, note: `${noteStart}${hold.n}` };
  }
  const isOurs = state.note?.startsWith(noteStart) === true;
  return state.paused && isOurs ? { paused: false, note: '' } : state;
}

/** A Schedule as Temporal has it, beside what is wanted of it. */
export interface ScheduleView {
  readonly scheduleId: string;
  /** `none`: not wanted and not there; `missing`: wanted and not there. */
  readonly state: 'active' | 'paused' | 'missing' | 'none';
  /** False: it waits for the next sync. */
  readonly followsSettings: boolean;
  /** What was noted in Temporal by whoever paused it there; null for a pause that was decided here. */
  readonly note: string | null;
  /** Instants of the next starts, the nearest first; those of a paused one are not made. */
  readonly nextStarts: readonly string[];
  /** What was started, the newest first. */
  readonly lastStarts: readonly {
    readonly scheduledAt: string;
    readonly startedAt: string;
    readonly workflowId: string;
    readonly running: boolean;
  }[];
  /** Starts that nobody made, because Temporal was away for longer than they are made up for. */
  readonly missedStarts: number;
}

export async function viewSchedule(
  client: Client,
  wanted: WantedSchedule,
  hold: ScheduleHold | undefined,
  taskQueue = mainTaskQueue,
): Promise<ScheduleView> {
  const scheduleId = scheduleIdOf(wanted.merchant, wanted.what);
  const isWanted = wanted.starts.length > 0;
  const found = await findSchedule(client, wanted);
  if (found === undefined) {
    return {
      ...{ scheduleId, state: isWanted ? 'missing' : 'none', followsSettings: !isWanted },
      ...{ note: null, nextStarts: [], lastStarts: [], missedStarts: 0 },
    };
  }
  const { state, info } = found;
  const running = new Set(info.runningActions.map(({ workflow }) => workflow.workflowId));
  const isAsDecided = state.paused === holdOf(state, hold).paused;
  return {
    scheduleId,
    state: state.paused ? 'paused' : 'active',
    followsSettings:
      isWanted &&
      isAsDecided &&
      isEqual(found, toSchedule(wanted, taskQueue), await newestKeyId(client)),
    note: state.paused && state.note && !state.note.startsWith(noteStart) ? state.note : null,
    nextStarts: info.nextActionTimes.map((time) => time.toISOString()),
    lastStarts: info.recentActions
      .map(({ scheduledAt, takenAt, action: { workflow } }) => ({
        scheduledAt: scheduledAt.toISOString(),
        startedAt: takenAt.toISOString(),
        workflowId: workflow.workflowId,
        running: running.has(workflow.workflowId),
      }))
      .reverse(),
    missedStarts: info.numActionsMissedCatchupWindow,
  };
}

/** Does at once what was decided, also where other hands had paused it. */
export async function applyHold(
  client: Client,
  { merchant, what }: Pick<WantedSchedule, 'merchant' | 'what'>,
  hold: ScheduleHold,
): Promise<void> {
  const handle = client.schedule.getHandle(scheduleIdOf(merchant, what));
  if (hold.paused) await handle.pause(`${noteStart}${hold.n}`);
  else await handle.unpause();
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
