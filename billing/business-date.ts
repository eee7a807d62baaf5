/** A date in Asia/Tokyo, 'YYYY-MM-DD'. Japan has no daylight saving time: JST is always +09:00. */
export type BusinessDate = string;

const jstOffsetMs = 9 * 3_600_000;
const dayMs = 86_400_000;

const dateSpelling = /^(\d{4})([-/])(\d{1,2})\2(\d{1,2})$/;
const instantSpelling =
  /^(\d{4}[-/]\d{1,2}[-/]\d{1,2})(?:[ T\u3000]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?$/;

/** Reads `2026/11/03`, `2026/1/3` or `2026-11-03`; null when it is no date of the calendar. */
export function parseBusinessDate(text: string): BusinessDate | null {
  const match = dateSpelling.exec(text);
  if (!match) return null;
  const [, yearText = '', , monthText = '', dayText = ''] = match;
  const [year, month, day] = [Number(yearText), Number(monthText), Number(dayText)];
  if (year < 1900 || month < 1 || month > 12 || day < 1 || day > daysOf(year, month)) return null;
  return `${yearText}-${monthText.padStart(2, '0')}-${dayText.padStart(2, '0')}`;
}

// Counted, not asked of Date: a birth date stands in every row of a million.
function daysOf(year: number, month: number): number {
  if (month !== 2) return [4, 6, 9, 11].includes(month) ? 30 : 31;
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
}

/** Reads a date with or without a time as JST, gives the ISO instant in UTC; null when unreadable. */
export function parseJstInstant(text: string): string | null {
  const match = instantSpelling.exec(text);
  const date = match?.[1] ? parseBusinessDate(match[1]) : null;
  if (!match || !date) return null;
  return jstInstant(date, Number(match[2] ?? 0), Number(match[3] ?? 0), Number(match[4] ?? 0));
}

/** Reads `yyyyMMddHHmmss` as JST, the way PSP files write it; null when it is no moment. */
export function parseCompactJstInstant(text: string): string | null {
  if (!/^\d{14}$/.test(text)) return null;
  const date = parseBusinessDate(`${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6, 8)}`);
  if (date === null) return null;
  return jstInstant(
    date,
    Number(text.slice(8, 10)),
    Number(text.slice(10, 12)),
    Number(text.slice(12, 14)),
  );
}

/** An ISO instant as `yyyyMMddHHmmss` in JST. */
export function formatCompactJstInstant(instant: string): string {
  const local = new Date(Date.parse(instant) + jstOffsetMs).toISOString();
  return local.slice(0, 19).replace(/[-T:]/g, '');
}

/** The date it is in Japan at an ISO instant. */
export function businessDateOf(instant: string): BusinessDate {
  return new Date(Date.parse(instant) + jstOffsetMs).toISOString().slice(0, 10);
}

/** The ISO instant of 00:00 JST of a date. */
export function startOfBusinessDate(date: BusinessDate): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) - jstOffsetMs).toISOString();
}

/** The ISO instant at which the clock in Japan shows `HH:MM` on a date. */
export function instantAt(date: BusinessDate, timeOfDay: string): string {
  const [hours, minutes] = timeOfDay.split(':').map(Number) as [number, number];
  const startMs = Date.parse(startOfBusinessDate(date));
  return new Date(startMs + (hours * 60 + minutes) * 60_000).toISOString();
}

/** The date `days` later (earlier when negative). */
export function addDays(date: BusinessDate, days: number): BusinessDate {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * dayMs).toISOString().slice(0, 10);
}

function jstInstant(
  date: BusinessDate,
  hour: number,
  minute: number,
  second: number,
): string | null {
  if (hour > 23 || minute > 59 || second > 59) return null;
  // Written, not asked of Date: an order's time stands in every row of a million.
  const inUtc = hour < 9 ? hour + 15 : hour - 9;
  return `${hour < 9 ? dayBefore(date) : date}T${twoDigits(inUtc)}:${twoDigits(minute)}:${twoDigits(second)}.000Z`;
}

const daysBefore = new Map<BusinessDate, BusinessDate>();

/** The orders of a month share few days; whatever else is asked for does not pile up. */
function dayBefore(date: BusinessDate): BusinessDate {
  const known = daysBefore.get(date);
  if (known !== undefined) return known;
  if (daysBefore.size >= 1_000) daysBefore.clear();
  const before = addDays(date, -1);
  daysBefore.set(date, before);
  return before;
}

function twoDigits(value: number): string {
  return value < 10 ? `0${value}` : `${value}`;
}

/** An instant as operators read it: 2026-11-22 18:05, in Japan. */
export function formatJstMinute(instant: string): string {
  const text = formatCompactJstInstant(instant);
  return `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6, 8)} ${text.slice(8, 10)}:${text.slice(10, 12)}`;
}
