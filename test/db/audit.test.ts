import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  type AuditHead,
  encodeAuditEntry,
  GENESIS_HASH,
  hashAuditEntry,
} from '../../billing/audit-chain.ts';
import { runAuditExport } from '../../cli/audit-export.ts';
import { runAuditVerify } from '../../cli/audit-verify.ts';
import { type Db, openDatabase } from '../../db/database.ts';
import { appendAudit, listAudit, searchAudit } from '../../db/queries/audit.ts';
import { listAuditHeads, recordAuditHeads } from '../../db/queries/audit-heads.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { AT, insertMoneyRecord } from './money-record.ts';

let database: TestDatabase;
let db: Db;
let merchantId: number;
let slug: string;
let folder: string;

const act = (subject: string, details: Record<string, unknown> = {}) => ({
  ...{ at: AT, actor: 'operator', act: 'charge.released', subject, reason: '再請求' },
  details,
});

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.appUrl);
  ({ merchantId } = await insertMoneyRecord(db));
  const merchant = await db.selectFrom('merchants').select('slug').executeTakeFirstOrThrow();
  slug = merchant.slug;
  folder = await mkdtemp(join(tmpdir(), 'audit-'));
  vi.stubEnv('TSUKIGIME_DATABASE_URL_APP', database.appUrl);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await db.destroy();
  await database.drop();
  await rm(folder, { recursive: true });
});

describe('appending', () => {
  test('numbers on from the last entry and keeps the text that was hashed', async () => {
    expect(await appendAudit(db, merchantId, act('first', { z: 1, a: { y: [2], b: '髙' } }))).toBe(
      1,
    );
    expect(await appendAudit(db, merchantId, act('second'))).toBe(2);
    const [first] = await listAudit(db, merchantId);
    expect(first!.entry).toBe(
      `{"act":"charge.released","actor":"operator","at":"${AT}","details":{"a":{"b":"髙","y":[2]},` +
        `"z":1},"merchant":"${slug}","n":1,"reason":"再請求","subject":"first"}`,
    );
    expect(first!.hash).toBe(hashAuditEntry(GENESIS_HASH, first!.entry).toString('hex'));
    expect((await listAudit(db, merchantId, { afterN: 1 })).map((entry) => entry.n)).toEqual([2]);
  });

  test('inside a transaction ends with it', async () => {
    const before = await listAudit(db, merchantId);
    const failed = db.transaction().execute(async (trx) => {
      await appendAudit(trx, merchantId, act('undone'));
      throw new Error('rolled back');
    });
    await expect(failed).rejects.toThrow('rolled back');
    expect(await listAudit(db, merchantId)).toEqual(before);
  });

  test('has a chain of its own for acts of no single merchant', async () => {
    expect(await appendAudit(db, null, act('token'))).toBe(1);
    expect((await listAudit(db, null))[0]!.entry).toContain('"merchant":null');
  });
});

describe('a search', () => {
  const find = async (search: object, beforeN: number | null = null, limit = 10) => {
    const found = await searchAudit(db, merchantId, { search, beforeN, limit });
    return found.map(({ n }) => n);
  };

  test('gives the newest first, page by page, with hash and text as they are kept', async () => {
    expect(await find({})).toEqual([2, 1]);
    expect(await find({}, null, 1)).toEqual([2]);
    expect(await find({}, 2)).toEqual([1]);
    const [newest] = await searchAudit(db, merchantId, { search: {}, beforeN: null, limit: 1 });
    expect(newest).toEqual((await listAudit(db, merchantId, { afterN: 1 }))[0]);
  });

  test('finds a name that is written otherwise in the text that is kept', async () => {
    const { merchantId: other } = await insertMoneyRecord(db);
    await appendAudit(db, other, { ...act('quoted'), actor: 'a "quoted" \\ name' });
    const page = { beforeN: null, limit: 10 };
    const found = async (actor: string) =>
      (await searchAudit(db, other, { search: { actor }, ...page })).length;
    expect(await found('A "Quoted" \\ N')).toBe(1);
    expect(await found('a \\"quoted')).toBe(0);
  });

  test('by who, by what and by days in Japan; every sign is taken as it stands', async () => {
    expect(await find({ actor: 'OPERA' })).toEqual([2, 1]);
    expect(await find({ actor: '%' })).toEqual([]);
    expect(await find({ about: 'SECOND' })).toEqual([2]);
    expect(await find({ about: 'charge.' })).toEqual([2, 1]);
    // The reason is no subject.
    expect(await find({ about: '再請求' })).toEqual([]);
    // AT is 09:00 of the 22nd in Japan.
    expect(await find({ from: '2026-11-22', to: '2026-11-22' })).toEqual([2, 1]);
    expect(await find({ from: '2026-11-23' })).toEqual([]);
    expect(await find({ to: '2026-11-21' })).toEqual([]);
  });
});

describe('the database refuses', () => {
  const insert = (n: number, previous: Buffer, entry: string, hash: Buffer) =>
    sql`insert into audit_entries values (${merchantId}, ${n}, ${entry}, ${previous}, ${hash},
      ${AT})`.execute(db);

  test('an entry that leaves a gap, a wrong link and a wrong hash', async () => {
    const entries = await listAudit(db, merchantId);
    const head = Buffer.from(entries.at(-1)!.hash, 'hex');
    const n = entries.length + 1;
    const entry = encodeAuditEntry(slug, n, act('forged'));
    const hash = hashAuditEntry(head, entry);
    const rule = { constraint: 'entry_is_chained_to_the_one_before' };
    await expect(insert(n + 1, head, entry, hash)).rejects.toMatchObject(rule);
    await expect(
      insert(n, GENESIS_HASH, entry, hashAuditEntry(GENESIS_HASH, entry)),
    ).rejects.toMatchObject(rule);
    await expect(insert(n, head, `${entry} `, hash)).rejects.toMatchObject({
      constraint: 'audit_hash_is_of_its_entry',
    });
    await insert(n, head, entry, hash);
  });
});

describe('an export', () => {
  async function exported(): Promise<{ path: string; lines: string[]; output: string }> {
    const path = join(folder, `${Math.random()}.ndjson`);
    const said = vi.spyOn(console, 'log').mockImplementation(() => {});
    expect(await runAuditExport({ merchant: slug, file: path })).toBe(0);
    const output = said.mock.calls.flat().join('\n');
    said.mockRestore();
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
    return { path, lines, output };
  }
  async function verify(path: string, head?: string, heads?: string): Promise<[number, string]> {
    const said: string[] = [];
    const log = vi.spyOn(console, 'log').mockImplementation((text) => said.push(text));
    const error = vi.spyOn(console, 'error').mockImplementation((text) => said.push(text));
    const code = await runAuditVerify({
      file: path,
      ...(head === undefined ? {} : { head }),
      ...(heads === undefined ? {} : { heads }),
    });
    log.mockRestore();
    error.mockRestore();
    return [code, said.join('\n')];
  }

  test('verifies without the database', async () => {
    const { path, lines, output } = await exported();
    const { hash } = JSON.parse(lines.at(-1)!) as { hash: string };
    expect(output).toContain(`${lines.length} entries, head hash ${hash}`);
    expect(await verify(path, hash)).toEqual([
      0,
      `Intact: ${lines.length} entries, head hash ${hash}`,
    ]);
  });

  test.each([
    [
      'a changed entry',
      (l: string[]) => l.map((x, i) => (i === 1 ? x.replace('second', 'zweite') : x)),
      2,
      'does not hash',
    ],
    [
      'an entry taken out',
      (l: string[]) => l.filter((_, i) => i !== 1),
      2,
      'is entry 3 where entry 2 belongs',
    ],
    ['two entries swapped', (l: string[]) => [l[1]!, l[0]!, ...l.slice(2)], 1, 'is entry 2 where'],
    ['a line that is none', (l: string[]) => [...l, '{'], 4, 'is not a line of an export'],
  ] as const)('with %s names the first broken link', async (_what, tamper, line, problem) => {
    const { lines } = await exported();
    const path = join(folder, 'tampered.ndjson');
    await writeFile(path, `${tamper(lines).join('\n')}\n`);
    const [code, said] = await verify(path);
    expect(code).toBe(1);
    expect(said).toContain(`${path}:${line}: BROKEN`);
    expect(said).toContain(problem);
  });

  test('with its end cut off is found by the published head hash', async () => {
    const { lines } = await exported();
    const { hash } = JSON.parse(lines.at(-1)!) as { hash: string };
    const path = join(folder, 'cut.ndjson');
    await writeFile(path, `${lines.slice(0, -1).join('\n')}\n`);
    expect((await verify(path))[0]).toBe(0);
    const [code, said] = await verify(path, hash);
    expect(code).toBe(1);
    expect(said).toContain('entries are missing at the end');
  });

  test('with a whole chain recomputed under other names is another chain', async () => {
    const { path, lines } = await exported();
    const entry = encodeAuditEntry('other-shop', lines.length + 1, act('smuggled'));
    const { hash } = JSON.parse(lines.at(-1)!) as { hash: string };
    const smuggled = hashAuditEntry(Buffer.from(hash, 'hex'), entry).toString('hex');
    await writeFile(
      path,
      `${[...lines, JSON.stringify({ n: lines.length + 1, entry, hash: smuggled })].join('\n')}\n`,
    );
    expect((await verify(path))[1]).toContain('belongs to another merchant');
  });

  test('is checked against every head that the worker has published, also when it was written anew', async () => {
    const day = '2026-11-23';
    const told: AuditHead[] = [];
    const publish = (heads: readonly AuditHead[]) => void told.push(...heads);
    const dies = () => {
      throw new Error('the log is full');
    };
    await expect(recordAuditHeads(db, { day, now: AT, publish: dies })).rejects.toThrow('full');
    // Nothing was published, so nothing counts as published: the next call does it.
    const published = await recordAuditHeads(db, { day, now: AT, publish });
    expect(published.map(({ merchant }) => merchant)).toContain(slug);
    expect(told).toEqual(published);
    // The second worker of the day, and the second look: nothing is published twice.
    expect(await recordAuditHeads(db, { day, now: AT, publish: dies })).toEqual([]);
    await appendAudit(db, merchantId, act('after'));
    const next = await recordAuditHeads(db, { day: '2026-11-24', now: AT, publish });
    expect(await listAuditHeads(db, merchantId, { limit: 9 })).toEqual(
      [...next, ...published].filter(({ merchant }) => merchant === slug),
    );
    const log = [...published, ...next].map((auditHead) =>
      JSON.stringify({ level: 30, msg: 'head of an audit chain', auditHead }),
    );
    const heads = join(folder, 'worker.log');
    await writeFile(heads, `${['not json', ...log].join('\n')}\n`);
    const { path, lines } = await exported();
    expect((await verify(path, undefined, heads))[1]).toContain('2 published heads fit');

    const shorter = join(folder, 'shorter.ndjson');
    await writeFile(shorter, `${lines.slice(0, -1).join('\n')}\n`);
    expect((await verify(shorter, undefined, heads))[1]).toContain('the end is missing');

    // Whoever can write to the database can hash as well.
    let previous = GENESIS_HASH;
    const anew = lines.map((_, i) => {
      const entry = encodeAuditEntry(slug, i + 1, act('harmless'));
      previous = hashAuditEntry(previous, entry);
      return JSON.stringify({ n: i + 1, entry, hash: previous.toString('hex') });
    });
    const rewritten = join(folder, 'rewritten.ndjson');
    await writeFile(rewritten, `${anew.join('\n')}\n`);
    expect((await verify(rewritten))[0]).toBe(0);
    expect(await verify(rewritten, undefined, heads)).toEqual([
      1,
      expect.stringContaining(`is not what was published on ${day}`),
    ]);
    expect((await verify(path, undefined, path))[0]).toBe(2);

    // Nobody did anything on the day after it: what is published then is the head of the forgery.
    const last = published.find(({ merchant }) => merchant === slug)!;
    const forged = JSON.parse(anew[last.n - 1]!) as { hash: string };
    const quiet = join(folder, 'quiet.log');
    const later = { ...last, day: '2026-11-24', hash: forged.hash };
    await writeFile(quiet, `${[last, later].map((head) => JSON.stringify(head)).join('\n')}\n`);
    await writeFile(rewritten, `${anew.slice(0, last.n).join('\n')}\n`);
    expect((await verify(rewritten, undefined, quiet))[1]).toContain(
      `is not what was published on ${day}`,
    );
    expect((await verify(path, undefined, quiet))[1]).toContain(
      'is not what was published on 2026-11-24',
    );
  });

  test('that fits no published head at all is not the true one: it bears another name, or holds nothing', async () => {
    const heads = join(folder, 'own.log');
    const head = { merchant: slug, day: '2026-11-23', n: 1, hash: 'f'.repeat(64) };
    await writeFile(heads, JSON.stringify(head));
    const entry = encodeAuditEntry('other-shop', 1, act('harmless'));
    const hash = hashAuditEntry(GENESIS_HASH, entry).toString('hex');
    const path = join(folder, 'renamed.ndjson');
    for (const content of [JSON.stringify({ n: 1, entry, hash }), '']) {
      await writeFile(path, content);
      expect((await verify(path))[0]).toBe(0);
      const [code, said] = await verify(path, undefined, heads);
      expect([code, said]).toEqual([1, expect.stringContaining('no head was published')]);
    }
  });

  test('that is not there, or a merchant that is not, is exit code 2', async () => {
    expect((await verify(join(folder, 'none')))[0]).toBe(2);
    expect(await verify(folder)).toEqual([2, `${folder}: is a folder`]);
    const [chain] = (await exported()).lines;
    await writeFile(join(folder, 'chain.ndjson'), chain ?? '');
    for (const heads of [folder, join(folder, 'none')]) {
      expect((await verify(join(folder, 'chain.ndjson'), undefined, heads))[0]).toBe(2);
    }
    const silent = vi.spyOn(console, 'error').mockImplementation(() => {});
    expect(await runAuditExport({ merchant: 'nobody', file: join(folder, 'x') })).toBe(2);
    silent.mockRestore();
  });
});
