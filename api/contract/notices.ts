import { z } from 'zod';
import { merchantParamsSchema } from './merchants.ts';
import { defineRoute, instantSchema } from './route.ts';

const keySchema = z.string().regex(/^[A-Za-z0-9:._-]{1,200}$/, {
  error: 'is 1 to 200 of A-Z a-z 0-9 : . _ -',
});

const noticeSchema = z
  .object({
    key: keySchema,
    kind: z.string().meta({ description: 'the occasion, in a word' }),
    subject: z.string(),
    text: z.string().meta({ description: 'Japanese: what happened, what was kept, what to do' }),
    link: z.string().nullable().meta({ description: "below the merchant's page of the console" }),
    postedAt: instantSchema,
    readAt: instantSchema.nullable().meta({ description: 'by whoever asks' }),
  })
  .meta({ id: 'Notice' });

const ofMerchant = {
  role: 'viewer',
  merchantScoped: true,
  params: merchantParamsSchema,
  tag: 'notices',
} as const;

export const noticeRoutes = {
  listNotices: defineRoute({
    ...ofMerchant,
    method: 'get',
    path: '/v1/merchants/:merchant/notices',
    query: z.strictObject({
      unread: z.enum(['true', 'false']).default('false'),
      before: keySchema.optional(),
      limit: z.coerce.number().int().min(1).max(500).default(50),
    }),
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          notices: z.array(noticeSchema),
          unread: z.int().meta({ description: 'all that this reader has not read' }),
          nextBefore: z.string().nullable().meta({ description: 'pass as `before`' }),
        }),
        description: 'newest first',
      },
    },
    summary: { ja: 'お知らせの一覧', en: 'List notices' },
  }),
  markNoticesRead: defineRoute({
    ...ofMerchant,
    method: 'post',
    path: '/v1/merchants/:merchant/notices/read',
    body: {
      kind: 'json',
      schema: z.strictObject({
        keys: z.array(keySchema).min(1).max(500).nullable().meta({ description: 'null = all' }),
      }),
    },
    responses: {
      200: {
        kind: 'json',
        schema: z.object({ unread: z.int() }),
        description: 'what is left unread',
      },
    },
    summary: { ja: 'お知らせを既読にする', en: 'Mark notices as read' },
  }),
};
