import { z } from 'zod';
import type { Right, Role } from '../../billing/role.ts';
import { findCardNumber } from '../../imports/card-number.ts';

/** Japanese for operators, English for everyone else. */
export interface Bilingual {
  readonly ja: string;
  readonly en: string;
}

export interface JsonBody {
  readonly kind: 'json';
  readonly schema: z.ZodType;
  /** Longest body, where it is not that of all routes. */
  readonly maxBytes?: number;
}

/** Bytes that are streamed to the handler, never held whole. */
export interface RawBody {
  readonly kind: 'raw';
  readonly contentTypes: readonly string[];
}

export type ResponseContract =
  | { readonly kind: 'json'; readonly schema: z.ZodType; readonly description: string }
  | { readonly kind: 'text'; readonly contentType: string; readonly description: string }
  | { readonly kind: 'bytes'; readonly description: string }
  | { readonly kind: 'empty'; readonly description: string };

/**
 * One route: Express registration, OpenAPI document and the walk test all read it from here, so a
 * route without a role or with an undocumented answer cannot exist.
 */
export interface RouteContract {
  readonly method: 'get' | 'post' | 'put' | 'delete';
  /** Express form: `/v1/merchants/:merchant`. */
  readonly path: string;
  /** The least role that may call it; `none` needs no token, `signed-in` any token or session. */
  readonly role: Role | 'none' | 'signed-in';
  /** True: `:merchant` is looked up and checked against the token's scope before anything else. */
  readonly merchantScoped: boolean;
  /** True: only who has that role at all merchants may call it. */
  readonly allMerchantsOnly?: true;
  /** The right that it takes besides the role. */
  readonly right?: Right;
  /** A right that only some calls take; the handler asks for it (`requireRight`). */
  readonly sometimesRight?: { readonly right: Right; readonly when: Bilingual };
  /** True: for a person in a session, not for a token. */
  readonly sessionOnly?: true;
  /** Pages of another origin that may call it, by CORS and in place of the CSRF token. */
  readonly foreignPages?: 'temporal-ui';
  /** True: it changes nothing, and is no GET because of what it asks by: no name stands in an address. */
  readonly onlyReads?: true;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: JsonBody | RawBody;
  /** Acts that reach a workflow: the Idempotency-Key header becomes the Update ID. */
  readonly idempotencyKey?: 'required';
  readonly responses: Readonly<Record<number, ResponseContract>>;
  readonly summary: Bilingual;
  readonly tag: string;
}

/** Keeps the literal types of a route, from which its handler's types come. */
export function defineRoute<const Route extends RouteContract>(route: Route): Route {
  return route;
}

export const instantSchema = z.iso.datetime({ offset: false }).meta({
  description: 'UTC instant',
  example: '2026-11-22T00:00:00.000Z',
});

export const sha256Schema = z
  .string()
  .regex(/^[0-9a-f]{64}$/, { error: 'is 64 hex digits, lower case' });

/** Words of a person that are kept for ever: no card number gets in by them either. */
export const keptTextSchema = z
  .string()
  .trim()
  .min(1)
  .max(500)
  .refine((text) => findCardNumber(text) === null, {
    error: 'holds what looks like a card number',
  });

/** Words that a person gives for an act; they go into the audit, which is kept for ever. */
export const reasonSchema = keptTextSchema;

/** A person or a system, as the audit names it. */
export const actorSchema = z
  .string()
  .trim()
  .regex(/^[\p{L}\p{N} ._@+-]{1,64}$/u, {
    error: 'is 1 to 64 letters, digits, spaces or . _ @ + -',
  });

/** RFC 9457 with the path of every invalid field. */
export const problemSchema = z
  .object({
    type: z.string().meta({ description: 'stable: urn:tsukigime:problem:<slug>' }),
    title: z.string().meta({ description: 'English, the same for every case of the type' }),
    status: z.int(),
    detail: z.string().meta({ description: 'Japanese: what happened, what was kept, what to do' }),
    instance: z.string().meta({ description: 'ID of the request, as in the log' }),
    errors: z
      .array(
        z.object({
          path: z.string(),
          message: z.string(),
          ja: z.string().optional().meta({ description: 'Japanese, for a field of the request' }),
        }),
      )
      .optional()
      .meta({ description: 'what is wrong where; never the value' }),
  })
  .meta({ id: 'Problem' });

export type ProblemBody = z.output<typeof problemSchema>;
