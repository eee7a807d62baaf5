import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import {
  countUnclearMails,
  listRecentImports,
  listWaitingMigrations,
} from '../../db/queries/attention.ts';
import { moveMigration, startMigration } from '../../db/queries/card-migrations.ts';
import { postMail } from '../../db/queries/mail-outbox.ts';
import { insertCards } from './locked-cards.ts';
import { AT, insertMoneyRecord, type MoneyRecord } from './money-record.ts';
import { openOwnDatabase } from './own-database.ts';

const { db } = await openOwnDatabase(2);
let record: MoneyRecord;
let other: MoneyRecord;

beforeAll(async () => {
  record = await insertMoneyRecord(db);
  other = await insertMoneyRecord(db);
});

const start = (key: string, rehearsal: boolean) =>
  startMigration(db, record.merchantId, {
    ...{ service: 'YAMATO', oldService: 'old', scope: { kind: 'all' }, follows: null },
    ...{ rehearsal, requestKey: key, actor: 'test', now: AT },
  });

test('migrations that go on are there with what became of their newest file', async () => {
  await start('key-1', false);
  const started = await start('key-2', true);
  if (typeof started === 'string') throw new Error(started);
  expect(await listWaitingMigrations(db, record.merchantId, 10)).toEqual([
    { number: 2, stage: 'checking', note: null, waitsSince: AT, round: null },
    { number: 1, stage: 'checking', note: null, waitsSince: AT, round: null },
  ]);
  const { id: migrationId } = started.migration;
  await moveMigration(db, record.merchantId, {
    ...{ migrationId, from: ['checking'], to: 'cancelled', now: AT },
  });
  const left = await listWaitingMigrations(db, record.merchantId, 10);
  expect(left.map(({ number }) => number)).toEqual([1]);
  expect(await listWaitingMigrations(db, other.merchantId, 10)).toEqual([]);
});

test('the newest imports come first, those of others never', async () => {
  await insertCards(db, record, ['a']);
  await insertCards(db, record, ['b']);
  await sql`
    insert into imports (merchant_id, number, kind, file_id, file_name, request_key, stage, trouble,
                         registered_at, registered_by)
    values (${record.merchantId}, 99, 'customers', ${record.fileId}, 'customers.csv', 'key-99',
            'refused', '見出しがありません。', '2026-11-23T00:00:00.000Z', 'test')`.execute(db);
  expect(await listRecentImports(db, record.merchantId, 2)).toMatchObject([
    { number: 99, kind: 'customers', stage: 'refused', trouble: '見出しがありません。' },
    { kind: 'cards', stage: 'done', trouble: null },
  ]);
  expect(await listRecentImports(db, other.merchantId, 2)).toEqual([]);
});

test('unclear mails are counted up to a bound, other mails not', async () => {
  for (const key of ['a', 'b', 'c']) {
    await postMail(db, record.merchantId, {
      ...{ key, template: 'attention', recipients: ['o@example.jp'], dueAt: AT, now: AT },
      parameters: { month: '2026-11', sentence: '対応してください。' },
    });
  }
  await db
    .updateTable('mail_outbox')
    .set({ state: 'unknown', next_due_at: null })
    .where('key', 'in', ['a', 'b'])
    .execute();
  const count = (limit: number) => countUnclearMails(db, record.merchantId, limit);
  expect(await count(10)).toEqual({ rows: 2, oldestAt: AT });
  expect(await count(1)).toEqual({ rows: 1, oldestAt: AT });
  expect(await countUnclearMails(db, other.merchantId, 10)).toEqual({ rows: 0, oldestAt: null });
});
