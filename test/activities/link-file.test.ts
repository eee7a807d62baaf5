import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  inject,
  onTestFinished,
  test,
} from 'vitest';
import { sendLinkFile } from '../../activities/link-file.ts';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import { parseEncryptionKeys } from '../../config.ts';
import { type Db, openDatabase } from '../../db/database.ts';
import { createMerchant, type Merchant } from '../../db/queries/merchants.ts';
import { writeSecret } from '../../db/queries/secrets.ts';
import { type SandboxSftpServer, startSftpServer } from '../../sandbox/sftp-server.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { pieces } from '../db/new-file.ts';

const now = '2026-11-22T00:00:00.000Z';
const keys = parseEncryptionKeys(inject('fileKeys'));
const password = randomBytes(9).toString('hex');
let database: TestDatabase;
let db: Db;
let merchant: Merchant;
let server: SandboxSftpServer;
let folder: string;

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.appUrl, { maxConnections: 3 });
  const settings = merchantSettingsSchema.parse({});
  const shop = { slug: 'mover', name: 'm', kind: 'sandbox' as const, settings };
  merchant = await createMerchant(db, { ...shop, actor: 'test', now });
  await writeSecret(db, merchant.id, { name: 'psp', value: password, now, actor: 'test' }, keys);
});
afterAll(async () => {
  await db.destroy();
  await database.drop();
});
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tsukigime-link-'));
  server = await startSftpServer([{ user: 'mover', password, folder }]);
  onTestFinished(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });
});

async function send(text: string, hostKey = server.hostKey) {
  const bytes = Buffer.from(text);
  const place = { host: '127.0.0.1', port: server.port, user: 'mover', folder: '/' };
  const sftp = { ...place, secretName: 'psp', hostKeys: [hostKey] };
  const settings = merchantSettingsSchema.parse({
    cardMigration: { linkFile: { delivery: 'sftp', sftp } },
  });
  return await sendLinkFile(
    { db, fileKeys: keys, sources: { inboxDir: undefined } },
    merchant,
    settings,
    {
      fileName: 'link-001-01.csv',
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      content: pieces(bytes),
    },
  );
}
const there = () => readFileSync(join(folder, 'link-001-01.csv'), 'utf8');

describe('a link file over SFTP', () => {
  test('arrives whole, and again changes nothing', async () => {
    expect(await send('a,US-00000001\r\n')).toEqual({ kind: 'accepted' });
    expect(await send('a,US-00000001\r\n')).toEqual({ kind: 'accepted' });
    expect(readdirSync(folder)).toEqual(['link-001-01.csv']);
    expect(there()).toBe('a,US-00000001\r\n');
  });

  test('never takes the place of another under its name', async () => {
    await send('a,US-00000001\r\n');
    expect(await send('b,US-00000001\r\n')).toMatchObject({
      kind: 'failed',
      why: expect.stringContaining('上書きしていません'),
    });
    expect(there()).toBe('a,US-00000001\r\n');
  });

  test('that was cut at any place arrives at the next try, and nobody sees half of it', async () => {
    const text = `${'x'.repeat(60_000)},US-00000001\r\n`;
    for (const fault of [
      { cutUploadAfterBytes: 40_000 },
      { cutBeforeRename: true },
      { cutAfterRename: true },
    ]) {
      Object.assign(server.faults, fault);
      expect(await send(text)).toMatchObject({ kind: 'failed' });
      server.faults.cutUploadAfterBytes = null;
      expect(await send(text)).toEqual({ kind: 'accepted' });
      expect(readdirSync(folder)).toEqual(['link-001-01.csv']);
      expect(there()).toBe(text);
      rmSync(join(folder, 'link-001-01.csv'));
    }
  });

  test('goes to no server that shows another key than the settings name', async () => {
    const pinned = server.hostKey;
    server.changeHostKey();
    expect(await send('a,US-00000001\r\n', pinned)).toMatchObject({ kind: 'failed' });
    expect(server.triedLogins).toEqual([]);
  });
});
