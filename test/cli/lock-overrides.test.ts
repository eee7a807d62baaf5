import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import { inheritedEnvironment } from '../../config.ts';
import { type Db, openDatabase } from '../../db/database.ts';
import { listCardLocks } from '../../db/queries/card-lock-evidence.ts';
import { createMerchant } from '../../db/queries/merchants.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { insertCards, refuseCards } from '../db/locked-cards.ts';
import { AT, type MoneyRecord } from '../db/money-record.ts';

const entry = fileURLToPath(new URL('../../cli/tsukigime.js', import.meta.url));
let database: TestDatabase;
let db: Db;
let merchantId: number;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tsukigime-override-'));
  database = await createTestDatabase();
  db = openDatabase(database.appUrl, { maxConnections: 2 });
  ({ id: merchantId } = await createMerchant(db, {
    ...{ slug: 'locked-shop', name: 's', kind: 'sandbox', actor: 'test', now: AT },
    settings: merchantSettingsSchema.parse({}),
  }));
  const { rows } = await sql<{ id: number }>`
    insert into files (merchant_id, sha256, name, kind, direction, bytes, chunks, stored_at, stored_by)
    values (${merchantId}, ${'a'.repeat(64)}, 'f', 'refresh-result', 'inbound', 0, 0, ${AT}, 'test')
    returning id`.execute(db);
  const record = { merchantId, fileId: rows[0]?.id } as MoneyRecord;
  const cards = await insertCards(db, record, ['a', 'b']);
  await refuseCards(db, record, [...cards.values()]);
});
afterAll(async () => {
  await db.destroy();
  await database.drop();
  await rm(folder, { recursive: true });
});

async function override(act: string, ...options: string[]) {
  const args = [entry, 'refresh', 'override', act, '--merchant', 'locked-shop', ...options];
  const env = {
    ...inheritedEnvironment(),
    TSUKIGIME_DATABASE_URL_APP: database.appUrl,
    TSUKIGIME_FILE_KEYS: inject('fileKeys'),
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    TEMPORAL_NAMESPACE: inject('temporalNamespace'),
    TSUKIGIME_PAYLOAD_KEYS: inject('payloadKeys'),
  };
  try {
    const { stdout } = await promisify(execFile)(process.execPath, args, { env });
    return { code: 0, out: stdout, err: '' };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, out: stdout, err: stderr };
  }
}
const locks = () =>
  listCardLocks(db, merchantId, {
    ...{ state: 'all', verdict: null, customerNumber: null, number: null, after: 0, limit: 9 },
  });
const reason = ['--reason', '行ずれ'];

test('an override is asked for with a proof, after the warning, and answered by somebody else', async () => {
  const proof = join(folder, 'right.csv');
  writeFileSync(proof, '"US-00000001","0"\r\n');
  const ask = ['--lock', '1', '--mismatch', 'wrong_row', '--evidence', proof, ...reason];
  const shown = await override('request', ...ask);
  expect([shown.code, shown.out]).toEqual([0, expect.stringContaining('加盟店契約の解除')]);
  expect((await locks())[0]?.override).toBeNull();

  expect((await override('request', ...ask, '--confirmed')).out).toContain('解除を申請しました');
  expect((await locks())[0]?.override).toMatchObject({ mismatch: 'wrong_row', answer: null });
  const answer = ['--answer', 'approved', ...reason, '--confirmed'];
  await sql`
    insert into card_lock_overrides (merchant_id, lock_id, n, mismatch, evidence_file_id, reason,
                                     requested_by, requested_at)
    select merchant_id, (select id from card_locks where number = 2), 1, mismatch, evidence_file_id,
           reason, 'somebody else', requested_at from card_lock_overrides`.execute(db);
  // What is answered is named: another request may have come since.
  const unnamed = await override('answer', '--lock', '2', ...answer);
  expect([unnamed.code, unnamed.err]).toEqual([2, expect.stringContaining('--request')]);
  const other = await override('answer', '--lock', '2', ...answer, '--request', '2');
  expect([other.code, other.err]).toEqual([2, expect.stringContaining('別の申請')]);
  const approved = await override('answer', '--lock', '2', ...answer, '--request', '1');
  expect([approved.code, approved.out]).toEqual([0, expect.stringContaining('解除しました')]);
  expect((await locks()).map(({ unlockedBy }) => unlockedBy)).toEqual([null, 'override']);
});
