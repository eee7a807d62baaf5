import { z } from 'zod';
import { BUSINESS_DAY_RULES } from './business-calendar.ts';
import { CAPTURE_WINDOW_DAYS } from './capture-window.ts';

/**
 * When an authorized charge is captured: at once, when all its goods have been shipped (全商品発送日 is
 * known), on a date (`onDate`), or when an operator ticks it. Whatever the policy, an operator may ask
 * for a capture.
 */
export const CAPTURE_POLICIES = ['immediate', 'on-shipment', 'on-date', 'manual'] as const;
export type CapturePolicy = (typeof CAPTURE_POLICIES)[number];

/** How what is captured reaches the PSP. */
export const CAPTURE_WAYS = ['file', 'portal'] as const;

/** What is done shortly before an authorization expires, where nobody has decided. */
export const LAST_DAY_RULES = ['ask', 'capture', 'void'] as const;
export type LastDayRule = (typeof LAST_DAY_RULES)[number];

/** A date that is no business day stays, or moves to the business day after or before it. */
const businessDayRule = z.enum(BUSINESS_DAY_RULES).default('none');

/** The date of a capture by policy `on-date`. */
const captureDaySchema = z.discriminatedUnion('count', [
  z.strictObject({
    /** The first such day of a month from the authorization on; 31 means the last one. */
    count: z.literal('day-of-month'),
    day: z.int().min(1).max(31),
    businessDayRule,
  }),
  z.strictObject({
    /** So many days after the date of the authorization in Japan. */
    count: z.literal('days-after-authorization'),
    days: z.int().min(0).max(CAPTURE_WINDOW_DAYS),
    businessDayRule,
  }),
]);
export type CaptureDay = z.output<typeof captureDaySchema>;

/** Days of the window that must be left over on the date of capture: holidays, people and the PSP. */
const SPARE_DAYS = 12;

/** The longest that an authorization waits for its date, before a business-day rule moves it. */
const longestWaitDays = (day: CaptureDay): number => (day.count === 'day-of-month' ? 31 : day.days);

/** How and until when what was authorized is captured. */
export const captureSettingsSchema = z
  .strictObject({
    policy: z.enum(CAPTURE_POLICIES).default('on-shipment'),
    /** How captures reach the PSP: in a file, or by an operator's hand on its portal, from a list. */
    by: z.enum(CAPTURE_WAYS).default('file'),
    /** The date of capture; policy `on-date` needs it, the others do not look at it. */
    onDate: captureDaySchema.nullable().default(null),
    /** Time of day in Japan at which captures leave together, and at which the last-day rule acts. */
    waveAt: z
      .string()
      .regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: 'is not a time of day, HH:MM' })
      .default('10:00'),
    /** Days from the completion of the authorization; Paygent's limit can only be shortened. */
    windowDays: z.int().min(1).max(CAPTURE_WINDOW_DAYS).default(CAPTURE_WINDOW_DAYS),
    /**
     * What a month does of its own with what is still authorized shortly before the end of its window:
     * ask people, capture, or put on the 取消リスト. Held orders are never touched.
     */
    lastDay: z.enum(LAST_DAY_RULES).default('ask'),
    /** Business days before the end of the window at which it does so: a file needs people and the PSP. */
    lastDayLeadDays: z.int().min(1).max(20).default(3),
  })
  .refine(({ policy, onDate }) => policy !== 'on-date' || onDate !== null, {
    error: 'is needed by the policy on-date',
    path: ['onDate'],
  })
  .refine(
    ({ policy, onDate, windowDays }) =>
      policy !== 'on-date' || onDate === null || longestWaitDays(onDate) + SPARE_DAYS <= windowDays,
    { error: `leaves fewer than ${SPARE_DAYS} days of the window`, path: ['onDate'] },
  )
  .prefault({});
export type CaptureSettings = z.output<typeof captureSettingsSchema>;
