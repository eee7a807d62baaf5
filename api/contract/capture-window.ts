import { z } from 'zod';
import { CAPTURE_WINDOW_DAYS } from '../../billing/capture-window.ts';
import { accepted, billingMonthSchema, countSchema, cycleParamsSchema } from './cycles.ts';
import { merchantParamsSchema } from './merchants.ts';
import { defineRoute, instantSchema, reasonSchema } from './route.ts';

const tag = 'captures';
const dateSchema = z.iso.date().meta({ description: 'a date in Japan' });
const withinDays = z.coerce.number().int().min(1).max(CAPTURE_WINDOW_DAYS).default(14);

const deadlineDaySchema = countSchema
  .extend({
    month: billingMonthSchema,
    expiresOn: dateSchema.meta({
      description: 'from 00:00 of this date in Japan on they cannot be captured',
    }),
    daysLeft: z.int(),
    lastDayAt: instantSchema.meta({ description: 'when the last-day rule acts, or acted' }),
    held: countSchema.meta({ description: 'of them, on hold: no machine captures those' }),
    returned: countSchema.meta({ description: 'of them, returned by a capture file' }),
    inFiles: countSchema.meta({
      description: 'of them, in capture files that have not left, or on a list for the portal',
    }),
  })
  .meta({ id: 'DeadlineDay' });

/** The window of an authorization: what ends when, and what is done after its end. */
export const captureWindowRoutes = {
  listDeadlines: defineRoute({
    method: 'get',
    path: '/v1/merchants/:merchant/deadlines',
    role: 'viewer',
    merchantScoped: true,
    params: merchantParamsSchema,
    query: z.strictObject({ withinDays }),
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          asOf: instantSchema.meta({ description: "the merchant's business clock" }),
          within: z
            .array(countSchema.extend({ days: z.int() }))
            .meta({ description: 'in all, within 14, 7, 3 and 1 days; never beyond withinDays' }),
          days: z.array(deadlineDaySchema),
        }),
        description: 'authorizations of all open months that are not captured, the nearest first',
      },
    },
    summary: {
      ja: 'オーソリ期限の一覧(件数・金額)',
      en: 'List what expires soon, in charges and yen',
    },
    tag,
  }),
  downloadDeadlines: defineRoute({
    method: 'get',
    path: '/v1/merchants/:merchant/deadlines.csv',
    role: 'viewer',
    merchantScoped: true,
    params: merchantParamsSchema,
    query: z.strictObject({ withinDays, encoding: z.enum(['utf-8', 'cp932']).default('utf-8') }),
    responses: { 200: { kind: 'bytes', description: 'one line a month and date' } },
    summary: { ja: 'オーソリ期限をCSVで取り出す', en: 'Download what expires soon as CSV' },
    tag,
  }),
  reauthorizeCharges: defineRoute({
    method: 'post',
    path: '/v1/merchants/:merchant/cycles/:month/reauthorizations',
    role: 'approver',
    merchantScoped: true,
    idempotencyKey: 'required',
    params: cycleParamsSchema,
    body: {
      kind: 'json',
      schema: z.strictObject({
        orderNumbers: z.array(z.string().min(1).max(64)).min(1).max(5000),
        confirmed: countSchema.meta({
          description: 'count and yen that the approver saw; anything else is refused',
        }),
        reason: reasonSchema,
      }),
    },
    responses: {
      200: { kind: 'json', schema: countSchema, description: 'what the next file authorizes' },
      202: accepted,
    },
    summary: {
      ja: '期限切れ・取消済の請求をもう一度オーソリする',
      en: 'Authorize expired or voided charges again',
    },
    tag,
  }),
};
