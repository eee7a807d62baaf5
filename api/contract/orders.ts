import { z } from 'zod';
import { parseBusinessDate } from '../../billing/business-date.ts';
import { CHARGE_STATES } from '../../billing/charge.ts';
import { ORDER_VERDICTS, readOrderPlace } from '../../billing/order-search.ts';
import { billingMonthSchema, countSchema, cycleParamsSchema } from './cycles.ts';
import { defineRoute, instantSchema } from './route.ts';

export const businessDateSchema = z
  .string()
  .refine((text) => parseBusinessDate(text) === text, { error: 'is not a date, YYYY-MM-DD' })
  .meta({ description: 'date in Japan', example: '2026-11-01' });

const yenSchema = z.coerce.number().int().min(0).max(9_999_999);
const partSchema = z.string().trim().min(1).max(100);

/** Checkboxes: the same name once for each that is ticked. */
const severalOf = (schema: z.ZodString) =>
  z.union([schema.transform((one) => [one]), z.array(schema).min(1).max(20)]);

/** What the shop's own search knows (manual 002, 2-1), and what became of an order here. */
const searchQuery = {
  orderNumberFrom: partSchema
    .optional()
    .meta({ description: '注文番号: compared as numbers when the bounds are digits alone' }),
  orderNumberTo: partSchema.optional(),
  paymentMethod: severalOf(z.string().min(1).max(50))
    .optional()
    .meta({ description: '支払方法, once for each' }),
  orderedFrom: businessDateSchema.optional().meta({ description: '受注日, this day included' }),
  orderedTo: businessDateSchema.optional().meta({ description: '受注日, this day included' }),
  amountFromYen: yenSchema.optional(),
  amountToYen: yenSchema.optional(),
  status: z.string().trim().min(1).max(50).optional().meta({ description: '対応状況' }),
  verdict: z.enum(ORDER_VERDICTS).optional(),
  reason: z
    .string()
    .max(64)
    .optional()
    .meta({ description: 'why it was left out or is in quarantine' }),
  chargeState: z.enum(CHARGE_STATES).optional().meta({ description: "of this month's charge" }),
  gone: z.stringbool().optional().meta({ description: 'whether the latest export still has it' }),
};

/**
 * The same and whose order it is. That stands in a body: addresses are kept by browsers and by the logs
 * of whatever lies between.
 */
const personalSearch = {
  ...searchQuery,
  customerName: partSchema
    .optional()
    .meta({ description: 'part of 顧客名, whatever its width and spaces; from operator up' }),
  email: partSchema.optional().meta({ description: 'part of the address; from operator up' }),
  phone: partSchema
    .regex(/[0-9０-９]/, { error: 'holds no digit' })
    .optional()
    .meta({ description: 'part of TEL, hyphens left out; from operator up' }),
  amountFromYen: z.int().min(0).max(9_999_999).optional(),
  amountToYen: z.int().min(0).max(9_999_999).optional(),
  gone: z.boolean().optional().meta({ description: 'whether the latest export still has it' }),
};

const encodingSchema = z.enum(['utf-8', 'cp932']).default('utf-8');
const afterSchema = z
  .string()
  .refine((text) => readOrderPlace(text) !== null, {
    error: 'is not a nextAfter of this list',
  })
  .optional();

const orderSchema = z
  .object({
    collection: z.int().meta({ description: 'the how-manieth export of the month brought it' }),
    record: z.int().meta({ description: 'number of the data record in the export, from 1' }),
    line: z.int().meta({ description: 'physical line on which the record starts' }),
    orderNumber: z.string().nullable(),
    customerNumber: z.string().nullable(),
    orderedAt: instantSchema.nullable(),
    paymentMethod: z.string().nullable(),
    cycleCount: z.int().nullable(),
    previousOrderNumber: z.string().nullable(),
    amountYen: z.int().nullable(),
    shipment: z.enum(['unknown', 'unshipped', 'shipped']).nullable(),
    shippedOn: z.string().nullable(),
    status: z.string().nullable(),
    customerName: z.string().nullable().meta({ description: 'null for a viewer' }),
    email: z.string().nullable().meta({ description: 'null for a viewer' }),
    phone: z.string().nullable().meta({ description: 'null for a viewer' }),
    verdict: z.enum(ORDER_VERDICTS),
    reason: z.string().nullable(),
    column: z.string().nullable().meta({ description: 'quarantined: in which column' }),
    value: z.string().nullable().meta({ description: 'what stood there; null for a viewer' }),
    reasonJa: z.string().nullable(),
    reasonEn: z.string().nullable(),
    gone: z.boolean().meta({ description: 'the latest export no longer has it' }),
    billedIn: billingMonthSchema.nullable().meta({ description: 'by the charge of which month' }),
    billedState: z.enum(CHARGE_STATES).nullable(),
  })
  .meta({ id: 'Order' });

const foundSchema = z.object({
  totals: countSchema
    .extend({
      byVerdict: z.object({
        selected: countSchema,
        excluded: countSchema,
        quarantined: countSchema,
      }),
    })
    .nullable()
    .meta({ description: 'all that was found; null on the pages after the first' }),
  orders: z.array(orderSchema),
  nextAfter: z.string().nullable().meta({ description: 'for the next page; null at the end' }),
});

const found = {
  kind: 'json',
  schema: foundSchema,
  description: 'newest first by 受注日時; what has none comes last',
} as const;

const ofCycle = { merchantScoped: true, params: cycleParamsSchema, tag: 'orders' } as const;
const orders = '/v1/merchants/:merchant/cycles/:month/orders';

export const orderRoutes = {
  listOrders: defineRoute({
    ...ofCycle,
    method: 'get',
    path: orders,
    role: 'viewer',
    query: z.strictObject({
      ...searchQuery,
      after: afterSchema,
      limit: z.coerce.number().int().min(1).max(1000).default(100),
      totals: z
        .stringbool()
        .default(true)
        .meta({ description: 'false: totals is null; the page comes at once' }),
    }),
    responses: { 200: found },
    summary: { ja: '注文の一覧', en: 'List the orders of a month' },
  }),
  searchOrders: defineRoute({
    ...ofCycle,
    method: 'post',
    path: `${orders}/search`,
    onlyReads: true,
    role: 'viewer',
    body: {
      kind: 'json',
      schema: z.strictObject({
        ...personalSearch,
        after: afterSchema,
        limit: z.int().min(1).max(1000).default(100),
        totals: z
          .boolean()
          .default(true)
          .meta({ description: 'false: totals is null; the page comes at once' }),
      }),
    },
    responses: { 200: found },
    summary: { ja: '注文を検索する', en: 'Search the orders of a month' },
  }),
  downloadOrders: defineRoute({
    ...ofCycle,
    method: 'post',
    path: `${orders}/search.csv`,
    onlyReads: true,
    role: 'operator',
    right: 'exportPersonalData',
    body: {
      kind: 'json',
      schema: z.strictObject({ ...personalSearch, encoding: encodingSchema }),
    },
    responses: {
      200: { kind: 'bytes', description: 'all that was found, as CSV in the order of the list' },
    },
    summary: {
      ja: '検索した注文をCSVで取り出す',
      en: 'Download the orders that were found as CSV',
    },
  }),
};
