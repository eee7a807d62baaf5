import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { utils } from 'ssh2';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { putFile, readUnchanged } from '../../outside/file-drop.ts';
import {
  fingerprintOf,
  openSftp,
  readSftpCredential,
  type SftpTarget,
} from '../../outside/sftp.ts';
import { type SandboxSftpServer, startSftpServer } from '../../sandbox/sftp-server.ts';
import { pieces } from '../db/new-file.ts';

const password = randomBytes(12).toString('hex');
const newKey = () => utils.generateKeyPairSync('ecdsa', { bits: 256 });
const keys = newKey();
let folder: string;
let server: SandboxSftpServer;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tsukigime-sftp-'));
  server = await startSftpServer([{ user: 'shop', password, publicKey: keys.public, folder }]);
});
afterEach(() => server.close());

const open = (more: Partial<SftpTarget> = {}) =>
  openSftp({
    host: '127.0.0.1',
    port: server.port,
    user: 'shop',
    credential: { password },
    hostKeys: [server.hostKey],
    folder: '/',
    caller: { kind: 'sandbox', allowedHosts: [] },
    ...more,
  });

async function count(source: AsyncIterable<Uint8Array>): Promise<number> {
  let bytes = 0;
  for await (const piece of source) bytes += piece.byteLength;
  return bytes;
}

test('logs in with a password or with a key', async () => {
  writeFileSync(join(folder, 'a.csv'), 'a');
  for (const secret of [password, `${keys.private}\n`]) {
    const drop = await open({ credential: readSftpCredential(secret) });
    expect(await drop.list()).toHaveLength(1);
    await drop.close();
  }
});

test.each([
  ['a wrong password', { credential: { password: 'wrong' } }],
  ['another user', { user: 'stranger' }],
  ['another key', { credential: { privateKey: newKey().private } }],
  ['half a key', { credential: { privateKey: keys.private.slice(0, 60) } }],
])('is not let in with %s', async (_what, more) => {
  const opened = open(more);
  await expect(opened).rejects.toMatchObject({ problem: 'login_refused', isPassing: false });
  const error = (await open(more).catch((caught: unknown) => caught)) as Error & { ja: string };
  expect(JSON.stringify([error.message, error.ja])).not.toMatch(/wrong|BEGIN/);
});

test('a login that is refused once succeeds the next time', async () => {
  server.faults.refusedLogins = 2;
  await expect(open()).rejects.toMatchObject({ problem: 'login_refused' });
  server.faults.refusedLogins = 0;
  await (await open()).close();
});

test('a changed host key is refused before user or password leave', async () => {
  const pinned = server.hostKey;
  const changed = server.changeHostKey();
  const opened = open({ hostKeys: [pinned] });
  await expect(opened).rejects.toMatchObject({
    problem: 'host_key_changed',
    isPassing: false,
    message: expect.stringContaining(changed),
  });
  expect(server.triedLogins).toEqual([]);
  // While the other side changes its key both are pinned.
  await (await open({ hostKeys: [pinned, `${changed}=`] })).close();
  expect(server.triedLogins).toContain('shop');
});

test('without a pinned key nothing is told to anybody', async () => {
  await expect(open({ hostKeys: [] })).rejects.toMatchObject({ problem: 'host_key_changed' });
  expect(server.triedLogins).toEqual([]);
});

test('a fingerprint reads as OpenSSH writes it', () => {
  const key = Buffer.from(keys.public.split(' ')[1] ?? '', 'base64');
  expect(fingerprintOf(key)).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
});

test('a real merchant does not reach this machine, and the name is resolved once', async () => {
  const real = open({ caller: { kind: 'real', allowedHosts: ['127.0.0.1'] } });
  await expect(real).rejects.toMatchObject({ problem: 'address_refused' });
  let asked = 0;
  const resolve = async () => {
    asked += 1;
    return [asked === 1 ? '127.0.0.1' : '127.0.0.2'];
  };
  await (await open({ host: 'files.shop.example', resolve })).close();
  expect(asked).toBe(1);
});

test.each([0, 1000, 40_000, 99_999])('a download cut after %i bytes is an error', async (bytes) => {
  writeFileSync(join(folder, 'a.csv'), randomBytes(100_000));
  const drop = await open();
  const [file] = await drop.list();
  if (file === undefined) throw new Error('not listed');
  server.faults.cutDownloadAfterBytes = bytes;
  const read = count(readUnchanged(drop, file));
  await expect(read).rejects.toMatchObject({ problem: 'cut', isPassing: true });
  await expect(drop.list()).rejects.toMatchObject({ problem: 'cut' });
  await drop.close();

  server.faults.cutDownloadAfterBytes = null;
  const again = await open();
  expect(await count(readUnchanged(again, file))).toBe(100_000);
  await again.close();
});

test.each([null, 1, 1000, 30_000])('bytes keep their order in reads of %s', async (shortReads) => {
  const bytes = randomBytes(shortReads === 1 ? 500 : 500_000);
  writeFileSync(join(folder, 'a.bin'), bytes);
  server.faults.shortReads = shortReads;
  const drop = await open();
  const pieces: Buffer[] = [];
  for await (const piece of drop.read('a.bin')) pieces.push(piece);
  expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
  // A reader that stops early leaves the connection in order.
  for await (const piece of drop.read('a.bin')) {
    expect(piece.byteLength).toBeGreaterThan(0);
    break;
  }
  expect(await drop.list()).toHaveLength(1);
  await drop.close();
});

test.each([0, 1000, 40_000])('an upload cut after %i bytes has reached nobody', async (bytes) => {
  const drop = await open();
  server.faults.cutUploadAfterBytes = bytes;
  const put = putFile(drop, 'a.csv', pieces(randomBytes(50_000)));
  await expect(put).rejects.toMatchObject({ problem: 'cut', mayHaveReached: false });
  expect(readdirSync(folder)).not.toContain('a.csv');
  await drop.close();
});

test('an upload cut at its rename may be there', async () => {
  const drop = await open();
  server.faults.cutAfterRename = true;
  const put = putFile(drop, 'a.csv', pieces(Buffer.from('bytes')));
  await expect(put).rejects.toMatchObject({ problem: 'cut', mayHaveReached: true });
  expect(readdirSync(folder)).toEqual(['a.csv']);
  await drop.close();
});

test('a server that goes silent is given up', async () => {
  const drop = await open({ timeouts: { silenceMs: 100 } });
  server.faults.silent = true;
  await expect(drop.list()).rejects.toMatchObject({ problem: 'timed_out', isPassing: true });
  await drop.close();
});

test('nobody there, and nobody who speaks SSH', async () => {
  const mute = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
  await new Promise((resolve) => mute.once('listening', resolve));
  const { port } = mute.address() as { port: number };
  await expect(open({ port, timeouts: { loginMs: 100 } })).rejects.toMatchObject({
    problem: 'timed_out',
  });
  await new Promise((resolve) => mute.close(resolve));
  await expect(open({ port })).rejects.toMatchObject({ problem: 'unreachable' });
});

test('a folder that is not there, and a login that sees nothing else', async () => {
  const absent = await open({ folder: '/absent' });
  await expect(absent.list()).rejects.toMatchObject({ problem: 'missing' });
  await absent.close();
  writeFileSync(join(folder, 'own'), '');
  const above = await open({ folder: '/../../..' });
  expect((await above.list()).map(({ name }) => name)).toEqual(['own']);
  await above.close();
});
