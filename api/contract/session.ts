import { z } from 'zod';
import { LONGEST_PASSWORD } from '../../billing/password.ts';
import { rights, roles } from '../../billing/role.ts';
import { merchantSchema } from './merchants.ts';
import { defineRoute, instantSchema } from './route.ts';

export const grantSchema = z
  .object({ role: z.enum(roles), rights: z.array(z.enum(rights)) })
  .meta({ id: 'Grant' });

/** Too long for any password of ours: refused before it is hashed. */
export const passwordSchema = z
  .string()
  .min(1)
  .max(LONGEST_PASSWORD * 2);

export const sessionSchema = z
  .object({
    kind: z.enum(['token', 'session']),
    actor: z.string().meta({ description: 'as the audit names the caller' }),
    name: z.string().nullable().meta({ description: 'of the person; null for a token' }),
    csrfToken: z.string().nullable().meta({
      description: 'the X-CSRF-Token of every POST, PUT and DELETE; null for a token',
    }),
    idleUntil: instantSchema.nullable().meta({ description: 'the end without another request' }),
    expiresAt: instantSchema.nullable().meta({ description: 'the end in any case' }),
    passwordChangeDue: z
      .boolean()
      .meta({ description: 'somebody else chose the password: it should be changed' }),
    everywhere: grantSchema.nullable().meta({ description: 'at every merchant, also of tomorrow' }),
    merchants: z
      .array(merchantSchema.extend({ grant: grantSchema }))
      .meta({ description: 'with what holds there, by slug' }),
  })
  .meta({ id: 'Session' });

export const sessionRoutes = {
  logIn: defineRoute({
    method: 'post',
    path: '/v1/session',
    role: 'none',
    merchantScoped: false,
    body: {
      kind: 'json',
      schema: z.strictObject({
        login: z.string().trim().toLowerCase().min(1).max(64),
        password: passwordSchema,
      }),
    },
    responses: {
      200: {
        kind: 'json',
        schema: sessionSchema,
        description: 'logged in; the session stands in a cookie that no script can read',
      },
    },
    summary: { ja: 'ログインする', en: 'Log in' },
    tag: 'session',
  }),
  readSession: defineRoute({
    method: 'get',
    path: '/v1/session',
    role: 'signed-in',
    merchantScoped: false,
    responses: {
      200: { kind: 'json', schema: sessionSchema, description: 'who calls, and what they may do' },
    },
    summary: { ja: '自分の権限を見る', en: 'Who am I' },
    tag: 'session',
  }),
  logOut: defineRoute({
    method: 'delete',
    path: '/v1/session',
    role: 'signed-in',
    sessionOnly: true,
    merchantScoped: false,
    responses: { 204: { kind: 'empty', description: 'logged out in this browser' } },
    summary: { ja: 'ログアウトする', en: 'Log out' },
    tag: 'session',
  }),
  logOutEverywhere: defineRoute({
    method: 'delete',
    path: '/v1/sessions',
    role: 'signed-in',
    sessionOnly: true,
    merchantScoped: false,
    responses: {
      200: {
        kind: 'json',
        schema: z.object({ ended: z.int().min(1) }),
        description: 'logged out in every browser, this one too',
      },
    },
    summary: { ja: 'すべてのブラウザーからログアウトする', en: 'Log out everywhere' },
    tag: 'session',
  }),
  changePassword: defineRoute({
    method: 'put',
    path: '/v1/session/password',
    role: 'signed-in',
    sessionOnly: true,
    merchantScoped: false,
    body: {
      kind: 'json',
      schema: z.strictObject({ current: passwordSchema, next: passwordSchema }),
    },
    responses: {
      200: {
        kind: 'json',
        schema: sessionSchema,
        description: 'changed; a new session in this browser, those in others have ended',
      },
    },
    summary: { ja: 'パスワードを変更する', en: 'Change the password' },
    tag: 'session',
  }),
};
