import { z } from 'zod';
import {
  CUSTOMER_MAIL_KINDS,
  MAX_BODY_CHARS,
  MAX_SUBJECT_CHARS,
} from '../../billing/mail/customer-templates.ts';
import { MAIL_STATES } from '../../billing/mail/mail-states.ts';
import { billingMonthSchema, cycleParamsSchema } from './cycles.ts';
import { merchantParamsSchema } from './merchants.ts';
import { defineRoute, instantSchema, reasonSchema } from './route.ts';

const templates = '/v1/merchants/:merchant/customer-mail-templates';
const kindSchema = z.enum(CUSTOMER_MAIL_KINDS);
const ofKind = merchantParamsSchema.extend({ kind: kindSchema });
const ofMerchant = { merchantScoped: true, tag: 'ng' } as const;

const wordsSchema = {
  subject: z.string().max(MAX_SUBJECT_CHARS),
  body: z.string().max(MAX_BODY_CHARS),
};

const templateSchema = z
  .object({
    kind: kindSchema,
    label: z.string().meta({ description: 'Japanese' }),
    cardNotice: z.boolean().meta({ description: 'about a card alone' }),
    version: z.int().meta({ description: '0: the words that come with Tsukigime' }),
    ...wordsSchema,
    setAt: instantSchema.nullable(),
    setBy: z.string().nullable(),
  })
  .meta({ id: 'CustomerMailTemplate' });

const mailWordsSchema = z.object({ subject: z.string(), text: z.string() });

/** A mail of a case; its address and its words stand nowhere. */
export const customerMailSchema = z
  .object({
    key: z.string().meta({ description: 'for …/mails/{key}/decision when it is unknown' }),
    kind: kindSchema,
    templateVersion: z.int(),
    state: z.enum(MAIL_STATES),
    plannedOn: z.iso.date(),
    nextDueAt: instantSchema.nullable(),
    lastTriedAt: instantSchema.nullable(),
    linkExpiresAt: instantSchema.nullable(),
    bouncedAt: instantSchema.nullable().meta({ description: '届かなかった' }),
    bounceStatus: z.string().nullable(),
  })
  .meta({ id: 'CustomerMail' });

/** Mails to customers: their words, what one would say, and the links in them. */
export const customerMailRoutes = {
  listCustomerMailTemplates: defineRoute({
    ...ofMerchant,
    method: 'get',
    path: templates,
    role: 'viewer',
    params: merchantParamsSchema,
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          templates: z.array(templateSchema),
          variables: z.array(
            z.object({
              token: z.string(),
              meaning: z.string(),
              forCardNotices: z
                .boolean()
                .meta({ description: 'also where no charge was declined' }),
            }),
          ),
        }),
        description: 'the newest version of every kind, and what may stand in it',
      },
    },
    summary: { ja: '顧客メールの文面の一覧', en: 'List templates of customer mails' },
  }),
  listCustomerMailVersions: defineRoute({
    ...ofMerchant,
    method: 'get',
    path: `${templates}/:kind/versions`,
    role: 'viewer',
    params: ofKind,
    responses: {
      200: {
        kind: 'json',
        schema: z.object({ versions: z.array(templateSchema) }),
        description: 'newest first, the latest 200; the last is the one of Tsukigime',
      },
    },
    summary: { ja: '顧客メールの文面の履歴', en: 'List versions of a template' },
  }),
  saveCustomerMailTemplate: defineRoute({
    ...ofMerchant,
    method: 'put',
    path: `${templates}/:kind`,
    role: 'operator',
    params: ofKind,
    body: {
      kind: 'json',
      schema: z.strictObject({
        ...wordsSchema,
        version: z.int().min(0).meta({ description: 'the version that was changed' }),
        reason: reasonSchema.nullable().default(null),
      }),
    },
    responses: { 200: { kind: 'json', schema: templateSchema, description: 'the new version' } },
    summary: { ja: '顧客メールの文面を変更する', en: 'Change a template of customer mails' },
  }),
  previewCustomerMailTemplate: defineRoute({
    ...ofMerchant,
    method: 'post',
    path: `${templates}/:kind/preview`,
    role: 'viewer',
    params: ofKind,
    body: { kind: 'json', schema: z.strictObject(wordsSchema).partial() },
    responses: {
      200: {
        kind: 'json',
        schema: mailWordsSchema,
        description: 'for a case that nobody has; words that are left out are the newest',
      },
    },
    summary: { ja: '顧客メールの文面を見本で確認する', en: 'Preview a template' },
  }),
  previewCustomerMail: defineRoute({
    ...ofMerchant,
    method: 'get',
    path: '/v1/merchants/:merchant/cycles/:month/ng-cases/:order/customer-mail',
    role: 'operator',
    params: cycleParamsSchema.extend({ order: z.string().min(1).max(64) }),
    responses: {
      200: {
        kind: 'json',
        schema: mailWordsSchema.extend({
          kind: kindSchema,
          templateVersion: z.int(),
          to: z.string().nullable().meta({ description: 'null: no usable address is known' }),
          from: z.string().nullable().meta({ description: 'null: the server’s own' }),
          replyTo: z.string().nullable(),
          cc: z.array(z.string()),
          bcc: z.array(z.string()),
          enabled: z.boolean(),
          earliestAt: instantSchema.meta({ description: 'by the hours of the settings' }),
        }),
        description: 'what the customer would be told now; its link is a sample, nothing is sent',
      },
    },
    summary: { ja: '顧客メールを送信前に確認する', en: 'Preview the mail of a case' },
  }),
  verifyCardPageLink: defineRoute({
    ...ofMerchant,
    method: 'post',
    path: '/v1/merchants/:merchant/card-page-links/verification',
    role: 'viewer',
    params: merchantParamsSchema,
    body: { kind: 'json', schema: z.strictObject({ token: z.string().min(1).max(200) }) },
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          month: billingMonthSchema.nullable().meta({
            description: 'null, with order and yen, where the mail was about a card alone',
          }),
          orderNumber: z.string().nullable(),
          customerNumber: z.string(),
          amountYen: z.int().nullable(),
          open: z.boolean().meta({ description: 'false: the customer need not act any more' }),
          expiresAt: instantSchema,
        }),
        description: 'for the shop’s card page: whose link it is',
      },
    },
    summary: { ja: 'カード更新リンクを検証する', en: 'Verify the link of a customer mail' },
  }),
};
