import { z } from 'zod';
import { parseBusinessDate } from '../../billing/business-date.ts';
import { DELIVERY_OUTCOMES } from '../../billing/delivery.ts';
import { SEND_ERROR_ACTS } from '../../billing/send-error-confirmation.ts';
import {
  SEND_ERROR_CONDITIONS,
  SEND_ERROR_KEYWORDS,
  SEND_ERROR_MODES,
} from '../../billing/send-error-search.ts';
import { accepted, billingMonthSchema } from './cycles.ts';
import { merchantParamsSchema } from './merchants.ts';
import { defineRoute, instantSchema, reasonSchema, sha256Schema } from './route.ts';

/** How many rows one confirm page may hold: 個別 is looked at row by row. */
const MOST_INDIVIDUAL = 50;
const MOST_BULK = 1000;

const dateSchema = z
  .string()
  .refine((text) => parseBusinessDate(text) === text, { error: 'is a date, YYYY-MM-DD' });

const periodSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('month'), month: billingMonthSchema }),
  z.strictObject({ kind: z.literal('date'), date: dateSchema }),
  z.strictObject({ kind: z.literal('today') }),
  z.strictObject({ kind: z.literal('yesterday') }),
]);

const filterSchema = z
  .strictObject({
    ipCodes: z.array(z.string().max(20)).max(50).default([]).meta({
      description: 'IPコード; none chosen = all of the merchant',
    }),
    condition: z.enum(SEND_ERROR_CONDITIONS).default('open').meta({
      description: 'CGISendErr: すべて / 未処理 / 処理済',
    }),
    keywords: z
      .partialRecord(z.enum(SEND_ERROR_KEYWORDS), z.string().max(500))
      .default({})
      .meta({ description: 'オーダーNo, メールアドレス, 電話番号 (no hyphens), ID(sendid)' }),
    period: periodSchema.nullable().default(null),
    mode: z.enum(SEND_ERROR_MODES).default('individual').meta({ description: '個別 / 一括' }),
  })
  .meta({ id: 'SendErrorFilter' });

const parameterSchema = z.tuple([z.string().max(500), z.string().max(500)]);
const parametersSchema = z.array(parameterSchema).max(100);
const columnSchema = z.enum(['再送信', '処理済']);
const arrivalSchema = z.enum(['seen', 'possible', 'not_seen']).meta({
  description:
    'whether an earlier delivery of the payment arrived: it was answered with success, it may have been worked on without a good answer, or nothing arrived',
});

const sendErrorSchema = z
  .object({
    id: z.uuid(),
    CGISendErr: columnSchema,
    endpoint: z.string(),
    result: z.uuid().meta({ description: 'the result that could not be delivered' }),
    version: z.int(),
    ipCode: z.string(),
    orderNumber: z.string().meta({ description: 'オーダーNo' }),
    verdict: z.string(),
    carrier: z.string().nullable(),
    amountYen: z.int().nullable(),
    phone: z.string().nullable(),
    email: z.string().nullable(),
    sendId: z.string().nullable(),
    parameters: z.array(parameterSchema).meta({ description: 'as they were received' }),
    receivedAt: instantSchema,
    failedAt: instantSchema,
    attempts: z.int(),
    outcome: z.enum(DELIVERY_OUTCOMES).nullable(),
    status: z.int().nullable(),
    answerStart: z.string().nullable(),
    act: z.enum(SEND_ERROR_ACTS).nullable(),
    actor: z.string().nullable(),
    actedAt: instantSchema.nullable(),
    edited: z.array(parameterSchema).nullable().meta({
      description: 'what that act sent in place of the received parameters',
    }),
    arrival: arrivalSchema,
    arrivedAt: instantSchema.nullable(),
  })
  .meta({ id: 'SendError' });

const confirmationSchema = z
  .object({
    confirmation: sha256Schema.meta({ description: 'names this page; send it with the act' }),
    mode: z.enum(SEND_ERROR_MODES),
    warning: z.string().nullable().meta({ description: 'null when nothing is sent again' }),
    check: z.string().nullable().meta({ description: 'what must be ticked before it is sent' }),
    rows: z.array(
      z.object({
        sendError: z.uuid(),
        act: z.enum(SEND_ERROR_ACTS),
        CGISendErr: columnSchema,
        endpoint: z.string(),
        version: z.int(),
        newestVersion: z.int().meta({
          description: 'greater than `version`: the shop may have a newer result already',
        }),
        failedAt: instantSchema,
        sends: z.array(parameterSchema).nullable().meta({
          description: 'what would leave; null for 処理済, which sends nothing',
        }),
        received: z.array(parameterSchema).meta({ description: 'the original, which stays' }),
        edited: z.boolean(),
        arrival: arrivalSchema,
        arrivedAt: instantSchema.nullable(),
      }),
    ),
  })
  .meta({ id: 'SendErrorConfirmation' });

const sendErrorId = z.uuid();
const distinct = (ids: readonly string[]) => new Set(ids).size === ids.length;
const notDistinct = { error: 'names a send error twice' };

const choicesSchema = z.discriminatedUnion('mode', [
  z.strictObject({
    mode: z.literal('individual'),
    rows: z
      .array(
        z
          .strictObject({
            sendError: sendErrorId,
            act: z.enum(SEND_ERROR_ACTS),
            parameters: parametersSchema.min(1).optional().meta({
              description:
                '送信データ修正: all parameters, values corrected; takes the right editSendParameters',
            }),
          })
          .refine(({ act, parameters }) => act === 'resend' || parameters === undefined, {
            error: '処理済 sends nothing',
            path: ['parameters'],
          }),
      )
      .min(1)
      .max(MOST_INDIVIDUAL)
      .refine((rows) => distinct(rows.map((row) => row.sendError)), notDistinct),
  }),
  z.strictObject({
    mode: z.literal('bulk'),
    act: z.enum(SEND_ERROR_ACTS),
    sendErrors: z.array(sendErrorId).min(1).max(MOST_BULK).refine(distinct, notDistinct),
  }),
]);

const formSchema = z
  .object({
    initial: filterSchema.meta({
      description: 'what the form holds at first and after [リセット]',
    }),
    ipCodes: z.array(z.string()),
    months: z.array(billingMonthSchema).meta({ description: 'that 年月 offers, newest first' }),
    oldestDate: dateSchema.meta({ description: 'the first that 年月日 offers' }),
    today: dateSchema,
  })
  .meta({ id: 'SendErrorForm' });

const sentSchema = z
  .object({
    rows: z.array(
      z.object({
        sendError: z.uuid(),
        result: z.enum(['resent', 'settled', 'too_old']),
        CGISendErr: columnSchema,
        message: z.string().meta({ description: 'Japanese' }),
      }),
    ),
  })
  .meta({ id: 'SentSendErrors' });

const path = '/v1/merchants/:merchant/send-errors';
const common = { merchantScoped: true, role: 'operator', tag: 'send errors' } as const;

/** 送信データ修正, a right of its own. */
const sometimesRight = {
  right: 'editSendParameters',
  when: { ja: '送信データを修正するとき', en: 'parameters are edited' },
} as const;

/** The send-error desk [manual 003]. Keywords are personal: they come in bodies, never in URLs. */
export const sendErrorRoutes = {
  readSendErrorForm: defineRoute({
    ...common,
    method: 'get',
    path: `${path}/form`,
    params: merchantParamsSchema,
    responses: { 200: { kind: 'json', schema: formSchema, description: 'the form as it starts' } },
    summary: { ja: '検索条件の初期値を見る', en: 'Read the initial values of the search' },
  }),
  searchSendErrors: defineRoute({
    ...common,
    method: 'post',
    path: `${path}/search`,
    onlyReads: true,
    params: merchantParamsSchema,
    body: {
      kind: 'json',
      schema: z.strictObject({
        filter: filterSchema,
        before: z.uuid().nullable().default(null),
        limit: z.int().min(1).max(200).default(50),
      }),
    },
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          mode: z.enum(SEND_ERROR_MODES),
          sendErrors: z.array(sendErrorSchema),
          nextBefore: z
            .uuid()
            .nullable()
            .meta({ description: 'pass as `before`; null at the end' }),
        }),
        description: 'newest first; of each payment only the latest error',
      },
    },
    summary: { ja: '送信エラーを検索する', en: 'Search send errors' },
  }),
  confirmSendErrors: defineRoute({
    ...common,
    sometimesRight,
    method: 'post',
    path: `${path}/confirmations`,
    params: merchantParamsSchema,
    body: { kind: 'json', schema: choicesSchema },
    responses: {
      200: {
        kind: 'json',
        schema: confirmationSchema,
        description: 'the confirm page; nothing is sent yet',
      },
    },
    summary: { ja: '送信内容を確認する', en: 'Show what would be sent' },
  }),
  readSendErrorConfirmation: defineRoute({
    ...common,
    method: 'get',
    path: `${path}/confirmations/:confirmation`,
    params: merchantParamsSchema.extend({ confirmation: sha256Schema }),
    responses: {
      200: {
        kind: 'json',
        schema: confirmationSchema,
        description: 'the page, with its rows as they are now',
      },
    },
    summary: { ja: '確認した内容を見る', en: 'Read a confirm page' },
  }),
  sendSendErrors: defineRoute({
    ...common,
    sometimesRight,
    method: 'post',
    path: `${path}/acts`,
    params: merchantParamsSchema,
    body: {
      kind: 'json',
      schema: z.strictObject({
        confirmation: sha256Schema,
        checked: z.boolean().default(false).meta({
          description:
            'サービス提供・商品発送状況を確認しました; must be true when anything is sent again',
        }),
        reason: reasonSchema.optional(),
      }),
    },
    idempotencyKey: 'required',
    responses: {
      200: { kind: 'json', schema: sentSchema, description: 'what was done for each row' },
      202: accepted,
    },
    summary: { ja: '確認した内容を送信する', en: 'Send what was confirmed' },
  }),
};
