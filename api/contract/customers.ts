import { z } from 'zod';
import { billingMonthPattern } from '../../billing/billing-month.ts';
import { cardBrands, cardServices } from '../../billing/card-service.ts';
import { CHARGE_STATES } from '../../billing/charge.ts';
import { maxOrderAmountYen } from '../../billing/money.ts';
import { merchantParamsSchema } from './merchants.ts';
import { defineRoute, instantSchema, reasonSchema } from './route.ts';

export const customerIdSchema = z
  .string()
  .regex(/^US-\d{8}$/, { error: 'is US- and 8 digits' })
  .meta({ description: '顧客ID', example: 'US-00010000' });

const customerSchema = z
  .object({
    customerId: customerIdSchema,
    customerNumber: z.string().meta({ description: '顧客番号, 連携用ID' }),
    name: z.string().nullable(),
    kana: z.string().nullable(),
    postalCode: z.string().nullable(),
    prefecture: z.string().nullable(),
    city: z.string().nullable(),
    street: z.string().nullable(),
    building: z.string().nullable(),
    phone: z.string().nullable(),
    email: z.string().nullable(),
    gender: z.string().nullable(),
    birthDate: z.string().nullable(),
    occupation: z.string().nullable(),
    tags: z.array(z.string()),
    newsletter: z.boolean().nullable(),
    customerType: z.int().nullable(),
    cards: z.int().meta({ description: 'stored cards' }),
    toReview: z.boolean().meta({ description: 'several cards came in one file' }),
    updatedAt: instantSchema,
  })
  .meta({ id: 'Customer' });

const subscriptionSchema = z
  .object({
    subscriptionNumber: z.string(),
    amountYen: z.int().min(0).max(maxOrderAmountYen),
    status: z.enum(['active', 'paused', 'ended']),
    nextMonth: z.string().regex(billingMonthPattern).nullable(),
  })
  .meta({ id: 'Subscription', description: '定期受注' });

const customerDetailSchema = customerSchema
  .extend({
    storedCards: z.array(
      z.object({
        service: z.enum(cardServices),
        identity: z.string().meta({ description: 'its name at the service' }),
        lastDigits: z.string(),
        brand: z.enum(cardBrands),
        holder: z.string().nullable(),
        sendId: z.string().nullable(),
        sequence: z.string().nullable(),
        expiry: z.string().meta({ description: 'YYYY-MM' }),
        hasAuthKey: z.boolean().meta({ description: 'カード認証キー is kept; it is never shown' }),
      }),
    ),
    subscriptions: z.array(subscriptionSchema),
  })
  .meta({ id: 'CustomerDetail' });

const params = merchantParamsSchema.extend({ customerId: customerIdSchema });
const search = {
  customerNumber: z.string().min(1).max(200).optional().meta({ description: 'exact' }),
  customerId: customerIdSchema.optional(),
  tag: z.string().min(1).max(100).optional(),
  toReview: z.stringbool().optional(),
};
/** And who it is, in a body: addresses are kept by browsers and by the logs of whatever lies between. */
const personalSearch = {
  ...search,
  name: z.string().min(1).max(100).optional().meta({ description: 'part of 氏名 or フリガナ' }),
  email: z.string().min(1).max(254).optional().meta({ description: 'exact' }),
  phone: z.string().min(1).max(30).optional().meta({ description: 'exact' }),
  toReview: z.boolean().optional(),
};
const form = {
  encoding: z.enum(['cp932', 'utf-8']).default('utf-8'),
  columns: z.enum(['all', 'link']).default('all').meta({
    description: 'all: as a customer file has them; link: 顧客番号 and 顧客ID alone',
  }),
};

const foundSchema = z.object({
  customers: z.array(customerSchema),
  nextAfter: customerIdSchema.nullable(),
});

export const customerRoutes = {
  listCustomers: defineRoute({
    method: 'get',
    path: '/v1/merchants/:merchant/customers',
    role: 'viewer',
    merchantScoped: true,
    params: merchantParamsSchema,
    query: z.strictObject({
      ...search,
      after: customerIdSchema.optional(),
      limit: z.coerce.number().int().min(1).max(1000).default(100),
    }),
    responses: {
      200: {
        kind: 'json',
        schema: foundSchema,
        description: 'by 顧客ID',
      },
    },
    summary: { ja: '顧客一覧', en: 'List customers' },
    tag: 'customers',
  }),
  searchCustomers: defineRoute({
    method: 'post',
    path: '/v1/merchants/:merchant/customers/search',
    onlyReads: true,
    role: 'viewer',
    merchantScoped: true,
    params: merchantParamsSchema,
    body: {
      kind: 'json',
      schema: z.strictObject({
        ...personalSearch,
        after: customerIdSchema.optional(),
        limit: z.int().min(1).max(1000).default(100),
      }),
    },
    responses: { 200: { kind: 'json', schema: foundSchema, description: 'by 顧客ID' } },
    summary: { ja: '顧客を検索する', en: 'Search customers' },
    tag: 'customers',
  }),
  exportCustomers: defineRoute({
    method: 'get',
    path: '/v1/merchants/:merchant/customers-export',
    role: 'operator',
    right: 'exportPersonalData',
    merchantScoped: true,
    params: merchantParamsSchema,
    query: z.strictObject({ ...search, ...form }),
    responses: { 200: { kind: 'bytes', description: 'CSV, safe to open in a spreadsheet' } },
    summary: { ja: '顧客データのダウンロード', en: 'Export customers as CSV' },
    tag: 'customers',
  }),
  downloadCustomers: defineRoute({
    method: 'post',
    path: '/v1/merchants/:merchant/customers/search.csv',
    onlyReads: true,
    role: 'operator',
    right: 'exportPersonalData',
    merchantScoped: true,
    params: merchantParamsSchema,
    body: { kind: 'json', schema: z.strictObject({ ...personalSearch, ...form }) },
    responses: { 200: { kind: 'bytes', description: 'CSV, safe to open in a spreadsheet' } },
    summary: {
      ja: '検索した顧客をCSVで取り出す',
      en: 'Download the customers that were found as CSV',
    },
    tag: 'customers',
  }),
  readCustomer: defineRoute({
    method: 'get',
    path: '/v1/merchants/:merchant/customers/:customerId',
    role: 'viewer',
    merchantScoped: true,
    params,
    responses: {
      200: { kind: 'json', schema: customerDetailSchema, description: 'with the stored cards' },
    },
    summary: { ja: '顧客を見る', en: 'Read a customer' },
    tag: 'customers',
  }),
  listCustomerCharges: defineRoute({
    method: 'get',
    path: '/v1/merchants/:merchant/customers/:customerId/charges',
    role: 'viewer',
    merchantScoped: true,
    params,
    query: z.strictObject({
      after: z
        .string()
        .regex(/^\d{4}-(?:0[1-9]|1[0-2])\/\d{1,9}$/, { error: 'is not <month>/<position>' })
        .optional()
        .meta({ description: 'nextAfter of the page before' }),
      limit: z.coerce.number().int().min(1).max(1000).default(100),
    }),
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          charges: z.array(
            z
              .object({
                month: z.string().regex(billingMonthPattern),
                position: z.int(),
                orderNumber: z.string(),
                state: z.enum(CHARGE_STATES),
                amountYen: z.int(),
                capturedYen: z.int(),
                responseCode: z.string().nullable(),
                captureBefore: instantSchema.nullable(),
              })
              .meta({ id: 'CustomerCharge' }),
          ),
          nextAfter: z.string().nullable(),
        }),
        description: 'newest month first',
      },
    },
    summary: { ja: '顧客の請求の一覧', en: 'List what a customer was billed' },
    tag: 'customers',
  }),
  deleteCustomer: defineRoute({
    method: 'post',
    path: '/v1/merchants/:merchant/customers/:customerId/deletion',
    role: 'operator',
    merchantScoped: true,
    params,
    body: { kind: 'json', schema: z.strictObject({ reason: reasonSchema }) },
    responses: { 204: { kind: 'empty', description: 'hidden; an import brings it back' } },
    summary: { ja: '顧客を削除する', en: 'Delete a customer and its cards (they are hidden)' },
    tag: 'customers',
  }),
  acknowledgeReview: defineRoute({
    method: 'post',
    path: '/v1/merchants/:merchant/customers/:customerId/review',
    role: 'operator',
    merchantScoped: true,
    params,
    body: { kind: 'json', schema: z.strictObject({ reason: reasonSchema }) },
    responses: { 204: { kind: 'empty', description: 'looked at' } },
    summary: { ja: '複数カードの確認を記録する', en: 'Acknowledge a customer with several cards' },
    tag: 'customers',
  }),
  saveSubscription: defineRoute({
    method: 'put',
    path: '/v1/merchants/:merchant/customers/:customerId/subscriptions/:subscriptionNumber',
    role: 'operator',
    merchantScoped: true,
    params: params.extend({ subscriptionNumber: z.string().trim().min(1).max(50) }),
    body: {
      kind: 'json',
      schema: z.strictObject({
        amountYen: subscriptionSchema.shape.amountYen,
        status: subscriptionSchema.shape.status,
        nextMonth: subscriptionSchema.shape.nextMonth.default(null),
        card: z
          .strictObject({ service: z.enum(cardServices), identity: z.string().min(1).max(400) })
          .nullable()
          .optional()
          .meta({
            description:
              'the stored card that it charges; null: not known; left out: as before. Orders of a locked card are billed again once every subscription that ran when it was locked charges another card: another number or a later expiry, not run out',
          }),
      }),
    },
    responses: { 204: { kind: 'empty', description: 'as the cart has it now' } },
    summary: { ja: '定期受注を登録・更新する', en: 'Write a subscription of a customer' },
    tag: 'customers',
  }),
};
