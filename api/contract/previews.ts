import { z } from 'zod';
import { CARD_STANDINGS, FINDING_KINDS } from '../../billing/preview.ts';
import { accepted, billingMonthSchema, countSchema, cycleParamsSchema } from './cycles.ts';
import { defineRoute, instantSchema, reasonSchema, sha256Schema } from './route.ts';

const ofCycle = { merchantScoped: true, params: cycleParamsSchema, tag: 'previews' } as const;
const cycle = '/v1/merchants/:merchant/cycles/:month';
const previewParamsSchema = cycleParamsSchema.extend({ n: z.coerce.number().int().min(1) });
const ofPreview = { ...ofCycle, params: previewParamsSchema } as const;

const countsOf = <Key extends string>(keys: readonly Key[]) =>
  z.record(z.enum(keys as [Key, ...Key[]]), countSchema);

const summarySchema = z.object({
  orders: z.int(),
  selected: countSchema.meta({ description: 'all that the month bills' }),
  excluded: z.record(z.string(), z.int()),
  quarantined: z.int(),
  billed: countSchema.meta({ description: 'what this preview is about' }),
  compared: z
    .object({ lastMonth: billingMonthSchema, last: countSchema, thisMonth: countSchema })
    .nullable()
    .meta({ description: 'null: no month before billed anything, nothing is compared' }),
  findings: countsOf(FINDING_KINDS),
  cards: z
    .record(z.enum(CARD_STANDINGS), z.int())
    .meta({ description: 'what is known of the cards; unknown is not good' }),
});

const previewSchema = z
  .object({
    month: billingMonthSchema,
    n: z.int(),
    kind: z.enum(['run', 'dry_run']),
    exportSha256: z.string().nullable().meta({ description: 'the export that a dry run reads' }),
    requesters: z
      .array(z.string())
      .readonly()
      .meta({ description: 'who asked for it: under four eyes none of them approves it' }),
    requestedAt: instantSchema,
    computedAt: instantSchema.nullable().meta({ description: 'null: a dry run is at work' }),
    trouble: z.string().nullable().meta({ description: 'Japanese: why a dry run was refused' }),
    settingsVersion: z.int().nullable(),
    sha256: z.string().nullable().meta({ description: 'what an approval names' }),
    rows: z.int().nullable(),
    yen: z.int().nullable(),
    why: z.string().nullable().meta({ description: 'Japanese: why an approval is needed' }),
    verdict: z.enum(['not_needed', 'approved', 'rejected']).nullable(),
    decidedBy: z.string().nullable(),
    decidedAt: instantSchema.nullable(),
  })
  .meta({ id: 'Preview' });

const previewDetailSchema = previewSchema
  .extend({ summary: summarySchema.nullable() })
  .meta({ id: 'PreviewDetail' });

const kindQuery = z.enum(FINDING_KINDS).optional();

/** What a month is about to bill, dry runs of it, and who lets it go. */
export const previewRoutes = {
  listPreviews: defineRoute({
    ...ofCycle,
    method: 'get',
    path: `${cycle}/previews`,
    role: 'viewer',
    query: z.strictObject({
      after: z.coerce.number().int().min(1).optional(),
      limit: z.coerce.number().int().min(1).max(1000).default(100),
    }),
    responses: {
      200: {
        kind: 'json',
        schema: z.object({ previews: z.array(previewSchema), nextAfter: z.int().nullable() }),
        description: 'the newest first',
      },
    },
    summary: { ja: 'プレビューの一覧', en: 'List the previews of a month' },
  }),
  requestPreview: defineRoute({
    ...ofCycle,
    method: 'post',
    path: `${cycle}/previews`,
    role: 'operator',
    idempotencyKey: 'required',
    body: {
      kind: 'json',
      schema: z.strictObject({
        sha256: sha256Schema
          .nullable()
          .default(null)
          .meta({ description: 'a stored order export; null = what the month has collected' }),
      }),
    },
    responses: {
      202: { kind: 'json', schema: previewSchema, description: 'started; Location says where' },
    },
    summary: {
      ja: '請求を試算する(何も請求しない)',
      en: 'Dry-run a month: nothing of it is changed',
    },
  }),
  readPreview: defineRoute({
    ...ofPreview,
    method: 'get',
    path: `${cycle}/previews/:n`,
    role: 'viewer',
    responses: { 200: { kind: 'json', schema: previewDetailSchema, description: 'the preview' } },
    summary: { ja: 'プレビューを見る', en: 'Read a preview' },
  }),
  listFindings: defineRoute({
    ...ofPreview,
    method: 'get',
    path: `${cycle}/previews/:n/findings`,
    role: 'viewer',
    query: z.strictObject({
      kind: kindQuery,
      after: z.coerce.number().int().min(0).default(0),
      limit: z.coerce.number().int().min(1).max(1000).default(100),
    }),
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          findings: z.array(
            z
              .object({
                i: z.int(),
                kind: z.enum(FINDING_KINDS),
                label: z.string().meta({ description: 'Japanese' }),
                orderNumber: z.string(),
                customerNumber: z.string(),
                amountYen: z.int().nullable().meta({ description: 'null: not billed now' }),
                lastOrderNumber: z.string().nullable(),
                lastYen: z.int().nullable().meta({ description: 'null: nothing last month' }),
                detail: z
                  .string()
                  .nullable()
                  .meta({ description: 'of what is gone: why its order is excluded' }),
              })
              .meta({ id: 'PreviewFinding' }),
          ),
          nextAfter: z.int().nullable(),
        }),
        description: 'orders that stand out, those of a kind together',
      },
    },
    summary: { ja: 'プレビューで目立つ注文の一覧', en: 'List what stands out of a preview' },
  }),
  downloadFindings: defineRoute({
    ...ofPreview,
    method: 'get',
    path: `${cycle}/previews/:n/findings.csv`,
    role: 'viewer',
    query: z.strictObject({
      kind: kindQuery,
      encoding: z.enum(['utf-8', 'cp932']).default('utf-8'),
    }),
    responses: { 200: { kind: 'bytes', description: 'one line an order that stands out' } },
    summary: {
      ja: 'プレビューで目立つ注文をCSVで取り出す',
      en: 'Download what stands out of a preview as CSV',
    },
  }),
  approveRun: defineRoute({
    ...ofCycle,
    method: 'post',
    path: `${cycle}/approval`,
    role: 'approver',
    idempotencyKey: 'required',
    body: {
      kind: 'json',
      schema: z.strictObject({
        sha256: sha256Schema,
        reason: reasonSchema.nullable().default(null),
      }),
    },
    responses: {
      200: { kind: 'json', schema: countSchema, description: 'what is billed' },
      202: accepted,
    },
    summary: { ja: '請求を承認する', en: 'Approve what a preview showed, by its sha256' },
  }),
  rejectRun: defineRoute({
    ...ofCycle,
    method: 'post',
    path: `${cycle}/rejection`,
    role: 'approver',
    idempotencyKey: 'required',
    body: {
      kind: 'json',
      schema: z.strictObject({ sha256: sha256Schema, reason: reasonSchema }),
    },
    responses: {
      200: {
        kind: 'json',
        schema: z.object({ withdrawn: z.int(), held: z.int() }),
        description: 'orders that wait for another run; charges put on hold',
      },
      202: accepted,
    },
    summary: { ja: '請求を差し戻す', en: 'Send back what a preview showed: nothing is billed' },
  }),
};
