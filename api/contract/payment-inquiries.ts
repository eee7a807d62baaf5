import { z } from 'zod';
import { INQUIRY_CLASSES, RECORDED_STANDINGS } from '../../billing/payment-inquiry.ts';
import { accepted, countSchema, cycleParamsSchema } from './cycles.ts';
import { defineRoute, instantSchema, reasonSchema, sha256Schema } from './route.ts';

const cycle = '/v1/merchants/:merchant/cycles/:month/payment-inquiries';
const ofCycle = { merchantScoped: true, params: cycleParamsSchema, tag: 'inquiries' } as const;
const ofInquiry = {
  ...ofCycle,
  params: cycleParamsSchema.extend({ n: z.coerce.number().int().min(1).max(1_000_000) }),
} as const;
const act = { method: 'post', role: 'operator', idempotencyKey: 'required' } as const;

const inquirySchema = z
  .object({
    n: z.int().meta({ description: 'the how-manieth list of the month' }),
    sha256: sha256Schema,
    fileName: z.string(),
    rows: z.int(),
    readAt: instantSchema,
    readBy: z.string(),
    usedAt: instantSchema.nullable().meta({ description: 'when it went into the record' }),
  })
  .meta({ id: 'PaymentInquiry' });

const classSchema = z
  .enum(INQUIRY_CLASSES)
  .meta({ description: 'what a row is to us; the label says it in Japanese' });

const paymentSchema = z
  .object({
    line: z.int(),
    class: classSchema,
    orderNumber: z.string().nullable(),
    paymentId: z.string().nullable(),
    status: z.string().meta({ description: 'as the list has it' }),
    amountYen: z.int().nullable(),
    occurredAt: instantSchema.nullable(),
    paidAt: instantSchema.nullable(),
    attempt: z.int().nullable(),
    recorded: z.enum(RECORDED_STANDINGS).nullable().meta({ description: 'what we have on record' }),
    recordedYen: z.int().nullable(),
    problem: z.string().nullable().meta({ description: 'Japanese: why it cannot be read' }),
  })
  .meta({ id: 'ComparedPayment' });

/** 情報照会: the PSP's own list of payments against the record. */
export const paymentInquiryRoutes = {
  listInquiries: defineRoute({
    ...ofCycle,
    method: 'get',
    path: cycle,
    role: 'viewer',
    responses: {
      200: {
        kind: 'json',
        schema: z.object({ inquiries: z.array(inquirySchema) }),
        description: 'the newest first',
      },
    },
    summary: { ja: '取り込んだ照会データの一覧', en: 'List the payment lists of a month' },
  }),
  readInquiry: defineRoute({
    ...ofCycle,
    ...act,
    path: cycle,
    body: { kind: 'json', schema: z.strictObject({ sha256: sha256Schema }) },
    responses: {
      200: {
        kind: 'json',
        schema: z.object({ n: z.int(), rows: z.int() }),
        description: 'read; nothing of the record changed',
      },
      202: accepted,
    },
    summary: { ja: '照会データCSVを読み取る', en: 'Read a payment list of the portal' },
  }),
  compareInquiry: defineRoute({
    ...ofInquiry,
    method: 'get',
    path: `${cycle}/:n`,
    role: 'viewer',
    responses: {
      200: {
        kind: 'json',
        schema: inquirySchema.extend({
          counts: z.array(countSchema.extend({ class: classSchema, label: z.string() })),
          changes: countSchema.meta({ description: 'what using it changes: confirm this' }),
          differences: countSchema.meta({
            description:
              'amount_differs and unsent, where no newer list names the order: they keep the month open until they are acknowledged',
          }),
          unlisted: z.int().meta({
            description: 'sent charges of the month that the list does not name; proves nothing',
          }),
        }),
        description: 'against the record as it is now',
      },
    },
    summary: { ja: '照会データと記録の照合', en: 'Compare a payment list with the record' },
  }),
  listComparedPayments: defineRoute({
    ...ofInquiry,
    method: 'get',
    path: `${cycle}/:n/rows`,
    role: 'viewer',
    query: z.strictObject({
      class: classSchema.optional(),
      after: z.coerce.number().int().min(0).default(0),
      limit: z.coerce.number().int().min(1).max(1000).default(100),
    }),
    responses: {
      200: {
        kind: 'json',
        schema: z.object({ payments: z.array(paymentSchema), nextAfter: z.int().nullable() }),
        description: 'in the order of the list',
      },
    },
    summary: { ja: '照会データの明細', en: 'List the rows of a payment list' },
  }),
  acknowledgeInquiry: defineRoute({
    ...ofInquiry,
    ...act,
    path: `${cycle}/:n/acknowledgement`,
    body: {
      kind: 'json',
      schema: z.strictObject({
        confirmed: countSchema.meta({ description: '`differences`, as the operator saw them' }),
        reason: reasonSchema,
      }),
    },
    responses: {
      200: {
        kind: 'json',
        schema: countSchema,
        description: 'looked at; the record is as it was, and the month may close',
      },
      202: accepted,
    },
    summary: {
      ja: '照会データの差異を確認済みにする',
      en: 'Say that the differences of a payment list were looked at',
    },
  }),
  useInquiry: defineRoute({
    ...ofInquiry,
    ...act,
    path: `${cycle}/:n/use`,
    body: {
      kind: 'json',
      schema: z.strictObject({
        confirmed: countSchema.meta({ description: 'the changes that the operator saw' }),
        reason: reasonSchema,
      }),
    },
    responses: {
      200: { kind: 'json', schema: countSchema, description: 'what went into the record' },
      202: accepted,
    },
    summary: { ja: '照会データを記録に反映する', en: 'Take a payment list into the record' },
  }),
};
