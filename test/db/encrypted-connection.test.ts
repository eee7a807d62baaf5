import { chmodSync, chownSync, statSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { openDatabase } from '../../db/database.ts';
import { choosePorts } from '../../stack/ports.ts';
import { type EmbeddedPostgres, startPostgres } from '../../stack/postgres.ts';
import { readOrMakeSecrets } from '../../stack/secrets.ts';
import { makeAuthority } from '../outside/certificates.ts';
import { makeTemporaryDir } from '../stack/temporary-dir.ts';

/** A Postgres that takes nobody without TLS, under a certificate of an authority of the company's own. */
const authority = makeAuthority();
const dataDir = makeTemporaryDir();
let server: EmbeddedPostgres | undefined;
let cluster = '';

beforeAll(async () => {
  const secrets = readOrMakeSecrets(dataDir);
  const { postgres: port } = await choosePorts(['postgres']);
  server = await startPostgres({
    ...{ dataDir, port, secrets, recordedDir: null, logFile: join(dataDir, 'postgres.log') },
    ...{ relaxedDurability: true, signal: undefined, onProgress() {}, onSpawned() {} },
    onPlaced: (dir) => {
      cluster = join(dir, 'data');
    },
  });
  const own = authority.issue('127.0.0.1');
  place('server.crt', own.cert);
  place('server.key', own.key);
  place('pg_hba.conf', 'hostssl all all 127.0.0.1/32 scram-sha-256\n');
  const superuser = new pg.Client({
    connectionString: `postgres://postgres:${secrets.superuserPassword}@127.0.0.1:${port}/postgres`,
  });
  await superuser.connect();
  await superuser.query('alter system set ssl = on');
  await superuser.query('select pg_reload_conf()');
  await superuser.end();
  writeFileSync(join(dataDir, 'ca.pem'), authority.cert);
  writeFileSync(join(dataDir, 'other-ca.pem'), makeAuthority().cert);
  // The server reads its settings again a moment later.
  await vi.waitFor(() => ask(urlWith('verify-full', 'ca.pem')), { timeout: 60_000, interval: 50 });
});
afterAll(async () => {
  await server?.process.stop();
  await rm(dataDir, { recursive: true, force: true });
});

/** As the user that the server runs as: it reads no key that others may read. */
function place(name: string, text: string): void {
  const path = join(cluster, name);
  writeFileSync(path, text);
  const { uid, gid } = statSync(cluster);
  chownSync(path, uid, gid);
  chmodSync(path, 0o600);
}

/** As docs/operations.md writes it into TSUKIGIME_DATABASE_URL_APP and DATABASE_URL. */
function urlWith(sslmode: string, authorityFile?: string): string {
  const url = new URL(server?.appUrl ?? '');
  url.searchParams.set('sslmode', sslmode);
  if (authorityFile !== undefined) {
    url.searchParams.set('sslrootcert', join(dataDir, authorityFile));
  }
  return url.href;
}

async function ask(url: string): Promise<unknown> {
  const db = openDatabase(url, { maxConnections: 1 });
  try {
    const { rows } = await sql`
      select ssl, version from pg_stat_ssl where pid = pg_backend_pid()`.execute(db);
    return rows[0];
  } finally {
    await db.destroy();
  }
}

test('the authority of the URL is believed, and the connection is encrypted', async () => {
  const encrypted = { ssl: true, version: 'TLSv1.3' };
  expect(await ask(urlWith('verify-full', 'ca.pem'))).toEqual(encrypted);
});

test('nothing is said to a server that nobody vouches for', async () => {
  await expect(ask(urlWith('verify-full'))).rejects.toThrow(/certificate/);
  await expect(ask(urlWith('verify-full', 'other-ca.pem'))).rejects.toThrow(/certificate/);
  const elsewhere = urlWith('verify-full', 'ca.pem').replace('@127.0.0.1:', '@localhost:');
  await expect(ask(elsewhere)).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
});

test('neither side goes on without TLS where the other has none', async () => {
  await expect(ask(urlWith('disable'))).rejects.toThrow(/no encryption/);
  const plain = new URL(inject('appDatabaseUrl'));
  plain.searchParams.set('sslmode', 'verify-full');
  await expect(ask(plain.href)).rejects.toThrow(/does not support SSL/);
});
