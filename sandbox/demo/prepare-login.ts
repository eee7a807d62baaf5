import { randomBytes } from 'node:crypto';
import { rights } from '../../billing/role.ts';
import { openDatabase } from '../../db/database.ts';
import { createUser, defaultPasswordCost, findUser, setPassword } from '../../db/queries/users.ts';
import type { Stack } from '../../stack/stack.ts';

export interface DemoLogin {
  readonly login: string;
  readonly password: string;
}

const login = 'demo';

/** A person for the console who may do everything; each demo gives them another password. */
export async function prepareLogin(stack: Stack): Promise<DemoLogin> {
  const db = openDatabase(stack.appDatabaseUrl, { maxConnections: 1 });
  const password = (randomBytes(9).toString('hex').match(/.{6}/g) ?? []).join('-');
  const of = { password, cost: defaultPasswordCost, actor: 'demo', reason: null };
  const now = new Date().toISOString();
  try {
    const user = await findUser(db, login);
    if (user !== undefined) await setPassword(db, { ...of, user, now });
    else {
      const grants = [{ merchantId: null, role: 'admin' as const, rights }];
      await createUser(db, { ...of, login, name: 'デモ担当者', grants, now });
    }
    return { login, password };
  } finally {
    await db.destroy();
  }
}
