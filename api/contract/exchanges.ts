import { z } from 'zod';
import { EXCHANGE_KINDS, EXCHANGE_STAGES } from '../../billing/exchange.ts';
import { HELD_BACK_BY } from '../../billing/exchange-admission.ts';
import { TRANSPORTS } from '../../billing/exchange-transport.ts';
import { accepted, billingMonthSchema, orderNumbersSchema } from './cycles.ts';
import { merchantParamsSchema } from './merchants.ts';
import { defineRoute, instantSchema, keptTextSchema, reasonSchema, sha256Schema } from './route.ts';

export const exchangeParamsSchema = merchantParamsSchema.extend({
  month: billingMonthSchema,
  kind: z.enum(EXCHANGE_KINDS),
  number: z.coerce.number().int().min(1).max(999),
});

const exchangeSchema = z
  .object({
    month: billingMonthSchema,
    kind: z.enum(EXCHANGE_KINDS),
    number: z.int(),
    fileName: z.string(),
    sha256: sha256Schema,
    bytes: z.int(),
    records: z.int(),
    amountYen: z.int(),
    stage: z.enum(EXCHANGE_STAGES),
    attention: z.boolean(),
    acceptanceNumber: z.string().nullable().meta({ description: '受付番号' }),
    acceptedAt: instantSchema.nullable(),
    unclearAt: instantSchema.nullable().meta({
      description: 'since when nobody knows whether the upload went through; null = never said',
    }),
    completedAt: instantSchema.nullable().meta({ description: 'when 完了処理済 was noticed' }),
    finishedAt: instantSchema.nullable(),
    createdAt: instantSchema,
    transport: z.enum(TRANSPORTS).meta({ description: 'portal: an operator carries it' }),
    dueAt: instantSchema.nullable().meta({
      description: 'when the machine that carries it acts next',
    }),
    note: z.string().nullable().meta({
      description: 'Japanese: what stands in the way of the machine',
    }),
  })
  .meta({ id: 'Exchange' });

export const formatErrorSchema = z
  .object({
    part: z.enum(['header', 'data', 'trailer']),
    line: z.int().min(1).nullable(),
    item: z.string().trim().max(100),
    content: keptTextSchema,
  })
  .meta({ id: 'FormatError' });

const countSchema = z.object({ rows: z.int(), yen: z.int() });

export const resultSummarySchema = z
  .object({
    round: z.int().meta({ description: 'the how-manieth result file of the exchange' }),
    sent: countSchema,
    ok: countSchema,
    ng: countSchema,
    unknown: countSchema,
    quarantined: countSchema,
    strays: z.int().meta({ description: 'rows that answer no sent line' }),
    unsettled: z.int().meta({ description: 'lines that a person must still settle' }),
  })
  .meta({ id: 'ResultSummary', description: 'sent = ok + ng + unknown + quarantined' });

const ingestedResultSchema = resultSummarySchema
  .extend({
    round: resultSummarySchema.shape.round.nullable().meta({
      description: 'the how-manieth result file of the exchange; null = its month is closed',
    }),
    corrections: countSchema.nullable().meta({
      description:
        'what this act added beside the record of a closed month; null = the file is in the record',
    }),
  })
  .meta({ id: 'IngestedResult', description: 'what the file said of what was sent' });

const exchangeDetailSchema = exchangeSchema
  .extend({
    waitsFor: z.string().meta({ description: 'Japanese: what to do now' }),
    /** What the portal's confirm screen must show. */
    confirmScreen: z
      .object({
        決済種別: z.string(),
        取引種別: z.string(),
        件数: z.int(),
        金額: z.int(),
      })
      .nullable()
      .meta({
        description: 'what the confirm screen of the portal must show; choose no other 取引種別',
      }),
    handOver: z
      .object({
        transactionKind: z.string().meta({ description: 'the one 取引種別 to choose' }),
        caution: z.string().meta({ description: 'Japanese' }),
        formatErrorHint: z.string().meta({ description: 'Japanese: the first cause of errors' }),
        heldBackBy: z.enum(HELD_BACK_BY).nullable().meta({
          description:
            'why its turn has not come (stage built): enough files are in hand, or cards in it are locked',
        }),
        uploadBefore: instantSchema.nullable().meta({
          description: 'capture files: when the first authorization in it expires',
        }),
        absenceCountsFrom: instantSchema.nullable().meta({
          description: 'stage unknown: from when it may be decided that the file was not sent',
        }),
      })
      .nullable()
      .meta({ description: 'null for a file that is not uploaded at the portal' }),
    formatErrors: z.array(formatErrorSchema),
    result: resultSummarySchema.nullable().meta({ description: 'the latest result; null before' }),
    resultFindings: z
      .array(
        z.object({
          line: z.int(),
          nameJa: z.string(),
          value: z.string(),
          code: z.string(),
          ja: z.string(),
          en: z.string(),
        }),
      )
      .meta({ description: 'what is wrong with the latest result file itself, as cut off' }),
  })
  .meta({ id: 'ExchangeDetail' });

const exchangeFactsSchema = z
  .object({
    stage: z.enum(EXCHANGE_STAGES),
    acceptanceNumber: z.string().nullable(),
    completed: z.boolean(),
    unsettled: z.int(),
    waitsSince: instantSchema,
    attention: z.boolean(),
    transport: z.enum(TRANSPORTS),
    dueAt: instantSchema.nullable(),
    note: z.string().nullable(),
    sendOpen: z.boolean().meta({ description: 'a sending was begun that has no answer yet' }),
  })
  .meta({ id: 'ExchangeFacts' });

export const factsResponses = {
  200: { kind: 'json', schema: exchangeFactsSchema, description: 'written down' },
  202: accepted,
} as const;

export const fieldReasonSchema = z.object({
  code: z.string(),
  field: z.string(),
  nameJa: z.string(),
  sent: z.string().nullable(),
  returned: z.string().nullable(),
  ja: z.string(),
  en: z.string(),
});

/** Path of one exchange. */
export const oneExchange = '/v1/merchants/:merchant/exchanges/:month/:kind/:number';
export const ofOneExchange = {
  merchantScoped: true,
  params: exchangeParamsSchema,
  tag: 'exchanges',
} as const;
/** A person's act on one exchange. */
export const exchangeAct = {
  ...ofOneExchange,
  method: 'post',
  role: 'operator',
  idempotencyKey: 'required',
} as const;

export const exchangeRoutes = {
  listExchanges: defineRoute({
    method: 'get',
    path: '/v1/merchants/:merchant/exchanges',
    role: 'viewer',
    merchantScoped: true,
    params: merchantParamsSchema,
    query: z.strictObject({ month: billingMonthSchema.optional() }),
    responses: {
      200: {
        kind: 'json',
        schema: z.object({ exchanges: z.array(exchangeSchema) }),
        description: 'newest month first, then by kind and number',
      },
    },
    summary: { ja: 'ファイル授受の一覧', en: 'List file exchanges' },
    tag: 'exchanges',
  }),
  readExchange: defineRoute({
    ...ofOneExchange,
    method: 'get',
    path: oneExchange,
    role: 'viewer',
    responses: { 200: { kind: 'json', schema: exchangeDetailSchema, description: 'the exchange' } },
    summary: { ja: 'ファイル授受を見る', en: 'Read a file exchange' },
  }),
  downloadExchangeFile: defineRoute({
    ...ofOneExchange,
    method: 'get',
    path: `${oneExchange}/file`,
    role: 'operator',
    responses: { 200: { kind: 'bytes', description: 'the file to upload, unchanged' } },
    summary: { ja: 'アップロードするファイルを取り出す', en: 'Download the file to hand over' },
  }),
  recordCompletion: defineRoute({
    ...exchangeAct,
    path: `${oneExchange}/completion`,
    responses: factsResponses,
    summary: { ja: '処理完了を記録する', en: 'Record that the PSP has processed the file' },
  }),
  ingestResult: defineRoute({
    ...exchangeAct,
    path: `${oneExchange}/result`,
    body: { kind: 'json', schema: z.strictObject({ sha256: sha256Schema }) },
    responses: {
      200: { kind: 'json', schema: ingestedResultSchema, description: 'reconciled' },
      202: accepted,
    },
    summary: { ja: '結果ファイルを取り込む', en: 'Ingest a result file' },
  }),
  settleLines: defineRoute({
    ...exchangeAct,
    path: `${oneExchange}/settlements`,
    body: {
      kind: 'json',
      schema: z.strictObject({
        orderNumbers: orderNumbersSchema,
        outcome: z.enum(['ok', 'declined', 'not_sent', 'captured', 'refused']),
        reason: reasonSchema,
      }),
    },
    responses: factsResponses,
    summary: { ja: '結果不明・要確認の行を確定する', en: 'Settle lines that no result settled' },
  }),
  listResultLines: defineRoute({
    ...ofOneExchange,
    method: 'get',
    path: `${oneExchange}/lines`,
    role: 'viewer',
    query: z.strictObject({
      verdict: z.enum(['ok', 'ng', 'unknown', 'quarantined']).optional(),
      after: z.coerce.number().int().min(0).default(0),
      limit: z.coerce.number().int().min(1).max(1000).default(100),
    }),
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          lines: z.array(
            z
              .object({
                lineNumber: z.int(),
                orderNumber: z.string(),
                amountYen: z.int(),
                verdict: z.enum(['ok', 'ng', 'unknown', 'quarantined']),
                resultLine: z.int().nullable(),
                responseCode: z.string().nullable(),
                responseDetail: z.string().nullable(),
                processedAt: instantSchema.nullable(),
                reasons: z.array(fieldReasonSchema).readonly(),
                settled: z
                  .enum(['ok', 'declined', 'rejected', 'not_sent', 'captured', 'voided', 'refused'])
                  .nullable()
                  .meta({ description: 'what is on record for it; null: it waits for a person' }),
              })
              .meta({ id: 'ResultLine' }),
          ),
          strays: z.array(
            z.object({
              resultLine: z.int(),
              orderNumber: z.string().nullable(),
              amountYen: z.int().nullable(),
              reasons: z.array(fieldReasonSchema).readonly(),
            }),
          ),
          nextAfter: z.int().nullable(),
        }),
        description: 'the latest result, line by line of the file that was sent',
      },
    },
    summary: { ja: '照合結果の明細', en: 'List the lines of the latest result' },
  }),
};
