import { z } from 'zod';
import { DESK_ACTIONS } from '../../billing/desk-decision.ts';
import { EXCHANGE_KINDS } from '../../billing/exchange.ts';
import { DESK_ITEM_KINDS, parseDeskItem } from '../../billing/reconciliation-desk.ts';
import { accepted, billingMonthSchema, countSchema } from './cycles.ts';
import { fieldReasonSchema } from './exchanges.ts';
import { merchantParamsSchema } from './merchants.ts';
import { defineRoute, instantSchema, reasonSchema, sha256Schema } from './route.ts';

/** They travel in one Update: some 100 kB at most. More at once go by CSV. */
const MOST_DECISIONS = 1000;

const itemIdSchema = z
  .string()
  .max(200)
  .refine((item) => parseDeskItem(item) !== null, { error: 'names no item of the desk' })
  .meta({ description: 'public ID of an item', example: 'line.2026-11.auth.1.5' });

const exchangeNameSchema = z.object({
  month: billingMonthSchema,
  kind: z.enum(EXCHANGE_KINDS),
  number: z.int(),
});

const itemSchema = z
  .object({
    item: itemIdSchema,
    kind: z.enum(DESK_ITEM_KINDS),
    kindName: z.string(),
    month: billingMonthSchema.meta({ description: 'the month that it holds open' }),
    exchange: exchangeNameSchema
      .nullable()
      .meta({ description: 'the file whose result it is about; null: none brought it' }),
    line: z.int().nullable().meta({ description: 'in the file that was sent' }),
    resultLine: z.int().nullable().meta({ description: 'in the result file' }),
    round: z.int().nullable(),
    orderNumber: z.string().nullable(),
    amountYen: z.int().nullable().meta({ description: 'as sent; of a stray as returned' }),
    recorded: z.string().nullable().meta({ description: 'of a contradiction: what is on record' }),
    received: z.string().nullable().meta({ description: 'of a contradiction: what came' }),
    difference: z.string().meta({ description: 'Japanese: what differs, in one line' }),
    reasons: z.array(fieldReasonSchema).readonly(),
    open: z.boolean(),
    inquiry: z
      .object({ actor: z.string(), at: instantSchema, reason: z.string() })
      .nullable()
      .meta({ description: '照会中: who asked, of an item that is still open' }),
    suggestions: z
      .array(
        z.object({
          action: z.enum(DESK_ACTIONS),
          name: z.string(),
          effectYen: z.int(),
          effect: z.string(),
        }),
      )
      .meta({ description: 'what may be decided, the likeliest first, with its effect in yen' }),
    allowed: z.array(z.enum(DESK_ACTIONS)).readonly(),
  })
  .meta({ id: 'DeskItem' });

const itemDetailSchema = itemSchema
  .extend({
    advice: z.string().meta({ description: 'Japanese: what to find out before deciding' }),
    fields: z.array(
      z.object({
        nameJa: z.string(),
        sent: z.string().nullable(),
        returned: z.string().nullable(),
        differs: z.boolean(),
      }),
    ),
    sentLine: z.string().nullable().meta({ description: 'the line of the file as it was sent' }),
    resultLines: z
      .array(z.object({ line: z.int(), text: z.string() }))
      .meta({ description: 'the lines of the latest result file as they came' }),
    fileFindings: z
      .array(z.object({ line: z.int(), nameJa: z.string(), value: z.string(), ja: z.string() }))
      .meta({ description: 'what is wrong with that result file as a whole: 件数, cut off' }),
    knownIn: z
      .array(exchangeNameSchema)
      .nullable()
      .meta({ description: 'of a stray: files that carried its order; null: no order of ours' }),
    rounds: z
      .array(
        z.object({
          round: z.int(),
          ingestedAt: instantSchema,
          fileName: z.string(),
          verdict: z.enum(['ok', 'ng', 'unknown', 'quarantined']).nullable(),
          responseCode: z.string().nullable(),
          responseDetail: z.string().nullable(),
          difference: z.string(),
        }),
      )
      .meta({ description: 'what each result file said, the first one first' }),
    decision: z
      .object({
        action: z.string(),
        actor: z.string(),
        decidedAt: instantSchema,
        reason: z.string(),
      })
      .nullable()
      .meta({ description: 'who settled it at the desk; null: nobody has' }),
  })
  .meta({ id: 'DeskItemDetail' });

const totalsSchema = z
  .object({
    rows: z.int(),
    yen: z.int(),
    effectYen: z.int().meta({ description: 'change of what is authorized or captured' }),
    byAction: z
      .array(
        z.object({
          action: z.enum(DESK_ACTIONS),
          name: z.string(),
          rows: z.int(),
          yen: z.int(),
          effectYen: z.int(),
        }),
      )
      .readonly(),
  })
  .meta({ id: 'DeskTotals' });

const filterQuery = {
  month: billingMonthSchema.optional(),
  kind: z.enum(DESK_ITEM_KINDS).optional(),
  reason: z
    .string()
    .regex(/^[A-Za-z_]{1,60}$/)
    .optional()
    .meta({ description: 'code of a reason: amountYen_differs' }),
  exchange: z
    .string()
    .regex(new RegExp(`^\\d{4}-\\d{2}\\.(${EXCHANGE_KINDS.join('|')})\\.\\d{1,3}$`))
    .optional()
    .meta({ description: 'one file: 2026-11.auth.1' }),
  after: z.string().max(300).optional().meta({ description: 'nextAfter of the page before' }),
};

const path = '/v1/merchants/:merchant/reconciliation-desk';
const ofDesk = {
  merchantScoped: true,
  params: merchantParamsSchema,
  tag: 'reconciliation',
} as const;
const ofSheet = {
  ...ofDesk,
  role: 'operator',
  params: merchantParamsSchema.extend({ sha256: sha256Schema }),
} as const;
const decided = {
  200: { kind: 'json', schema: totalsSchema, description: 'all of it is written down' },
  202: accepted,
} as const;

/** What results left open, over all open months (要確認; spec 1.6). */
export const reconciliationDeskRoutes = {
  listDeskItems: defineRoute({
    ...ofDesk,
    method: 'get',
    path,
    role: 'viewer',
    query: z.strictObject({
      ...filterQuery,
      limit: z.coerce.number().int().min(1).max(1000).default(100),
    }),
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          total: countSchema,
          byKind: z.partialRecord(z.enum(DESK_ITEM_KINDS), countSchema),
          waiting: countSchema
            .extend({ files: z.int() })
            .meta({ description: 'files without an answer: they wait, and are no items' }),
          items: z.array(itemSchema),
          nextAfter: z.string().nullable(),
        }),
        description: 'oldest month first, in it what may be billed twice first',
      },
    },
    summary: { ja: '要確認の一覧', en: 'List what results left open' },
  }),
  readDeskItem: defineRoute({
    ...ofDesk,
    method: 'get',
    path: `${path}/items/:item`,
    role: 'operator',
    params: merchantParamsSchema.extend({ item: itemIdSchema }),
    responses: {
      200: { kind: 'json', schema: itemDetailSchema, description: 'the item, settled or not' },
    },
    summary: { ja: '要確認の項目を見る', en: 'Read an item of the reconciliation desk' },
  }),
  decideDeskItems: defineRoute({
    ...ofDesk,
    method: 'post',
    path: `${path}/decisions`,
    role: 'operator',
    idempotencyKey: 'required',
    body: {
      kind: 'json',
      schema: z.strictObject({
        decisions: z
          .array(z.strictObject({ item: itemIdSchema, action: z.enum(DESK_ACTIONS) }))
          .min(1)
          .max(MOST_DECISIONS),
        reason: reasonSchema,
      }),
    },
    responses: decided,
    summary: { ja: '要確認の項目を確定する', en: 'Decide items of the reconciliation desk' },
  }),
  downloadDeskSheet: defineRoute({
    ...ofDesk,
    method: 'get',
    path: `${path}/items.csv`,
    role: 'operator',
    query: z.strictObject({
      ...filterQuery,
      encoding: z.enum(['utf-8', 'cp932']).default('utf-8'),
    }),
    responses: {
      200: { kind: 'bytes', description: 'the first 20,000 items, to fill in 判断 and 理由' },
    },
    summary: { ja: '要確認をCSVで取り出す', en: 'Download the desk as a CSV to fill in' },
  }),
  previewDeskSheet: defineRoute({
    ...ofSheet,
    method: 'get',
    path: `${path}/sheets/:sha256`,
    responses: {
      200: {
        kind: 'json',
        schema: z
          .object({
            encoding: z.enum(['utf-8', 'cp932']),
            totals: totalsSchema.meta({ description: 'what it would do; confirm rows and yen' }),
            undecided: z
              .int()
              .meta({ description: 'rows without a 判断: nothing happens to them' }),
            withoutReason: z.int().meta({
              description: 'decided rows without a 理由 of their own: they take the one of the act',
            }),
            problems: z
              .array(z.object({ line: z.int(), code: z.string(), ja: z.string() }))
              .meta({ description: 'rows at fault, at most 1,000; with any nothing is applied' }),
            problemCount: z.int(),
          })
          .meta({ id: 'DeskSheetPreview' }),
        description: 'nothing is changed by it',
      },
    },
    summary: { ja: '記入したCSVを確かめる', en: 'Preview a filled-in CSV' },
  }),
  applyDeskSheet: defineRoute({
    ...ofSheet,
    method: 'post',
    path: `${path}/sheets/:sha256/decisions`,
    idempotencyKey: 'required',
    body: {
      kind: 'json',
      schema: z.strictObject({ confirmed: countSchema, reason: reasonSchema }),
    },
    responses: decided,
    summary: { ja: '記入したCSVのとおりに確定する', en: 'Apply a filled-in CSV' },
  }),
};
