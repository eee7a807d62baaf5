import { z } from 'zod';
import { accepted, countSchema, cycleParamsSchema, orderNumbersSchema } from './cycles.ts';
import { defineRoute, instantSchema, reasonSchema } from './route.ts';

const ofCycle = { merchantScoped: true, params: cycleParamsSchema, tag: 'voids' } as const;
const act = {
  ...ofCycle,
  method: 'post',
  role: 'operator',
  idempotencyKey: 'required',
} as const;
const cycle = '/v1/merchants/:merchant/cycles/:month';

const pageQuery = {
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
};

const nextAfterSchema = z
  .int()
  .nullable()
  .meta({ description: 'for the next page; null at the end' });

const confirmationSchema = z.discriminatedUnion('result', [
  z.strictObject({
    orderNumbers: orderNumbersSchema,
    result: z.literal('voided'),
    reason: reasonSchema.nullable().default(null),
  }),
  z.strictObject({
    orderNumbers: orderNumbersSchema,
    result: z
      .enum(['refused', 'not_sent'])
      .meta({ description: 'refused by the portal, or not done: the authorization is alive' }),
    reason: reasonSchema,
  }),
]);

/** Authorizations that an operator voids on the portal by a list: no file code is known for it. */
export const voidRoutes = {
  listVoids: defineRoute({
    ...ofCycle,
    method: 'get',
    path: `${cycle}/voids`,
    role: 'viewer',
    query: z.strictObject(pageQuery),
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          voids: z.array(
            z
              .object({
                position: z.int(),
                orderNumber: z.string(),
                paymentId: z.string().nullable(),
                amountYen: z.int(),
                authorizedAt: instantSchema,
                captureBefore: instantSchema,
                askedAt: instantSchema,
              })
              .meta({ id: 'OpenVoid' }),
          ),
          total: countSchema,
          nextAfter: nextAfterSchema,
        }),
        description: "what is still to be voided on the portal, in the export's order",
      },
    },
    summary: { ja: '取消リスト', en: 'List the authorizations to void on the portal' },
  }),
  downloadVoids: defineRoute({
    ...ofCycle,
    method: 'get',
    path: `${cycle}/voids.csv`,
    role: 'viewer',
    query: z.strictObject({ encoding: z.enum(['utf-8', 'cp932']).default('utf-8') }),
    responses: { 200: { kind: 'bytes', description: 'one line a void, safe in a spreadsheet' } },
    summary: { ja: '取消リストをCSVで取り出す', en: 'Download the list of voids as CSV' },
  }),
  suggestVoids: defineRoute({
    ...ofCycle,
    method: 'get',
    path: `${cycle}/suggested-voids`,
    role: 'viewer',
    query: z.strictObject(pageQuery),
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          suggestions: z.array(
            z
              .object({
                position: z.int(),
                orderNumber: z.string(),
                amountYen: z.int(),
                captureBefore: instantSchema,
                status: z.string().meta({ description: 'as the newest export has it' }),
              })
              .meta({ id: 'SuggestedVoid' }),
          ),
          nextAfter: nextAfterSchema,
        }),
        description: 'authorized charges whose order is cancelled by now; none is voided by itself',
      },
    },
    summary: {
      ja: 'オーソリ後にキャンセルされた注文',
      en: 'List authorized charges whose order was cancelled since',
    },
  }),
  voidCharges: defineRoute({
    ...act,
    path: `${cycle}/voids`,
    body: {
      kind: 'json',
      schema: z.strictObject({
        orderNumbers: orderNumbersSchema,
        confirmed: countSchema.meta({ description: 'count and yen that the operator saw' }),
        reason: reasonSchema,
      }),
    },
    responses: {
      200: { kind: 'json', schema: countSchema, description: 'what stands on the list now' },
      202: accepted,
    },
    summary: {
      ja: 'オーソリを取消リストに載せる',
      en: 'Put authorizations on the list of those to void',
    },
  }),
  confirmVoids: defineRoute({
    ...act,
    path: `${cycle}/confirmed-voids`,
    body: { kind: 'json', schema: confirmationSchema },
    responses: {
      200: {
        kind: 'json',
        schema: z.object({ answered: z.int() }),
        description: 'all of them',
      },
      202: accepted,
    },
    summary: {
      ja: '画面での取消の結果を記録する',
      en: 'Tell what became of voids on the portal',
    },
  }),
};
