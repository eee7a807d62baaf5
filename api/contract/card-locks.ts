import { z } from 'zod';
import { billingMonthPattern } from '../../billing/billing-month.ts';
import { KEPT_OUT_AT, LOCK_MISMATCHES, UNLOCKED_BY } from '../../billing/card-lock.ts';
import { cardServices } from '../../billing/card-service.ts';
import { merchantParamsSchema } from './merchants.ts';
import { defineRoute, instantSchema, reasonSchema, sha256Schema } from './route.ts';

const monthSchema = z.string().regex(billingMonthPattern, { error: 'is not YYYY-MM' });

const filesSchema = z.array(z.object({ name: z.string(), sha256: sha256Schema }));

const lockSchema = z
  .object({
    number: z.int().meta({ description: 'by which people name the lock' }),
    customerId: z.string().meta({ description: '顧客ID' }),
    customerNumber: z.string().meta({ description: '顧客番号' }),
    service: z.enum(cardServices),
    lastDigits: z.string().meta({ description: 'of the card that was refused' }),
    expiry: monthSchema,
    verdict: z.int().min(1).max(3).meta({ description: '洗替判定結果' }),
    verdictLabel: z.string(),
    month: monthSchema.meta({ description: 'of the refresh' }),
    resultSha256: sha256Schema.meta({ description: 'the result file that said so' }),
    resultLine: z.int(),
    requestLine: z.int(),
    lockedAt: instantSchema,
    unlockedAt: instantSchema.nullable(),
    unlockedBy: z.enum(UNLOCKED_BY).nullable(),
    unlockedLabel: z.string().nullable(),
    override: z
      .object({
        n: z.int(),
        mismatch: z.enum(LOCK_MISMATCHES),
        evidenceSha256: sha256Schema,
        reason: z.string(),
        requestedBy: z.string(),
        requestedAt: instantSchema,
        answer: z.enum(['approved', 'rejected']).nullable(),
        answerReason: z.string().nullable(),
        answeredBy: z.string().nullable(),
        answeredAt: instantSchema.nullable(),
      })
      .nullable()
      .meta({ description: 'the latest request' }),
    keptOut: z
      .array(
        z.object({
          month: monthSchema,
          at: z.enum(KEPT_OUT_AT).meta({ description: 'how far they had come by then' }),
          label: z.string(),
          orderNumbers: z.array(z.string()),
          yen: z.int(),
          files: filesSchema.meta({
            description: "the month's authorization files that left without them",
          }),
          takenFrom: filesSchema.meta({ description: 'files that held them and never left' }),
        }),
      )
      .meta({ description: 'what it kept out of billing' }),
    claimedWhileLocked: z
      .int()
      .meta({ description: 'authorizations of the customer that were claimed while it stood' }),
  })
  .meta({ id: 'CardLock' });

const locks = '/v1/merchants/:merchant/card-locks';
const ofMerchant = {
  merchantScoped: true,
  params: merchantParamsSchema,
  tag: 'card-refresh',
} as const;
const ofLock = {
  ...ofMerchant,
  params: merchantParamsSchema.extend({ lock: z.coerce.number().int().min(1) }),
} as const;
const filter = {
  state: z.enum(['open', 'released', 'all']).default('open'),
  verdict: z.coerce.number().int().min(1).max(3).optional(),
  customerNumber: z.string().min(1).max(200).optional(),
};
const warned = {
  kind: 'json',
  schema: z.object({
    lock: lockSchema,
    warning: z.string().meta({ description: 'what whoever answers must have read' }),
  }),
  description: 'written down',
} as const;

/** カード利用停止: cards that the refresh refused, and the evidence that they are not billed. */
export const cardLockRoutes = {
  listCardLocks: defineRoute({
    ...ofMerchant,
    method: 'get',
    path: locks,
    role: 'viewer',
    query: z.strictObject({
      ...filter,
      after: z.coerce.number().int().min(0).default(0),
      limit: z.coerce.number().int().min(1).max(1000).default(100),
    }),
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          locks: z.array(lockSchema),
          open: z.int(),
          released: z.int(),
          overridesAsked: z.int().meta({ description: 'overrides that wait for an answer' }),
          nextAfter: z.int().nullable(),
        }),
        description: 'by number, with the counts of all',
      },
    },
    summary: { ja: 'カード利用停止の一覧', en: 'List locked cards' },
  }),
  downloadCardLocks: defineRoute({
    ...ofMerchant,
    method: 'get',
    path: `${locks}.csv`,
    role: 'viewer',
    query: z.strictObject({ ...filter, encoding: z.enum(['cp932', 'utf-8']).default('utf-8') }),
    responses: {
      200: { kind: 'bytes', description: 'the evidence: one line a lock and month it kept out' },
    },
    summary: { ja: 'カード利用停止の証跡をCSVで取り出す', en: 'Download the evidence of locks' },
  }),
  readCardLock: defineRoute({
    ...ofLock,
    method: 'get',
    path: `${locks}/:lock`,
    role: 'viewer',
    responses: { 200: warned },
    summary: { ja: 'カード利用停止の証跡', en: 'Read a lock and its evidence' },
  }),
  requestLockOverride: defineRoute({
    ...ofLock,
    method: 'post',
    path: `${locks}/:lock/overrides`,
    role: 'operator',
    idempotencyKey: 'required',
    body: {
      kind: 'json',
      schema: z.strictObject({
        mismatch: z.enum(LOCK_MISMATCHES).meta({ description: 'the only errors that allow it' }),
        evidenceSha256: sha256Schema.meta({ description: 'a stored file that proves it' }),
        reason: reasonSchema,
      }),
    },
    responses: { 200: warned },
    summary: { ja: '照合ミスによる解除を申請する', en: 'Ask to override a lock (four eyes)' },
  }),
  answerLockOverride: defineRoute({
    ...ofLock,
    method: 'post',
    path: `${locks}/:lock/override-answer`,
    role: 'approver',
    idempotencyKey: 'required',
    body: {
      kind: 'json',
      schema: z.strictObject({
        override: z.int().min(1).meta({
          description: '`override.n` as it was read; 409 where another was asked for since',
        }),
        answer: z.enum(['approved', 'rejected']),
        reason: reasonSchema,
      }),
    },
    responses: { 200: warned },
    summary: { ja: '解除の申請に答える', en: 'Answer what was asked of a lock' },
  }),
};
