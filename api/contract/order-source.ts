import { z } from 'zod';
import { billingMonthPattern } from '../../billing/billing-month.ts';
import { merchantParamsSchema } from './merchants.ts';
import { defineRoute, instantSchema, sha256Schema } from './route.ts';

const monthSchema = z.string().regex(billingMonthPattern, { error: 'is not YYYY-MM' });

const sourceFileSchema = z
  .object({
    month: monthSchema,
    source: z.string(),
    name: z.string(),
    bytes: z.int().min(0),
    sha256: sha256Schema.nullable().meta({ description: 'null: nothing of it was kept' }),
    fetchedAt: instantSchema,
    refusal: z.string().nullable().meta({ description: 'Japanese; null = it is used' }),
  })
  .meta({ id: 'SourceFile' });

const judgedFileSchema = z
  .object({
    name: z.string(),
    bytes: z.int().min(0),
    mark: z.string().meta({ description: "the source's own note of the last change" }),
    verdict: z
      .enum(['take', 'settling', 'taken', 'of_another_month', 'outdated', 'other'])
      .meta({ description: '`settling`: new, empty or still being written' }),
  })
  .meta({ id: 'JudgedSourceFile' });

export const orderSourceRoutes = {
  readOrderSource: defineRoute({
    method: 'get',
    path: '/v1/merchants/:merchant/order-source',
    role: 'viewer',
    merchantScoped: true,
    params: merchantParamsSchema,
    query: z.strictObject({ limit: z.coerce.number().int().min(1).max(500).default(50) }),
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          kind: z.enum(['upload', 'directory', 'sftp', 'https']),
          source: z.string().nullable().meta({ description: 'where; null for uploads' }),
          lookedAt: instantSchema.nullable(),
          error: z.string().nullable().meta({ description: 'Japanese; of the latest look' }),
          errorAt: instantSchema.nullable().meta({ description: 'since when it goes wrong' }),
          files: z.array(sourceFileSchema),
        }),
        description: 'the latest look and what months took or refused, newest first',
      },
    },
    summary: { ja: '注文CSVの取得状況を見る', en: 'Read how fetching order exports goes' },
    tag: 'order-source',
  }),
  testOrderSource: defineRoute({
    method: 'post',
    path: '/v1/merchants/:merchant/order-source/test',
    role: 'operator',
    merchantScoped: true,
    params: merchantParamsSchema,
    body: { kind: 'json', schema: z.strictObject({ month: monthSchema }) },
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          works: z.boolean(),
          problem: z.string().nullable().meta({ description: 'a word; null when it works' }),
          detail: z.string().nullable().meta({ description: 'Japanese: what to do' }),
          files: z.array(judgedFileSchema),
        }),
        description: 'what a look found now; nothing was taken',
      },
    },
    summary: { ja: '注文CSVの取得先に接続してみる', en: 'Connect to the order source now' },
    tag: 'order-source',
  }),
  lookAtOrderSource: defineRoute({
    method: 'post',
    path: '/v1/merchants/:merchant/order-source/looks',
    role: 'operator',
    merchantScoped: true,
    params: merchantParamsSchema,
    body: { kind: 'json', schema: z.strictObject({ month: monthSchema }) },
    responses: {
      200: {
        kind: 'json',
        schema: z.object({ askedAt: instantSchema }),
        description: 'the month looks, and takes what is new; `lookedAt` says when it has',
      },
    },
    summary: { ja: '注文CSVを今すぐ取得させる', en: 'Have a month look at its order source now' },
    tag: 'order-source',
  }),
};
