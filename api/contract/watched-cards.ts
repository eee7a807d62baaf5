import { z } from 'zod';
import { billingMonthPattern } from '../../billing/billing-month.ts';
import { cardServices } from '../../billing/card-service.ts';
import { MAIL_STATES } from '../../billing/mail/mail-states.ts';
import { CARD_NEEDS, REFRESH_STATUSES } from '../../billing/refresh-status.ts';
import { merchantParamsSchema } from './merchants.ts';
import { defineRoute, instantSchema } from './route.ts';

const monthSchema = z.string().regex(billingMonthPattern, { error: 'is not YYYY-MM' });
const statusSchema = z.enum(REFRESH_STATUSES).meta({ description: '洗替ステータス' });

const cardSchema = z
  .object({
    customerId: z.string(),
    customerNumber: z.string(),
    name: z.string().nullable(),
    service: z.enum(cardServices),
    lastDigits: z.string(),
    expiry: monthSchema,
    need: z.enum(CARD_NEEDS).nullable().meta({ description: 'why the customer has to act' }),
    needLabel: z.string().nullable(),
    status: statusSchema,
    statusLabel: z.string(),
    judgedMonth: monthSchema.nullable(),
    notice: z
      .object({
        state: z.enum(MAIL_STATES),
        plannedOn: z.iso.date(),
        lastTriedAt: instantSchema.nullable(),
        bouncedAt: instantSchema.nullable().meta({ description: '届かなかった' }),
        bounceStatus: z.string().nullable().meta({ description: 'of the mail server, like 5.1.1' }),
      })
      .nullable()
      .meta({ description: 'the mail that told the customer so; null: none was posted' }),
  })
  .meta({ id: 'WatchedCard' });

const subscriptionSchema = z
  .object({
    subscriptionNumber: z.string(),
    customerId: z.string(),
    customerNumber: z.string(),
    amountYen: z.int(),
    status: z.enum(['active', 'paused', 'ended']),
    nextMonth: monthSchema.nullable(),
    refreshStatus: statusSchema,
    refreshStatusLabel: z.string(),
    judgedMonth: monthSchema.nullable(),
    locked: z.boolean().meta({ description: 'its orders are kept out of billing' }),
  })
  .meta({ id: 'JudgedSubscription' });

const ofMerchant = {
  method: 'get',
  merchantScoped: true,
  params: merchantParamsSchema,
  tag: 'card-refresh',
} as const;
const limit = z.coerce.number().int().min(1).max(1000).default(100);
const encoding = z.enum(['cp932', 'utf-8']).default('utf-8');
const afterSchema = z
  .string()
  .regex(/^US-\d{8} .{1,400}$/, { error: 'is nextAfter of the page before' })
  .optional();
const cardFilter = {
  need: z.enum([...CARD_NEEDS, 'any']).default('any'),
};
const subscriptionFilter = {
  refreshStatus: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(statusSchema).min(1))
    .optional()
    .meta({
      description: 'one or several, with commas between; none = all',
      example: 'ng,mismatch',
    }),
  status: z.enum(['active', 'paused', 'ended']).optional(),
  customerNumber: z.string().min(1).max(200).optional(),
};
const cardList = {
  200: {
    kind: 'json',
    schema: z.object({ cards: z.array(cardSchema), nextAfter: z.string().nullable() }),
    description: 'by customer',
  },
} as const;

/** Cards that expire or need their customer, and subscriptions by 洗替ステータス. */
export const watchedCardRoutes = {
  searchSubscriptions: defineRoute({
    ...ofMerchant,
    path: '/v1/merchants/:merchant/subscriptions',
    role: 'viewer',
    query: z.strictObject({ ...subscriptionFilter, after: z.string().max(50).default(''), limit }),
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          subscriptions: z.array(subscriptionSchema),
          nextAfter: z.string().nullable(),
        }),
        description: 'by number',
      },
    },
    summary: { ja: '定期受注を洗替ステータスで検索する', en: 'Search subscriptions' },
  }),
  downloadSubscriptions: defineRoute({
    ...ofMerchant,
    path: '/v1/merchants/:merchant/subscriptions.csv',
    role: 'viewer',
    query: z.strictObject({ ...subscriptionFilter, encoding }),
    responses: { 200: { kind: 'bytes', description: 'one line a subscription' } },
    summary: { ja: '定期受注の検索結果をCSVで取り出す', en: 'Download subscriptions as CSV' },
  }),
  listCardsNeedingAction: defineRoute({
    ...ofMerchant,
    path: '/v1/merchants/:merchant/cards-needing-action',
    role: 'viewer',
    query: z.strictObject({ ...cardFilter, after: afterSchema, limit }),
    responses: cardList,
    summary: { ja: 'カードの変更が必要な顧客', en: 'List customers whose card needs action' },
  }),
  downloadCardsNeedingAction: defineRoute({
    ...ofMerchant,
    path: '/v1/merchants/:merchant/cards-needing-action.csv',
    role: 'operator',
    right: 'exportPersonalData',
    query: z.strictObject({ ...cardFilter, encoding }),
    responses: { 200: { kind: 'bytes', description: 'one line a card, with names' } },
    summary: { ja: 'カードの変更が必要な顧客をCSVで取り出す', en: 'Download them as CSV' },
  }),
  readExpiryCalendar: defineRoute({
    ...ofMerchant,
    path: '/v1/merchants/:merchant/card-expiries',
    role: 'viewer',
    query: z.strictObject({
      from: monthSchema.optional().meta({ description: 'default: this month' }),
      months: z.coerce.number().int().min(1).max(60).default(12),
    }),
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          months: z.array(
            z.object({
              month: monthSchema,
              cards: z.int(),
              customers: z.int(),
              locked: z.int().meta({ description: 'of the cards, out of billing already' }),
            }),
          ),
        }),
        description: 'every month of the span, also those without a card',
      },
    },
    summary: { ja: 'カード有効期限のカレンダー', en: 'Calendar of expiring cards' },
  }),
  listExpiringCards: defineRoute({
    ...ofMerchant,
    path: '/v1/merchants/:merchant/card-expiries/:month',
    role: 'viewer',
    params: merchantParamsSchema.extend({ month: monthSchema }),
    query: z.strictObject({ after: afterSchema, limit }),
    responses: cardList,
    summary: { ja: 'その月に期限が切れるカード', en: 'List the cards that expire in a month' },
  }),
};
