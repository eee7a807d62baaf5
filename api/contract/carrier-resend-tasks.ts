import { z } from 'zod';
import { merchantParamsSchema } from './merchants.ts';
import { defineRoute, instantSchema } from './route.ts';

const taskSchema = z
  .object({
    id: z.uuid(),
    ipCode: z.string().nullable().meta({ description: 'IPコード, where the mail says it' }),
    orderNumber: z.string().meta({ description: 'オーダーNo' }),
    failedAt: instantSchema.meta({ description: 'of the call that failed at ZEUS' }),
    openedAt: instantSchema,
    closedAt: instantSchema.nullable().meta({
      description: 'when a call of the payment came; null = to be sent again at ZEUS',
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
};
