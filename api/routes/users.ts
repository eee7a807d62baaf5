import { findPasswordFault } from '../../billing/password.ts';
import { listMerchants } from '../../db/queries/merchants.ts';
import { grantUser } from '../../db/queries/user-grants.ts';
import {
  createUser,
  findUser,
  listMerchantUsers,
  listUsers,
  logOutUser,
  setDisabled,
  setPassword,
  type UserListing,
} from '../../db/queries/users.ts';
import type { Identity } from '../authentication.ts';
import type { userRoutes } from '../contract/users.ts';
import type { ApiDependencies } from '../dependencies.ts';
import type { Handlers } from '../handler.ts';
import { Problem } from '../problem.ts';
import { showGrant, unusablePassword } from './session.ts';

export const userHandlers: Handlers<typeof userRoutes> = {
  async listUsers({ deps, identity }) {
    const users = await listUsers(deps.db, { viewer: identity.scope });
    return { status: 200, body: { users: users.map(showUser) } };
  },

  async createUser({ deps, identity, body, now }) {
    const { login, name, password, everywhere, merchants, reason } = body;
    if (everywhere !== null && !identity.scope.all) throw new Problem('role-too-low');
    // Who may do nothing anywhere would belong to nobody: no admin of a merchant could find them again.
    if (everywhere === null && merchants.length === 0 && !identity.scope.all) {
      throw new Problem('invalid-fields', {
        errors: [{ path: 'body.merchants', message: 'names at least one of your merchants' }],
      });
    }
    const fault = findPasswordFault(password, login);
    if (fault !== null) throw unusablePassword('body.password', fault);
    const ids = await readAdministered(deps, identity);
    const grants = merchants.map(({ merchant, ...grant }) => {
      const merchantId = ids.get(merchant);
      if (merchantId === undefined) throw new Problem('merchant-not-found');
      return { merchantId, ...grant };
    });
    await createUser(deps.db, {
      ...{ login, name, password, reason, now, actor: identity.actor },
      cost: deps.limits.passwordCost,
      grants: [...(everywhere === null ? [] : [{ merchantId: null, ...everywhere }]), ...grants],
    });
    return { status: 201, body: showUser(await requireUser(deps, identity, login)) };
  },

  async grantEverywhere({ deps, identity, params, body, now }) {
    const user = await requireUser(deps, identity, params.user);
    const { grant, reason } = body;
    await grantUser(deps.db, null, { user, grant, reason, now, actor: identity.actor });
    return { status: 200, body: showUser(await requireUser(deps, identity, params.user)) };
  },

  async resetPassword({ deps, identity, params, body, now }) {
    const user = await requireUser(deps, identity, params.user);
    const { password, reason } = body;
    const fault = findPasswordFault(password, user.login);
    if (fault !== null) throw unusablePassword('body.password', fault);
    const { passwordCost: cost } = deps.limits;
    await setPassword(deps.db, { user, password, cost, reason, now, actor: identity.actor });
    return { status: 204 };
  },

  async logOutUser({ deps, identity, params, body, now }) {
    const user = await requireUser(deps, identity, params.user);
    const { actor } = identity;
    const ended = await logOutUser(deps.db, { user, actor, reason: body.reason, now });
    return { status: 200, body: { ended } };
  },

  disableUser: async (call) => await switchUser(call, true),
  enableUser: async (call) => await switchUser(call, false),

  async listMerchantUsers({ deps, merchant }) {
    const users = await listMerchantUsers(deps.db, merchant.id);
    return {
      status: 200,
      body: {
        users: users.map(({ login, name, disabledAt, own, everywhere }) => ({
          ...{ login, name, disabledAt },
          grant: own && showGrant(own),
          everywhere: everywhere && showGrant(everywhere),
        })),
      },
    };
  },

  async grantUser({ deps, identity, merchant, params, body, now }) {
    const user = await findGrantable(deps, identity, { login: params.user, at: merchant.id });
    const { grant, reason } = body;
    await grantUser(deps.db, merchant.id, { user, grant, reason, now, actor: identity.actor });
    return { status: 200, body: { login: user.login, grant } };
  },
};

async function switchUser(
  {
    deps,
    identity,
    params,
    body,
    now,
  }: Pick<
    Parameters<Handlers<typeof userRoutes>['disableUser']>[0],
    'deps' | 'identity' | 'params' | 'body' | 'now'
  >,
  disabled: boolean,
) {
  const user = await requireUser(deps, identity, params.user);
  const { reason } = body;
  await setDisabled(deps.db, { user, disabled, reason, now, actor: identity.actor });
  const changed = await requireUser(deps, identity, params.user);
  return { status: 200, body: showUser(changed) } as const;
}

/**
 * A user all of whose merchants the caller administers: whoever could set the password of others would
 * have what those may do elsewhere.
 * @throws Problem `user-not-found`, also for a user who reaches further.
 */
async function requireUser(
  deps: ApiDependencies,
  { scope }: Pick<Identity, 'scope'>,
  login: string,
): Promise<UserListing> {
  const [user] = await listUsers(deps.db, { viewer: scope, login });
  if (user === undefined) throw new Problem('user-not-found');
  return user;
}

/** Somebody who is let in at this merchant already, or anybody, for who administers all merchants. */
async function findGrantable(
  deps: ApiDependencies,
  { scope }: Pick<Identity, 'scope'>,
  { login, at }: { readonly login: string; readonly at: number },
) {
  const user = await findUser(deps.db, login);
  if (user === undefined) throw new Problem('user-not-found');
  if (scope.all) return user;
  const here = await listMerchantUsers(deps.db, at);
  const isHere = here.some((one) => one.id === user.id && one.own !== null);
  // Or somebody whom the caller let in at another merchant.
  if (!isHere) await requireUser(deps, { scope }, login);
  return user;
}

async function readAdministered(
  deps: ApiDependencies,
  { scope }: Pick<Identity, 'scope'>,
): Promise<ReadonlyMap<string, number>> {
  const merchants = await listMerchants(deps.db, scope.all ? null : scope.merchantIds);
  return new Map(merchants.map(({ slug, id }) => [slug, id]));
}

function showUser(user: UserListing) {
  const { login, name, createdAt, disabledAt, lastLoginAt, passwordSetBy, grants } = user;
  const everywhere = grants.find(({ merchant }) => merchant === null);
  const at = (grant: (typeof grants)[number]) =>
    grant.merchant === null ? [] : [{ merchant: grant.merchant, ...showGrant(grant) }];
  return {
    ...{ login, name, createdAt, disabledAt, lastLoginAt },
    passwordChangeDue: passwordSetBy !== login,
    everywhere: everywhere === undefined ? null : showGrant(everywhere),
    merchants: grants.flatMap(at),
  };
}
