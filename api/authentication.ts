import type { Request } from 'express';
import { type Caller, type Grants, grantAt, highestRole, scopeOf } from '../billing/grants.ts';
import { merchantSlugPattern } from '../billing/merchant.ts';
import { type Right, type Role, roleIncludes } from '../billing/role.ts';
import { findMerchant, type Merchant } from '../db/queries/merchants.ts';
import { findSession, isCsrfToken, type Session } from '../db/queries/sessions.ts';
import { findTokenCaller, type TokenScope } from '../db/queries/tokens.ts';
import { findGrants } from '../db/queries/user-grants.ts';
import type { RouteContract } from './contract/route.ts';
import type { ApiDependencies } from './dependencies.ts';
import { Problem } from './problem.ts';
import type { ClientFacts } from './session-cookie.ts';

/** A session with the secret of its cookie. */
export interface OpenSession extends Session {
  readonly secret: string;
}

/** Who calls; with the session where it is a person. */
export interface Authenticated {
  readonly caller: Caller;
  readonly session: OpenSession | undefined;
}

/** The caller as a route sees them: what holds at the route's merchant, or where the role reaches. */
export interface Identity {
  readonly actor: string;
  readonly role: Role;
  readonly rights: readonly Right[];
  /** The merchants at which they have the route's role. */
  readonly scope: TokenScope;
}

/** The token of a request; undefined = none was sent. What is no token is an empty one. */
export function readBearer(request: Request): string | undefined {
  const header = request.headers.authorization;
  if (header === undefined) return undefined;
  return /^Bearer ([^\s]+)$/i.exec(header)?.[1] ?? '';
}

/**
 * Who calls, from the Authorization header or, without one, the session cookie. Why one is refused
 * stays in here.
 */
export async function authenticate(
  deps: ApiDependencies,
  request: Request,
  client: ClientFacts,
): Promise<Authenticated> {
  const now = deps.realNow().toISOString();
  const token = readBearer(request);
  if (token !== undefined) {
    const caller = await findTokenCaller(deps.db, token, now);
    if (typeof caller === 'string') throw unauthenticated();
    return { caller, session: undefined };
  }
  if (client.session === undefined) throw unauthenticated();
  const rules = { idleMs: deps.limits.sessionIdleMs, longestMs: deps.limits.sessionMs };
  const session = await findSession(deps.db, { secret: client.session, rules, now });
  if (session === undefined) throw unauthenticated();
  const { sessionId: id, login: actor, userId } = session;
  const grants = await findGrants(deps.db, userId);
  return {
    caller: { kind: 'session', id, actor, grants },
    session: { ...session, secret: client.session },
  };
}

function unauthenticated(): Problem {
  return new Problem('unauthenticated', { headers: { 'WWW-Authenticate': 'Bearer' } });
}

const safeMethods: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

/**
 * A browser sends cookies for any page; the header only comes from one that could read the token.
 * Pages of another origin that may call a route are named by it, and browsers do not lie about origins.
 *
 * @throws Problem `csrf-token-missing`, `origin-refused`
 */
export function refuseForeignPages(
  route: RouteContract,
  request: Request,
  of: { readonly session: OpenSession | undefined; readonly temporalUiOrigin: string | undefined },
): void {
  const { session, temporalUiOrigin } = of;
  const origin = request.get('Origin');
  if (route.foreignPages !== undefined) {
    const fromUi = origin !== undefined && origin === temporalUiOrigin;
    // A program with a token is no page.
    const fromProgram = session === undefined && origin === undefined;
    if (!fromUi && !fromProgram) throw new Problem('origin-refused');
    return;
  }
  if (session === undefined || safeMethods.includes(request.method)) return;
  if (!isCsrfToken(session.secret, request.get('X-CSRF-Token') ?? '')) {
    throw new Problem('csrf-token-missing');
  }
}

/** Whether the caller may call this route anywhere at all; asked before any merchant is named. */
export function authorize(route: RouteContract, { caller, session }: Authenticated): void {
  if (route.sessionOnly === true && session === undefined) throw new Problem('session-needed');
  if (route.role === 'none' || route.role === 'signed-in') return;
  const { grants } = caller;
  const highest = highestRole(grants);
  if (highest === null || !roleIncludes(highest, route.role)) throw new Problem('role-too-low');
  if (route.allMerchantsOnly === true && !scopeOf(grants, route.role).all) {
    throw new Problem('role-too-low');
  }
}

/** What a caller is to a route that names no merchant: no further than their role for it reaches. */
export function identifyAnywhere(needed: Role, { actor, grants }: Caller): Identity {
  const scope = scopeOf(grants, needed);
  return { actor, role: highestRole(grants) ?? needed, rights: [], scope };
}

/**
 * What a caller is at a merchant.
 * @throws Problem where their role or rights there are too low for the route.
 */
export function identifyAt(
  merchant: Merchant,
  route: RouteContract & { readonly role: Role },
  { actor, grants }: Caller,
): Identity {
  const grant = grantAt(grants, merchant.id);
  if (grant === null || !roleIncludes(grant.role, route.role)) throw new Problem('role-too-low');
  const identity = { actor, ...grant, scope: scopeOf(grants, route.role) };
  if (route.right !== undefined) requireRight(identity, route.right);
  return identity;
}

/** @throws Problem `right-missing`, naming the right. */
export function requireRight(identity: Pick<Identity, 'rights'>, right: Right): void {
  if (identity.rights.includes(right)) return;
  throw new Problem('right-missing', { errors: [{ path: 'right', message: right }] });
}

/**
 * The merchant of a request. The only place that decides whose merchants a caller sees: a foreign one
 * and one that does not exist get the same answer, so that nobody learns who our merchants are.
 */
export async function scopeMerchant(
  deps: ApiDependencies,
  grants: Grants,
  slug: string,
): Promise<Merchant> {
  // What is no slug is not asked for: a NUL in it would be an error of the database.
  const merchant = merchantSlugPattern.test(slug) ? await findMerchant(deps.db, slug) : undefined;
  if (merchant === undefined || grantAt(grants, merchant.id) === null) {
    throw new Problem('merchant-not-found');
  }
  return merchant;
}
