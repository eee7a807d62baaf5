import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import { readFileKeyStates, readPayloadKeyStates } from '../../cli/key-states.ts';
import {
  createEncryptionKey,
  type EncryptionKey,
  formatEncryptionKeys,
  inheritedEnvironment,
  parseEncryptionKeys,
} from '../../config.ts';
import { type Db, openDatabase } from '../../db/database.ts';
import { chunkBytes, sealChunk } from '../../db/file-chunks.ts';
import { listKeyUse, resealAll } from '../../db/queries/encryption-keys.ts';
import { openFile, storeFile } from '../../db/queries/files.ts';
import { createMerchant } from '../../db/queries/merchants.ts';
import { readSecret, writeSecret } from '../../db/queries/secrets.ts';
import { sealedPlaces } from '../../db/sealed-places.ts';
import { cardKeyPlace, openSecret, sealSecret } from '../../db/secret-cipher.ts';
import { connectTemporal } from '../../temporal/client.ts';
import { findPayloadKeyUse } from '../../temporal/payload-keys.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { fileNow as now } from './new-file.ts';

let database: TestDatabase;
let owner: Db;
let app: Db;
let merchantId: number;
beforeAll(async () => {
  database = await createTestDatabase();
  owner = openDatabase(database.ownerUrl);
  app = openDatabase(database.appUrl);
  const merchant = await createMerchant(owner, {
    ...{ slug: 'key-shop', name: 'shop', kind: 'sandbox', actor: 'test', now },
    settings: merchantSettingsSchema.parse({}),
  });
  merchantId = merchant.id;
});
afterAll(async () => {
  await owner.destroy();
  await app.destroy();
  await database.drop();
});

const old = createEncryptionKey('old');
const key = createEncryptionKey('key');
const card = { service: 'YAMATO', identity: '4' };
const secretText = randomBytes(12).toString('hex');
const cardText = randomBytes(12).toString('hex');
/** Two chunks that do not compress, and the end of a third. */
const content = randomBytes(2 * chunkBytes + 10);
let sha256: string;

/** Everything that is encrypted, under the old key. */
beforeEach(async () => {
  await sql`truncate merchant_secrets, cards, migration_card_changes, file_chunks, files cascade`.execute(
    owner,
  );
  await writeSecret(owner, merchantId, { name: 's', value: secretText, now, actor: 'test' }, [old]);
  const file = await storeFile(owner, merchantId, {
    ...{ name: 'f', kind: 'auth-file', direction: 'outbound', keys: [old], now, actor: 'test' },
    maxBytes: content.length,
    source: (async function* () {
      yield content;
    })(),
  });
  sha256 = file.sha256;
  const sealed = sealSecret(cardText, cardKeyPlace(merchantId, card), old);
  await sql`
    with c as (
      insert into cards (merchant_id, customer_id, service, identity, last_digits, brand, expiry,
        auth_key_id, auth_key_iv, auth_key_data, import_id, created_at, updated_at)
      values (${merchantId}, 1, ${card.service}, ${card.identity}, '123', 'JCB', '2030-01',
              ${sealed.keyId}, ${sealed.iv}, ${sealed.data}, 1, ${now}, ${now})
      returning *)
    insert into migration_card_changes (round_id, card_id, merchant_id, created, import_id,
      auth_key_id, auth_key_iv, auth_key_data)
    select 1, id, merchant_id, false, 1, auth_key_id, auth_key_iv, auth_key_data from c`.execute(
    owner,
  );
});

/** What stands there, read with these keys alone; as worker and API read it. */
async function readAll(...keys: readonly EncryptionKey[]) {
  const parts: Buffer[] = [];
  for await (const part of (await openFile(app, merchantId, sha256, keys))?.content ?? []) {
    parts.push(part);
  }
  const { rows } = await sql<{ keyId: string; iv: Buffer; data: Buffer }>`
    select auth_key_id as "keyId", auth_key_iv as iv, auth_key_data as data from cards
    union all
    select auth_key_id, auth_key_iv, auth_key_data from migration_card_changes`.execute(app);
  return {
    file: Buffer.concat(parts).equals(content),
    secret: await readSecret(app, merchantId, 's', keys),
    cards: rows.map((row) => openSecret(row, cardKeyPlace(merchantId, card), keys)),
  };
}
const whole = { file: true, secret: secretText, cards: [cardText, cardText] };

test('the list of places is the whole of what the schema has encrypted', async () => {
  const { rows } = await sql<{ table: string; column: string }>`
    select table_name as table, column_name as column from information_schema.columns
     where table_schema = 'public' and column_name ~ '(^|_)key_id$' order by 1, 2`.execute(owner);
  expect(rows).toEqual(
    sealedPlaces
      .map(({ table, columns }) => ({ table, column: columns.keyId }))
      .toSorted((a, b) => a.table.localeCompare(b.table)),
  );
});

test('everything under an older key is encrypted with the newest; again, it changes nothing', async () => {
  const told: string[] = [];
  expect(await readAll(old)).toEqual(whole);
  const done = await resealAll(owner, [key, old], ({ what, rows }) => told.push(`${what} ${rows}`));
  expect(done).toEqual({
    rows: {
      'file chunks': 3,
      secrets: 1,
      'card keys': 1,
      'card keys from before a migration': 1,
    },
    unreadable: [],
  });
  expect(told).toHaveLength(4);
  expect(await readAll(key)).toEqual(whole);
  expect((await listKeyUse(app)).map(({ keyId }) => keyId)).toEqual([
    key.id,
    key.id,
    key.id,
    key.id,
  ]);
  const before = await sql`select xmin::text, md5(data) from file_chunks order by n`.execute(owner);
  expect(await resealAll(owner, [key, old])).toEqual({ rows: {}, unreadable: [] });
  const after = await sql`select xmin::text, md5(data) from file_chunks order by n`.execute(owner);
  expect(after.rows).toEqual(before.rows);
});

test('the application may not: no right was given to it', async () => {
  await expect(resealAll(app, [key, old])).rejects.toMatchObject({ code: '42501' });
});

test('what no key opens is named without its content, and stops nobody else', async () => {
  await sql`update merchant_secrets set data = data || '\\x00'`.execute(owner);
  const done = await resealAll(owner, [key, old]);
  expect(done.rows).toMatchObject({ 'file chunks': 3, 'card keys': 1 });
  expect(done.unreadable).toEqual([
    { what: 'secrets', row: `merchant_secrets (${merchantId}, s, 1)` },
  ]);
  const another = createEncryptionKey('another');
  expect(await resealAll(owner, [another])).toEqual({ rows: {}, unreadable: [] });
});

test('rows that somebody holds are passed over, and nobody is waited for', async () => {
  let held: () => void = () => {};
  let release: () => void = () => {};
  const holding = new Promise<void>((resolve) => {
    held = resolve;
  });
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const other = app.transaction().execute(async (trx) => {
    await sql`select from cards for update`.execute(trx);
    held();
    await released;
  });
  await holding;
  const done = await resealAll(owner, [key, old]);
  expect(done.rows).not.toHaveProperty('card keys');
  release();
  await other;
  expect(await resealAll(owner, [key, old])).toMatchObject({ rows: { 'card keys': 1 } });
});

describe('the command', () => {
  const keys = [key, old];
  const entry = fileURLToPath(new URL('../../cli/tsukigime.js', import.meta.url));
  function start(args: readonly string[], fileKeys: readonly EncryptionKey[]) {
    return spawn(process.execPath, [entry, 'keys', ...args], {
      env: {
        ...inheritedEnvironment(),
        DATABASE_URL: database.ownerUrl,
        TSUKIGIME_DATABASE_URL_APP: database.appUrl,
        TSUKIGIME_FILE_KEYS: formatEncryptionKeys(fileKeys),
        TEMPORAL_ADDRESS: inject('temporalAddress'),
        TEMPORAL_NAMESPACE: inject('temporalNamespace'),
        TSUKIGIME_PAYLOAD_KEYS: `${formatEncryptionKeys([key])},${inject('payloadKeys')}`,
      },
    });
  }
  async function run(args: readonly string[], fileKeys: readonly EncryptionKey[]) {
    const child = start(args, fileKeys);
    let out = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (piece: Buffer) => {
        out += piece;
      });
    }
    const [code] = (await once(child, 'close')) as [number];
    return { code, out };
  }

  /** Enough chunks that the command is at it for a while. */
  async function storeChunks(count: number): Promise<void> {
    await sql`
      insert into files (id, merchant_id, sha256, name, kind, direction, bytes, chunks, stored_at,
                         stored_by)
      select 1000 + n, ${merchantId}, lpad(n::text, 64, '0'), 'c', 'auth-file', 'outbound', 10, 1,
             ${now}, 'test' from generate_series(1, ${count}::int) n`.execute(owner);
    const plain = content.subarray(0, 50_000);
    for (let fileId = 1001; fileId <= 1000 + count; fileId += 1) {
      const place = { merchantId, fileId, n: 1, last: true };
      const { keyId, iv, data } = await sealChunk(plain, place, old);
      await owner
        .insertInto('file_chunks')
        .values({ file_id: fileId, n: 1, key_id: keyId, iv, data })
        .execute();
    }
  }

  test('killed in the middle it loses nothing, and goes on when it is started again', async () => {
    await storeChunks(120);
    const child = start(['rotate'], keys);
    const chunksUnder = async (id: string) =>
      (await listKeyUse(owner)).find((use) => use.keyId === id && use.what === 'file chunks')
        ?.rows ?? 0;
    while ((await chunksUnder(key.id)) === 0) expect(child.exitCode).toBeNull();
    child.kill('SIGKILL');
    await once(child, 'close');
    const left = await chunksUnder(old.id);
    expect(left).toBeGreaterThan(0);
    expect(await readAll(key, old)).toEqual(whole);

    const again = await run(['rotate'], keys);
    expect(again.code, again.out).toBe(0);
    expect(again.out).toContain(`${old.id}  only decrypts: nothing`);
    expect(again.out).toContain(`${key.id}  encrypts: secrets 1`);
    expect(await readAll(key)).toEqual(whole);
    const { rows } = await sql<{ entry: string }>`
      select entry from audit_entries where chain_id = 0 order by n`.execute(owner);
    const entries = rows.map(({ entry }) => JSON.parse(entry) as { act: string; details: object });
    const began = 'keys.rotation_started';
    expect(entries.map(({ act }) => act)).toEqual([began, began, 'keys.rotated']);
    expect(entries.at(-1)?.details).toMatchObject({ key: key.id, unreadable: 0 });
  });
});

test('a key that a worker not yet restarted wrote with is needed, though the run began under a newer', async () => {
  const [older, newer] = [createEncryptionKey('older'), createEncryptionKey('newer')];
  const server = {
    address: inject('temporalAddress'),
    namespace: inject('temporalNamespace'),
  };
  const restarted = await connectTemporal({ ...server, keys: [newer, older] });
  const notYet = await connectTemporal({ ...server, keys: [older, newer] });
  const workflowId = `keys-${randomBytes(6).toString('hex')}`;
  // Nobody works on this queue: the histories hold what is put there.
  const on = { taskQueue: workflowId, args: [1], workflowId };
  const handle = await restarted.workflow.start('rotating', on);
  try {
    await notYet.workflow.getHandle(workflowId).signal('told', 2);
    const openUnder = async (id: string) =>
      (await findPayloadKeyUse(restarted, [newer.id, older.id])).find(({ keyId }) => keyId === id)
        ?.open;
    // The list of what is open follows a moment later.
    await expect.poll(() => openUnder(newer.id), { timeout: 10_000 }).toEqual([workflowId]);
    expect(await openUnder(older.id)).toEqual([workflowId]);
  } finally {
    await handle.terminate();
    await restarted.connection.close();
    await notYet.connection.close();
  }
});

test('the keys are told with what they are needed for, and one that is missing by its ID', async () => {
  const [missing] = (await readFileKeyStates(app, [key])).filter(({ id }) => id === old.id);
  expect(missing).toMatchObject({ state: 'missing', rows: { secrets: 1, 'file chunks': 3 } });
  const shared = parseEncryptionKeys(inject('payloadKeys'));
  const payloadKeys = await readPayloadKeyStates({
    address: inject('temporalAddress'),
    namespace: inject('temporalNamespace'),
    keys: [key, ...shared],
  });
  // Other tests leave workflows there, under the key of all.
  expect(payloadKeys.slice(0, 2)).toMatchObject([
    { id: key.id, state: 'newest', open: [], schedules: [], readableUntil: null },
    { id: shared[0]?.id, state: 'older' },
  ]);
});
