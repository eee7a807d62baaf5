import { z } from 'zod';
import { DELIVERY_OUTCOMES } from '../../billing/delivery.ts';
import { WEBHOOK_EVENT_TYPES } from '../../billing/webhook-event.ts';
import { accepted } from './cycles.ts';
import { endpointSlugSchema } from './delivery-endpoints.ts';
import { merchantParamsSchema } from './merchants.ts';
import { defineRoute, instantSchema, reasonSchema } from './route.ts';
import { secretNameSchema } from './secrets.ts';

const dayInSeconds = 86_400;

export const webhookSettingsSchema = z.strictObject({
  url: z
    .url({ protocol: /^https?$/ })
    .max(1000)
    .meta({
      description: 'https; http only for a sandbox merchant, whose shop is on this machine',
    }),
  events: z
    .array(z.enum(WEBHOOK_EVENT_TYPES))
    .min(1)
    .refine((events) => new Set(events).size === events.length, { error: 'names a type twice' })
    .meta({
      description:
        'what it is told. charges.captured: one call for a file or list; charge.captured: one for each charge',
    }),
  secretName: secretNameSchema.meta({ description: 'the secret that signs each delivery' }),
  secretOverlapHours: z.int().min(0).max(720).default(24).meta({
    description: 'for how long after a change of the secret the one before signs as well',
  }),
  backOffSeconds: z
    .array(z.int().min(1).max(dayInSeconds))
    .max(20)
    .default([10, 60, 300, 1800, 7200, 21_600])
    .meta({ description: 'waits after the first, second … failed attempt; then it is given up' }),
  timeoutMs: z.int().min(100).max(60_000).default(10_000),
  concurrency: z.int().min(1).max(32).default(4),
  circuitFailures: z.int().min(1).max(1000).default(10).meta({
    description: 'failures one after the other after which the shop is left alone for a while',
  }),
  circuitPauseSeconds: z.int().min(1).max(dayInSeconds).default(60),
});

const webhookSchema = z
  .object({
    webhook: endpointSlugSchema,
    ...webhookSettingsSchema.shape,
    state: z.enum(['active', 'paused', 'retired']),
    version: z.int(),
    circuitOpenUntil: instantSchema.nullable().meta({
      description: 'until when nothing leaves because the shop is down; null = it is up',
    }),
    createdAt: instantSchema,
  })
  .meta({ id: 'Webhook' });

const eventSchema = z
  .object({
    id: z.uuid().meta({ description: 'the idempotency key of every attempt' }),
    type: z.string(),
    merchant: z.string(),
    occurredAt: instantSchema,
    data: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'WebhookEvent', description: 'the very body that is sent' });

const deliverySchema = z
  .object({
    event: eventSchema,
    state: z
      .enum(['due', 'delivered', 'failed', 'settled'])
      .meta({ description: 'failed: given up; settled: the webhook was retired before it left' }),
    attempt: z.int().meta({ description: 'attempts that have begun' }),
    dueAt: instantSchema.nullable().meta({ description: 'next attempt; null = none is planned' }),
    attempts: z
      .array(
        z.object({
          attempt: z.int(),
          outcome: z.enum(DELIVERY_OUTCOMES),
          status: z.int().nullable(),
          answerStart: z
            .string()
            .nullable()
            .meta({ description: 'first characters of the answer' }),
          durationMs: z.int(),
          endedAt: instantSchema,
        }),
      )
      .meta({ description: 'the latest 20, newest first' }),
  })
  .meta({ id: 'WebhookDelivery' });

const paramsSchema = merchantParamsSchema.extend({ webhook: endpointSlugSchema });
const eventParamsSchema = merchantParamsSchema.extend({ event: z.uuid() });
const path = '/v1/merchants/:merchant/webhooks';
const ofAll = { merchantScoped: true, params: merchantParamsSchema, tag: 'webhooks' } as const;
const ofOne = { merchantScoped: true, params: paramsSchema, tag: 'webhooks' } as const;
const ofEvent = { merchantScoped: true, params: eventParamsSchema, tag: 'webhooks' } as const;
const saved = {
  200: { kind: 'json', schema: webhookSchema, description: 'as it is now' },
} as const;
const reasonBody = { kind: 'json', schema: z.strictObject({ reason: reasonSchema }) } as const;

/** What the shop's own systems are told: docs/webhooks.md. */
export const webhookRoutes = {
  listWebhooks: defineRoute({
    ...ofAll,
    method: 'get',
    path,
    role: 'viewer',
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          webhooks: z.array(
            webhookSchema.extend({
              due: z.int().meta({ description: 'deliveries that wait' }),
              failed: z.int().meta({ description: 'deliveries given up' }),
            }),
          ),
        }),
        description: 'by name; there are few',
      },
    },
    summary: { ja: 'Webhookの一覧', en: 'List webhooks' },
  }),
  createWebhook: defineRoute({
    ...ofAll,
    method: 'post',
    path,
    role: 'admin',
    body: {
      kind: 'json',
      schema: webhookSettingsSchema.extend({ webhook: endpointSlugSchema, reason: reasonSchema }),
    },
    responses: {
      201: { kind: 'json', schema: webhookSchema, description: 'is told events from now on' },
    },
    summary: { ja: 'Webhookを登録する', en: 'Create a webhook' },
  }),
  readWebhook: defineRoute({
    ...ofOne,
    method: 'get',
    path: `${path}/:webhook`,
    role: 'viewer',
    responses: saved,
    summary: { ja: 'Webhookを見る', en: 'Read a webhook' },
  }),
  changeWebhook: defineRoute({
    ...ofOne,
    method: 'put',
    path: `${path}/:webhook`,
    role: 'admin',
    body: {
      kind: 'json',
      schema: webhookSettingsSchema.extend({
        version: z.int().min(1).meta({ description: 'the version that was changed' }),
        reason: reasonSchema,
      }),
    },
    responses: saved,
    summary: { ja: 'Webhookを変更する', en: 'Change a webhook' },
  }),
  pauseWebhook: defineRoute({
    ...ofOne,
    method: 'post',
    path: `${path}/:webhook/pause`,
    role: 'operator',
    body: reasonBody,
    responses: saved,
    summary: { ja: 'Webhookの送信を止める', en: 'Pause a webhook: what happens waits' },
  }),
  resumeWebhook: defineRoute({
    ...ofOne,
    method: 'post',
    path: `${path}/:webhook/resume`,
    role: 'operator',
    body: reasonBody,
    responses: saved,
    summary: { ja: 'Webhookの送信を再開する', en: 'Resume a webhook, a broken circuit too' },
  }),
  retireWebhook: defineRoute({
    ...ofOne,
    method: 'post',
    path: `${path}/:webhook/retire`,
    role: 'admin',
    body: reasonBody,
    responses: {
      200: {
        kind: 'json',
        schema: webhookSchema.extend({
          settled: z.int().meta({ description: 'deliveries that waited and are not sent' }),
        }),
        description: 'for good',
      },
    },
    summary: { ja: 'Webhookを廃止する', en: 'Retire a webhook for good' },
  }),
  testWebhook: defineRoute({
    ...ofOne,
    method: 'post',
    path: `${path}/:webhook/test`,
    role: 'operator',
    body: reasonBody,
    idempotencyKey: 'required',
    responses: {
      200: {
        kind: 'json',
        schema: z.object({ event: z.uuid() }),
        description: 'queued: its log says how it went',
      },
      202: accepted,
    },
    summary: { ja: 'テスト通知を送る', en: 'Send a test event (ping)' },
  }),
  listWebhookDeliveries: defineRoute({
    ...ofOne,
    method: 'get',
    path: `${path}/:webhook/deliveries`,
    role: 'viewer',
    query: z.strictObject({
      state: z.enum(['due', 'delivered', 'failed', 'settled']).optional(),
      event: z.uuid().optional(),
      before: z.uuid().optional(),
      limit: z.coerce.number().int().min(1).max(500).default(100),
    }),
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          deliveries: z.array(deliverySchema),
          nextBefore: z
            .uuid()
            .nullable()
            .meta({ description: 'pass as `before`; null at the end' }),
        }),
        description: 'newest event first',
      },
    },
    summary: { ja: 'Webhookの送信記録', en: 'Read the delivery log of a webhook' },
  }),
  resendWebhookEvents: defineRoute({
    ...ofOne,
    method: 'post',
    path: `${path}/:webhook/resends`,
    role: 'operator',
    body: {
      kind: 'json',
      schema: z.strictObject({
        events: z
          .array(z.uuid())
          .min(1)
          .max(1000)
          .nullable()
          .meta({ description: 'null = the oldest 1,000 that were given up' }),
        reason: reasonSchema,
      }),
    },
    idempotencyKey: 'required',
    responses: {
      200: {
        kind: 'json',
        schema: z.object({ queued: z.int() }),
        description: 'due at once under their old keys; what waits anyway is not counted',
      },
      202: accepted,
    },
    summary: { ja: '通知を再送する', en: 'Send events again' },
  }),
  readWebhookEvent: defineRoute({
    ...ofEvent,
    method: 'get',
    path: '/v1/merchants/:merchant/webhook-events/:event',
    role: 'viewer',
    responses: { 200: { kind: 'json', schema: eventSchema, description: 'as it is sent' } },
    summary: { ja: '通知の内容を見る', en: 'Read an event' },
  }),
  listWebhookEventOrders: defineRoute({
    ...ofEvent,
    method: 'get',
    path: '/v1/merchants/:merchant/webhook-events/:event/orders',
    role: 'viewer',
    query: z.strictObject({
      after: z.coerce.number().int().min(0).default(0),
      limit: z.coerce.number().int().min(1).max(10_000).default(1000),
    }),
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          orders: z.array(z.object({ orderNumber: z.string(), amountYen: z.int() })),
          nextAfter: z.int().nullable().meta({ description: 'for the next page; null at the end' }),
        }),
        description: 'of charges.captured; of other events none',
      },
    },
    summary: { ja: '通知が指す注文の一覧', en: 'List the orders that an event tells of' },
  }),
};
