import { addDays, businessDateOf, startOfBusinessDate } from './business-date.ts';

/** Days after which people are reminded of what waits for them; from the last on every week. */
const firstReminderDays = [1, 3, 7] as const;
const weekDays = 7;
const dayMs = 86_400_000;

/** One reminder of something that waits. */
export interface Reminder {
  /** Days of waiting, counted in JST dates: 1, 3, 7, 14, 21 … */
  readonly days: number;
  /** ISO instant: the hour of the business day at which people are reminded. */
  readonly dueAt: string;
}

/**
 * The reminders of a wait that are due by now (the latest one only: who was away for two weeks is
 * told once) and the next one. Few, so that a history of 60 days stays short (design 3).
 *
 * @param since ISO instant at which the wait began
 * @param hourJst at which mails go out, 0 to 23
 */
export function planReminders(
  since: string,
  now: string,
  hourJst = 9,
): { readonly due: Reminder | null; readonly next: Reminder } {
  const nowMs = Date.parse(now);
  let due: Reminder | null = null;
  for (const days of reminderDays()) {
    const reminder = { days, dueAt: reminderAt(since, days, hourJst) };
    if (Date.parse(reminder.dueAt) > nowMs) return { due, next: reminder };
    due = reminder;
  }
  throw new Error('reminders have no end');
}

function* reminderDays(): Generator<number> {
  yield* firstReminderDays;
  for (let days = 2 * weekDays; ; days += weekDays) yield days;
}

/** In JST dates: what began on Monday evening is a day old on Tuesday morning. */
function reminderAt(since: string, days: number, hourJst: number): string {
  const date = addDays(businessDateOf(since), days);
  return new Date(Date.parse(startOfBusinessDate(date)) + hourJst * (dayMs / 24)).toISOString();
}
