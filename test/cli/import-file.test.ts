import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { checkoutDir, inheritedEnvironment } from '../../config.ts';
import { mainTaskQueue } from '../../workflows/workflow-ids.ts';
import { prepareWorkerChild, type WorkerChild } from '../campaign/worker-child.ts';
import { cardLikeNumber } from '../db/card-like-number.ts';
import { bundlesDir } from '../workers/test-workers.ts';
import { customerFile, customerLine } from '../workflows/file-imports.ts';
import { type Month, openMonth } from '../workflows/month.ts';

let month: Month;
let worker: WorkerChild;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tsukigime-import-'));
  month = await openMonth({
    workers: false,
    settings: { paymentMethods: { cardService: 'YAMATO' } },
  });
  worker = prepareWorkerChild({
    address: month.server.address,
    namespace: month.server.namespace,
    payloadKeys: inject('payloadKeys'),
    fileKeys: inject('fileKeys'),
    databaseUrl: month.appDatabaseUrl,
    // The command starts workflows where production does.
    taskQueue: mainTaskQueue,
    ...{ bundlesDir, timing: {}, logLevel: 'silent' },
  });
  await worker.begin();
});
afterAll(async () => {
  await worker.kill();
  await month.close();
  await rm(folder, { recursive: true, force: true });
});

const importFile = (...args: string[]) => command('import', ...args);

function command(...args: string[]) {
  const env = {
    ...inheritedEnvironment(),
    TSUKIGIME_DATA_DIR: folder,
    TSUKIGIME_DATABASE_URL_APP: month.appDatabaseUrl,
    TEMPORAL_ADDRESS: month.server.address,
    TEMPORAL_NAMESPACE: month.server.namespace,
    TSUKIGIME_PAYLOAD_KEYS: inject('payloadKeys'),
    TSUKIGIME_FILE_KEYS: inject('fileKeys'),
  };
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    execFile(
      process.execPath,
      [join(checkoutDir, 'cli', 'tsukigime.js'), ...args],
      { env },
      (error, stdout, stderr) => resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}

async function fileOf(content: string): Promise<string> {
  const path = join(folder, 'customers.csv');
  await writeFile(path, content);
  return path;
}

test('tsukigime import customers waits for the end and says it', async () => {
  const path = await fileOf(customerFile([customerLine({ 顧客番号: '1' }), customerLine({})]));
  const { merchant } = month.day.desk;
  const { code, stdout } = await importFile('customers', path, '--merchant', merchant);
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: [
      '取り込み 1: 取り込みました。成功 1 件、失敗 1 件。',
      '  3 行目  【顧客番号】は必須です',
      `失敗した行だけのCSV (直してもう一度取り込めます): npx tsukigime call downloadFailedRows merchant=${merchant} number=1`,
      '',
    ].join('\n'),
  });
  const json = await importFile('customers', path, '--merchant', merchant, '--json');
  expect(JSON.parse(json.stdout)).toMatchObject({
    number: 2,
    fileName: 'customers.csv',
    failed: 1,
  });
  const { rows } = await sql<{ entry: string }>`
    select entry from audit_entries where entry like '%"file.stored"%'`.execute(month.db);
  expect(rows).toEqual([{ entry: expect.stringContaining('"cli:') }]);
});

test('tsukigime migration goes from its start to its end', async () => {
  const migration = async (...args: string[]) => {
    const [act = '', ...rest] = args;
    const done = await command('migration', act, '--merchant', month.day.desk.merchant, ...rest);
    expect(done).toMatchObject({ code: 0, stderr: '' });
    return done.stdout;
  };
  expect(
    await migration('start', '--service', 'YAMATO', '--from', '旧カート', '--rehearsal'),
  ).toContain('カードの移行 1 を始めました。');
  expect(await migration('release')).toContain('link-001-01.csv(1 人)');
  const returned = join(folder, 'returned.csv');
  await writeFile(returned, 'US-00000001,111,VISA,3012,key\r\nUS-00000001,1,VISA,3012,key\r\n');
  expect(await migration('returned', returned)).toContain('取り込み 1 件、失敗 1 件');
  const [linked, rows] = await Promise.all([
    migration('link-file', '--out', folder),
    migration('rows'),
  ]);
  expect(linked).toContain('(1 人)');
  expect(await readFile(join(folder, 'link-001-01.csv'), 'latin1')).toContain('\r\n1,US-00000001');
  expect(rows).toContain('【カード番号下3桁】は必ず3桁で記載します。');
  expect(await migration('accept', '--uncovered', '0')).toContain('リハーサルを終えました');
  const none = await command('migration', 'show', '--merchant', month.day.desk.merchant);
  expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('--number') });
});

test('what cannot be used is one line and exit code 2', async () => {
  const { merchant } = month.day.desk;
  const number = cardLikeNumber();
  const held = await fileOf(customerFile([customerLine({ 顧客番号: '1', 建物名: number })]));
  const refused = await importFile('customers', held, '--merchant', merchant);
  expect(refused).toMatchObject({ code: 2, stdout: '' });
  expect(refused.stderr).toContain('line 2');
  expect(refused.stderr).not.toContain(number);
  const path = await fileOf('a,b\r\n');
  expect(await importFile('customers', path, '--merchant', merchant)).toMatchObject({ code: 2 });
  const named = join(folder, `${number}.csv`);
  await writeFile(named, customerFile([customerLine({ 顧客番号: '1' })]));
  const byName = await importFile('customers', named, '--merchant', merchant);
  expect(byName).toMatchObject({ code: 2, stdout: '' });
  expect(byName.stderr).not.toContain(number);
  expect(await importFile('customers', path, '--merchant', 'nobody')).toMatchObject({ code: 2 });
});
