import { z } from 'zod';
import { EXCHANGE_KINDS } from '../../billing/exchange.ts';
import { MAIL_STATES, MAILBOX_MAIL_STATES } from '../../billing/mail/mail-states.ts';
import { accepted, billingMonthSchema } from './cycles.ts';
import { merchantParamsSchema } from './merchants.ts';
import { defineRoute, instantSchema, reasonSchema, sha256Schema } from './route.ts';

const keySchema = z.string().regex(/^[A-Za-z0-9:._-]{1,200}$/, {
  error: 'is 1 to 200 of A-Z a-z 0-9 : . _ -',
});

const mailSchema = z
  .object({
    key: keySchema.meta({ description: 'names the mail within its merchant' }),
    template: z.string(),
    subject: z.string().nullable().meta({ description: 'null for a template of another release' }),
    text: z.string().nullable(),
    recipients: z.array(z.string()).readonly(),
    cc: z.array(z.string()).readonly(),
    messageId: z.string(),
    state: z.enum(MAIL_STATES).meta({
      description: 'unknown: it may have left; a person decides, nothing sends it again by itself',
    }),
    nextDueAt: instantSchema.nullable(),
    createdAt: instantSchema,
    sends: z.int().meta({ description: 'how often it was tried' }),
    lastSendAt: instantSchema.nullable(),
    lastAnswerAt: instantSchema.nullable(),
    lastDetail: z.string().nullable().meta({ description: 'reply codes of the mail server' }),
    bouncedAt: instantSchema.nullable().meta({ description: '届かなかった; mails to customers' }),
    bounceStatus: z.string().nullable(),
    customer: z
      .object({
        customerNumber: z.string(),
        month: billingMonthSchema.nullable().meta({
          description: 'null, with orderNumber, where it is about a card alone',
        }),
        orderNumber: z.string().nullable(),
      })
      .nullable()
      .meta({ description: 'null: for operators. Address and words of the others are not kept' }),
  })
  .meta({ id: 'Mail' });

const mailTrySchema = z.object({
  n: z.int(),
  claimedAt: instantSchema,
  answer: z.enum(['sent', 'refused', 'not_sent', 'withdrawn']).nullable().meta({
    description: 'null: none came, so it may have left',
  }),
  answeredAt: instantSchema.nullable(),
  detail: z.string().nullable().meta({ description: 'reply codes of the mail server' }),
  retryAt: instantSchema.nullable(),
  decidedBy: z.string().nullable().meta({ description: 'who said so in place of the server' }),
  reason: z.string().nullable(),
});

const mailboxMailSchema = z
  .object({
    n: z.int().meta({ description: 'pass as `before` for the next page' }),
    sha256: sha256Schema.meta({ description: 'names the mail within its merchant' }),
    messageId: z.string().nullable(),
    subject: z.string(),
    state: z.enum(MAILBOX_MAIL_STATES).meta({
      description: 'waiting: no file has its 受付番号 yet; not_understood: of no known kind',
    }),
    refused: z.enum(['card_number', 'too_long']).nullable(),
    fileSha256: sha256Schema.nullable().meta({ description: 'the stored bytes' }),
    handler: z.string().nullable(),
    acceptanceNumber: z.string().nullable().meta({ description: '受付番号' }),
    records: z.int().nullable(),
    ngCount: z.int().nullable(),
    finding: z.string().nullable().meta({ description: 'record_count: other than the file has' }),
    exchange: z
      .object({ month: billingMonthSchema, kind: z.enum(EXCHANGE_KINDS), number: z.int() })
      .nullable()
      .meta({ description: 'the file that it says is processed' }),
    takenAt: instantSchema,
  })
  .meta({ id: 'MailboxMail' });

const limitSchema = z.coerce.number().int().min(1).max(500).default(100);

export const mailRoutes = {
  listMails: defineRoute({
    method: 'get',
    path: '/v1/merchants/:merchant/mails',
    role: 'operator',
    merchantScoped: true,
    params: merchantParamsSchema,
    query: z.strictObject({
      state: z.enum(MAIL_STATES).optional(),
      bounced: z.stringbool().default(false).meta({ description: 'only those that came back' }),
      before: keySchema.optional(),
      limit: limitSchema,
    }),
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          mails: z.array(mailSchema),
          nextBefore: z.string().nullable().meta({ description: 'pass as `before`' }),
        }),
        description: 'the outbox, newest first',
      },
    },
    summary: { ja: '送信メールの一覧', en: 'List outgoing mails' },
    tag: 'mails',
  }),
  readMail: defineRoute({
    method: 'get',
    path: '/v1/merchants/:merchant/mails/:key',
    role: 'operator',
    merchantScoped: true,
    params: merchantParamsSchema.extend({ key: keySchema }),
    responses: {
      200: {
        kind: 'json',
        schema: mailSchema.extend({ tries: z.array(mailTrySchema).readonly() }),
        description: 'with every try to send it, oldest first',
      },
    },
    summary: { ja: '送信メールを見る', en: 'Read an outgoing mail' },
    tag: 'mails',
  }),
  decideMail: defineRoute({
    method: 'post',
    path: '/v1/merchants/:merchant/mails/:key/decision',
    role: 'operator',
    merchantScoped: true,
    params: merchantParamsSchema.extend({ key: keySchema }),
    idempotencyKey: 'required',
    body: {
      kind: 'json',
      schema: z.strictObject({ outcome: z.enum(['sent', 'send_again']), reason: reasonSchema }),
    },
    responses: {
      200: {
        kind: 'json',
        schema: z.object({ state: z.enum(['sent', 'waiting']) }),
        description: 'written down',
      },
      202: accepted,
    },
    summary: { ja: '送信不明のメールを確定する', en: 'Decide about a mail that may have left' },
    tag: 'mails',
  }),
  readMailbox: defineRoute({
    method: 'get',
    path: '/v1/merchants/:merchant/mailbox',
    role: 'operator',
    merchantScoped: true,
    params: merchantParamsSchema,
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          watched: z
            .object({
              host: z.string(),
              user: z.string(),
              folder: z.string(),
              pollMinutes: z.int().meta({ description: 'within hours of a hand-over' }),
              idlePollMinutes: z.int(),
            })
            .nullable()
            .meta({ description: 'null: the settings name no mailbox' }),
          lastTakenAt: instantSchema.nullable(),
          away: z.object({ at: instantSchema, text: z.string() }).nullable().meta({
            description: 'the latest day on which it could not be read, if none came since',
          }),
        }),
        description: 'which mailbox is watched, and how that goes',
      },
    },
    summary: { ja: '受信メールの確認の状態', en: 'Read how the mailbox is watched' },
    tag: 'mails',
  }),
  listMailboxMails: defineRoute({
    method: 'get',
    path: '/v1/merchants/:merchant/mailbox/mails',
    role: 'operator',
    merchantScoped: true,
    params: merchantParamsSchema,
    query: z.strictObject({
      state: z.enum(MAILBOX_MAIL_STATES).optional(),
      before: z.coerce.number().int().min(1).optional(),
      limit: limitSchema,
    }),
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          mails: z.array(mailboxMailSchema),
          nextBefore: z.int().nullable().meta({ description: 'pass as `before`' }),
        }),
        description: 'what the watch took from the mailbox, newest first',
      },
    },
    summary: { ja: '受信メールの一覧', en: 'List mails taken from the mailbox' },
    tag: 'mails',
  }),
};
