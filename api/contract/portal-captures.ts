import { z } from 'zod';
import { accepted, countSchema, cycleParamsSchema } from './cycles.ts';
import { defineRoute, instantSchema, reasonSchema } from './route.ts';

const ofCycle = {
  merchantScoped: true,
  params: cycleParamsSchema,
  tag: 'portal-captures',
} as const;
const cycle = '/v1/merchants/:merchant/cycles/:month';

const answeredSchema = {
  orderNumbers: z
    .array(z.string().min(1).max(64))
    .min(1)
    .max(5000)
    .nullable()
    .meta({ description: 'null = all on the list' }),
  confirmed: countSchema.meta({ description: 'count and yen that the portal showed' }),
};

/** Captures that an operator carries out on the portal (情報照会 → 一括売上処理) instead of a file. */
export const portalCaptureRoutes = {
  listPortalCaptures: defineRoute({
    ...ofCycle,
    method: 'get',
    path: `${cycle}/portal-captures`,
    role: 'viewer',
    query: z.strictObject({
      after: z.coerce.number().int().min(0).default(0),
      limit: z.coerce.number().int().min(1).max(1000).default(100),
    }),
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          captures: z.array(
            z
              .object({
                position: z.int(),
                orderNumber: z.string(),
                paymentId: z.string().nullable(),
                amountYen: z.int().meta({ description: 'what is to be captured' }),
                authorizedYen: z.int(),
                authorizedAt: instantSchema,
                captureBefore: instantSchema,
                askedAt: instantSchema,
              })
              .meta({ id: 'PortalCapture' }),
          ),
          total: countSchema,
          nextAfter: z.int().nullable().meta({ description: 'for the next page; null at the end' }),
        }),
        description: "what is still to be captured on the portal, in the export's order",
      },
    },
    summary: { ja: '売上処理リスト', en: 'List the captures to carry out on the portal' },
  }),
  downloadPortalCaptures: defineRoute({
    ...ofCycle,
    method: 'get',
    path: `${cycle}/portal-captures.csv`,
    role: 'viewer',
    query: z.strictObject({ encoding: z.enum(['utf-8', 'cp932']).default('utf-8') }),
    responses: { 200: { kind: 'bytes', description: 'one line a capture, safe in a spreadsheet' } },
    summary: { ja: '売上処理リストをCSVで取り出す', en: 'Download the list of captures as CSV' },
  }),
  confirmPortalCaptures: defineRoute({
    ...ofCycle,
    method: 'post',
    path: `${cycle}/confirmed-captures`,
    role: 'operator',
    idempotencyKey: 'required',
    body: {
      kind: 'json',
      schema: z.discriminatedUnion('result', [
        z.strictObject({
          ...answeredSchema,
          result: z.literal('captured'),
          reason: reasonSchema.nullable().default(null),
        }),
        z.strictObject({
          ...answeredSchema,
          result: z.enum(['refused', 'not_sent']).meta({
            description: 'refused by the portal, or not done: the authorization is alive',
          }),
          reason: reasonSchema,
        }),
      ]),
    },
    responses: {
      200: { kind: 'json', schema: countSchema, description: 'what was answered' },
      202: accepted,
    },
    summary: {
      ja: '画面での売上処理の結果を記録する',
      en: 'Tell what became of captures on the portal',
    },
  }),
};
