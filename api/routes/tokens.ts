import { listMerchants } from '../../db/queries/merchants.ts';
import {
  createToken,
  listTokens,
  revokeToken,
  type TokenListing,
  type TokenScope,
} from '../../db/queries/tokens.ts';
import type { tokenRoutes } from '../contract/tokens.ts';
import type { ApiDependencies } from '../dependencies.ts';
import type { Handlers } from '../handler.ts';
import { Problem } from '../problem.ts';

const dayMs = 24 * 60 * 60 * 1000;

export const tokenHandlers: Handlers<typeof tokenRoutes> = {
  async createToken({ deps, identity, body, now }) {
    const scope = await grantScope(deps, identity.scope, body.merchants);
    const expiresAt =
      body.expiresInDays === null
        ? null
        : new Date(Date.parse(now) + body.expiresInDays * dayMs).toISOString();
    const { tokenId, token } = await createToken(deps.db, {
      actor: body.actor,
      role: body.role,
      ...(body.rights === undefined ? {} : { rights: body.rights }),
      scope,
      expiresAt,
      now,
      createdBy: identity.actor,
    });
    return { status: 201, body: { tokenId, token, expiresAt } };
  },

  async listTokens({ deps, identity }) {
    const tokens = await listTokens(deps.db, identity.scope);
    return {
      status: 200,
      body: { tokens: tokens.map(showToken) },
    };
  },

  async revokeToken({ deps, identity, params, query, now }) {
    const revoked = await revokeToken(deps.db, {
      tokenId: params.token,
      scope: identity.scope,
      actor: identity.actor,
      reason: query.reason ?? null,
      now,
    });
    if (!revoked) throw new Problem('token-not-found');
    return { status: 204 };
  },
};

function showToken(token: TokenListing) {
  return { ...token, rights: [...token.rights], merchants: [...token.merchants] };
}

/** Nobody hands out more than they hold: not all merchants, not a merchant they do not see. */
async function grantScope(
  deps: ApiDependencies,
  own: TokenScope,
  wanted: 'all' | readonly string[],
): Promise<TokenScope> {
  if (wanted === 'all') {
    if (!own.all) throw new Problem('role-too-low');
    return { all: true };
  }
  const seen = await listMerchants(deps.db, own.all ? null : own.merchantIds);
  const ids = new Map(seen.map((merchant) => [merchant.slug, merchant.id]));
  const merchantIds = [...new Set(wanted)].map((slug) => {
    const id = ids.get(slug);
    if (id === undefined) throw new Problem('merchant-not-found');
    return id;
  });
  return { all: false, merchantIds };
}
