import { z } from 'zod';
import { secretNamePattern } from '../../billing/secret.ts';
import { merchantParamsSchema } from './merchants.ts';
import { defineRoute, instantSchema, reasonSchema } from './route.ts';

export const secretNameSchema = z
  .string()
  .regex(secretNamePattern, { error: 'is 1 to 64 of a-z, 0-9 and -' });

/** A password, a key or a certificate as text; the longest are certificates with their chain. */
export const secretValueSchema = z.string().min(1).max(65_536);

const hostSchema = z
  .string()
  .toLowerCase()
  .regex(/^[a-z0-9.:-]{1,253}$/, { error: 'is a host name or an address, without port' });

const secretSchema = z
  .object({
    name: secretNameSchema,
    version: z.int().min(1),
    setAt: instantSchema,
    setBy: z.string(),
  })
  .meta({ id: 'Secret', description: 'never the value: it can be set, not read' });

const allowedHostSchema = z
  .object({
    host: z.string(),
    allowed: z.boolean(),
    reason: z.string(),
    setAt: instantSchema,
    setBy: z.string(),
  })
  .meta({ id: 'AllowedHost' });

export const secretRoutes = {
  listSecrets: defineRoute({
    method: 'get',
    path: '/v1/merchants/:merchant/secrets',
    role: 'admin',
    merchantScoped: true,
    params: merchantParamsSchema,
    responses: {
      200: {
        kind: 'json',
        schema: z.object({ secrets: z.array(secretSchema) }),
        description: 'by name, never a value',
      },
    },
    summary: { ja: '登録済みの秘密情報の一覧', en: 'List secrets, without their values' },
    tag: 'secrets',
  }),
  setSecret: defineRoute({
    method: 'put',
    path: '/v1/merchants/:merchant/secrets/:name',
    role: 'admin',
    merchantScoped: true,
    params: merchantParamsSchema.extend({ name: secretNameSchema }),
    body: { kind: 'json', schema: z.strictObject({ value: secretValueSchema }) },
    responses: {
      200: { kind: 'json', schema: secretSchema, description: 'the new version is in force' },
    },
    summary: { ja: '秘密情報を登録・変更する', en: 'Set a secret' },
    tag: 'secrets',
  }),
  listAllowedHosts: defineRoute({
    method: 'get',
    path: '/v1/merchants/:merchant/allowed-hosts',
    role: 'admin',
    merchantScoped: true,
    params: merchantParamsSchema,
    responses: {
      200: {
        kind: 'json',
        schema: z.object({ hosts: z.array(allowedHostSchema) }),
        description: 'the newest decision about each host',
      },
    },
    summary: { ja: '接続を許可した社内ホストの一覧', en: 'List decisions about private hosts' },
    tag: 'secrets',
  }),
  setAllowedHost: defineRoute({
    method: 'put',
    path: '/v1/merchants/:merchant/allowed-hosts/:host',
    role: 'admin',
    merchantScoped: true,
    params: merchantParamsSchema.extend({ host: hostSchema }),
    body: {
      kind: 'json',
      schema: z.strictObject({ allowed: z.boolean(), reason: reasonSchema }),
    },
    responses: {
      200: { kind: 'json', schema: allowedHostSchema, description: 'the decision in force' },
    },
    summary: {
      ja: '社内アドレスのホストへの接続を許可・取り消しする',
      en: 'Allow or disallow a host whose address is private',
    },
    tag: 'secrets',
  }),
};
