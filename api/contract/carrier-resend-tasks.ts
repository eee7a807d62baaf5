import { z } from 'zod';
import { accepted } from './cycles.ts';
import { merchantParamsSchema } from './merchants.ts';
import { defineRoute, instantSchema, reasonSchema } from './route.ts';

const taskSchema = z
  .object({
    id: z.uuid(),
    ipCode: z.string().nullable().meta({ description: 'IPコード, where the mail says it' }),
    orderNumber: z.string().meta({ description: 'オーダーNo' }),
    failedAt: instantSchema.meta({ description: 'of the call that failed at ZEUS' }),
    openedAt: instantSchema,
    closedAt: instantSchema.nullable().meta({
      description: 'null = to be sent again at ZEUS',
    }),
    closedBy: z.enum(['call', 'operator']).nullable().meta({
      description: 'a call of the payment came, or a person said that none will',
    }),
  })
  .meta({ id: 'CarrierResendTask' });

/** What ZEUS could not hand over to us, by its error mails: 「ゼウスで再送信してください」. */
export const carrierResendTaskRoutes = {
  listCarrierResendTasks: defineRoute({
    method: 'get',
    path: '/v1/merchants/:merchant/carrier-resend-tasks',
    role: 'viewer',
    merchantScoped: true,
    params: merchantParamsSchema,
    query: z.strictObject({
      state: z.enum(['open', 'closed', 'all']).default('open'),
      before: z.uuid().optional(),
      limit: z.coerce.number().int().min(1).max(500).default(100),
    }),
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          tasks: z.array(taskSchema),
          nextBefore: z
            .uuid()
            .nullable()
            .meta({ description: 'pass as `before`; null at the end' }),
        }),
        description: 'newest first',
      },
    },
    summary: { ja: 'ゼウスで再送信する結果の一覧', en: 'List what must be sent again at ZEUS' },
    tag: 'carrier',
  }),
  closeCarrierResendTasks: defineRoute({
    method: 'post',
    path: '/v1/merchants/:merchant/carrier-resend-tasks/closings',
    role: 'operator',
    merchantScoped: true,
    params: merchantParamsSchema,
    body: {
      kind: 'json',
      schema: z.strictObject({
        tasks: z
          .array(z.uuid())
          .min(1)
          .max(1000)
          .refine((tasks) => new Set(tasks).size === tasks.length, { error: 'names a task twice' }),
        reason: reasonSchema,
      }),
    },
    idempotencyKey: 'required',
    responses: {
      200: { kind: 'json', schema: z.object({ closed: z.int() }), description: 'closed' },
      202: accepted,
    },
    summary: { ja: 'ゼウスでの再送信を不要にする', en: 'Close tasks that need no call any more' },
    tag: 'carrier',
  }),
};
