import { shiftBillingMonth } from './billing-month.ts';
import { type BusinessCalendar, createBusinessCalendar } from './business-calendar.ts';
import { addDays, type BusinessDate, businessDateOf, instantAt } from './business-date.ts';
import {
  type CaptureDay,
  type CaptureSettings,
  captureSettingsSchema,
} from './capture-settings.ts';
import { dateOfDay } from './cycle-schedule.ts';
import type { MerchantSettings } from './merchant-settings.ts';

/** What the policy says at one moment of the merchant's business clock. */
export interface CaptureRule {
  readonly policy: CaptureSettings['policy'];
  /** Time of day of the capture waves, JST, `HH:MM`. */
  readonly waveAt: string;
  /** By policy `on-date`: what was authorized up to this date in Japan leaves; else null. */
  readonly authorizedThrough: BusinessDate | null;
}

/** The date in Japan on which, by policy `on-date`, an authorization of a date is captured. */
export function captureDateOf(
  authorizedOn: BusinessDate,
  day: CaptureDay,
  calendar: BusinessCalendar,
): BusinessDate {
  return calendar.applyRule(unmovedDate(authorizedOn, day), day.businessDayRule);
}

/** The first such day of a month from the authorization on, or so many days after it. */
function unmovedDate(authorizedOn: BusinessDate, day: CaptureDay): BusinessDate {
  if (day.count === 'days-after-authorization') return addDays(authorizedOn, day.days);
  const month = authorizedOn.slice(0, 7);
  const date = dateOfDay(month, day.day);
  return date >= authorizedOn ? date : dateOfDay(shiftBillingMonth(month, 1), day.day);
}

/**
 * What the policy lets go now. A later authorization is never captured on an earlier date, so that one
 * date of authorization parts what leaves from what waits.
 */
export function captureRuleAt(
  settings: CaptureSettings,
  calendar: BusinessCalendar,
  now: string,
): CaptureRule {
  const { policy, waveAt, onDate } = settings;
  if (policy !== 'on-date' || onDate === null) return { policy, waveAt, authorizedThrough: null };
  const waveDate = businessDateOf(latestWaveTime(waveAt, now));
  let date = businessDateOf(now);
  while (captureDateOf(date, onDate, calendar) > waveDate) date = addDays(date, -1);
  return { policy, waveAt, authorizedThrough: date };
}

/** How a merchant captures, at one moment of its business clock. */
export interface Capturing {
  readonly capture: CaptureSettings;
  readonly calendar: BusinessCalendar;
  readonly rule: CaptureRule;
}

/** A merchant without settings captures what a person ticks. */
export function capturingAt(
  settings: Pick<MerchantSettings, 'capture' | 'calendar'> | undefined,
  now: string,
): Capturing {
  const capture = settings?.capture ?? captureSettingsSchema.parse({ policy: 'manual' });
  const calendar = createBusinessCalendar(settings?.calendar.closedDays);
  return { capture, calendar, rule: captureRuleAt(capture, calendar, now) };
}

/** What may be captured, and what has been so far. */
export interface CaptureFacts {
  readonly policy: CaptureSettings['policy'];
  /** Time of day of the capture waves, JST, `HH:MM`. */
  readonly waveAt: string;
  /** Authorized charges that the policy or a person lets go. */
  readonly ready: number;
  /** Of those, charges for which a person asked. */
  readonly requested: number;
  /** When the month's latest wave ended, with a capture file that was not full; null = none yet. */
  readonly lastWaveAt: string | null;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * When the charges that are ready leave: shipments come in all day long, and every file is work for
 * people, so that they leave together, once a day at most. At once where the policy waits for nothing
 * or a person asked.
 *
 * @returns an instant, `now` or earlier when they are due; null when nothing is ready
 */
export function nextCaptureWave(facts: CaptureFacts, now: string): string | null {
  if (facts.ready === 0) return null;
  const inWaves = facts.policy === 'on-shipment' || facts.policy === 'on-date';
  if (!inWaves || facts.requested > 0) return now;
  const latest = latestWaveTime(facts.waveAt, now);
  if (facts.lastWaveAt === null || Date.parse(facts.lastWaveAt) < Date.parse(latest)) return now;
  return new Date(Date.parse(latest) + DAY_MS).toISOString();
}

/** The last instant, up to `now`, at which the clock in Japan showed this time of day. */
function latestWaveTime(timeOfDay: string, now: string): string {
  const today = instantAt(businessDateOf(now), timeOfDay);
  const early = Date.parse(today) > Date.parse(now);
  return early ? new Date(Date.parse(today) - DAY_MS).toISOString() : today;
}
