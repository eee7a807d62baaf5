import { z } from 'zod';
import { DELIVERY_OUTCOMES } from '../../billing/delivery.ts';
import { merchantParamsSchema } from './merchants.ts';
import { defineRoute, instantSchema } from './route.ts';

const resultSchema = z
  .object({
    id: z.uuid().meta({ description: 'also the idempotency key of its deliveries' }),
    ipCode: z.string().meta({ description: 'IPコード' }),
    orderNumber: z.string().meta({ description: 'オーダーNo' }),
    version: z.int().meta({ description: 'counts the different results of one payment' }),
    latest: z.boolean(),
    result: z.string(),
    carrier: z.string().nullable(),
    amountYen: z.int().nullable(),
    phone: z.string().nullable().meta({ description: 'digits only' }),
    email: z.string().nullable(),
    sendId: z.string().nullable(),
    sendPoint: z.string().nullable(),
    receivedAt: instantSchema,
    calls: z
      .int()
      .meta({ description: 'how often it came; nothing is delivered for a repetition' }),
  })
  .meta({ id: 'CarrierResult' });

const attemptSchema = z
  .object({
    attempt: z.int(),
    outcome: z.enum(DELIVERY_OUTCOMES),
    status: z.int().nullable(),
    answerStart: z.string().nullable().meta({
      description: 'first characters of the answer; for not_sent why, in Japanese',
    }),
    durationMs: z.int(),
    endedAt: instantSchema,
  })
  .meta({ id: 'DeliveryAttempt' });

const deliverySchema = z
  .object({
    id: z.uuid(),
    endpoint: z.string(),
    version: z.int().meta({ description: 'of the result' }),
    state: z.enum(['due', 'delivered', 'failed', 'settled']).meta({
      description: 'failed = CGISendErr; settled = nothing more is sent',
    }),
    dueAt: instantSchema,
    attempts: z.array(attemptSchema).readonly(),
  })
  .meta({ id: 'Delivery' });

const findingSchema = z.object({
  field: z.string().nullable(),
  parameter: z.string().nullable(),
  code: z.string(),
  ja: z.string(),
});

const callSchema = z
  .object({
    id: z.uuid(),
    receivedAt: instantSchema,
    method: z.enum(['GET', 'POST']),
    sourceAddress: z.string(),
    verdict: z.enum(['new', 'duplicate', 'unusable', 'card_number']).nullable().meta({
      description: 'null = stored, not read yet',
    }),
    findings: z.array(findingSchema).readonly(),
    result: z.uuid().nullable(),
    query: z.string().nullable().meta({ description: 'as it came, escapes and all' }),
    body: z.string().nullable().meta({ description: 'bytes as Latin-1; null = not kept' }),
  })
  .meta({ id: 'CarrierCall' });

const page = {
  before: z.uuid().optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
};
const nextBefore = z.uuid().nullable().meta({
  description: 'pass as `before`; null at the end',
});
const ofMerchant = {
  method: 'get',
  role: 'operator',
  merchantScoped: true,
  tag: 'carrier',
} as const;

/** For operators: results name customers. */
export const carrierResultRoutes = {
  listCarrierResults: defineRoute({
    ...ofMerchant,
    path: '/v1/merchants/:merchant/carrier-results',
    params: merchantParamsSchema,
    query: z.strictObject({
      orderNumber: z.string().trim().min(1).max(500).optional().meta({
        description: 'all versions of this オーダーNo; without it the latest of every payment',
      }),
      ...page,
    }),
    responses: {
      200: {
        kind: 'json',
        schema: z.object({ results: z.array(resultSchema), nextBefore }),
        description: 'newest first',
      },
    },
    summary: { ja: 'キャリア決済結果の一覧', en: 'List carrier-payment results' },
  }),
  readCarrierResult: defineRoute({
    ...ofMerchant,
    path: '/v1/merchants/:merchant/carrier-results/:result',
    params: merchantParamsSchema.extend({ result: z.uuid() }),
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          versions: z
            .array(resultSchema.extend({ parameters: z.array(z.tuple([z.string(), z.string()])) }))
            .meta({ description: 'of the whole payment, oldest first' }),
          deliveries: z.array(deliverySchema),
        }),
        description: 'the payment of this result',
      },
    },
    summary: { ja: 'キャリア決済結果を見る', en: 'Read a payment: versions, deliveries, attempts' },
  }),
  listCarrierCalls: defineRoute({
    ...ofMerchant,
    path: '/v1/merchants/:merchant/carrier-calls',
    params: merchantParamsSchema,
    query: z.strictObject({
      unusable: z.stringbool().default(false).meta({
        description: 'only calls that were no result',
      }),
      ...page,
    }),
    responses: {
      200: {
        kind: 'json',
        schema: z.object({ calls: z.array(callSchema), nextBefore }),
        description: 'newest first, as they came',
      },
    },
    summary: { ja: 'ゼウスからの呼び出しの一覧', en: 'List calls of ZEUS' },
  }),
};
