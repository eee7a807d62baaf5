import { z } from 'zod';
import { auditEntrySchema, merchantParamsSchema } from './merchants.ts';
import { businessDateSchema } from './orders.ts';
import { defineRoute } from './route.ts';

const headsQuery = z.strictObject({
  before: z.iso.date().optional().meta({ description: 'days before this one' }),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});

const headsSchema = z.object({
  heads: z.array(
    z
      .object({
        merchant: z.string().nullable().meta({ description: 'null: acts of no single merchant' }),
        day: z.iso.date().meta({ description: 'in Japan' }),
        n: z.int().min(1),
        hash: z.string(),
      })
      .meta({ id: 'AuditHead' }),
  ),
  nextBefore: z.iso.date().nullable().meta({ description: 'pass as `before`; null at the end' }),
});

const exported = {
  kind: 'bytes',
  description: 'NDJSON, oldest first: n, the entry as it was hashed, its hash',
} as const;
const heads = {
  kind: 'json',
  schema: headsSchema,
  description: 'where the chain stood when it was published each day, newest first',
} as const;

const partSchema = z.string().trim().min(1).max(100).optional();
const auditSearch = {
  actor: partSchema.meta({ description: 'part of who did it, in any case' }),
  about: partSchema.meta({ description: 'part of the act or of its subject, in any case' }),
  from: businessDateSchema.optional().meta({ description: 'a day in Japan, included' }),
  to: businessDateSchema.optional().meta({ description: 'a day in Japan, included' }),
};

/** The audit as people read it, and what `tsukigime audit verify` takes. */
export const auditRoutes = {
  searchAudit: defineRoute({
    method: 'get',
    path: '/v1/merchants/:merchant/audit-entries',
    role: 'viewer',
    merchantScoped: true,
    params: merchantParamsSchema,
    query: z.strictObject({
      ...auditSearch,
      before: z.coerce
        .number()
        .int()
        .min(1)
        .optional()
        .meta({ description: '`nextBefore` of the page before' }),
      limit: z.coerce.number().int().min(1).max(500).default(100),
    }),
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          entries: z.array(auditEntrySchema),
          nextBefore: z.int().nullable().meta({ description: 'null at the end' }),
        }),
        description: 'newest first',
      },
    },
    summary: { ja: '操作の記録を検索する', en: 'Search the audit, newest first' },
    tag: 'audit',
  }),
  downloadAudit: defineRoute({
    method: 'get',
    path: '/v1/merchants/:merchant/audit-entries.csv',
    role: 'viewer',
    merchantScoped: true,
    params: merchantParamsSchema,
    query: z.strictObject({
      ...auditSearch,
      encoding: z.enum(['utf-8', 'cp932']).default('utf-8'),
    }),
    responses: {
      200: { kind: 'bytes', description: 'all that was found, newest first; it proves nothing' },
    },
    summary: { ja: '検索した操作の記録をCSVで取り出す', en: 'Download what was found as CSV' },
    tag: 'audit',
  }),
  exportAudit: defineRoute({
    method: 'get',
    path: '/v1/merchants/:merchant/audit-export',
    role: 'viewer',
    merchantScoped: true,
    params: merchantParamsSchema,
    responses: { 200: exported },
    summary: { ja: '操作の記録を取り出す', en: 'Export the audit' },
    tag: 'audit',
  }),
  listAuditHeads: defineRoute({
    method: 'get',
    path: '/v1/merchants/:merchant/audit-heads',
    role: 'viewer',
    merchantScoped: true,
    params: merchantParamsSchema,
    query: headsQuery,
    responses: { 200: heads },
    summary: { ja: '公表した記録のハッシュ', en: 'List the published heads of the audit' },
    tag: 'audit',
  }),
  exportCommonAudit: defineRoute({
    method: 'get',
    path: '/v1/audit-export',
    role: 'admin',
    merchantScoped: false,
    allMerchantsOnly: true,
    responses: { 200: exported },
    summary: {
      ja: 'ログインや利用者についての記録を取り出す',
      en: 'Export the audit of what concerns no single merchant: logins, users, tokens',
    },
    tag: 'audit',
  }),
  listCommonAuditHeads: defineRoute({
    method: 'get',
    path: '/v1/audit-heads',
    role: 'admin',
    merchantScoped: false,
    allMerchantsOnly: true,
    query: headsQuery,
    responses: { 200: heads },
    summary: {
      ja: '公表した記録のハッシュ(加盟店によらないもの)',
      en: 'List the published heads of the audit that concerns no single merchant',
    },
    tag: 'audit',
  }),
};
