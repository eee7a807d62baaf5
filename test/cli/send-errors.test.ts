import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { inheritedEnvironment } from '../../config.ts';
import { type Db, openDatabase } from '../../db/database.ts';
import { moveBusinessClock } from '../../db/queries/business-clock.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { noon, openCarrierRecord } from '../db/failed-deliveries.ts';

const entry = fileURLToPath(new URL('../../cli/tsukigime.js', import.meta.url));
let database: TestDatabase;
let db: Db;

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.appUrl, { maxConnections: 2 });
  const { merchantId, ...record } = await openCarrierRecord(db, 'cli-shop');
  await record.addEndpoint('cli-shop-main');
  await record.receive({ ordd: 'A1', telno: '000-0000-0009' });
  await record.receive({ ordd: 'A2', clientip: '2012000002' });
  await record.attempt('cli-shop-main', { outcome: 'refused', status: 500 });
  const offsetMs = Date.parse(noon) - Date.now();
  await moveBusinessClock(db, merchantId, { offsetMs, oldOffsetMs: 0 });
});

afterAll(async () => {
  await db.destroy();
  await database.drop();
});

async function list(...options: string[]) {
  const args = [entry, 'carrier', 'send-errors', '--merchant', 'cli-shop', ...options];
  const env = {
    ...inheritedEnvironment(),
    TSUKIGIME_DATABASE_URL_APP: database.appUrl,
    TSUKIGIME_FILE_KEYS: inject('fileKeys'),
  };
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { env });
    return { code: 0, out: stdout.trim(), err: stderr.trim() };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, out: stdout.trim(), err: stderr.trim() };
  }
}

test('a line per error without anything personal; JSON with everything', async () => {
  const { out } = await list('--today');
  const lines = out.split('\n');
  expect(lines).toHaveLength(2);
  expect(lines[1]).toContain(
    '2026-11-22 12:00:00  再送信  2012000001 A1  cli-shop-main  1 tries, HTTP 500',
  );
  expect(out).not.toContain('00000000009');
  const rows = JSON.parse((await list('--phone', '0000000-0009', '--json')).out) as object[];
  expect(rows).toMatchObject([{ orderNumber: 'A1', phone: '00000000009', arrival: 'possible' }]);
  const one = await list('--month', '2026-11', '--ip-code', '2012000002');
  expect(one).toMatchObject({ out: expect.stringContaining('2012000002 A2'), err: '' });
  const none = { code: 0, out: '', err: '条件に合う送信エラーはありません。' };
  expect(await list('--yesterday')).toEqual(none);
});

test('the rules and messages of the desk', async () => {
  expect(await list()).toMatchObject({
    code: 2,
    err: '期間または検索キーワードいずれか1つ以上の指定が必要です。',
  });
  expect((await list('--month', '2026-11')).err).toContain('「検索キーワード」の指定が必須です。');
  expect((await list('--date', '2026-03-21')).err).toBe('再送信できるデータは過去8ヶ月です。');
  expect((await list('--today', '--yesterday')).code).toBe(2);
  expect((await list('--date', '2026-02-30')).err).toContain('YYYY-MM-DD');
});
