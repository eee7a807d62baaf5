// A million customer rows into the record, against the floor of the same run: the same file decoded,
// parsed and copied into a plain table. `npx tsx bench/imports.ts [rows]`; fails above 3 x the floor, 6 x
// when every row has an error, or 512 MB of the importing process.
import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import iconv from 'iconv-lite';
import { createFileGuard } from '../activities/file-guard.ts';
import { importStoredFile } from '../activities/import-stored-file.ts';
import { readCsvRows } from '../billing/csv-rows.ts';
import { merchantSettingsSchema } from '../billing/merchant-settings.ts';
import { inheritedEnvironment, parseEncryptionKeys, readConfig } from '../config.ts';
import { inCopyTransaction } from '../db/copy-rows.ts';
import { databaseOver, openDatabase, openPool } from '../db/database.ts';
import { migrateToLatest } from '../db/migrate.ts';
import { storeFile } from '../db/queries/files.ts';
import { registerImport } from '../db/queries/imports.ts';
import { createMerchant } from '../db/queries/merchants.ts';
import { importColumns } from '../imports/import-columns.ts';
import { bringUpStack } from '../stack/bring-up.ts';
import { judge, linesOf, type Measured, measure, report, timed } from './measure.ts';
import { readCircumstances, saveMeasurement } from './results.ts';

const now = '2026-11-22T00:00:00.000Z';
const columns = importColumns.customers;

/** What one process of its own does and measures. */
interface Job {
  readonly job: 'floor' | 'import';
  readonly appUrl: string;
  readonly ownerUrl: string;
  readonly fileKeys: string;
  readonly path: string;
  readonly slug: string;
}

if (process.argv[2] === 'job') await runJob(JSON.parse(await text(process.stdin)) as Job);
else await compare(Number(process.argv[2] ?? 1_000_000));

async function run(job: Job): Promise<Measured> {
  return await measure(fileURLToPath(import.meta.url), job);
}

async function compare(rows: number): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tsukigime-bench-'));
  await chmod(dataDir, 0o711);
  const config = readConfig({ ...inheritedEnvironment(), DATABASE_URL: '', TEMPORAL_ADDRESS: '' });
  const stack = await bringUpStack({ dataDir, config, disposable: true });
  const circumstances = readCircumstances();
  try {
    await migrateToLatest(stack.ownerDatabaseUrl);
    const common = {
      appUrl: stack.appDatabaseUrl,
      ownerUrl: stack.ownerDatabaseUrl,
      fileKeys: stack.environment().TSUKIGIME_FILE_KEYS ?? '',
    };
    const paths = { good: join(dataDir, 'good.csv'), bad: join(dataDir, 'bad.csv') };
    await writeCustomers(paths.good, rows, (index) => `${index % 3}`.replace('0', '3'));
    await writeCustomers(paths.bad, rows, () => '9');
    const floor = await run({ ...common, job: 'floor', path: paths.good, slug: '' });
    const good = await run({ ...common, job: 'import', path: paths.good, slug: 'good' });
    const bad = await run({ ...common, job: 'import', path: paths.bad, slug: 'bad' });
    const judged = [
      judge('floor', floor, floor, Number.POSITIVE_INFINITY),
      judge('import', good, floor, 3),
      judge('import, every row failed', bad, floor, 6),
    ];
    const title = `An import of ${rows} customers`;
    saveMeasurement('imports', { title, ...circumstances, ...linesOf(judged) });
  } finally {
    await stack.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function runJob(job: Job): Promise<void> {
  const pool = openPool(job.job === 'floor' ? job.ownerUrl : job.appUrl, { maxConnections: 4 });
  try {
    report(job.job === 'floor' ? await runFloor(pool, job) : await runImport(pool, job));
  } finally {
    await pool.end();
  }
}

type Timed = Omit<Measured, 'peakMb'>;

async function runFloor(pool: ReturnType<typeof openPool>, { path }: Job): Promise<Timed> {
  const names = columns.map((_, index) => `c${index}`);
  await pool.query(
    `create table floor (line int, ${names.map((name) => `${name} text`).join(', ')})`,
  );
  return await timed(pool, async () => {
    async function* rows() {
      for await (const batch of readCsvRows(createReadStream(path), 'cp932')) {
        for (const row of batch) yield [row.line, ...row.fields];
      }
    }
    await inCopyTransaction(pool, async (_trx, copyRows) => {
      await copyRows('floor', ['line', ...names], rows());
    });
  });
}

async function runImport(
  pool: ReturnType<typeof openPool>,
  { path, slug, appUrl, fileKeys }: Job,
): Promise<Timed> {
  const keys = parseEncryptionKeys(fileKeys);
  const db = databaseOver(pool);
  const owner = openDatabase(appUrl);
  const settings = merchantSettingsSchema.parse({});
  const merchant = await createMerchant(owner, {
    ...{ slug, name: slug, kind: 'sandbox', settings, actor: 'bench', now },
  });
  const stored = await storeFile(owner, merchant.id, {
    name: 'customers.csv',
    kind: 'customer-import',
    direction: 'inbound',
    guard: createFileGuard('customer-import', settings),
    source: createReadStream(path),
    maxBytes: 1024 ** 3,
    ...{ keys, actor: 'bench', now },
  });
  const { number } = await registerImport(owner, merchant.id, {
    ...{ kind: 'customers', fileId: stored.fileId, fileName: 'customers.csv' },
    ...{ requestKey: 'bench-key', held: false, actor: 'bench', now },
  });
  await owner.destroy();
  const workflows = { wakeMail: async () => {} };
  return await timed(pool, async () => {
    const facts = await importStoredFile(
      { db, pool, fileKeys: keys, workflows } as unknown as Parameters<typeof importStoredFile>[0],
      { merchant: slug, number, now },
    );
    if (facts.stage !== 'done') throw new Error(`the import ended as ${facts.stage}`);
  });
}

async function writeCustomers(
  path: string,
  rows: number,
  typeOf: (index: number) => string,
): Promise<void> {
  const stream = createWriteStream(path);
  const write = (lines: string) =>
    new Promise<void>((resolve) => {
      stream.write(iconv.encode(lines, 'cp932'), () => resolve());
    });
  await write(`${columns.join(',')}\r\n`);
  let lines: string[] = [];
  for (let index = 0; index < rows; index += 1) {
    lines.push(
      `${500_000 + index},,見本 能子${index},ﾐﾎﾝ ﾖｼｺ,880-080${(index % 5) + 1},宮崎県,宮崎市,橘通東${index % 90}丁目,,0985${String(index).padStart(7, '0')},c${index}@example.jp,女性,1980/01/02,,,${index % 2},${typeOf(index)}`,
    );
    if (lines.length < 5000) continue;
    await write(`${lines.join('\r\n')}\r\n`);
    lines = [];
  }
  if (lines.length > 0) await write(`${lines.join('\r\n')}\r\n`);
  await new Promise<void>((resolve) => stream.end(() => resolve()));
}
