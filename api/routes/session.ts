import { type Caller, grantAt, scopeOf } from '../../billing/grants.ts';
import { findPasswordFault, loginPattern } from '../../billing/password.ts';
import type { Grant } from '../../billing/role.ts';
import { appendAudit } from '../../db/queries/audit.ts';
import { listMerchants, type Merchant } from '../../db/queries/merchants.ts';
import {
  createSessionSecret,
  csrfTokenOf,
  endSession,
  endSessions,
  findSession,
  isKnownDevice,
  startSession,
} from '../../db/queries/sessions.ts';
import { findGrants } from '../../db/queries/user-grants.ts';
import { findUser, isPasswordOf, setPassword, type User } from '../../db/queries/users.ts';
import type { OpenSession } from '../authentication.ts';
import type { sessionRoutes } from '../contract/session.ts';
import type { ApiDependencies } from '../dependencies.ts';
import type { Call, Handlers } from '../handler.ts';
import { Problem } from '../problem.ts';
import { clearSessionCookie, writeSessionCookies } from '../session-cookie.ts';
import type { ApiState } from '../state.ts';
import { showMerchant } from './merchants.ts';

type LoginCall = Pick<Call<typeof sessionRoutes.logIn>, 'deps' | 'state' | 'client' | 'now'>;

export const sessionHandlers: Handlers<typeof sessionRoutes> = {
  async logIn(call) {
    const { body, request } = call;
    // A form of another site cannot send JSON; a browser that says where it comes from is believed.
    if (request.headers['sec-fetch-site'] === 'cross-site') throw new Problem('csrf-token-missing');
    const { user, failedBefore } = await comparePassword(call, body.login, body.password);
    return await begin(call, user, failedBefore);
  },

  async readSession({ deps, caller, session }) {
    return { status: 200, body: await showSession(deps, caller, session) };
  },

  async logOut({ deps, session, client, now }) {
    await endSession(deps.db, session.secret, now);
    await recordLogout(deps, session, 1, now);
    return { status: 204, headers: { 'Set-Cookie': clearSessionCookie(client) } };
  },

  async logOutEverywhere({ deps, session, client, now }) {
    const ended = await endSessions(deps.db, session.userId, { now });
    await recordLogout(deps, session, ended, now);
    return {
      status: 200,
      headers: { 'Set-Cookie': clearSessionCookie(client) },
      body: { ended: Math.max(1, ended) },
    };
  },

  async changePassword(call) {
    const { deps, session, body, now } = call;
    const { login } = session;
    const { user } = await comparePassword(call, login, body.current);
    const fault = findPasswordFault(body.next, login);
    if (fault !== null) throw unusablePassword('body.next', fault);
    const { passwordCost: cost } = deps.limits;
    await setPassword(deps.db, {
      ...{ user, password: body.next, cost, actor: login, reason: null, now },
    });
    // Whoever knew the old password or its session is out: this browser gets a new one too.
    return await begin(call, { ...user, passwordSetBy: login }, 0);
  },
};

export function unusablePassword(path: string, fault: string): Problem {
  return new Problem('invalid-fields', {
    detail: `${fault}。何も変更していません。`,
    errors: [{ path, message: 'cannot be used' }],
  });
}

/**
 * The user of a name and password.
 * @throws Problem `login-refused`, the same and as late for an unknown name, a wrong password and a
 *   disabled user; `too-many-logins`.
 */
async function comparePassword(
  { deps, state, client, now }: LoginCall,
  login: string,
  password: string,
): Promise<{ readonly user: User; readonly failedBefore: number }> {
  const { device } = client;
  const known = device !== undefined && (await isKnownDevice(deps.db, { device, login, now }));
  // Looked up behind the gate: who is sent away there costs no connection that others wait for.
  const looked: { user?: User | undefined } = {};
  const answer = await state.logins.run(
    {
      login,
      address: client.address,
      knownDevice: known ? device : null,
      nowMs: Date.parse(now),
    },
    async () => {
      looked.user = loginPattern.test(login) ? await findUser(deps.db, login) : undefined;
      return await isRight(state, looked.user, password);
    },
  );
  const { user } = looked;
  state.metrics.logins.inc({ result: answer.right ? 'right' : 'wrong' });
  if (answer.throttled && user !== undefined) await recordThrottling(deps, user, now);
  if (!answer.right || user === undefined) throw new Problem('login-refused');
  return { user, failedBefore: answer.failedBefore };
}

async function isRight(
  state: ApiState,
  user: User | undefined,
  password: string,
): Promise<boolean> {
  const hash = user?.passwordHash ?? (await state.nobodysPassword());
  const right = await isPasswordOf(password, hash);
  return right && user !== undefined && user.disabledAt === null;
}

async function begin(call: LoginCall, user: User, failedBefore: number) {
  const { deps, client, now } = call;
  const device = createSessionSecret();
  const rules = { idleMs: deps.limits.sessionIdleMs, longestMs: deps.limits.sessionMs };
  const { secret } = await startSession(deps.db, {
    ...{ user, device, rules, now, failedBefore, replaces: client.session },
  });
  const session = await findSession(deps.db, { secret, rules, now });
  if (session === undefined) throw new Problem('login-refused');
  const { sessionId: id, login: actor, userId } = session;
  const grants = await findGrants(deps.db, userId);
  const caller: Caller = { kind: 'session', id, actor, grants };
  return {
    status: 200,
    headers: { 'Set-Cookie': writeSessionCookies(client, { session: secret, device }) },
    body: await showSession(deps, caller, { ...session, secret }),
  } as const;
}

async function showSession(
  deps: ApiDependencies,
  { kind, actor, grants }: Caller,
  session: OpenSession | undefined,
) {
  const scope = scopeOf(grants, 'viewer');
  const merchants = await listMerchants(deps.db, scope.all ? null : scope.merchantIds);
  const show = (merchant: Merchant) => {
    const grant = grantAt(grants, merchant.id);
    return grant === null ? [] : [{ ...showMerchant(deps, merchant), grant: showGrant(grant) }];
  };
  return {
    kind,
    actor,
    name: session?.name ?? null,
    csrfToken: session === undefined ? null : csrfTokenOf(session.secret),
    idleUntil: session?.idleUntil ?? null,
    expiresAt: session?.expiresAt ?? null,
    passwordChangeDue: session !== undefined && session.passwordSetBy !== actor,
    everywhere: grants.everywhere === null ? null : showGrant(grants.everywhere),
    merchants: merchants.flatMap(show),
  };
}

export const showGrant = ({ role, rights }: Grant) => ({ role, rights: [...rights] });

async function recordLogout(
  deps: ApiDependencies,
  { login }: OpenSession,
  ended: number,
  now: string,
): Promise<void> {
  await appendAudit(deps.db, null, {
    at: now,
    actor: login,
    act: 'user.logged-out',
    subject: login,
    reason: null,
    details: { ended },
  });
}

async function recordThrottling(deps: ApiDependencies, user: User, now: string): Promise<void> {
  deps.logger.warn({ user: user.login }, 'logins of a user fail again and again');
  await appendAudit(deps.db, null, {
    at: now,
    actor: 'api',
    act: 'user.logins-throttled',
    subject: user.login,
    reason: null,
    details: { failed: deps.limits.logins.perAccount },
  });
}
