import { z } from 'zod';
import { merchantParamsSchema } from './merchants.ts';
import { defineRoute, instantSchema, reasonSchema } from './route.ts';
import { secretNameSchema } from './secrets.ts';

export const endpointSlugSchema = z
  .string()
  .regex(/^[a-z0-9-]{3,64}$/, { error: 'is 3 to 64 of a-z, 0-9 and -' });

const dayInSeconds = 86_400;

const settingsSchema = z.strictObject({
  url: z
    .url({ protocol: /^https?$/ })
    .max(1000)
    .meta({
      description: 'https; http only for a sandbox merchant, whose shop is on this machine',
    }),
  secretName: secretNameSchema.meta({ description: 'the secret that signs each delivery' }),
  encoding: z.enum(['as_received', 'cp932', 'utf-8']).default('as_received').meta({
    description: 'as_received: the very bytes that came in',
  }),
  backOffSeconds: z
    .array(z.int().min(1).max(dayInSeconds))
    .max(20)
    .default([10, 60, 300, 1800])
    .meta({ description: 'waits after the first, second … failed attempt; then CGISendErr' }),
  timeoutMs: z.int().min(100).max(60_000).default(10_000),
  concurrency: z.int().min(1).max(32).default(8),
  circuitFailures: z.int().min(1).max(1000).default(10).meta({
    description: 'failures one after the other after which the endpoint is left alone for a while',
  }),
  circuitPauseSeconds: z.int().min(1).max(dayInSeconds).default(60),
});

const endpointSchema = z
  .object({
    endpoint: endpointSlugSchema,
    ...settingsSchema.shape,
    state: z.enum(['active', 'paused', 'retired']),
    version: z.int(),
    circuitOpenUntil: instantSchema.nullable().meta({
      description: 'until when nothing leaves because the endpoint is down; null = it is up',
    }),
    createdAt: instantSchema,
  })
  .meta({ id: 'DeliveryEndpoint' });

const paramsSchema = merchantParamsSchema.extend({ endpoint: endpointSlugSchema });
const path = '/v1/merchants/:merchant/delivery-endpoints';
const ofOne = { merchantScoped: true, params: paramsSchema, tag: 'carrier' } as const;
const saved = {
  200: { kind: 'json', schema: endpointSchema, description: 'as it is now' },
} as const;
const reasonBody = { kind: 'json', schema: z.strictObject({ reason: reasonSchema }) } as const;

export const deliveryEndpointRoutes = {
  listDeliveryEndpoints: defineRoute({
    method: 'get',
    path,
    role: 'viewer',
    merchantScoped: true,
    params: merchantParamsSchema,
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          endpoints: z.array(
            endpointSchema.extend({
              due: z.int().meta({ description: 'deliveries that wait' }),
              failed: z.int().meta({ description: 'deliveries given up: CGISendErr' }),
            }),
          ),
        }),
        description: 'by slug; there are few',
      },
    },
    summary: { ja: '送信先の一覧', en: 'List delivery endpoints' },
    tag: 'carrier',
  }),
  createDeliveryEndpoint: defineRoute({
    method: 'post',
    path,
    role: 'admin',
    merchantScoped: true,
    params: merchantParamsSchema,
    body: {
      kind: 'json',
      schema: settingsSchema.extend({ endpoint: endpointSlugSchema, reason: reasonSchema }),
    },
    responses: {
      201: { kind: 'json', schema: endpointSchema, description: 'gets results from now on' },
    },
    summary: { ja: '送信先を登録する', en: 'Create a delivery endpoint' },
    tag: 'carrier',
  }),
  readDeliveryEndpoint: defineRoute({
    ...ofOne,
    method: 'get',
    path: `${path}/:endpoint`,
    role: 'viewer',
    responses: saved,
    summary: { ja: '送信先を見る', en: 'Read a delivery endpoint' },
  }),
  changeDeliveryEndpoint: defineRoute({
    ...ofOne,
    method: 'put',
    path: `${path}/:endpoint`,
    role: 'admin',
    body: {
      kind: 'json',
      schema: settingsSchema.extend({
        version: z.int().min(1).meta({ description: 'the version that was changed' }),
        reason: reasonSchema,
      }),
    },
    responses: saved,
    summary: { ja: '送信先を変更する', en: 'Change a delivery endpoint' },
  }),
  pauseDeliveryEndpoint: defineRoute({
    ...ofOne,
    method: 'post',
    path: `${path}/:endpoint/pause`,
    role: 'operator',
    body: reasonBody,
    responses: saved,
    summary: { ja: '送信を止める', en: 'Pause deliveries: what comes in waits' },
  }),
  resumeDeliveryEndpoint: defineRoute({
    ...ofOne,
    method: 'post',
    path: `${path}/:endpoint/resume`,
    role: 'operator',
    body: reasonBody,
    responses: saved,
    summary: { ja: '送信を再開する', en: 'Resume deliveries, a broken circuit too' },
  }),
  retireDeliveryEndpoint: defineRoute({
    ...ofOne,
    method: 'post',
    path: `${path}/:endpoint/retire`,
    role: 'admin',
    body: reasonBody,
    responses: {
      200: {
        kind: 'json',
        schema: endpointSchema.extend({
          settled: z
            .int()
            .meta({ description: 'deliveries that waited and are not sent any more' }),
        }),
        description: 'for good',
      },
    },
    summary: { ja: '送信先を廃止する', en: 'Retire a delivery endpoint for good' },
  }),
};
