import { z } from 'zod';
import { merchantParamsSchema } from './merchants.ts';
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

/** What `tsukigime audit verify` takes. */
export const auditRoutes = {
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
