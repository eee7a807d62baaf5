import { secretNameSchema, secretValueSchema } from '../api/contract/secrets.ts';
import { readConfig } from '../config.ts';
import { findMerchant } from '../db/queries/merchants.ts';
import { listSecrets, writeSecret } from '../db/queries/secrets.ts';
import { findCardNumber } from '../imports/card-number.ts';
import { findFileKeys, UsageError, withRecord } from './record-access.ts';
import { readUnseen } from './unseen-input.ts';

export interface SecretSetCommand {
  readonly merchant: string;
  readonly name: string;
}

/** `tsukigime merchant secret set`: the value comes from standard input, never from an argument. */
export async function runSecretSet(command: SecretSetCommand): Promise<number> {
  return await withRecord(async ({ db, actor, now }) => {
    const name = secretNameSchema.safeParse(command.name);
    if (!name.success) throw new UsageError('A name is 1 to 64 of a-z, 0-9 and -.');
    const merchant = await findMerchant(db, command.merchant);
    if (merchant === undefined) throw new UsageError(`There is no merchant ${command.merchant}.`);
    const keys = await findFileKeys(readConfig());
    const value = await readUnseen(`Value of ${command.name}`);
    if (!secretValueSchema.safeParse(value).success) {
      throw new UsageError('A value has 1 to 65,536 characters. Nothing was kept.');
    }
    if (findCardNumber(value) !== null) {
      throw new UsageError('The value looks like a card number. Nothing was kept.');
    }
    const set = await writeSecret(db, merchant.id, { name: name.data, value, now, actor }, keys);
    console.log(`Secret ${set.name} of ${merchant.slug} is set, version ${set.version}.`);
  });
}

/** `tsukigime merchant secret list`: names and dates; a value can be set, not read. */
export async function runSecretList(command: { readonly merchant: string }): Promise<number> {
  return await withRecord(async ({ db }) => {
    const merchant = await findMerchant(db, command.merchant);
    if (merchant === undefined) throw new UsageError(`There is no merchant ${command.merchant}.`);
    const secrets = await listSecrets(db, merchant.id);
    for (const { name, version, setAt, setBy } of secrets) {
      console.log(`${name}  version ${version}  ${setAt}  ${setBy}`);
    }
    if (secrets.length === 0) console.error('No secret was set yet.');
  });
}
