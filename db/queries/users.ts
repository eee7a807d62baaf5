import type { Kysely } from 'kysely';
import type { Scope } from '../../billing/grants.ts';
import type { Grant } from '../../billing/role.ts';
import { hashPassword, type PasswordCost } from '../password-hash.ts';
import type { Database } from '../tables.ts';
import { appendAudit } from './audit.ts';
import { endSessions } from './sessions.ts';
import { type Doer, entryOf, insertGrant, type NamedGrant, readGrants } from './user-grants.ts';

export {
  defaultPasswordCost,
  hashPassword,
  isPasswordOf,
  type PasswordCost,
} from '../password-hash.ts';

/** Somebody logs in by this name already. */
export class UserExistsError extends Error {
  override name = 'UserExistsError';
}

/** A person who logs in, without their password. */
export interface User {
  readonly id: number;
  readonly login: string;
  readonly name: string;
  readonly passwordHash: string;
  /** Who set the password: the user or whoever let them in. */
  readonly passwordSetBy: string;
  /** ISO instants. */
  readonly disabledAt: string | null;
  readonly createdAt: string;
}

export interface UserListing extends Omit<User, 'passwordHash'> {
  readonly grants: readonly NamedGrant[];
  /** ISO instant of the newest session's start. */
  readonly lastLoginAt: string | null;
}

export interface NewUser extends Doer {
  readonly login: string;
  readonly name: string;
  readonly password: string;
  readonly cost: PasswordCost;
  readonly grants: readonly (Grant & { readonly merchantId: number | null })[];
}

/** @throws UserExistsError when the login name is taken; nothing is changed then. */
export async function createUser(db: Kysely<Database>, user: NewUser): Promise<number> {
  const passwordHash = await hashPassword(user.password, user.cost);
  return await db.transaction().execute(async (trx) => {
    const row = await trx
      .insertInto('users')
      .values({
        login: user.login,
        name: user.name,
        password_hash: passwordHash,
        password_set_at: user.now,
        password_set_by: user.actor,
        created_at: user.now,
        created_by: user.actor,
      })
      .onConflict((conflict) => conflict.column('login').doNothing())
      .returning('id')
      .executeTakeFirst();
    if (row === undefined) throw new UserExistsError(`A user "${user.login}" exists already.`);
    await appendAudit(trx, null, entryOf(user, 'user.created', user.login, {}));
    for (const { merchantId, ...grant } of user.grants) {
      const { actor, reason, now, login } = user;
      await insertGrant(trx, { userId: row.id, login, merchantId, grant, actor, reason, now });
    }
    return row.id;
  });
}

/** Sets a password and ends every session of its user but the one named. */
export async function setPassword(
  db: Kysely<Database>,
  of: Doer & {
    readonly user: Pick<User, 'id' | 'login'>;
    readonly password: string;
    readonly cost: PasswordCost;
    /** Public ID of a session that goes on. */
    readonly keptSession?: string;
  },
): Promise<void> {
  const passwordHash = await hashPassword(of.password, of.cost);
  await db.transaction().execute(async (trx) => {
    await trx
      .updateTable('users')
      .set({
        password_hash: passwordHash,
        password_set_at: of.now,
        password_set_by: of.actor,
      })
      .where('id', '=', of.user.id)
      .execute();
    const ended = await endSessions(trx, of.user.id, { now: of.now, except: of.keptSession });
    await appendAudit(trx, null, entryOf(of, 'user.password-set', of.user.login, { ended }));
  });
}

/** Ends every session of a user, who may log in again. @returns how many there were */
export async function logOutUser(
  db: Kysely<Database>,
  of: Doer & { readonly user: Pick<User, 'id' | 'login'> },
): Promise<number> {
  return await db.transaction().execute(async (trx) => {
    const ended = await endSessions(trx, of.user.id, { now: of.now });
    await appendAudit(trx, null, entryOf(of, 'user.logged-out', of.user.login, { ended }));
    return ended;
  });
}

/** A disabled user cannot log in and has no sessions; what they did keeps their name. */
export async function setDisabled(
  db: Kysely<Database>,
  of: Doer & { readonly user: Pick<User, 'id' | 'login'>; readonly disabled: boolean },
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const { numUpdatedRows } = await trx
      .updateTable('users')
      .set({ disabled_at: of.disabled ? of.now : null })
      .where('id', '=', of.user.id)
      .where('disabled_at', of.disabled ? 'is' : 'is not', null)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) return;
    const ended = of.disabled ? await endSessions(trx, of.user.id, { now: of.now }) : 0;
    const act = of.disabled ? 'user.disabled' : 'user.enabled';
    await appendAudit(trx, null, entryOf(of, act, of.user.login, { ended }));
  });
}

const userColumns = [
  'id',
  'login',
  'name',
  'password_hash as passwordHash',
  'password_set_by as passwordSetBy',
  'disabled_at as disabledAt',
  'created_at as createdAt',
] as const;

export async function findUser(db: Kysely<Database>, login: string): Promise<User | undefined> {
  return await db
    .selectFrom('users')
    .select(userColumns)
    .where('login', '=', login)
    .executeTakeFirst();
}

/**
 * By login name; everybody, or only those of one merchant with a grant there or everywhere.
 * @param viewer shows only users who reach no further; all grants of those are shown
 */
export async function listUsers(
  db: Kysely<Database>,
  { viewer, login }: { readonly viewer: Scope; readonly login?: string },
): Promise<UserListing[]> {
  const rows = await db
    .selectFrom('users')
    .select(userColumns)
    .select((eb) =>
      eb
        .selectFrom('sessions')
        .whereRef('user_id', '=', 'users.id')
        .select(({ fn }) => fn.max('started_at').as('at'))
        .as('lastLoginAt'),
    )
    .$if(login !== undefined, (query) => query.where('login', '=', login ?? ''))
    .orderBy('login')
    .execute();
  const grants = await readGrants(
    db,
    rows.map(({ id }) => id),
  );
  return rows
    .map(({ passwordHash: _, ...row }) => ({ ...row, grants: grants.get(row.id) ?? [] }))
    .filter((user) => reachesNoFurther(user.grants, viewer));
}

function reachesNoFurther(grants: readonly NamedGrant[], viewer: Scope): boolean {
  if (viewer.all) return true;
  // Who may do nothing yet belongs to nobody's shop.
  if (grants.length === 0) return false;
  return grants.every(
    ({ merchantId }) => merchantId !== null && viewer.merchantIds.includes(merchantId),
  );
}

/** Everybody who may do something at a merchant, with what that is; by login name. */
export async function listMerchantUsers(
  db: Kysely<Database>,
  merchantId: number,
): Promise<
  (Pick<User, 'id' | 'login' | 'name' | 'disabledAt'> & {
    readonly own: Grant | null;
    readonly everywhere: Grant | null;
  })[]
> {
  const rows = await db.selectFrom('users').select(userColumns).orderBy('login').execute();
  const grants = await readGrants(
    db,
    rows.map(({ id }) => id),
  );
  return rows.flatMap(({ id, login, name, disabledAt }) => {
    const held = grants.get(id) ?? [];
    const own = held.find((one) => one.merchantId === merchantId) ?? null;
    const everywhere = held.find((one) => one.merchantId === null) ?? null;
    return own === null && everywhere === null
      ? []
      : [{ id, login, name, disabledAt, own, everywhere }];
  });
}
