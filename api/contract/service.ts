import { z } from 'zod';
import { defineRoute } from './route.ts';

const partSchema = z.enum(['ok', 'away']);

const readinessSchema = z.object({
  ready: z.boolean(),
  postgres: partSchema,
  temporal: partSchema,
  stopping: z.boolean(),
});

export const serviceRoutes = {
  readHealth: defineRoute({
    method: 'get',
    path: '/healthz',
    role: 'none',
    merchantScoped: false,
    responses: {
      200: {
        kind: 'json',
        schema: z.object({ alive: z.literal(true) }),
        description: 'the process answers',
      },
    },
    summary: { ja: '生存確認', en: 'Liveness' },
    tag: 'service',
  }),
  readReadiness: defineRoute({
    method: 'get',
    path: '/readyz',
    role: 'none',
    merchantScoped: false,
    responses: {
      200: { kind: 'json', schema: readinessSchema, description: 'Postgres and Temporal answer' },
      503: { kind: 'json', schema: readinessSchema, description: 'one of them is away' },
    },
    summary: { ja: '準備状態', en: 'Readiness' },
    tag: 'service',
  }),
  readOpenApi: defineRoute({
    method: 'get',
    path: '/openapi.json',
    role: 'none',
    merchantScoped: false,
    responses: {
      200: {
        kind: 'json',
        schema: z.record(z.string(), z.unknown()),
        description: 'this document (OpenAPI 3.1)',
      },
    },
    summary: { ja: 'OpenAPI文書', en: 'OpenAPI document' },
    tag: 'service',
  }),
  readApiPage: defineRoute({
    method: 'get',
    path: '/docs',
    role: 'none',
    merchantScoped: false,
    responses: {
      200: {
        kind: 'text',
        contentType: 'text/html; charset=utf-8',
        description: 'this document as a page to read',
      },
    },
    summary: { ja: 'APIの説明ページ', en: 'The API as a page' },
    tag: 'service',
  }),
  readMetrics: defineRoute({
    method: 'get',
    path: '/metrics',
    role: 'viewer',
    merchantScoped: false,
    allMerchantsOnly: true,
    responses: {
      200: {
        kind: 'text',
        contentType: 'text/plain; version=0.0.4; charset=utf-8',
        description: 'Prometheus metrics, without a label that names a person or an order',
      },
    },
    summary: { ja: '計測値', en: 'Metrics' },
    tag: 'service',
  }),
};
