import { z } from 'zod';
import { CORRECTION_KINDS, RECORDED_BY_PEOPLE } from '../../billing/correction.ts';
import { EXCHANGE_KINDS } from '../../billing/exchange.ts';
import { accepted, billingMonthSchema, cycleParamsSchema } from './cycles.ts';
import { merchantParamsSchema } from './merchants.ts';
import { defineRoute, instantSchema, reasonSchema } from './route.ts';

const correctionSchema = z
  .object({
    month: billingMonthSchema,
    number: z.int().meta({ description: 'within the month' }),
    kind: z.enum(CORRECTION_KINDS),
    label: z.string().meta({ description: 'Japanese' }),
    orderNumber: z.string().nullable(),
    yen: z.int().nullable().meta({ description: 'what it is about; null = nobody said' }),
    reason: z.string(),
    file: z
      .object({ kind: z.enum(EXCHANGE_KINDS), number: z.int() })
      .nullable()
      .meta({ description: 'that a late result answers' }),
    recorded: z.string().nullable().meta({ description: 'what a late result contradicts' }),
    received: z.string().nullable().meta({ description: 'what a late result says' }),
    recordedAt: instantSchema,
    recordedBy: z.string(),
    acknowledged: z
      .object({ at: instantSchema, by: z.string(), reason: z.string().nullable() })
      .nullable()
      .meta({ description: 'null: nobody has looked after it yet' }),
  })
  .meta({ id: 'Correction' });

/** Where a page of corrections ended. */
const placeSchema = z
  .string()
  .regex(/^\d{4}-(?:0[1-9]|1[0-2])\/[1-9]\d{0,8}$/, { error: 'is not <month>/<number>' });

const act = {
  method: 'post',
  role: 'operator',
  merchantScoped: true,
  idempotencyKey: 'required',
  tag: 'corrections',
} as const;

/** Events of months that are closed: their record stays as it was, and these stand beside it. */
export const correctionRoutes = {
  listCorrections: defineRoute({
    method: 'get',
    path: '/v1/merchants/:merchant/corrections',
    role: 'viewer',
    merchantScoped: true,
    params: merchantParamsSchema,
    query: z.strictObject({
      month: billingMonthSchema.optional(),
      open: z.stringbool().optional().meta({ description: 'whether nobody has acknowledged it' }),
      after: placeSchema.optional().meta({ description: 'nextAfter of the page before' }),
      limit: z.coerce.number().int().min(1).max(1000).default(100),
    }),
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          corrections: z.array(correctionSchema),
          nextAfter: z.string().nullable(),
        }),
        description: 'newest month first',
      },
    },
    summary: { ja: '締めた後の訂正の一覧', en: 'List what became known of closed months' },
    tag: 'corrections',
  }),
  recordCorrection: defineRoute({
    ...act,
    path: '/v1/merchants/:merchant/cycles/:month/corrections',
    params: cycleParamsSchema,
    body: {
      kind: 'json',
      schema: z.strictObject({
        kind: z.enum(RECORDED_BY_PEOPLE),
        orderNumber: z.string().min(1).max(64).nullable().default(null),
        yen: z.int().min(0).max(1_000_000_000).nullable().default(null),
        reason: reasonSchema,
      }),
    },
    responses: {
      200: {
        kind: 'json',
        schema: z.object({ number: z.int().meta({ description: 'within the month' }) }),
        description: 'the record of the month is as it was',
      },
      202: accepted,
    },
    summary: {
      ja: '締めた月に訂正を記録する',
      en: 'Record what became known of a closed month',
    },
  }),
  acknowledgeCorrection: defineRoute({
    ...act,
    path: '/v1/merchants/:merchant/cycles/:month/corrections/:number/acknowledgement',
    params: cycleParamsSchema.extend({ number: z.coerce.number().int().min(1).max(999_999_999) }),
    body: { kind: 'json', schema: z.strictObject({ reason: reasonSchema }) },
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          open: z.int().meta({ description: 'corrections that are still open' }),
        }),
        description: 'a person has looked after it',
      },
      202: accepted,
    },
    summary: { ja: '訂正を確認済みにする', en: 'Acknowledge a correction' },
  }),
};
