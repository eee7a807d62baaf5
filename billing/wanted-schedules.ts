import { planRefreshSchedule } from './card-refresh-schedule.ts';
import { planRetentionSchedule, planSchedule, type WantedSchedule } from './cycle-schedule.ts';

/** What is started without a person: months, card refreshes, the blanking of what is kept no longer. */
export const SCHEDULED_WORK = ['cycle', 'refresh', 'retention'] as const;

export type ScheduledWork = (typeof SCHEDULED_WORK)[number];

/**
 * The Schedules that a merchant's settings want, one for each kind of work; one without starts is
 * not wanted.
 *
 * @param now real time, ISO-8601.
 */
export function planSchedules(
  merchant: Parameters<typeof planSchedule>[0],
  settings: Parameters<typeof planSchedule>[1] &
    Parameters<typeof planRefreshSchedule>[1] &
    Parameters<typeof planRetentionSchedule>[1],
  now: string,
): WantedSchedule[] {
  return [
    planSchedule(merchant, settings, now),
    planRefreshSchedule(merchant, settings, now),
    planRetentionSchedule(merchant, settings),
  ];
}
