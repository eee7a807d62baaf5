import { z } from 'zod';
import { parseBusinessDate } from '../../billing/business-date.ts';
import { accepted, collectionSchema, countSchema, cycleParamsSchema } from './cycles.ts';
import { defineRoute, instantSchema, reasonSchema, sha256Schema } from './route.ts';

const ofCycle = { merchantScoped: true, params: cycleParamsSchema, tag: 'runs' } as const;
const act = {
  ...ofCycle,
  method: 'post',
  role: 'operator',
  idempotencyKey: 'required',
} as const;
const cycle = '/v1/merchants/:merchant/cycles/:month';

/** They travel in one Update: some 100 kB at most. */
const chosenOrdersSchema = z.array(z.string().min(1).max(64)).min(1).max(5000);

const confirmedSchema = countSchema.meta({
  description: 'count and yen that the operator saw and confirmed; anything else is refused',
});

const partialAmountsSchema = z
  .array(
    z.strictObject({
      orderNumber: z.string().min(1).max(64),
      amountYen: z.int().min(1).max(9_999_999),
    }),
  )
  .max(5000)
  .default([])
  .meta({ description: 'orders of which less than the authorized amount is captured' });

function namesEachOnce(body: {
  readonly orderNumbers: readonly string[];
  readonly partialAmounts: readonly { readonly orderNumber: string }[];
}): boolean {
  const named = new Set(body.orderNumbers);
  const partial = body.partialAmounts.map(({ orderNumber }) => orderNumber);
  return new Set(partial).size === partial.length && partial.every((order) => named.has(order));
}

const dateSchema = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/)
  .refine((text) => parseBusinessDate(text) !== null, { error: 'is no date' })
  .meta({ description: 'a date in Japan', example: '2026-11-30' });

/** Exports of a month, the runs that bill its orders, and what lets authorized charges be captured. */
export const runRoutes = {
  listCollections: defineRoute({
    ...ofCycle,
    method: 'get',
    path: `${cycle}/order-exports`,
    role: 'viewer',
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          exports: z.array(
            collectionSchema.extend({
              fileName: z.string(),
              sha256: sha256Schema,
              collectedAt: instantSchema,
            }),
          ),
        }),
        description: 'the first one first',
      },
    },
    summary: { ja: '取り込んだ注文CSVの一覧', en: 'List the order exports of a month' },
  }),
  listOrderChanges: defineRoute({
    ...ofCycle,
    method: 'get',
    path: `${cycle}/order-changes`,
    role: 'viewer',
    query: z.strictObject({
      charged: z
        .enum(['true', 'false'])
        .default('false')
        .meta({ description: 'true: only orders that were charged before the news came' }),
      afterExport: z.coerce.number().int().min(1).optional(),
      afterOrder: z.string().max(64).optional(),
      afterKind: z.string().max(16).optional(),
      limit: z.coerce.number().int().min(1).max(1000).default(100),
    }),
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          changes: z.array(
            z
              .object({
                export: z.int().meta({ description: 'the how-manieth export says so' }),
                orderNumber: z.string(),
                kind: z.enum(['changed', 'readable', 'unreadable', 'gone', 'back']),
                charged: z.boolean().meta({
                  description: 'it stands in a file as it was before; nothing of that is changed',
                }),
                differences: z
                  .array(
                    z.object({
                      field: z.string(),
                      before: z.union([z.string(), z.number(), z.null()]),
                      after: z.union([z.string(), z.number(), z.null()]),
                    }),
                  )
                  .readonly(),
              })
              .meta({ id: 'OrderChange' }),
          ),
          next: z
            .object({ afterExport: z.int(), afterOrder: z.string(), afterKind: z.string() })
            .nullable()
            .meta({ description: 'for the next page; null at the end' }),
        }),
        description: 'the newest export first; names and addresses without their values',
      },
    },
    summary: {
      ja: '新しい注文CSVとの差分',
      en: 'List what newer exports tell differently',
    },
  }),
  listRuns: defineRoute({
    ...ofCycle,
    method: 'get',
    path: `${cycle}/runs`,
    role: 'viewer',
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          runs: z.array(
            z
              .object({
                n: z.int(),
                scope: z.enum(['all', 'chosen']),
                orders: z.int().nullable().meta({ description: 'chosen orders; null = all' }),
                openedAt: instantSchema,
                openedBy: z.string().nullable().meta({ description: 'null = the month itself' }),
                charges: z.int().nullable().meta({ description: 'null = not planned yet' }),
                withdrawn: z.boolean().meta({ description: 'it was not approved' }),
              })
              .meta({ id: 'Run' }),
          ),
          unbilled: countSchema.meta({ description: 'selected orders that no run has billed' }),
        }),
        description: 'the first one first',
      },
    },
    summary: { ja: '請求の実行の一覧', en: 'List the runs of a month' },
  }),
  startRun: defineRoute({
    ...act,
    path: `${cycle}/runs`,
    body: {
      kind: 'json',
      schema: z.strictObject({
        orderNumbers: chosenOrdersSchema.nullable().meta({ description: 'null = all' }),
        confirmed: confirmedSchema,
        reason: reasonSchema,
      }),
    },
    responses: {
      200: { kind: 'json', schema: countSchema, description: 'what is billed' },
      202: accepted,
    },
    summary: {
      ja: '未請求の注文を請求する(全件・指定)',
      en: 'Bill orders that no run has billed: all or chosen ones',
    },
  }),
  captureCharges: defineRoute({
    ...act,
    path: `${cycle}/captures`,
    body: {
      kind: 'json',
      schema: z
        .strictObject({
          orderNumbers: chosenOrdersSchema,
          partialAmounts: partialAmountsSchema,
          confirmed: confirmedSchema.meta({
            description: 'count and yen that are captured; anything else is refused',
          }),
          reason: reasonSchema,
        })
        .refine(namesEachOnce, {
          error: 'names an order twice, or one that is not among orderNumbers',
          path: ['partialAmounts'],
        }),
    },
    responses: {
      200: { kind: 'json', schema: countSchema, description: 'what the next file captures' },
      202: accepted,
    },
    summary: {
      ja: '指定した請求を売上処理する',
      en: 'Capture authorized charges that an operator chose',
    },
  }),
  recordShipments: defineRoute({
    ...act,
    path: `${cycle}/shipments`,
    body: {
      kind: 'json',
      schema: z.strictObject({
        shipments: z
          .array(z.strictObject({ orderNumber: z.string().min(1).max(64), shippedOn: dateSchema }))
          .min(1)
          .max(1000),
      }),
    },
    responses: {
      200: {
        kind: 'json',
        schema: z.object({ recorded: z.int() }),
        description: 'all of them; days that are known already stay',
      },
      202: accepted,
    },
    summary: { ja: '発送日を登録する', en: 'Tell on which days orders were shipped' },
  }),
};
