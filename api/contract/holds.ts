import { z } from 'zod';
import { CHARGE_STATES } from '../../billing/charge.ts';
import {
  accepted,
  billingMonthSchema,
  cycleParamsSchema,
  orderNumberSchema,
  orderNumbersSchema,
} from './cycles.ts';
import { defineRoute, instantSchema, reasonSchema } from './route.ts';

const ofCycle = { merchantScoped: true, params: cycleParamsSchema, tag: 'holds' } as const;
const namedOrders = z.strictObject({ orderNumbers: orderNumbersSchema, reason: reasonSchema });
const holdNumberSchema = z.int().min(1).max(2_147_483_647);
const act = {
  ...ofCycle,
  method: 'post',
  role: 'operator',
  idempotencyKey: 'required',
  body: { kind: 'json', schema: namedOrders },
} as const;
const cycle = '/v1/merchants/:merchant/cycles/:month';

const released = {
  200: {
    kind: 'json',
    schema: z.object({ released: z.int() }),
    description: 'all of them',
  },
  202: accepted,
} as const;

/** Orders that a person keeps out of every file, and charges that are opened again. */
export const holdRoutes = {
  listHolds: defineRoute({
    ...ofCycle,
    method: 'get',
    path: `${cycle}/holds`,
    role: 'viewer',
    query: z.strictObject({
      after: z.string().max(64).default(''),
      limit: z.coerce.number().int().min(1).max(1000).default(100),
    }),
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          holds: z.array(
            z
              .object({
                orderNumber: z.string(),
                n: holdNumberSchema.meta({ description: 'which hold of the order it is' }),
                month: billingMonthSchema,
                heldAt: instantSchema,
                heldBy: z.string(),
                reason: z.string().nullable(),
                earlierReason: z.string().nullable().meta({
                  description:
                    'of the hold that this one took the place of: the order was cancelled',
                }),
                cancelled: z.boolean().meta({
                  description: 'the newest export that holds the order has it as cancelled',
                }),
                state: z.enum(CHARGE_STATES).nullable().meta({ description: 'of its charge' }),
              })
              .meta({ id: 'Hold' }),
          ),
          nextAfter: z.string().nullable().meta({ description: 'for the next page' }),
        }),
        description: 'those that the month put on hold, by order number',
      },
    },
    summary: { ja: '保留中の注文の一覧', en: 'List orders on hold' },
  }),
  holdOrders: defineRoute({
    ...act,
    path: `${cycle}/holds`,
    responses: {
      200: { kind: 'json', schema: z.object({ held: z.int() }), description: 'all of them' },
      202: accepted,
    },
    summary: { ja: '注文を保留にする', en: 'Keep orders out of every file' },
  }),
  releaseHolds: defineRoute({
    ...act,
    path: `${cycle}/released-holds`,
    body: {
      kind: 'json',
      schema: namedOrders.extend({
        seen: z
          .array(z.strictObject({ orderNumber: orderNumberSchema, n: holdNumberSchema }))
          .max(1000)
          .optional()
          .meta({
            description:
              'the holds as they were listed: where a newer one stands in the place of one of them, nothing is released',
          }),
      }),
    },
    responses: released,
    summary: { ja: '注文の保留を解除する', en: 'Let orders go that are on hold' },
  }),
  releaseCharges: defineRoute({
    ...act,
    path: `${cycle}/released-charges`,
    responses: released,
    summary: {
      ja: '断念・キャンセルした請求を戻す',
      en: 'Open charges again that were given up or cancelled',
    },
  }),
};
