import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { secretNameSchema, secretValueSchema } from '../api/contract/secrets.ts';
import { readConfig } from '../config.ts';
import { findMerchant } from '../db/queries/merchants.ts';
import { listSecrets, writeSecret } from '../db/queries/secrets.ts';
import { findCardNumber } from '../imports/card-number.ts';
import { findFileKeys, UsageError, withRecord } from './record-access.ts';

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
    const value = await readValue(command.name);
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

/** One line that is typed unseen, or all that is piped in, without the line break at its end. */
async function readValue(name: string): Promise<string> {
  if (process.stdin.isTTY) {
    process.stderr.write(`Value of ${name} (it is not shown): `);
    const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
    const lines = createInterface({ input: process.stdin, output: unseen, terminal: true });
    const line = await new Promise<string>((resolve) => {
      lines.once('line', resolve);
      lines.once('close', () => resolve(''));
    });
    lines.close();
    process.stderr.write('\n');
    return line;
  }
  const pieces: Buffer[] = [];
  for await (const piece of process.stdin) pieces.push(piece as Buffer);
  return Buffer.concat(pieces)
    .toString('utf8')
    .replace(/\r?\n$/, '');
}
