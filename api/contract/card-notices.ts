import { z } from 'zod';
import { CARD_NEEDS } from '../../billing/refresh-status.ts';
import { merchantParamsSchema } from './merchants.ts';
import { defineRoute, instantSchema, reasonSchema } from './route.ts';

const needSchema = z.enum([...CARD_NEEDS, 'any']).default('any');
const ofMerchant = {
  merchantScoped: true,
  path: '/v1/merchants/:merchant/card-notices',
  params: merchantParamsSchema,
  tag: 'card-refresh',
} as const;

/** Mails to customers whose card a refresh refused, or that runs out. */
export const cardNoticeRoutes = {
  countCardNotices: defineRoute({
    ...ofMerchant,
    method: 'get',
    role: 'viewer',
    query: z.strictObject({ need: needSchema }),
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          enabled: z.boolean().meta({ description: 'setting `ng.contact.enabled`' }),
          customers: z.int().meta({ description: 'who were not told yet' }),
          refused: z.int().meta({ description: 'of them, with the words `card_refused`' }),
          expiring: z.int().meta({ description: 'of them, with the words `card_expiring`' }),
          earliestAt: instantSchema.meta({ description: 'by the hours of the settings' }),
        }),
        description: 'whom the act would mail now; nothing is posted',
      },
    },
    summary: { ja: 'カードの通知の対象人数', en: 'Count customers to be told about their card' },
  }),
  postCardNotices: defineRoute({
    ...ofMerchant,
    method: 'post',
    role: 'operator',
    idempotencyKey: 'required',
    body: {
      kind: 'json',
      schema: z.strictObject({
        need: needSchema,
        customerIds: z
          .array(z.string().regex(/^US-\d{8}$/, { error: 'is not a 顧客ID' }))
          .min(1)
          .max(1000)
          .nullable()
          .default(null)
          .meta({ description: 'null: all of them' }),
        confirmed: z.int().min(1).meta({ description: 'customers that the operator saw' }),
        reason: reasonSchema.nullable().default(null),
      }),
    },
    responses: {
      200: {
        kind: 'json',
        schema: z.object({ customers: z.int() }),
        description: 'posted: one mail a customer, never twice for the same lock or expiry',
      },
    },
    summary: { ja: 'カードの変更を顧客にメールで依頼する', en: 'Mail customers about their card' },
  }),
};
