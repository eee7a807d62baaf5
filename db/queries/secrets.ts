import type { Kysely } from 'kysely';
import { type Db, lockAuditChain, type Trx } from '../database.ts';
import type { FileKey } from '../file-chunks.ts';
import { openSecret, sealSecret } from '../secret-cipher.ts';
import type { Database } from '../tables.ts';
import { appendAudit } from './audit.ts';

export { SecretError } from '../secret-cipher.ts';

/** A secret as it may be shown: everything but its value. */
export interface SecretInfo {
  readonly name: string;
  /** The newest; the values of older ones are kept, encrypted, and read by nobody. */
  readonly version: number;
  /** ISO instant. */
  readonly setAt: string;
  readonly setBy: string;
}

export interface NewSecret {
  /** a-z, 0-9 and -, up to 64: settings name the secret by it. */
  readonly name: string;
  readonly value: string;
  /** ISO instant. */
  readonly now: string;
  readonly actor: string;
}

/** Adds a version of a secret, encrypted with the newest key, and an audit entry without the value. */
export async function writeSecret(
  db: Kysely<Database>,
  merchantId: number,
  secret: NewSecret,
  keys: readonly FileKey[],
): Promise<SecretInfo> {
  const [key] = keys;
  if (key === undefined) throw new Error('No key was given to encrypt the secret with.');
  const { name, now, actor } = secret;
  return await db.transaction().execute(async (trx: Trx) => {
    // The audit's lock, which is taken anyway, also makes one version follow the other.
    await lockAuditChain(trx, merchantId);
    const version = ((await findNewest(trx, merchantId, name))?.version ?? 0) + 1;
    const sealed = sealSecret(secret.value, { merchantId, name, version }, key);
    await trx
      .insertInto('merchant_secrets')
      .values({
        merchant_id: merchantId,
        name,
        version,
        key_id: sealed.keyId,
        iv: sealed.iv,
        data: sealed.data,
        set_at: now,
        set_by: actor,
      })
      .execute();
    await appendAudit(trx, merchantId, {
      at: now,
      actor,
      act: 'secret.set',
      subject: name,
      reason: null,
      details: { version },
    });
    return { name, version, setAt: now, setBy: actor };
  });
}

/**
 * The newest value of a secret, null when none was ever set.
 * @throws SecretError when it cannot be opened.
 */
export async function readSecret(
  db: Kysely<Database>,
  merchantId: number,
  name: string,
  keys: readonly FileKey[],
): Promise<string | null> {
  const row = await findNewest(db, merchantId, name);
  if (row === undefined) return null;
  const { version, key_id: keyId, iv, data } = row;
  return openSecret({ keyId, iv, data }, { merchantId, name, version }, keys);
}

/**
 * The values of a secret that are in force, the newest first: for some hours after a change the one
 * before is too. Empty when none was ever set.
 *
 * @throws SecretError when one cannot be opened.
 */
export async function readSecretsInForce(
  db: Kysely<Database>,
  merchantId: number,
  of: { readonly name: string; readonly overlapHours: number; readonly now: string },
  keys: readonly FileKey[],
): Promise<string[]> {
  const { name } = of;
  const rows = await db
    .selectFrom('merchant_secrets')
    .where('merchant_id', '=', merchantId)
    .where('name', '=', name)
    .orderBy('version', 'desc')
    .limit(2)
    .select(['version', 'key_id', 'iv', 'data', 'set_at'])
    .execute();
  const [newest] = rows;
  if (newest === undefined) return [];
  const overlaps = Date.parse(newest.set_at) + of.overlapHours * 3_600_000 > Date.parse(of.now);
  return rows
    .slice(0, overlaps ? 2 : 1)
    .map(({ version, key_id: keyId, iv, data }) =>
      openSecret({ keyId, iv, data }, { merchantId, name, version }, keys),
    );
}

/** The secrets of a merchant by name, never a value. */
export async function listSecrets(db: Kysely<Database>, merchantId: number): Promise<SecretInfo[]> {
  return await db
    .selectFrom('merchant_secrets')
    .distinctOn('name')
    .where('merchant_id', '=', merchantId)
    .orderBy('name')
    .orderBy('version', 'desc')
    .select(['name', 'version', 'set_at as setAt', 'set_by as setBy'])
    .execute();
}

async function findNewest(db: Db | Trx, merchantId: number, name: string) {
  return await db
    .selectFrom('merchant_secrets')
    .where('merchant_id', '=', merchantId)
    .where('name', '=', name)
    .orderBy('version', 'desc')
    .limit(1)
    .select(['version', 'key_id', 'iv', 'data'])
    .executeTakeFirst();
}
