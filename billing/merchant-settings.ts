import { z } from 'zod';
import { approvalSettingsSchema } from './approval.ts';
import { BUSINESS_DAY_RULES, yearEndClosedDays } from './business-calendar.ts';
import { parseBusinessDate } from './business-date.ts';
import { captureSettingsSchema } from './capture-settings.ts';
import { cardLockSettingsSchema } from './card-lock.ts';
import { cardMigrationSettingsSchema } from './card-migration-settings.ts';
import { cardRefreshSchema } from './card-refresh-settings.ts';
import { carrierSettingsSchema } from './carrier-settings.ts';
import { TRANSPORTS } from './exchange-transport.ts';
import { importSettingsSchema } from './import-settings.ts';
import { mailboxSchema, operatorMailSchema } from './mail/mail-settings.ts';
import { declineSettingsSchema, ngSettingsSchema } from './ng-settings.ts';
import { cagolabProfile, type OrderField, type OrderProfile } from './order-profile.ts';
import { orderSourceSchema, tellsMonth } from './order-source.ts';
import { paygentSftpSchema } from './paygent-sftp.ts';
import { paygentTelegramSchema } from './paygent-telegram.ts';
import { paymentMethodsSchema } from './payment-methods.ts';
import { retentionSchema } from './retention.ts';
import type { StatusExclusion } from './select-orders.ts';

const orderFields = Object.keys(cagolabProfile.columns) as [OrderField, ...OrderField[]];
const statusExclusions = [
  'delivery_completed',
  'cancelled',
  'cancelled_by_customer',
  'payment_failed',
  'continuation_pending',
] as const satisfies readonly StatusExclusion[];

/** Compared with white space and line breaks taken out (spec 1.1), so it is kept without them. */
const statusName = z.string().min(1).max(50).regex(/^\S+$/, { error: 'holds white space' });

const orderProfileSchema: z.ZodType<OrderProfile, unknown> = z
  .strictObject({
    name: z.string().min(1).max(50),
    columns: z.record(
      z.enum(orderFields),
      z.strictObject({
        name: z.string().trim().min(1).max(100),
        required: z.boolean(),
        certainty: z.enum(['manual', 'seen', 'assumed']),
      }),
    ),
    paygentPaymentMethods: z.array(z.string().min(1).max(50)).min(1).max(20),
    billedStatuses: z.array(statusName).min(1).max(50),
    excludedStatuses: z.record(statusName, z.enum(statusExclusions)),
    unshippedWords: z.array(z.string().min(1).max(50)).max(20),
  })
  .refine(
    (profile) =>
      profile.billedStatuses.every((name) => !Object.hasOwn(profile.excludedStatuses, name)),
    { error: 'a status is both billed and excluded', path: ['billedStatuses'] },
  )
  .refine(
    (profile) => {
      const names = Object.values(profile.columns).map((column) => column.name);
      return new Set(names).size === names.length;
    },
    { error: 'two fields are read from one column', path: ['columns'] },
  );

/** A day of every year, MM-DD; 29 February is one. */
const yearlyDay = z
  .string()
  .refine((day) => /^\d\d-\d\d$/.test(day) && parseBusinessDate(`2028-${day}`) !== null, {
    error: 'is not a day of a year, MM-DD',
  });

/**
 * What a merchant decides about its billing. Every version is kept whole, defaults written out, so
 * that a later release with other defaults changes nobody's billing. A key that is not known is
 * refused: a setting that has no effect is worse than an error. Settings of capabilities that do not
 * exist yet (retries) come with them.
 */
const everySetting = z.strictObject({
  /**
   * What makes an order one of its kind: its number alone, or number and billing month, for carts
   * that keep one number for a whole subscription.
   */
  orderIdentity: z.enum(['per-order', 'per-month']).default('per-order'),

  /** Where its order exports come from (billing/order-source.ts). */
  orderSource: orderSourceSchema,

  /** How the cart writes its orders and which of them are billed. */
  orderProfile: orderProfileSchema.default(cagolabProfile),

  paygent: z
    .strictObject({
      /** Header of every file; null until the merchant has its contract, and then nothing is billed. */
      merchantId: z
        .string()
        .regex(/^[0-9A-Za-z_-]{1,20}$/, { error: 'is 1 to 20 letters and digits' })
        .nullable()
        .default(null),
      /** Data records in one file; Paygent's own limit is not public [assumed]. */
      maxRecordsPerFile: z.int().min(1).max(1_000_000).default(10_000),
      /** Columns of a data record: A–N are certain, an empty O is assumed from a picture [assumed]. */
      width: z.int().min(14).max(26).default(15),
      /** Files of one month that operators have in hand at a time; further ones wait their turn. */
      exchangesAtOnce: z.int().min(1).max(100).default(4),
      /** Who carries files to and from Paygent: an operator on its portal, or a machine. */
      transport: z.enum(TRANSPORTS).default('portal'),
      /** The connection of transport `sftp` (billing/paygent-sftp.ts); null until there is one. */
      sftp: paygentSftpSchema.nullable().default(null),
      /** The connection of transport `telegram` (billing/paygent-telegram.ts); null until there is one. */
      telegram: paygentTelegramSchema.nullable().default(null),
      /** Minutes of the business clock from sending a file to the first look for its result. */
      resultPollMinutes: z.int().min(1).max(60).default(5),
      /** Days after its making in which a machine may send a file; then a person looks first. */
      sendWithinDays: z.int().min(1).max(60).default(7),
    })
    .prefault({}),

  /** Who lets a billing go before its files are built, and what is unusual (billing/approval.ts). */
  approval: approvalSettingsSchema,

  /** When what was authorized is captured, and what happens before it expires (billing/capture-settings.ts). */
  capture: captureSettingsSchema,

  /** Mails to the merchant's own people. */
  operatorMail: operatorMailSchema,

  /** Where the PSPs' mails arrive; null = nobody watches, people record what the mails say. */
  mailbox: mailboxSchema,

  calendar: z
    .strictObject({
      /** Days, MM-DD, on which the merchant is closed every year besides weekends and holidays. */
      closedDays: z
        .array(yearlyDay)
        .max(20)
        .default([...yearEndClosedDays]),
    })
    .prefault({}),

  /** When months are started without a person, in real time. */
  schedule: z
    .strictObject({
      /** Day of the month; 31 means the last one. Null: months are started by hand. */
      cycleDay: z.int().min(1).max(31).nullable().default(null),
      /** Time of that day in Japan, HH:MM. */
      at: z
        .string()
        .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, { error: 'is not a time, HH:MM' })
        .default('09:00'),
      /** A day that is no business day stays, or moves to the business day after or before it. */
      businessDayRule: z.enum(BUSINESS_DAY_RULES).default('none'),
    })
    .prefault({}),

  /** Carrier-payment results of ZEUS. */
  carrier: carrierSettingsSchema,

  /** Customer and card files (billing/import-settings.ts). */
  imports: importSettingsSchema,

  /** Moving stored cards to another PSP (billing/card-migration-settings.ts). */
  cardMigration: cardMigrationSettingsSchema,

  /** How long personal data is kept (billing/retention.ts). */
  retention: retentionSchema,

  /** 支払い方法設定 (billing/payment-methods.ts). */
  paymentMethods: paymentMethodsSchema,

  /** What cards that the refresh refused keep out of billing (billing/card-lock.ts). */
  cardLocks: cardLockSettingsSchema,

  /** 自動洗替, the monthly card refresh (billing/card-refresh-settings.ts). */
  cardRefresh: cardRefreshSchema,

  /** What the codes of declines mean to this merchant (billing/decline.ts). */
  declines: declineSettingsSchema,

  /** How declined charges are worked (billing/ng-settings.ts). */
  ng: ngSettingsSchema,
});

/** Every setting, and what must hold between them. */
export const merchantSettingsSchema = everySetting
  .refine(
    // An old export would be billed again as the next month's: there its numbers are new.
    ({ orderIdentity, orderSource }) => orderIdentity === 'per-order' || tellsMonth(orderSource),
    { error: 'must name the month where order numbers repeat every month', path: ['orderSource'] },
  )
  .refine(({ paygent }) => paygent.transport !== 'sftp' || paygent.sftp !== null, {
    error: 'transport sftp needs its connection',
    path: ['paygent', 'sftp'],
  })
  .refine(({ paygent }) => paygent.transport !== 'telegram' || paygent.telegram !== null, {
    error: 'transport telegram needs its connection',
    path: ['paygent', 'telegram'],
  });

export type MerchantSettings = z.output<typeof merchantSettingsSchema>;

/** What may be written: everything that has a default may be left out. */
export type MerchantSettingsInput = z.input<typeof merchantSettingsSchema>;
