import { createHash, randomBytes } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDirectory } from '../../outside/directory.ts';
import { type FileDrop, putFile, readUnchanged } from '../../outside/file-drop.ts';
import { openSftp } from '../../outside/sftp.ts';
import { type SandboxSftpServer, startSftpServer } from '../../sandbox/sftp-server.ts';
import { pieces } from '../db/new-file.ts';

const root = mkdtempSync(join(tmpdir(), 'tsukigime-drop-'));
let server: SandboxSftpServer;

beforeAll(async () => {
  server = await startSftpServer([{ user: 'shop', password: 'pass', folder: join(root, 'sftp') }]);
});
afterAll(() => server.close());

let folders = 0;

/** A new folder each time, as both kinds of drop see it. */
function newFolder(kind: 'directory' | 'sftp'): { path: string; open: () => Promise<FileDrop> } {
  folders += 1;
  const name = `f${folders}`;
  const path = join(root, kind, name);
  mkdirSync(path, { recursive: true });
  const open = () =>
    kind === 'directory'
      ? openDirectory(join(root, kind), name)
      : openSftp({
          host: '127.0.0.1',
          port: server.port,
          user: 'shop',
          credential: { password: 'pass' },
          hostKeys: [server.hostKey],
          folder: `/${name}`,
          caller: { kind: 'sandbox', allowedHosts: [] },
        });
  return { path, open };
}

async function readAll(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  return Buffer.concat(parts);
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe.each(['directory', 'sftp'] as const)('a %s', (kind) => {
  test('lists the plain files by name, with size and mark', async () => {
    const { path, open } = newFolder(kind);
    writeFileSync(join(path, 'b.csv'), 'bb');
    writeFileSync(join(path, '注文 a.csv'), '');
    mkdirSync(join(path, 'folder'));
    utimesSync(join(path, 'b.csv'), 1_700_000_000, 1_700_000_000);
    const drop = await open();
    expect(await drop.list()).toEqual([
      { name: 'b.csv', bytes: 2, mark: '2023-11-14T22:13:20.000Z' },
      { name: '注文 a.csv', bytes: 0, mark: expect.any(String) },
    ]);
    expect(await drop.stat('b.csv')).toMatchObject({ name: 'b.csv', bytes: 2 });
    expect(await drop.stat('absent')).toBeUndefined();
    await drop.close();
  });

  test('gives any bytes back as they were put, under no other name', async () => {
    const { path, open } = newFolder(kind);
    const drop = await open();
    for (const size of [0, 1, 32_768, 32_769, 200_000]) {
      const bytes = randomBytes(size);
      const put = await putFile(drop, `f${size}`, pieces(bytes.subarray(0, 7), bytes.subarray(7)));
      expect(put).toEqual({ bytes: size, sha256: sha256(bytes) });
      const [file] = (await drop.list()).filter(({ name }) => name === `f${size}`);
      if (file === undefined) throw new Error('not listed');
      expect((await readAll(readUnchanged(drop, file))).equals(bytes)).toBe(true);
    }
    expect(readdirSync(path).sort()).toEqual(['f0', 'f1', 'f200000', 'f32768', 'f32769']);
    await drop.close();
  });

  test('overwrites nothing and leaves no half behind', async () => {
    const { path, open } = newFolder(kind);
    writeFileSync(join(path, 'there'), 'old');
    const drop = await open();
    const again = putFile(drop, 'there', pieces(Buffer.from('new')));
    await expect(again).rejects.toMatchObject({ name: 'OutsideError', mayHaveReached: false });
    async function* broken() {
      yield Buffer.from('half');
      throw new Error('the store is away');
    }
    await expect(putFile(drop, 'broken', broken())).rejects.toThrow('the store is away');
    expect(readdirSync(path)).toEqual(['there']);
    expect(readFileSync(join(path, 'there'), 'utf8')).toBe('old');
    await drop.remove('there');
    expect(readdirSync(path)).toEqual([]);
    await drop.close();
  });

  test.each([
    ['grew', 'longer than before'],
    ['shrank', 's'],
    ['was replaced', 'other'],
  ])('says that a file %s after it was listed', async (_how, content) => {
    const { path, open } = newFolder(kind);
    writeFileSync(join(path, 'a'), 'first');
    const drop = await open();
    const [file] = await drop.list();
    if (file === undefined) throw new Error('not listed');
    writeFileSync(join(path, 'a'), content);
    utimesSync(join(path, 'a'), 1_700_000_000, 1_700_000_000);
    const read = readAll(readUnchanged(drop, file));
    await expect(read).rejects.toMatchObject({ problem: 'changed', isPassing: true });
    await drop.close();
  });

  test('refuses names that are paths, and says what is missing', async () => {
    const { open } = newFolder(kind);
    const drop = await open();
    for (const name of ['../a', 'a/b', '..', 'a\0b', 'a\nb']) {
      await expect(readAll(drop.read(name))).rejects.toMatchObject({ problem: 'address_refused' });
    }
    await expect(readAll(drop.read('absent'))).rejects.toMatchObject({ problem: 'missing' });
    await expect(drop.remove('absent')).rejects.toMatchObject({ problem: 'missing' });
    await drop.close();
  });
});

describe('a directory', () => {
  const inbox = join(root, 'inbox');

  test.each(['..', '../elsewhere', 'a/../../elsewhere', '/etc', 'link'])(
    'outside its root is not opened: %s',
    async (path) => {
      mkdirSync(join(inbox, 'a'), { recursive: true });
      mkdirSync(join(root, 'elsewhere'), { recursive: true });
      if (path === 'link') symlinkSync(join(root, 'elsewhere'), join(inbox, 'link'));
      const opened = openDirectory(inbox, path);
      await expect(opened).rejects.toMatchObject({ name: 'OutsideError' });
    },
  );

  test('is named from its root, or whole', async () => {
    mkdirSync(join(inbox, 'whole'), { recursive: true });
    writeFileSync(join(inbox, 'whole', 'a.csv'), 'a');
    for (const path of ['whole', join(inbox, 'whole'), './whole/../whole']) {
      expect(await (await openDirectory(inbox, path)).list(), path).toHaveLength(1);
    }
  });

  test('neither lists nor reads links', async () => {
    const { path, open } = newFolder('directory');
    writeFileSync(join(root, 'secret'), 'secret');
    symlinkSync(join(root, 'secret'), join(path, 'link.csv'));
    const drop = await open();
    expect(await drop.list()).toEqual([]);
    await expect(readAll(drop.read('link.csv'))).rejects.toMatchObject({ problem: 'refused' });
  });

  test('that is not there is said to be missing', async () => {
    await expect(openDirectory(inbox, 'no-such')).rejects.toMatchObject({ problem: 'missing' });
  });
});
