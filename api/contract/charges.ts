import { z } from 'zod';
import { CHARGE_STATES } from '../../billing/charge.ts';
import { accepted, billingMonthSchema, cycleParamsSchema, orderNumbersSchema } from './cycles.ts';
import { defineRoute, instantSchema, reasonSchema } from './route.ts';

const pageQuery = {
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
};

const nextAfterSchema = z
  .int()
  .nullable()
  .meta({ description: 'for the next page; null at the end' });

/** Charges that are billed in one sum with one of another month. */
export const carryOverLinkSchema = z
  .object({ month: billingMonthSchema, orderNumber: z.string(), yen: z.int() })
  .meta({ id: 'CarryOverLink' });

/** Where the yen of an unpaid charge went, and whose it bills itself. */
export const carriedSchemas = {
  carriedTo: carryOverLinkSchema
    .nullable()
    .meta({ description: '翌月繰越: the charge that bills it in one sum' }),
  carriedFrom: z
    .array(carryOverLinkSchema)
    .meta({ description: 'unpaid charges of earlier months within amountYen' }),
};

const chargeSchema = z
  .object({
    orderNumber: z.string(),
    customerNumber: z.string(),
    position: z.int(),
    state: z.enum(CHARGE_STATES),
    attempt: z.int().nullable(),
    amountYen: z.int(),
    capturedYen: z.int(),
    responseCode: z.string().nullable(),
    responseDetail: z.string().nullable(),
    captureBefore: instantSchema.nullable(),
    ...carriedSchemas,
  })
  .meta({ id: 'Charge' });

export const chargeRoutes = {
  listCharges: defineRoute({
    method: 'get',
    path: '/v1/merchants/:merchant/cycles/:month/charges',
    role: 'viewer',
    merchantScoped: true,
    params: cycleParamsSchema,
    query: z.strictObject({
      state: z.enum(CHARGE_STATES).optional(),
      orderNumber: z.string().min(1).max(200).optional().meta({ description: 'the whole of it' }),
      ...pageQuery,
    }),
    responses: {
      200: {
        kind: 'json',
        schema: z.object({ charges: z.array(chargeSchema), nextAfter: nextAfterSchema }),
        description: "in the export's order",
      },
    },
    summary: { ja: '請求の一覧', en: 'List charges' },
    tag: 'cycles',
  }),
  endCharges: defineRoute({
    method: 'post',
    path: '/v1/merchants/:merchant/cycles/:month/ended-charges',
    role: 'operator',
    merchantScoped: true,
    params: cycleParamsSchema,
    idempotencyKey: 'required',
    body: {
      kind: 'json',
      schema: z.strictObject({
        orderNumbers: orderNumbersSchema,
        kind: z.enum(['cancelled', 'given_up']),
        reason: reasonSchema,
      }),
    },
    responses: {
      200: { kind: 'json', schema: z.object({ ended: z.int() }), description: 'all of them ended' },
      202: accepted,
    },
    summary: { ja: '請求を終了する(キャンセル・断念)', en: 'End charges without billing them' },
    tag: 'cycles',
  }),
};
