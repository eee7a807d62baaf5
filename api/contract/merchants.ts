import { z } from 'zod';
import { merchantKinds, merchantSlugPattern } from '../../billing/merchant.ts';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import { defineRoute, instantSchema, reasonSchema } from './route.ts';

export const merchantSlugSchema = z
  .string()
  .regex(merchantSlugPattern, { error: 'is 3 to 32 of a-z, 0-9 and -' });

export const merchantParamsSchema = z.strictObject({ merchant: merchantSlugSchema });

export const merchantSchema = z
  .object({
    merchant: merchantSlugSchema,
    name: z.string(),
    kind: z.enum(merchantKinds),
    createdAt: instantSchema,
    businessNow: instantSchema.meta({ description: "the merchant's business clock" }),
  })
  .meta({ id: 'Merchant' });

export const settingsVersionSchema = z
  .object({
    version: z.int().min(1),
    settings: merchantSettingsSchema,
    actor: z.string(),
    reason: z.string().nullable(),
    recordedAt: instantSchema,
  })
  .meta({ id: 'SettingsVersion' });

export const auditEntrySchema = z
  .object({
    n: z.int().min(1),
    at: instantSchema,
    actor: z.string(),
    act: z.string(),
    subject: z.string(),
    reason: z.string().nullable(),
    details: z.record(z.string(), z.unknown()),
    hash: z.string(),
  })
  .meta({ id: 'AuditEntry' });

export const merchantRoutes = {
  listMerchants: defineRoute({
    method: 'get',
    path: '/v1/merchants',
    role: 'viewer',
    merchantScoped: false,
    responses: {
      200: {
        kind: 'json',
        schema: z.object({ merchants: z.array(merchantSchema) }),
        description: "the merchants within the token's scope, by slug",
      },
    },
    summary: { ja: '加盟店の一覧', en: 'List merchants' },
    tag: 'merchants',
  }),
  createMerchant: defineRoute({
    method: 'post',
    path: '/v1/merchants',
    role: 'admin',
    merchantScoped: false,
    allMerchantsOnly: true,
    body: {
      kind: 'json',
      schema: z.strictObject({
        merchant: merchantSlugSchema,
        name: z.string().trim().min(1).max(100),
        kind: z.enum(merchantKinds),
        settings: merchantSettingsSchema.prefault({}),
      }),
    },
    responses: {
      201: { kind: 'json', schema: merchantSchema, description: 'created with its settings' },
    },
    summary: { ja: '加盟店を登録する', en: 'Create a merchant' },
    tag: 'merchants',
  }),
  readMerchant: defineRoute({
    method: 'get',
    path: '/v1/merchants/:merchant',
    role: 'viewer',
    merchantScoped: true,
    params: merchantParamsSchema,
    responses: { 200: { kind: 'json', schema: merchantSchema, description: 'the merchant' } },
    summary: { ja: '加盟店を見る', en: 'Read a merchant' },
    tag: 'merchants',
  }),
  readSettings: defineRoute({
    method: 'get',
    path: '/v1/merchants/:merchant/settings',
    role: 'viewer',
    merchantScoped: true,
    params: merchantParamsSchema,
    query: z.strictObject({ version: z.coerce.number().int().min(1).optional() }),
    responses: {
      200: {
        kind: 'json',
        schema: settingsVersionSchema,
        description: 'the newest version, or the one asked for',
      },
    },
    summary: { ja: '設定を見る', en: 'Read the settings' },
    tag: 'settings',
  }),
  saveSettings: defineRoute({
    method: 'put',
    path: '/v1/merchants/:merchant/settings',
    role: 'admin',
    merchantScoped: true,
    params: merchantParamsSchema,
    body: {
      kind: 'json',
      schema: z.strictObject({
        version: z.int().min(1).meta({ description: 'the version that was changed' }),
        settings: merchantSettingsSchema,
        reason: reasonSchema,
        confirmedLocks: z.int().min(0).optional().meta({
          description:
            'of how many locked cards orders are billed again by this change (`cardLocks.methodServices`); wanted only then: the 409 names the count',
        }),
      }),
    },
    responses: {
      200: { kind: 'json', schema: settingsVersionSchema, description: 'the new version' },
    },
    summary: { ja: '設定を変更する', en: 'Save the settings as a new version' },
    tag: 'settings',
  }),
  readAudit: defineRoute({
    method: 'get',
    path: '/v1/merchants/:merchant/audit',
    role: 'viewer',
    merchantScoped: true,
    params: merchantParamsSchema,
    query: z.strictObject({
      after: z.coerce.number().int().min(0).default(0),
      limit: z.coerce.number().int().min(1).max(500).default(100),
    }),
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          entries: z.array(auditEntrySchema),
          nextAfter: z.int().nullable().meta({ description: 'pass as `after`; null at the end' }),
        }),
        description: 'oldest first, so that pages stay what they are',
      },
    },
    summary: { ja: '操作の記録を見る', en: 'Read the audit' },
    tag: 'audit',
  }),
};
