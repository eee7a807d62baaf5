import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { inheritedEnvironment, parseEncryptionKeys } from '../../config.ts';
import { type Db, openDatabase } from '../../db/database.ts';
import { findMerchant } from '../../db/queries/merchants.ts';
import { readSecret } from '../../db/queries/secrets.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { cardLikeNumber } from '../db/card-like-number.ts';

const entry = fileURLToPath(new URL('../../cli/tsukigime.js', import.meta.url));
let database: TestDatabase;
let db: Db;

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.appUrl);
  await run(['merchant', 'create', '--merchant', 'my-shop', '--name', '店', '--kind', 'sandbox']);
});

afterAll(async () => {
  await db.destroy();
  await database.drop();
});

async function run(args: string[], input = '') {
  const child = spawn(process.execPath, [entry, ...args], {
    env: {
      ...inheritedEnvironment(),
      TSUKIGIME_DATABASE_URL_APP: database.appUrl,
      TSUKIGIME_FILE_KEYS: inject('fileKeys'),
    },
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (piece: Buffer) => {
      text += piece.toString();
    });
  }
  // A command that refuses before it reads closes its end.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number];
  return { code, text: text.trim() };
}

const set = (name: string, value: string) =>
  run(['merchant', 'secret', 'set', name, '--merchant', 'my-shop'], value);

test('a secret is piped in, and shown by nobody', async () => {
  const value = `-----BEGIN KEY-----\n${randomBytes(9).toString('hex')}\n-----END KEY-----`;
  const made = await set('client-key', `${value}\n`);
  expect(made).toEqual({ code: 0, text: 'Secret client-key of my-shop is set, version 1.' });
  const listed = await run(['merchant', 'secret', 'list', '--merchant', 'my-shop']);
  expect(listed.text).toContain('client-key  version 1');
  expect(listed.text).not.toContain(value);
  const merchant = await findMerchant(db, 'my-shop');
  const keys = parseEncryptionKeys(inject('fileKeys'));
  expect(await readSecret(db, merchant?.id ?? 0, 'client-key', keys)).toBe(value);
});

test.each([
  ['an empty value', 'empty', ''],
  ['a card number', 'card', cardLikeNumber()],
  ['a bad name', 'Bad Name', 'v'],
])('%s is refused, and not repeated on the screen', async (_what, name, value) => {
  const refused = await set(name, value);
  expect(refused.code).toBe(2);
  if (value.length > 1) expect(refused.text).not.toContain(value);
});
