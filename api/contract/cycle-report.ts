import { z } from 'zod';
import { CHARGE_STATES } from '../../billing/charge.ts';
import { CORRECTION_KINDS } from '../../billing/correction.ts';
import { CYCLE_STAGES } from '../../billing/cycle.ts';
import {
  AUTHORIZATION_OUTCOMES,
  ENDING_KINDS,
  ENDING_OUTCOMES,
} from '../../billing/cycle-report.ts';
import { DECLINE_CLASSES } from '../../billing/decline.ts';
import { EXCHANGE_KINDS, EXCHANGE_STAGES } from '../../billing/exchange.ts';
import { ORDER_VERDICTS } from '../../billing/order-search.ts';
import { billingMonthSchema, countSchema, cycleParamsSchema } from './cycles.ts';
import { defineRoute, instantSchema } from './route.ts';

const reportedExchangeSchema = z.object({
  kind: z.enum(EXCHANGE_KINDS),
  number: z.int(),
  fileName: z.string(),
  stage: z.enum(EXCHANGE_STAGES),
  acceptanceNumber: z.string().nullable(),
  handedOverAt: instantSchema
    .nullable()
    .meta({ description: 'given out for upload, the last time' }),
  acceptedAt: instantSchema.nullable(),
  completedAt: instantSchema.nullable(),
  reconciledAt: instantSchema.nullable(),
  sent: countSchema.meta({ description: 'always the sum of lines' }),
  lines: z.object({
    ok: countSchema,
    ng: countSchema,
    notSent: countSchema.meta({ description: 'rejected, or never reached the PSP' }),
    unknown: countSchema,
    quarantined: countSchema,
    open: countSchema.meta({ description: 'no result yet' }),
  }),
});

const cycleReportSchema = z
  .object({
    month: billingMonthSchema,
    stage: z.enum(CYCLE_STAGES),
    startedAt: instantSchema,
    startedBy: z.string(),
    closedAt: instantSchema.nullable().meta({ description: 'null: the counts may still change' }),
    orders: z.array(
      countSchema.extend({
        verdict: z.enum(ORDER_VERDICTS),
        reason: z.string().nullable(),
        label: z.string().nullable().meta({ description: 'Japanese' }),
      }),
    ),
    charges: z.array(countSchema.extend({ state: z.enum(CHARGE_STATES), label: z.string() })),
    authorizations: z
      .array(countSchema.extend({ outcome: z.enum(AUTHORIZATION_OUTCOMES) }))
      .readonly()
      .meta({ description: 'every attempt, by outcome' }),
    endings: z
      .array(countSchema.extend({ kind: z.enum(ENDING_KINDS), result: z.enum(ENDING_OUTCOMES) }))
      .readonly()
      .meta({ description: 'captures, voids and expiries, by result' }),
    exchanges: z.array(reportedExchangeSchema),
    declines: z
      .array(
        countSchema.extend({
          code: z.string().nullable(),
          class: z.enum(DECLINE_CLASSES),
          meaning: z.string().meta({ description: 'Japanese; 不明 for a code of no class' }),
          state: z
            .enum(CHARGE_STATES)
            .meta({ description: 'what has become of the charge by now' }),
        }),
      )
      .meta({ description: 'every declined attempt, also of charges that were paid later' }),
    deadlines: z
      .object({
        inTime: countSchema,
        late: countSchema,
        waiting: countSchema,
        expired: countSchema,
        voided: countSchema,
      })
      .meta({ description: 'authorizations, by whether they were captured within their window' }),
    captures: z
      .object({ whole: countSchema, partial: countSchema, unbilledRest: countSchema })
      .meta({ description: 'partial: the yen that were captured; unbilledRest: what they left' }),
    carriedOver: z.object({ to: countSchema, from: countSchema }).meta({
      description: '翌月繰越: charges that later months bill, and earlier ones billed here',
    }),
    corrections: z
      .array(countSchema.extend({ kind: z.enum(CORRECTION_KINDS), open: z.int() }))
      .readonly()
      .meta({ description: 'what became known after the close' }),
    conservation: z.object({
      rows: z.boolean(),
      yen: z.boolean(),
      broken: z.array(z.string()).readonly(),
    }),
  })
  .meta({ id: 'CycleReport' });

export const cycleReportRoutes = {
  readCycleReport: defineRoute({
    method: 'get',
    path: '/v1/merchants/:merchant/cycles/:month/report',
    role: 'viewer',
    merchantScoped: true,
    params: cycleParamsSchema,
    responses: {
      200: {
        kind: 'json',
        schema: cycleReportSchema,
        description: 'as it stands; final once the month is closed',
      },
    },
    summary: { ja: '請求サイクルの報告を見る', en: 'Read the report of a billing cycle' },
    tag: 'cycles',
  }),
  downloadCycleReport: defineRoute({
    method: 'get',
    path: '/v1/merchants/:merchant/cycles/:month/report.csv',
    role: 'viewer',
    merchantScoped: true,
    params: cycleParamsSchema,
    query: z.strictObject({ encoding: z.enum(['utf-8', 'cp932']).default('utf-8') }),
    responses: { 200: { kind: 'bytes', description: 'one line a count' } },
    summary: {
      ja: '請求サイクルの報告をCSVで取り出す',
      en: 'Download the report of a cycle as CSV',
    },
    tag: 'cycles',
  }),
};
