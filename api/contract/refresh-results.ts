import { z } from 'zod';
import { billingMonthPattern } from '../../billing/billing-month.ts';
import { REFRESH_OUTCOMES, REFRESH_QUARANTINE_REASONS } from '../../billing/card-refresh.ts';
import { merchantParamsSchema } from './merchants.ts';
import { defineRoute, sha256Schema } from './route.ts';

const monthSchema = z.string().regex(billingMonthPattern, { error: 'is not YYYY-MM' });
const verdictSchema = z.int().min(0).max(3).nullable().meta({
  description: '洗替判定結果; null: no result has said anything of it',
});

const resultSchema = z
  .object({
    line: z.int().meta({ description: 'of the request' }),
    customerId: z.string(),
    customerNumber: z.string(),
    memberId: z.string().meta({ description: '会員ID' }),
    sequence: z.string().meta({ description: 'カード登録連番' }),
    lastDigits: z.string(),
    expiry: monthSchema,
    why: z.enum(['first_refresh', 'expires_this_month', 'expires_next_month']),
    whyJa: z.string(),
    verdict: verdictSchema,
    verdictLabel: z.string().nullable(),
    outcome: z.enum(REFRESH_OUTCOMES).nullable(),
    outcomeLabel: z.string().nullable(),
    lastDigitsAfter: z.string().nullable(),
    expiryAfter: monthSchema.nullable(),
    resultLine: z.int().nullable(),
  })
  .meta({ id: 'RefreshResult' });

const quarantinedSchema = z
  .object({
    n: z.int().meta({ description: 'which result file of the refresh' }),
    resultLine: z.int(),
    reason: z.enum(REFRESH_QUARANTINE_REASONS),
    field: z.string().nullable().meta({ description: 'the column at fault; null: the row' }),
    memberId: z.string().nullable(),
    sha256: sha256Schema.meta({ description: 'of the result file' }),
  })
  .meta({ id: 'QuarantinedRefreshLine' });

const one = '/v1/merchants/:merchant/card-refreshes/:month';
const ofOne = {
  merchantScoped: true,
  params: merchantParamsSchema.extend({ month: monthSchema }),
  method: 'get',
  role: 'viewer',
  tag: 'card-refresh',
} as const;
const verdictQuery = {
  verdict: z.enum(['0', '1', '2', '3', 'none']).optional().meta({
    description: '洗替判定結果; none: cards without a result',
  }),
};

/** What a refresh said of every card that it asked about. */
export const refreshResultRoutes = {
  listRefreshResults: defineRoute({
    ...ofOne,
    path: `${one}/results`,
    query: z.strictObject({
      ...verdictQuery,
      after: z.coerce.number().int().min(0).default(0),
      limit: z.coerce.number().int().min(1).max(1000).default(100),
    }),
    responses: {
      200: {
        kind: 'json',
        schema: z.object({ results: z.array(resultSchema), nextAfter: z.int().nullable() }),
        description: 'by the lines of the request',
      },
    },
    summary: { ja: '洗替結果の一覧', en: 'List what a refresh said of each card' },
  }),
  downloadRefreshResults: defineRoute({
    ...ofOne,
    path: `${one}/results.csv`,
    query: z.strictObject({
      ...verdictQuery,
      encoding: z.enum(['cp932', 'utf-8']).default('utf-8'),
    }),
    responses: { 200: { kind: 'bytes', description: 'GMO 洗替結果取得: one line a card' } },
    summary: { ja: 'GMO 洗替結果取得のCSV', en: 'Download what a refresh said of each card' },
  }),
  listRefreshQuarantine: defineRoute({
    ...ofOne,
    path: `${one}/quarantine`,
    query: z.strictObject({
      after: z
        .string()
        .regex(/^\d{1,9}:\d{1,9}$/, { error: 'is nextAfter of the page before' })
        .optional(),
      limit: z.coerce.number().int().min(1).max(1000).default(100),
    }),
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          lines: z.array(quarantinedSchema),
          nextAfter: z.string().nullable(),
        }),
        description: 'by result file and line',
      },
    },
    summary: { ja: '洗替結果の要確認行', en: 'List lines of results that changed no card' },
  }),
};
