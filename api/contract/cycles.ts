import { z } from 'zod';
import { billingMonthPattern } from '../../billing/billing-month.ts';
import { CAPTURE_POLICIES } from '../../billing/capture-settings.ts';
import { CYCLE_STAGES } from '../../billing/cycle.ts';
import { merchantParamsSchema } from './merchants.ts';
import { defineRoute, instantSchema, reasonSchema, sha256Schema } from './route.ts';

export const billingMonthSchema = z
  .string()
  .regex(billingMonthPattern, { error: 'is not a month, YYYY-MM' })
  .meta({ description: 'billing month', example: '2026-11' });

export const cycleParamsSchema = merchantParamsSchema.extend({ month: billingMonthSchema });

export const orderNumberSchema = z.string().min(1).max(64);
export const orderNumbersSchema = z.array(orderNumberSchema).min(1).max(1000);

export const countSchema = z.object({ rows: z.int().min(0), yen: z.int().min(0) });

const cycleSchema = z
  .object({
    month: billingMonthSchema,
    stage: z.enum(CYCLE_STAGES),
    attention: z.boolean().meta({ description: 'a person must act before it goes on' }),
    attentionSince: instantSchema.nullable(),
    trouble: z.string().nullable().meta({ description: 'Japanese: why it stands still, or null' }),
    startedAt: instantSchema,
    startedBy: z.string(),
    scope: z.enum(['all', 'chosen']),
    closedAt: instantSchema.nullable(),
  })
  .meta({ id: 'Cycle' });

const cycleDetailSchema = cycleSchema
  .extend({
    waitsFor: z.string().meta({ description: 'Japanese: what happens now or is waited for' }),
    selection: z
      .object({
        orders: z.int(),
        selected: z.int(),
        amountYen: z.int(),
        excluded: z.record(z.string(), z.int()),
        quarantined: z.int(),
      })
      .nullable()
      .meta({ description: 'what became of the orders; null before they are selected' }),
    unbilled: z.int().meta({ description: 'selected orders that no run has billed' }),
    approval: z
      .object({
        preview: z.int().meta({ description: 'its number' }),
        sha256: sha256Schema.meta({ description: 'what an approval names' }),
        rows: z.int(),
        yen: z.int(),
        why: z.string().meta({ description: 'Japanese: why somebody is asked' }),
      })
      .nullable()
      .meta({ description: 'what is waiting to be approved; null: nothing is' }),
    held: z.int().meta({ description: 'charges on hold' }),
    charges: z.record(z.string(), countSchema).meta({ description: 'by state' }),
    capture: z.object({
      policy: z.enum(CAPTURE_POLICIES),
      ready: z.int().meta({ description: 'authorized charges that may be captured' }),
      nextWaveAt: instantSchema.nullable().meta({ description: 'when they leave' }),
    }),
    exchanges: z.object({
      open: z.int().meta({ description: 'files without a result' }),
      toHandOver: z.int().meta({ description: 'of these, files to upload at the PSP' }),
      stuck: z.int().meta({ description: 'of these, files that a machine cannot send by itself' }),
      unsettled: z.int().meta({ description: 'files with rows that a person must settle' }),
    }),
    conservation: z
      .object({
        rows: z.boolean(),
        yen: z.boolean(),
        broken: z.array(z.string()).readonly().meta({ description: 'what does not add up' }),
      })
      .nullable()
      .meta({ description: 'null: not counted yet, as `pending` says; no all-clear' }),
    pending: z.string().nullable().meta({
      description: 'Japanese: what has not been counted and is missing here; null: this is all',
    }),
    countedAt: instantSchema.nullable().meta({
      description: 'of a large month, whose counts are kept for a while: when they were begun',
    }),
  })
  .meta({ id: 'CycleDetail' });

/** What one export brought, against what the month knew. */
export const collectionSchema = z
  .object({
    n: z.int(),
    records: z.int(),
    quarantined: z.int(),
    added: z.int().meta({ description: 'orders that the month did not know' }),
    changed: z.int().meta({ description: 'orders that it tells differently' }),
    unchanged: z.int(),
    gone: z.int().meta({ description: 'orders that it does not hold; that cancels none of them' }),
  })
  .meta({ id: 'Collection' });

/** 202 of every act that a workflow is still at. */
export const acceptedSchema = z
  .object({ accepted: z.literal(true) })
  .meta({ id: 'Accepted', description: 'the workflow has it and is still at it' });

export const accepted = {
  kind: 'json',
  schema: acceptedSchema,
  description: 'the workflow has it and is still at it; repeat with the same key for its answer',
} as const;

export const cycleRoutes = {
  listCycles: defineRoute({
    method: 'get',
    path: '/v1/merchants/:merchant/cycles',
    role: 'viewer',
    merchantScoped: true,
    params: merchantParamsSchema,
    query: z.strictObject({
      open: z.stringbool().optional().meta({ description: 'whether it is not closed yet' }),
      attention: z.stringbool().optional().meta({ description: 'whether a person must act' }),
      after: billingMonthSchema.optional().meta({ description: 'nextAfter of the page before' }),
      limit: z.coerce.number().int().min(1).max(1000).default(100),
    }),
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          cycles: z.array(cycleSchema),
          nextAfter: billingMonthSchema.nullable(),
        }),
        description: 'newest month first',
      },
    },
    summary: { ja: '請求サイクルの一覧', en: 'List billing cycles' },
    tag: 'cycles',
  }),
  startCycle: defineRoute({
    method: 'post',
    path: '/v1/merchants/:merchant/cycles',
    role: 'operator',
    merchantScoped: true,
    params: merchantParamsSchema,
    body: {
      kind: 'json',
      schema: z.strictObject({
        month: billingMonthSchema,
        scope: z
          .enum(['all', 'chosen'])
          .default('all')
          .meta({ description: 'all: it bills whom it selects; chosen: nobody before a run' }),
      }),
    },
    responses: {
      200: { kind: 'json', schema: cycleSchema, description: 'the month was started before' },
      202: { ...accepted, description: 'started; Location says where to look' },
    },
    summary: { ja: '請求サイクルを開始する', en: 'Start a billing cycle' },
    tag: 'cycles',
  }),
  readCycle: defineRoute({
    method: 'get',
    path: '/v1/merchants/:merchant/cycles/:month',
    role: 'viewer',
    merchantScoped: true,
    params: cycleParamsSchema,
    query: z.strictObject({
      sums: z.stringbool().default(true).meta({
        description:
          'false: whether a large month adds up is told only where it is known; `pending` says so',
      }),
    }),
    responses: { 200: { kind: 'json', schema: cycleDetailSchema, description: 'the cycle' } },
    summary: { ja: '請求サイクルを見る', en: 'Read a billing cycle' },
    tag: 'cycles',
  }),
  useOrderExport: defineRoute({
    method: 'post',
    path: '/v1/merchants/:merchant/cycles/:month/order-export',
    role: 'operator',
    merchantScoped: true,
    params: cycleParamsSchema,
    idempotencyKey: 'required',
    body: { kind: 'json', schema: z.strictObject({ sha256: sha256Schema }) },
    responses: {
      200: {
        kind: 'json',
        schema: collectionSchema,
        description: 'collected',
      },
      202: accepted,
    },
    summary: { ja: '注文CSVを取り込む', en: 'Collect an order export' },
    tag: 'cycles',
  }),
  rebuildFiles: defineRoute({
    method: 'post',
    path: '/v1/merchants/:merchant/cycles/:month/rebuilt-files',
    role: 'operator',
    merchantScoped: true,
    params: cycleParamsSchema,
    idempotencyKey: 'required',
    body: {
      kind: 'json',
      schema: z.strictObject({ kind: z.enum(['auth', 'capture']), reason: reasonSchema }),
    },
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          files: z.int(),
          why: z
            .string()
            .nullable()
            .meta({ description: 'why there are none; null when there are' }),
        }),
        description: 'new files',
      },
      202: accepted,
    },
    summary: {
      ja: '差し戻されたファイルを作り直す',
      en: 'Build new files for what was rejected or refused',
    },
    tag: 'cycles',
  }),
  resumeCycle: defineRoute({
    method: 'post',
    path: '/v1/merchants/:merchant/cycles/:month/resumption',
    role: 'operator',
    merchantScoped: true,
    params: cycleParamsSchema,
    idempotencyKey: 'required',
    body: { kind: 'json', schema: z.strictObject({ reason: reasonSchema }) },
    responses: {
      200: {
        kind: 'json',
        schema: z.object({ stage: z.enum(CYCLE_STAGES) }),
        description: 'the step that was refused is tried again',
      },
      202: accepted,
    },
    summary: {
      ja: '止まっている処理を再開する',
      en: 'Resume a month whose step was refused, once its cause is put right',
    },
    tag: 'cycles',
  }),
};
