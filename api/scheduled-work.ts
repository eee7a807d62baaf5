import { businessDateOf } from '../billing/business-date.ts';
import type { WantedSchedule } from '../billing/cycle-schedule.ts';
import { planSchedules, type ScheduledWork } from '../billing/wanted-schedules.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import {
  decideSchedule,
  listScheduleDecisions,
  type ScheduleDecision,
} from '../db/queries/schedule-decisions.ts';
import { findSettings } from '../db/queries/settings.ts';
import { applyHold, type ScheduleView, viewSchedule } from '../temporal/schedules.ts';
import { type SchedulePlaces, syncMerchant } from './follow-schedule.ts';
import { withPatience } from './patience.ts';
import { Problem } from './problem.ts';

const names: Readonly<Record<ScheduledWork, string>> = {
  cycle: '請求サイクルの開始',
  refresh: '自動洗替の開始',
  retention: '個人情報の消去',
};

/** So many of the next starts are shown. */
const SHOWN_STARTS = 5;

export type ShownSchedule = ReturnType<typeof show>;

/**
 * What starts of a merchant without a person: as Temporal has it, beside what the settings want.
 * @throws Problem; OutOfPatienceError while Temporal is away
 */
export async function showSchedules(
  places: SchedulePlaces,
  merchant: Merchant,
): Promise<ShownSchedule[]> {
  const { db, temporal, updateWaitMs } = places;
  const wanted = await planOf(places, merchant);
  const decisions = await listScheduleDecisions(db, merchant.id);
  return await withPatience(temporal, updateWaitMs, () =>
    Promise.all(
      wanted.map(async (one) => {
        const decision = decisions.find(({ what }) => what === one.what);
        return show(merchant, one, decision, await viewSchedule(temporal, one, decision));
      }),
    ),
  );
}

/**
 * Holds what starts by itself, or lets it go on. The decision is kept before Temporal hears of it:
 * should Temporal be away, the next sync makes it so.
 *
 * @throws Problem `schedule-not-wanted`; OutOfPatienceError while Temporal is away
 */
export async function decideOnSchedule(
  places: SchedulePlaces,
  merchant: Merchant,
  decision: {
    readonly what: ScheduledWork;
    readonly paused: boolean;
    readonly actor: string;
    readonly reason: string;
    readonly now: string;
  },
): Promise<ShownSchedule> {
  const { db, temporal, updateWaitMs } = places;
  const wanted = (await planOf(places, merchant)).find(({ what }) => what === decision.what);
  if (wanted === undefined || wanted.starts.length === 0) throw new Problem('schedule-not-wanted');
  const decided = await decideSchedule(db, merchant.id, decision);
  await syncMerchant(places, merchant);
  const view = await withPatience(temporal, updateWaitMs, async () => {
    await applyHold(temporal, wanted, decided);
    return await viewSchedule(temporal, wanted, decided);
  });
  return show(merchant, wanted, decided, view);
}

async function planOf(
  { db, realNow }: SchedulePlaces,
  merchant: Merchant,
): Promise<WantedSchedule[]> {
  const found = await findSettings(db, merchant.id);
  if (found === undefined) throw new Problem('settings-not-found');
  return planSchedules(merchant, found.settings, realNow().toISOString());
}

function show(
  merchant: Merchant,
  { what, at, starts }: WantedSchedule,
  decision: ScheduleDecision | undefined,
  { note, nextStarts, ...view }: ScheduleView,
) {
  const decided = decision?.paused === true ? decision : undefined;
  return {
    ...{ what, name: names[what], at, ...view, lastStarts: [...view.lastStarts] },
    whyNone: view.state === 'none' ? whyNone(merchant) : null,
    paused:
      view.state === 'paused'
        ? {
            by: decided?.actor ?? null,
            reason: decided?.reason ?? note,
            since: decided?.decidedAt ?? null,
          }
        : null,
    nextStarts: nextStarts.slice(0, SHOWN_STARTS).map((start) => {
      const date = businessDateOf(start);
      const month = starts === 'daily' ? undefined : starts.find((one) => one.date === date)?.month;
      return { at: start, date, month: month ?? null };
    }),
  };
}

function whyNone({ clockOffsetMs }: Merchant): 'settings' | 'moved-clock' {
  return clockOffsetMs === 0 ? 'settings' : 'moved-clock';
}
