// A month's card refresh of a million cards, all of them asked for: chosen, written as a request and
// stored; the result stored through the guard, judged and merged. Against the floor of the same run:
// the same rows copied out and in and merged into the same cards by plain SQL, without a rule, a target, a
// key of results or a file kept.
// `npx tsx bench/refresh.ts [cards]`; fails above 3 x the floor, or 512 MB of the process.
import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { to as copyTo } from 'pg-copy-streams';
import { createFileGuard } from '../activities/file-guard.ts';
import { mergeRefreshResult } from '../activities/merge-refresh-result.ts';
import { streamRefreshRequest } from '../activities/refresh-request-file.ts';
import { readCsvRows } from '../billing/csv-rows.ts';
import { merchantSettingsSchema } from '../billing/merchant-settings.ts';
import { inheritedEnvironment, parseEncryptionKeys, readConfig } from '../config.ts';
import { inCopyTransaction } from '../db/copy-rows.ts';
import { databaseOver, openPool } from '../db/database.ts';
import { migrateToLatest } from '../db/migrate.ts';
import { insertRefreshTargets } from '../db/queries/card-refresh-targets.ts';
import { storeFile } from '../db/queries/files.ts';
import { createMerchant } from '../db/queries/merchants.ts';
import { createRefreshResultEncoder } from '../psp/gmo/refresh-result-encode.ts';
import { bringUpStack } from '../stack/bring-up.ts';
import { judge, linesOf, type Measured, measure, report, timed } from './measure.ts';
import { readCircumstances, saveMeasurement } from './results.ts';

const now = '2026-11-27T00:00:00.000Z';
const month = '2026-11';
const settings = merchantSettingsSchema.parse({});
const layout = settings.cardRefresh.resultLayout;
type Pool = ReturnType<typeof openPool>;
type Timed = Omit<Measured, 'peakMb'>;

/** What one process of its own does and measures. */
interface Job {
  readonly job: 'floor' | 'refresh';
  readonly url: string;
  readonly fileKeys: string;
  readonly path: string;
  readonly merchantId: number;
  readonly cards: number;
}

if (process.argv[2] === 'job') await runJob(JSON.parse(await text(process.stdin)) as Job);
else await compare(Number(process.argv[2] ?? 1_000_000));

async function compare(cards: number): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tsukigime-bench-'));
  await chmod(dataDir, 0o711);
  const config = readConfig({ ...inheritedEnvironment(), DATABASE_URL: '', TEMPORAL_ADDRESS: '' });
  const stack = await bringUpStack({ dataDir, config, disposable: true });
  const circumstances = readCircumstances();
  try {
    await migrateToLatest(stack.ownerDatabaseUrl);
    const path = join(dataDir, 'result.csv');
    await writeResult(path, cards);
    const owner = openPool(stack.ownerDatabaseUrl, { maxConnections: 2 });
    const merchantId = await prepare(owner, cards);
    await owner.end();
    const fileKeys = stack.environment().TSUKIGIME_FILE_KEYS ?? '';
    const job = { fileKeys, path, merchantId, cards };
    const run = (of: Job) => measure(fileURLToPath(import.meta.url), of);
    const floor = await run({ ...job, job: 'floor', url: stack.ownerDatabaseUrl });
    const own = await run({ ...job, job: 'refresh', url: stack.appDatabaseUrl });
    const judged = [
      judge('floor', floor, floor, Number.POSITIVE_INFINITY),
      judge('refresh', own, floor, 3),
    ];
    const title = `A refresh of ${cards} cards`;
    saveMeasurement('refresh', { title, ...circumstances, ...linesOf(judged) });
  } finally {
    await stack.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** A merchant with a customer for each card, a copy of the cards for the floor, and an open refresh. */
async function prepare(owner: Pool, cards: number): Promise<number> {
  const { id } = await createMerchant(databaseOver(owner), {
    ...{ slug: 'bench', name: 'bench', kind: 'sandbox', settings, actor: 'bench', now },
  });
  await owner.query(
    `insert into customers (merchant_id, customer_id, customer_number, import_id, created_at, updated_at)
     select $1, 10000 + n, 'c' || n, 1, '2026-01-05', '2026-01-05' from generate_series(1, $2::int) n`,
    [id, cards],
  );
  await owner.query(
    `insert into cards (merchant_id, customer_id, service, identity, last_digits, brand, sequence, expiry,
                        import_id, created_at, updated_at)
     select $1, 10000 + n, 'GMO', 'US-' || lpad((10000 + n)::text, 8, '0') || '/0', '234', 'VISA', '0',
            '20' || 27 + n % 3 || '-' || lpad((1 + n % 12)::text, 2, '0'), 1, '2026-01-05', '2026-01-05'
       from generate_series(1, $2::int) n`,
    [id, cards],
  );
  await owner.query(
    `insert into card_refreshes (merchant_id, month, stage, started_at, started_by, request_at)
     values ($1, $2, 'planned', $3, 'bench', $3)`,
    [id, month, now],
  );
  await owner.query('create table floor_cards (like cards including all)');
  await owner.query('insert into floor_cards overriding system value select * from cards');
  await owner.query('analyze');
  return id;
}

/** Of a hundred cards 20 are renewed, 5 are refused, the others stay as they are. */
async function writeResult(path: string, cards: number): Promise<void> {
  const stream = createWriteStream(path);
  const write = (piece: string) =>
    new Promise<void>((resolve) => void stream.write(piece, () => resolve()));
  const encode = createRefreshResultEncoder(layout);
  let piece = '';
  for (let line = 1; line <= cards; line += 1) {
    const renewed = line % 5 === 0;
    piece += encode({
      memberId: `US-${String(10_000 + line).padStart(8, '0')}`,
      sequence: '0',
      freeText: `202611-${line}`,
      verdict: line % 20 === 1 ? 1 : 0,
      maskedNumber: renewed ? '*************678' : null,
      expiry: renewed ? '2031-11' : null,
    });
    if (line % 5000 > 0) continue;
    await write(piece);
    piece = '';
  }
  await write(piece);
  await new Promise<void>((resolve) => stream.end(() => resolve()));
}

async function runJob(job: Job): Promise<void> {
  const pool = openPool(job.url, { maxConnections: 4 });
  try {
    report(job.job === 'floor' ? await runFloor(pool, job) : await runRefresh(pool, job));
  } finally {
    await pool.end();
  }
}

async function runFloor(pool: Pool, { path }: Job): Promise<Timed> {
  await pool.query(
    'create table floor_stage (line int, member text, verdict int, number text, expiry text)',
  );
  await pool.query(
    'create table floor_results (card_id bigint, verdict int, number text, expiry text)',
  );
  return await timed(pool, async () => {
    await copyOutAll(
      pool,
      "copy (select 'US-' || lpad(customer_id::text, 8, '0'), sequence, id from floor_cards) to stdout",
    );
    async function* rows() {
      for await (const batch of readCsvRows(createReadStream(path), 'cp932')) {
        for (const { fields } of batch) {
          const [member = '', , reference = ''] = fields;
          yield [
            Number(reference?.slice(7)),
            member,
            fields[6] ?? '',
            fields[7] || null,
            fields[8] || null,
          ];
        }
      }
    }
    await inCopyTransaction(pool, async (_trx, copyRows) => {
      await copyRows('floor_stage', ['line', 'member', 'verdict', 'number', 'expiry'], rows());
    });
    await pool.query(
      `insert into floor_results select k.id, s.verdict, s.number, s.expiry
         from floor_stage s join floor_cards k on k.customer_id = substr(s.member, 4)::int`,
    );
    await pool.query(
      `update floor_cards k set last_digits = right(r.number, 3), expiry = '2031-11'
         from floor_results r where r.card_id = k.id and r.expiry is not null`,
    );
  });
}

async function copyOutAll(pool: Pool, statement: string): Promise<void> {
  const client = await pool.connect();
  let bytes = 0;
  for await (const chunk of client.query(copyTo(statement))) bytes += (chunk as Buffer).length;
  client.release();
  if (bytes === 0) throw new Error('the floor copied nothing out');
}

async function runRefresh(pool: Pool, { path, merchantId, fileKeys, cards }: Job): Promise<Timed> {
  const keys = parseEncryptionKeys(fileKeys);
  const db = databaseOver(pool);
  const { rows } = await pool.query<{ id: number }>('select id from card_refreshes');
  const refreshId = Number(rows[0]?.id);
  const stored = { keys, now, actor: 'bench', maxBytes: 1024 ** 3 };
  return await timed(pool, async () => {
    const step = startSteps();
    const { targets } = await db
      .transaction()
      .execute((trx) => insertRefreshTargets(trx, merchantId, { refreshId, month, first: true }));
    step('chosen');
    await storeFile(db, merchantId, {
      ...{ ...stored, name: 'request.csv', kind: 'refresh-request', direction: 'outbound' },
      source: streamRefreshRequest(pool, merchantId, { refreshId, month }),
    });
    step('request stored');
    const { fileId, sha256 } = await storeFile(db, merchantId, {
      ...{ ...stored, name: 'result.csv', kind: 'refresh-result', direction: 'inbound' },
      guard: createFileGuard('refresh-result', settings),
      source: createReadStream(path),
    });
    step('result stored');
    const of = { refreshId, month, fileId, sha256, layout, now };
    const merge = await mergeRefreshResult({ db, pool, fileKeys: keys }, merchantId, of);
    step('merged');
    if (
      targets !== cards ||
      merge.kind !== 'merged' ||
      merge.counts.renewed !== Math.floor(cards / 5)
    ) {
      throw new Error(`the refresh went wrong: ${JSON.stringify(merge)}`);
    }
  });
}

/** Tells what each step took, beside the result: on the clock, and of this process. */
function startSteps(): (name: string) => void {
  let since = performance.now();
  let cpu = process.cpuUsage();
  return (name) => {
    const seconds = (performance.now() - since) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    const own = (user + system) / 1e6;
    console.error(`  ${name}: ${seconds.toFixed(1)} s, of it ${own.toFixed(1)} s in this process`);
    since = performance.now();
    cpu = process.cpuUsage();
  };
}
