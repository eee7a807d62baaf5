import { z } from 'zod';
import { billingMonthPattern } from '../../billing/billing-month.ts';
import { REFRESH_STAGES } from '../../billing/card-refresh.ts';
import { merchantParamsSchema } from './merchants.ts';
import { defineRoute, instantSchema, reasonSchema, sha256Schema } from './route.ts';

const monthSchema = z.string().regex(billingMonthPattern, { error: 'is not YYYY-MM' });

const countsSchema = z
  .object({
    targets: z.int(),
    lines: z.int().meta({ description: 'of the newest result file' }),
    merged: z.int(),
    news: z.int(),
    quarantined: z.int(),
    missing: z.int().meta({ description: 'cards that no result file has judged' }),
    renewed: z.int(),
    valid: z.int(),
    noNewerData: z.int().meta({ description: 'valid and expiring: not renewed' }),
    cardChanged: z.int(),
    cardGone: z.int(),
    invalid: z.int().meta({ description: '有効性NG' }),
    mismatched: z.int().meta({ description: '照合エラー' }),
    inputErrors: z.int().meta({ description: '入力データエラー' }),
  })
  .meta({ id: 'RefreshCounts' });

const factsSchema = z
  .object({
    month: monthSchema,
    stage: z.enum(REFRESH_STAGES),
    attention: z.boolean().meta({ description: 'a person should look' }),
    note: z.string().nullable(),
    requestAt: instantSchema.meta({ description: 'when the request is to leave' }),
    dueAt: instantSchema.nullable(),
    sendOpen: z.boolean(),
    targets: z.int(),
    counts: countsSchema.nullable(),
  })
  .meta({ id: 'RefreshFacts' });

const refreshSchema = factsSchema
  .omit({ sendOpen: true })
  .extend({
    waitsFor: z.string().meta({ description: 'what it waits for or came to, in Japanese' }),
    resultDueAt: instantSchema.meta({ description: 'the 27th, 00:00 in Japan' }),
    nextAt: instantSchema.nullable().meta({ description: "the machine's next act" }),
    first: z.boolean().nullable().meta({ description: '初回洗替: it covers all cards' }),
    startedAt: instantSchema,
    startedBy: z.string(),
    requestSha256: sha256Schema.nullable(),
    sentAt: instantSchema.nullable(),
    closedAt: instantSchema.nullable(),
    resultFiles: z.int().meta({ description: 'how many were merged' }),
  })
  .meta({ id: 'CardRefresh' });

const previewCardSchema = z
  .object({
    customerNumber: z.string(),
    customerId: z.string(),
    memberId: z.string(),
    sequence: z.string().nullable(),
    lastDigits: z.string(),
    expiry: z.string(),
    included: z.boolean(),
    why: z.string(),
    whyJa: z.string(),
  })
  .meta({ id: 'RefreshPreviewCard' });

const dropFileSchema = z.object({ name: z.string(), bytes: z.int(), mark: z.string() });

const all = '/v1/merchants/:merchant/card-refreshes';
const one = `${all}/:month`;
const ofAll = { merchantScoped: true, params: merchantParamsSchema, tag: 'card-refresh' } as const;
const ofOne = { ...ofAll, params: merchantParamsSchema.extend({ month: monthSchema }) } as const;
const accepted = {
  kind: 'json',
  schema: z.object({ accepted: z.literal(true) }),
  description: 'the workflow is still at it; look at Location',
} as const;
const act = {
  ...ofOne,
  method: 'post',
  role: 'operator',
  idempotencyKey: 'required',
  responses: {
    200: { kind: 'json', schema: factsSchema, description: 'written down' },
    202: accepted,
  },
} as const;
const withReason = { kind: 'json', schema: z.strictObject({ reason: reasonSchema }) } as const;

export const cardRefreshRoutes = {
  listCardRefreshes: defineRoute({
    ...ofAll,
    method: 'get',
    path: all,
    role: 'viewer',
    query: z.strictObject({
      before: monthSchema.optional(),
      limit: z.coerce.number().int().min(1).max(100).default(24),
    }),
    responses: {
      200: {
        kind: 'json',
        schema: z.object({ refreshes: z.array(refreshSchema), nextBefore: monthSchema.nullable() }),
        description: 'newest month first',
      },
    },
    summary: { ja: 'カード洗替の一覧', en: 'List the card refreshes' },
  }),
  startCardRefresh: defineRoute({
    ...ofAll,
    method: 'post',
    path: all,
    role: 'operator',
    body: { kind: 'json', schema: z.strictObject({ month: monthSchema }) },
    responses: {
      200: { kind: 'json', schema: refreshSchema, description: 'it was there' },
      202: accepted,
    },
    summary: { ja: 'カード洗替を始める', en: "Start a month's card refresh" },
  }),
  readCardRefresh: defineRoute({
    ...ofOne,
    method: 'get',
    path: one,
    role: 'viewer',
    responses: { 200: { kind: 'json', schema: refreshSchema, description: 'the refresh' } },
    summary: { ja: 'カード洗替を見る', en: "Read a month's card refresh" },
  }),
  runCardRefreshNow: defineRoute({
    ...act,
    path: `${one}/run`,
    body: withReason,
    summary: { ja: '今すぐ実行する', en: 'Try now what waits, or run a month that was not run' },
  }),
  decideRefreshRequest: defineRoute({
    ...act,
    path: `${one}/request-decision`,
    body: {
      kind: 'json',
      schema: z.strictObject({ arrived: z.boolean(), reason: reasonSchema }),
    },
    summary: {
      ja: '依頼が届いていたかどうかを記録する',
      en: 'Record whether an unclear request arrived',
    },
  }),
  closeCardRefresh: defineRoute({
    ...act,
    path: `${one}/close`,
    body: withReason,
    summary: { ja: 'カード洗替を終了する', en: "End a month's card refresh as it is" },
  }),
  ingestRefreshResult: defineRoute({
    ...act,
    path: `${one}/result`,
    body: { kind: 'json', schema: z.strictObject({ sha256: sha256Schema }) },
    summary: { ja: '洗替結果ファイルを取り込む', en: 'Take in a result file that was uploaded' },
  }),
  downloadRefreshRequest: defineRoute({
    ...ofOne,
    method: 'get',
    path: `${one}/request`,
    role: 'operator',
    responses: { 200: { kind: 'bytes', description: 'the request as it is sent, CP932' } },
    summary: { ja: '洗替依頼ファイルを取り出す', en: 'Download the request' },
  }),
  previewCardRefresh: defineRoute({
    ...ofOne,
    method: 'get',
    path: `${one}/preview`,
    role: 'viewer',
    query: z.strictObject({
      included: z.stringbool().optional(),
      after: z.coerce.number().int().min(0).default(0),
      limit: z.coerce.number().int().min(1).max(1000).default(100),
    }),
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          first: z.boolean(),
          counts: z.array(
            z.object({
              why: z.string(),
              whyJa: z.string(),
              included: z.boolean(),
              cards: z.int(),
            }),
          ),
          cards: z.array(previewCardSchema),
          nextAfter: z.int().nullable(),
        }),
        description: 'as the cards are now; nothing is chosen by looking',
      },
    },
    summary: { ja: '洗替の対象を確かめる', en: 'See which cards would be asked for, and why' },
  }),
  downloadRefreshPreview: defineRoute({
    ...ofOne,
    method: 'get',
    path: `${one}/preview.csv`,
    role: 'operator',
    query: z.strictObject({
      included: z.stringbool().optional(),
      encoding: z.enum(['utf-8', 'cp932']).default('utf-8'),
    }),
    responses: { 200: { kind: 'bytes', description: 'CSV: one row for each card and why' } },
    summary: { ja: '洗替の対象をCSVで取り出す', en: 'Download the preview as a CSV' },
  }),
  testRefreshConnection: defineRoute({
    ...ofAll,
    method: 'post',
    path: '/v1/merchants/:merchant/card-refresh-connection/test',
    role: 'operator',
    body: {
      kind: 'json',
      schema: z.strictObject({ month: monthSchema.nullable().default(null) }),
    },
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          works: z.boolean(),
          problem: z.string().nullable().meta({ description: 'a word; null when it works' }),
          detail: z.string().meta({ description: 'Japanese: what was found, what to do' }),
          requestFolder: z.array(dropFileSchema),
          resultFolder: z.array(dropFileSchema),
        }),
        description: 'what a look found now; nothing was written or taken',
      },
    },
    summary: { ja: '洗替の接続テスト', en: 'Connect with the settings of the card refresh now' },
  }),
};
