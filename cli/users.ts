import { randomBytes } from 'node:crypto';
import { loginSchema, userNameSchema } from '../api/contract/users.ts';
import { findPasswordFault } from '../billing/password.ts';
import { type Grant, type Right, type Role, rights } from '../billing/role.ts';
import { findMerchant } from '../db/queries/merchants.ts';
import { grantUser } from '../db/queries/user-grants.ts';
import {
  createUser,
  defaultPasswordCost,
  listUsers,
  setDisabled,
  setPassword,
  UserExistsError,
  type UserListing,
} from '../db/queries/users.ts';
import { type RecordAccess, UsageError, withRecord } from './record-access.ts';
import { readUnseen } from './unseen-input.ts';

interface WhereOptions {
  readonly allMerchants?: boolean;
}

export interface UserAddCommand extends WhereOptions {
  readonly login: string;
  readonly name: string;
  readonly role?: Role;
  readonly merchant?: readonly string[];
  readonly right?: readonly Right[];
  readonly generate?: boolean;
}

/** `tsukigime users add` */
export async function runUserAdd(command: UserAddCommand): Promise<number> {
  return await withRecord(async (access) => {
    const login = loginSchema.safeParse(command.login);
    if (!login.success) throw new UsageError(`--login ${login.error.issues[0]?.message}.`);
    const name = userNameSchema.safeParse(command.name);
    if (!name.success) throw new UsageError('--name has 1 to 100 characters.');
    const unknown = command.right?.find((right) => !rights.includes(right));
    if (unknown !== undefined) throw new UsageError(`--right is one of ${rights.join(', ')}.`);
    const named = command.merchant !== undefined || command.allMerchants === true;
    if ((command.role !== undefined) !== named) {
      throw new UsageError('Give --role together with --all-merchants or --merchant <slug>.');
    }
    const grant: Grant = { role: command.role ?? 'viewer', rights: command.right ?? [] };
    const grants = [];
    if (command.allMerchants === true) grants.push({ merchantId: null, ...grant });
    for (const slug of new Set(command.merchant)) {
      grants.push({ merchantId: await requireMerchantId(access, slug), ...grant });
    }
    const password = await choosePassword(login.data, command.generate === true);
    try {
      await createUser(access.db, {
        ...{ login: login.data, name: name.data, password, grants },
        ...{ cost: defaultPasswordCost, actor: access.actor, reason: null, now: access.now },
      });
    } catch (error) {
      throw error instanceof UserExistsError ? new UsageError(error.message) : error;
    }
    console.error(`User ${login.data} may log in.`);
    if (command.generate === true) printPassword(password);
  });
}

/** `tsukigime users list` */
export async function runUserList(command: { readonly json?: boolean }): Promise<number> {
  return await withRecord(async ({ db }) => {
    const users = await listUsers(db, { viewer: { all: true } });
    if (command.json) {
      console.log(JSON.stringify({ users: users.map(showUser) }, null, 2));
      return;
    }
    for (const user of users) {
      const state = user.disabledAt === null ? '' : '  disabled';
      console.log(`${user.login}  ${user.name}${state}`);
      for (const { merchant, role, rights: given } of user.grants) {
        console.log(`  ${merchant ?? 'all merchants'}: ${[role, ...given].join(', ')}`);
      }
    }
    if (users.length === 0) console.error('Nobody can log in yet: `tsukigime users add`.');
  });
}

function showUser({ id: _, grants, ...user }: UserListing) {
  return { ...user, grants: grants.map(({ merchantId: __, ...grant }) => grant) };
}

interface ChangeOptions extends WhereOptions {
  readonly login: string;
  readonly merchant?: string;
  readonly reason?: string;
}

/** `tsukigime users role`: what somebody has of rights stays, unless everything is taken away. */
export async function runUserRole(
  command: ChangeOptions & { readonly role: Role | 'none' },
): Promise<number> {
  return await change(command, (held) =>
    command.role === 'none' ? null : { role: command.role, rights: held?.rights ?? [] },
  );
}

/** `tsukigime users right` */
export async function runUserRight(
  command: ChangeOptions & { readonly right: Right; readonly remove?: boolean },
): Promise<number> {
  return await change(command, (held) => {
    if (held === undefined) throw new UsageError('They have no role there: `users role` first.');
    const others = held.rights.filter((right) => right !== command.right);
    return { role: held.role, rights: command.remove ? others : [...others, command.right] };
  });
}

async function change(
  { login, merchant, allMerchants, reason: given }: ChangeOptions,
  decide: (held: Grant | undefined) => Grant | null,
): Promise<number> {
  return await withRecord(async (access) => {
    if ((merchant === undefined) === (allMerchants !== true)) {
      throw new UsageError('Give either --all-merchants or --merchant <slug>.');
    }
    const reason = given ?? null;
    const user = await requireUser(access, login);
    const merchantId = merchant === undefined ? null : await requireMerchantId(access, merchant);
    const held = user.grants.find((grant) => grant.merchantId === merchantId);
    const grant = decide(held);
    const { db, actor, now } = access;
    await grantUser(db, merchantId, { user, grant, actor, reason, now });
    const what = grant === null ? 'nothing' : [grant.role, ...grant.rights].join(', ');
    console.log(`${login} at ${merchant ?? 'all merchants'}: ${what}`);
  });
}

/** `tsukigime users password` */
export async function runUserPassword(command: {
  readonly login: string;
  readonly generate?: boolean;
  readonly reason?: string;
}): Promise<number> {
  return await withRecord(async (access) => {
    const { db, actor, now } = access;
    const user = await requireUser(access, command.login);
    const password = await choosePassword(user.login, command.generate === true);
    const reason = command.reason ?? null;
    await setPassword(db, { user, password, cost: defaultPasswordCost, actor, reason, now });
    console.error(`The password of ${user.login} is set; every session of theirs has ended.`);
    if (command.generate === true) printPassword(password);
  });
}

/** `tsukigime users disable` and `enable` */
export async function runUserSwitch(command: {
  readonly login: string;
  readonly disabled: boolean;
  readonly reason?: string;
}): Promise<number> {
  return await withRecord(async (access) => {
    const { db, actor, now } = access;
    const user = await requireUser(access, command.login);
    const { disabled } = command;
    const reason = command.reason ?? null;
    await setDisabled(db, { user, disabled, actor, reason, now });
    console.log(`${user.login} ${disabled ? 'cannot log in any more' : 'may log in'}.`);
  });
}

async function requireUser({ db }: RecordAccess, login: string): Promise<UserListing> {
  const [user] = await listUsers(db, { viewer: { all: true }, login });
  if (user === undefined) throw new UsageError(`There is no user ${login}: see \`users list\`.`);
  return user;
}

async function requireMerchantId({ db }: RecordAccess, slug: string): Promise<number> {
  const merchant = await findMerchant(db, slug);
  if (merchant === undefined) throw new UsageError(`There is no merchant ${slug}.`);
  return merchant.id;
}

async function choosePassword(login: string, generate: boolean): Promise<string> {
  if (generate) return generatePassword();
  const password = await readUnseen(`Password of ${login}`);
  const fault = findPasswordFault(password, login);
  if (fault !== null) throw new UsageError(`${fault}。Nothing was kept.`);
  return password;
}

/** 120 bits, in groups that can be read aloud. */
export function generatePassword(): string {
  return (randomBytes(15).toString('hex').match(/.{6}/g) ?? []).join('-');
}

function printPassword(password: string): void {
  console.error('This is the only time that the password is shown:');
  console.log(password);
}
