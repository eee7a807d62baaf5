import type { Request } from 'express';
import { merchantSlugPattern } from '../billing/merchant.ts';
import { roleIncludes } from '../billing/role.ts';
import { findMerchant, type Merchant } from '../db/queries/merchants.ts';
import { findIdentity, type Identity } from '../db/queries/tokens.ts';
import type { RouteContract } from './contract/route.ts';
import type { ApiDependencies } from './dependencies.ts';
import { Problem } from './problem.ts';

/** Who calls, from the Authorization header alone. Why a token is refused stays in here. */
export async function authenticate(deps: ApiDependencies, request: Request): Promise<Identity> {
  const bearer = /^Bearer ([^\s]+)$/i.exec(request.headers.authorization ?? '');
  const token = bearer?.[1];
  const identity =
    token === undefined
      ? 'unknown'
      : await findIdentity(deps.db, token, deps.realNow().toISOString());
  if (typeof identity === 'string') {
    throw new Problem('unauthenticated', { headers: { 'WWW-Authenticate': 'Bearer' } });
  }
  return identity;
}

export function authorize(route: RouteContract, identity: Identity): void {
  const allowed =
    (route.role === 'none' || roleIncludes(identity.role, route.role)) &&
    (route.allMerchantsOnly !== true || identity.scope.all);
  if (!allowed) throw new Problem('role-too-low');
}

/**
 * The merchant of a request. The only place that decides whose merchants a token sees: a foreign one
 * and one that does not exist get the same answer, so that nobody learns who our merchants are.
 */
export async function scopeMerchant(
  deps: ApiDependencies,
  identity: Identity,
  slug: string,
): Promise<Merchant> {
  // What is no slug is not asked for: a NUL in it would be an error of the database.
  const merchant = merchantSlugPattern.test(slug) ? await findMerchant(deps.db, slug) : undefined;
  if (merchant === undefined || !seesMerchant(identity, merchant.id)) {
    throw new Problem('merchant-not-found');
  }
  return merchant;
}

function seesMerchant(identity: Identity, merchantId: number): boolean {
  return identity.scope.all || identity.scope.merchantIds.includes(merchantId);
}
