import { z } from 'zod';
import { contactSettingsSchema } from './contact-settings.ts';
import { DECLINE_CLASSES } from './decline.ts';

/** How a merchant's NG desk works (settings `ng` and `declines`; spec 1.8). */

const timeOfDay = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: 'is not a time of day, HH:MM' });
const dayOfMonth = z.int().min(1).max(31);

export const declineSettingsSchema = z
  .strictObject({
    /** Class of a code (G12) where the merchant takes it otherwise than our table; none by default. */
    overrides: z
      .record(
        z.string().regex(/^G\d\d$/, { error: 'is not a code, G00 to G99' }),
        z.enum(DECLINE_CLASSES),
      )
      .default({}),
  })
  .prefault({});

export const ngSettingsSchema = z
  .strictObject({
    /** Time of day in Japan of the daily wave: retries, mails and give-ups that are due leave then. */
    waveAt: timeOfDay.default('10:00'),
    /** Retries of one order in its month, whoever asks for them; the first attempt is none. */
    maxRetries: z.int().min(0).max(20).default(3),
    /**
     * Days of the month on which salaries come; on a closed day the business day before. After 残高不足
     * the retry follows on the next business day.
     */
    paydays: z.array(dayOfMonth).min(1).max(4).default([25]),
    /** Days of the month on which limits begin anew; the retry leaves then or on the next business day. */
    limitResetDays: z.array(dayOfMonth).min(1).max(4).default([1]),
    /** Business days until a retry where the issuer held its judgement. */
    heldRetryDays: z.int().min(1).max(30).default(3),
    /** Business days until a retry after a failure of the issuer or the line. */
    systemRetryDays: z.int().min(1).max(30).default(1),
    /** Days after the first mail until the customer is asked again. */
    askAgainAfterDays: z.int().min(1).max(60).default(7),
    /**
     * Days after which a case that nobody answers is given up, on the next business day; null: never
     * without a person. An operator may open the charge again.
     */
    giveUpAfterDays: z.int().min(1).max(365).nullable().default(30),
    /** A charge that is billed with the customer's next order, in one sum. */
    carryOver: z
      .strictObject({
        /** Days between the mail that tells the customer and the first day on which an order may take it over. */
        noticeDays: z.int().min(0).max(60).default(5),
        /** Days from then on for which the case waits for the order; then it goes back to a person. */
        waitDays: z.int().min(1).max(180).default(45),
      })
      .prefault({}),
    /** Mails to customers (billing/contact-settings.ts). */
    contact: contactSettingsSchema,
  })
  .prefault({});

export type NgSettings = z.output<typeof ngSettingsSchema>;
