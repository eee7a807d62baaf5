import { z } from 'zod';
import { CHARGE_STATES } from '../../billing/charge.ts';
import { DECLINE_CLASSES } from '../../billing/decline.ts';
import {
  LIMIT_KINDS,
  NG_NEXT_STEPS,
  NG_OUTCOMES,
  NG_RECOVERIES,
  NG_STEP_KINDS,
} from '../../billing/ng-case.ts';
import { carriedSchemas } from './charges.ts';
import { customerMailSchema } from './customer-mails.ts';
import { accepted, billingMonthSchema, cycleParamsSchema } from './cycles.ts';
import { merchantParamsSchema } from './merchants.ts';
import { defineRoute, instantSchema, reasonSchema } from './route.ts';

const orderNumberSchema = z.string().min(1).max(64);
const counted = { rows: z.int(), yen: z.int() };
const cases = '/v1/merchants/:merchant/ng-cases';
const ofMerchant = { merchantScoped: true, params: merchantParamsSchema, tag: 'ng' } as const;

const plannedStepSchema = z.object({
  step: z.enum(NG_NEXT_STEPS),
  dueAt: instantSchema.nullable(),
  why: z.string().meta({ description: 'Japanese' }),
});

const caseSchema = z
  .object({
    month: billingMonthSchema,
    orderNumber: z.string(),
    customerNumber: z.string(),
    amountYen: z.int(),
    class: z.enum(DECLINE_CLASSES),
    classLabel: z.string(),
    code: z.string().nullable().meta({ description: 'as the PSP gave it' }),
    attempt: z.int().meta({ description: 'the declined authorization that it stands at' }),
    limitKind: z.enum(LIMIT_KINDS).nullable(),
    nextStep: z.enum(NG_NEXT_STEPS),
    nextStepLabel: z.string(),
    dueAt: instantSchema
      .nullable()
      .meta({ description: 'null: it waits for a person or a result' }),
    why: z.string().meta({ description: 'Japanese: why that step and why then' }),
    plan: z.array(plannedStepSchema).meta({ description: 'the steps after the next one' }),
    retries: z.int(),
    ageDays: z.int(),
    openedAt: instantSchema,
    outcome: z.enum(NG_OUTCOMES).nullable(),
    outcomeLabel: z.string().nullable(),
    recoveredBy: z.enum(NG_RECOVERIES).nullable(),
    closedAt: instantSchema.nullable(),
    ...carriedSchemas,
  })
  .meta({ id: 'NgCase' });

const caseDetailSchema = caseSchema
  .extend({
    chargeState: z.enum(CHARGE_STATES),
    mails: z.array(customerMailSchema).meta({ description: 'to the customer, oldest first' }),
    steps: z.array(
      z.object({
        kind: z.enum(NG_STEP_KINDS),
        attempt: z.int(),
        actor: z.string().meta({ description: 'plan, or who decided' }),
        why: z.string(),
        reason: z.string().nullable(),
        takenAt: instantSchema,
      }),
    ),
  })
  .meta({ id: 'NgCaseDetail' });

const filterQuery = {
  month: billingMonthSchema.optional(),
  class: z.enum(DECLINE_CLASSES).optional(),
  nextStep: z.enum(NG_NEXT_STEPS).optional(),
  dueBy: z.iso.date().optional().meta({ description: 'due on that day in Japan or before' }),
  state: z.enum(['open', 'closed', 'all']).default('open'),
};

const encodingQuery = { encoding: z.enum(['utf-8', 'cp932']).default('utf-8') };

const named = {
  cases: z
    .array(
      z.strictObject({
        month: billingMonthSchema,
        orderNumber: orderNumberSchema,
        attempt: z.int().min(1).optional().meta({
          description: 'as the case showed it: refused where it stands at another by now',
        }),
      }),
    )
    .min(1)
    .max(1000),
};
const mayHaveReason = { ...named, reason: reasonSchema.nullable().default(null) };
const withReason = { ...named, reason: reasonSchema };
const onSchema = z.iso.date().nullable().meta({ description: 'day in Japan; null: at once' });

/** One act on cases, one or many at a time: all of those named, or none. */
const actSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('retry'), on: onSchema, ...mayHaveReason }),
  z.strictObject({
    kind: z.literal('limit_raised'),
    limit: z.enum(LIMIT_KINDS),
    on: onSchema,
    ...mayHaveReason,
  }),
  z.strictObject({
    kind: z.literal('limit_known'),
    limit: z.enum(LIMIT_KINDS),
    ...mayHaveReason,
  }),
  z.strictObject({ kind: z.literal('ask_customer'), ...mayHaveReason }),
  z.strictObject({ kind: z.literal('skip_contact'), ...mayHaveReason }),
  z.strictObject({
    kind: z.literal('new_card'),
    previousOrderNumber: z
      .string()
      .regex(/^[0-9A-Za-z_-]{1,50}$/, { error: 'is 1 to 50 letters and digits' })
      .nullable()
      .meta({
        description: 'what column L names from now on; null: the same registration, renewed',
      }),
    ...mayHaveReason,
  }),
  z.strictObject({
    kind: z.literal('replaced'),
    byOrderNumber: z
      .string()
      .regex(/^[0-9A-Za-z_-]{1,64}$/, { error: 'is an order number' })
      .meta({ description: 'the order that was paid in its place' }),
    ...withReason,
  }),
  z.strictObject({
    kind: z.literal('carry_over'),
    toOrderNumber: z
      .string()
      .regex(/^[0-9A-Za-z_-]{1,64}$/, { error: 'is an order number' })
      .nullable()
      .default(null)
      .meta({ description: "the order that takes it over; null: the customer's next one" }),
    ...mayHaveReason,
  }),
  z.strictObject({
    kind: z.literal('classify'),
    class: z.enum(DECLINE_CLASSES).exclude(['unknown']),
    ...withReason,
  }),
  z.strictObject({ kind: z.literal('cancel'), ...withReason }),
  z.strictObject({ kind: z.literal('give_up'), ...withReason }),
]);

const reportQuery = {
  from: z.iso.date(),
  to: z.iso.date(),
  month: billingMonthSchema.optional(),
};

/** NG対応: declined charges and what becomes of them. */
export const ngCaseRoutes = {
  listNgCases: defineRoute({
    ...ofMerchant,
    method: 'get',
    path: cases,
    role: 'viewer',
    query: z.strictObject({
      ...filterQuery,
      after: z
        .string()
        .regex(/^\d{4}-\d\d\/.{1,64}$/, { error: 'is nextAfter of the page before' })
        .optional(),
      limit: z.coerce.number().int().min(1).max(1000).default(100),
    }),
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          cases: z.array(caseSchema),
          counts: z.array(
            z.object({
              class: z.enum(DECLINE_CLASSES),
              nextStep: z.enum(NG_NEXT_STEPS),
              ...counted,
            }),
          ),
          nextAfter: z.string().nullable().meta({ description: 'for the next page' }),
        }),
        description: 'by month and order number, with the counts of the whole list',
      },
    },
    summary: { ja: 'NG対応の一覧', en: 'List NG cases' },
  }),
  downloadNgCases: defineRoute({
    ...ofMerchant,
    method: 'get',
    path: `${cases}.csv`,
    role: 'viewer',
    query: z.strictObject({ ...filterQuery, ...encodingQuery }),
    responses: { 200: { kind: 'bytes', description: 'one line a case, safe in a spreadsheet' } },
    summary: { ja: 'NG対応の一覧をCSVで取り出す', en: 'Download NG cases as CSV' },
  }),
  readNgCase: defineRoute({
    merchantScoped: true,
    tag: 'ng',
    method: 'get',
    path: '/v1/merchants/:merchant/cycles/:month/ng-cases/:order',
    role: 'viewer',
    params: cycleParamsSchema.extend({ order: orderNumberSchema }),
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          cases: z.array(caseDetailSchema).meta({ description: 'newest episode first' }),
          followingOrders: z
            .array(
              z.object({
                month: billingMonthSchema,
                orderNumber: z.string(),
                status: z.string(),
                cycleCount: z.int().nullable(),
                sameCount: z.boolean().meta({ description: 'it may be the replacement' }),
                chargeState: z.enum(CHARGE_STATES).nullable(),
              }),
            )
            .meta({ description: 'orders that name it as 直前回注文番号' }),
        }),
        description: 'plan, steps and explanation',
      },
    },
    summary: { ja: 'NG案件の詳細', en: 'Read an NG case' },
  }),
  actOnNgCases: defineRoute({
    ...ofMerchant,
    method: 'post',
    path: `${cases}/acts`,
    role: 'operator',
    idempotencyKey: 'required',
    body: { kind: 'json', schema: actSchema },
    responses: {
      200: { kind: 'json', schema: z.object({ changed: z.int() }), description: 'all of them' },
      202: accepted,
    },
    summary: { ja: 'NG案件に対応する', en: 'Act on NG cases' },
  }),
  readNgReport: defineRoute({
    ...ofMerchant,
    method: 'get',
    path: '/v1/merchants/:merchant/ng-report',
    role: 'viewer',
    query: z.strictObject(reportQuery),
    responses: {
      200: {
        kind: 'json',
        schema: z
          .object({
            byClass: z.array(
              z.object({
                class: z.enum(DECLINE_CLASSES),
                outcome: z.enum(NG_OUTCOMES).nullable(),
                ...counted,
              }),
            ),
            recovered: z.array(
              z.object({ on: z.iso.date(), by: z.enum(NG_RECOVERIES), ...counted }),
            ),
            openBySteps: z.array(z.object({ nextStep: z.enum(NG_NEXT_STEPS), ...counted })),
            ageing: z.array(
              z.object({ fromDays: z.int(), toDays: z.int().nullable(), ...counted }),
            ),
          })
          .meta({ id: 'NgReport' }),
        description: 'cases opened in the span; open cases and their age of whatever day',
      },
    },
    summary: { ja: 'NG対応の集計', en: 'Numbers of the NG desk' },
  }),
  downloadNgReport: defineRoute({
    ...ofMerchant,
    method: 'get',
    path: '/v1/merchants/:merchant/ng-report.csv',
    role: 'viewer',
    query: z.strictObject({ ...reportQuery, ...encodingQuery }),
    responses: { 200: { kind: 'bytes', description: 'one line a number' } },
    summary: { ja: 'NG対応の集計をCSVで取り出す', en: 'Download the numbers of the NG desk' },
  }),
};
