import { z } from 'zod';
import { loginPattern } from '../../billing/password.ts';
import { rights, roles } from '../../billing/role.ts';
import { merchantSlugSchema } from './merchants.ts';
import { defineRoute, instantSchema, reasonSchema } from './route.ts';
import { grantSchema, passwordSchema } from './session.ts';

export const loginSchema = z.string().regex(loginPattern, {
  error: 'is 3 to 64 of a-z, 0-9 and . _ @ + -, beginning with a letter or digit',
});

export const userNameSchema = z.string().trim().min(1).max(100);

const userSchema = z
  .object({
    login: loginSchema,
    name: z.string(),
    everywhere: grantSchema.nullable(),
    merchants: z.array(grantSchema.extend({ merchant: merchantSlugSchema })),
    passwordChangeDue: z.boolean(),
    createdAt: instantSchema,
    disabledAt: instantSchema.nullable(),
    lastLoginAt: instantSchema.nullable(),
  })
  .meta({ id: 'User' });

const newGrantSchema = z.strictObject({
  role: z.enum(roles),
  rights: z.array(z.enum(rights)).default([]),
});

/** Null takes everything away. */
const changedGrantSchema = z.strictObject({
  grant: newGrantSchema.nullable(),
  reason: reasonSchema,
});

const userParams = z.strictObject({ user: loginSchema });
const common = { role: 'admin', merchantScoped: false, tag: 'users' } as const;

export const userRoutes = {
  listUsers: defineRoute({
    ...common,
    method: 'get',
    path: '/v1/users',
    responses: {
      200: {
        kind: 'json',
        schema: z.object({ users: z.array(userSchema) }),
        description: 'users who reach no further than the caller administers, by login name',
      },
    },
    summary: { ja: '利用者の一覧', en: 'List users' },
  }),
  createUser: defineRoute({
    ...common,
    method: 'post',
    path: '/v1/users',
    body: {
      kind: 'json',
      schema: z.strictObject({
        login: loginSchema,
        name: userNameSchema,
        password: passwordSchema,
        everywhere: newGrantSchema.nullable().default(null),
        merchants: z
          .array(newGrantSchema.extend({ merchant: merchantSlugSchema }))
          .max(1000)
          .default([]),
        reason: reasonSchema.nullable().default(null),
      }),
    },
    responses: {
      201: { kind: 'json', schema: userSchema, description: 'may log in from now on' },
    },
    summary: { ja: '利用者を登録する', en: 'Create a user' },
  }),
  grantEverywhere: defineRoute({
    ...common,
    allMerchantsOnly: true,
    method: 'put',
    path: '/v1/users/:user/everywhere',
    params: userParams,
    body: { kind: 'json', schema: changedGrantSchema },
    responses: { 200: { kind: 'json', schema: userSchema, description: 'holds at once' } },
    summary: { ja: '全加盟店での権限を変える', en: 'Set what a user may do at all merchants' },
  }),
  resetPassword: defineRoute({
    ...common,
    method: 'put',
    path: '/v1/users/:user/password',
    params: userParams,
    body: {
      kind: 'json',
      schema: z.strictObject({ password: passwordSchema, reason: reasonSchema }),
    },
    responses: {
      204: { kind: 'empty', description: 'set; every session of the user has ended' },
    },
    summary: { ja: 'パスワードを設定し直す', en: 'Set the password of a user' },
  }),
  logOutUser: defineRoute({
    ...common,
    method: 'post',
    path: '/v1/users/:user/log-out',
    params: userParams,
    body: { kind: 'json', schema: z.strictObject({ reason: reasonSchema }) },
    responses: {
      200: {
        kind: 'json',
        schema: z.object({ ended: z.int().min(0) }),
        description: 'logged out in every browser; may log in again at once',
      },
    },
    summary: { ja: 'すべてのブラウザーからログアウトさせる', en: 'Log a user out everywhere' },
  }),
  disableUser: defineRoute({
    ...common,
    method: 'post',
    path: '/v1/users/:user/disable',
    params: userParams,
    body: { kind: 'json', schema: z.strictObject({ reason: reasonSchema }) },
    responses: {
      200: { kind: 'json', schema: userSchema, description: 'cannot log in; sessions have ended' },
    },
    summary: { ja: '利用を停止する', en: 'Disable a user' },
  }),
  enableUser: defineRoute({
    ...common,
    method: 'post',
    path: '/v1/users/:user/enable',
    params: userParams,
    body: { kind: 'json', schema: z.strictObject({ reason: reasonSchema }) },
    responses: { 200: { kind: 'json', schema: userSchema, description: 'may log in again' } },
    summary: { ja: '利用の停止を解く', en: 'Enable a user' },
  }),
  listMerchantUsers: defineRoute({
    ...common,
    merchantScoped: true,
    method: 'get',
    path: '/v1/merchants/:merchant/users',
    params: z.strictObject({ merchant: merchantSlugSchema }),
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          users: z.array(
            z.object({
              login: loginSchema,
              name: z.string(),
              grant: grantSchema.nullable().meta({ description: 'given at this merchant' }),
              everywhere: grantSchema.nullable(),
              disabledAt: instantSchema.nullable(),
            }),
          ),
        }),
        description: 'everybody who may do something at this merchant',
      },
    },
    summary: { ja: '加盟店の利用者の一覧', en: 'List the users of a merchant' },
  }),
  grantUser: defineRoute({
    ...common,
    merchantScoped: true,
    method: 'put',
    path: '/v1/merchants/:merchant/users/:user',
    params: z.strictObject({ merchant: merchantSlugSchema, user: loginSchema }),
    body: { kind: 'json', schema: changedGrantSchema },
    responses: {
      200: {
        kind: 'json',
        schema: z.object({ login: loginSchema, grant: grantSchema.nullable() }),
        description: 'holds at once, also for sessions that run',
      },
    },
    summary: { ja: '加盟店での権限を変える', en: 'Set what a user may do at a merchant' },
  }),
};
