import { z } from 'zod';
import { rights, roles } from '../../billing/role.ts';
import { merchantSlugSchema } from './merchants.ts';
import { actorSchema, defineRoute, instantSchema, reasonSchema } from './route.ts';

export const tokenIdSchema = z
  .string()
  .regex(/^[0-9a-f]{16}$/, { error: 'is 16 hex digits, lower case' });

const tokenSchema = z
  .object({
    tokenId: tokenIdSchema,
    actor: z.string(),
    role: z.enum(roles),
    rights: z.array(z.enum(rights)),
    allMerchants: z.boolean(),
    merchants: z.array(merchantSlugSchema),
    createdAt: instantSchema,
    expiresAt: instantSchema.nullable(),
    revokedAt: instantSchema.nullable(),
  })
  .meta({ id: 'Token' });

/** Either all merchants or at least one by name: a token that sees nothing is a mistake. */
export const newTokenSchema = z.strictObject({
  actor: actorSchema,
  role: z.enum(roles),
  rights: z.array(z.enum(rights)).optional().meta({
    description:
      'left out: exportPersonalData from operator up, editSendParameters from approver up',
  }),
  merchants: z.union([z.literal('all'), z.array(merchantSlugSchema).min(1).max(1000)]),
  expiresInDays: z.int().min(1).max(3660).nullable().default(365),
});

export const tokenRoutes = {
  createToken: defineRoute({
    method: 'post',
    path: '/v1/tokens',
    role: 'admin',
    merchantScoped: false,
    body: { kind: 'json', schema: newTokenSchema },
    responses: {
      201: {
        kind: 'json',
        schema: z.object({
          tokenId: tokenIdSchema,
          token: z.string().meta({ description: 'the secret, shown this once' }),
          expiresAt: instantSchema.nullable(),
        }),
        description: 'created; the secret is in this answer only',
      },
    },
    summary: { ja: 'トークンを発行する', en: 'Create a token' },
    tag: 'tokens',
  }),
  listTokens: defineRoute({
    method: 'get',
    path: '/v1/tokens',
    role: 'admin',
    merchantScoped: false,
    responses: {
      200: {
        kind: 'json',
        schema: z.object({ tokens: z.array(tokenSchema) }),
        description: "tokens that reach no further than the caller's, newest first",
      },
    },
    summary: { ja: 'トークンの一覧', en: 'List tokens' },
    tag: 'tokens',
  }),
  revokeToken: defineRoute({
    method: 'delete',
    path: '/v1/tokens/:token',
    role: 'admin',
    merchantScoped: false,
    params: z.strictObject({ token: tokenIdSchema }),
    query: z.strictObject({ reason: reasonSchema.optional() }),
    responses: { 204: { kind: 'empty', description: 'revoked, or it was before' } },
    summary: { ja: 'トークンを失効させる', en: 'Revoke a token' },
    tag: 'tokens',
  }),
};
