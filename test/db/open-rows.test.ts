import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { OPEN_REASONS } from '../../billing/open-rows.ts';
import { type Db, openDatabase } from '../../db/database.ts';
import { insertHolds } from '../../db/queries/holds.ts';
import { countOpenRows, listOpenRows } from '../../db/queries/open-rows.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { attempted, captureRefused } from './broken-rules.ts';
import { insertAttempt, insertContradiction, insertEnding } from './money-facts.ts';
import {
  AT,
  type Charge,
  insertCharge,
  insertExchange,
  insertFileLine,
  insertMoneyRecord,
  insertVerdict,
  type MoneyRecord,
} from './money-record.ts';

/** What keeps a month from closing, one row for each reason that people meet. */
let database: TestDatabase;
let db: Db;
let record: MoneyRecord;

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.ownerUrl, { maxConnections: 3 });
  record = await insertMoneyRecord(db);
  await insertCharge(db, record);
  await holdOrder(await insertCharge(db, record));
  await sendIn(await insertCharge(db, record), null);
  await sendIn(await insertCharge(db, record), 'unknown');
  await sendIn(await insertCharge(db, record), 'quarantined');
  await attempted(db, record, 'ok');
  await attempted(db, record, 'declined');
  await captureRefused(db, record);
  for (const kind of ['capture', 'void', 'expired'] as const) {
    const charge = await attempted(db, record, 'ok');
    await insertEnding(db, record, { charge, n: 1, k: 1, kind });
  }
  const contradicted = await attempted(db, record, 'declined');
  await insertContradiction(db, record, { charge: contradicted, n: 1 });
  // Needs nobody.
  const ended = await insertCharge(db, record);
  await insertAttempt(db, record, { charge: ended, n: 1, kind: 'given_up' });
});
afterAll(async () => {
  await db.destroy();
  await database.drop();
});

async function sendIn(charge: Charge, verdict: 'unknown' | 'quarantined' | null): Promise<void> {
  const exchangeId = await insertExchange(db, record);
  await insertAttempt(db, record, { charge, n: 1, exchangeId });
  await insertFileLine(db, record, { exchangeId, lineNumber: 2, charge, n: 1 });
  await sql`update exchanges set amount_yen = ${charge.yen} where id = ${exchangeId}`.execute(db);
  if (verdict !== null) {
    await insertVerdict(db, record, { exchangeId, round: 1, lineNumber: 2, verdict });
  }
}

async function holdOrder({ chargeId }: Charge): Promise<void> {
  const { order_number } = await db
    .selectFrom('charges')
    .select('order_number')
    .where('id', '=', chargeId)
    .executeTakeFirstOrThrow();
  const { id } = await db
    .insertInto('decisions')
    .values({
      ...{ merchant_id: record.merchantId, idempotency_key: 'hold', workflow_id: 'test' },
      ...{ act: 'hold-orders', body: '{}', actor: 'operator', decided_at: AT },
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  const { cycleId } = record;
  const hold = { cycleId, orderNumbers: [order_number], decisionId: id, now: AT };
  await insertHolds(db, record.merchantId, hold);
}

/** Charges of these tests stand without orders; that is a reason of its own, of each of them. */
const expected = [
  ['charge_without_selection', 13],
  ['contradiction', 1],
  ['quarantined', 1],
  ['unknown', 1],
  ['declined', 1],
  ['expired', 1],
  ['capture_refused', 1],
  ['held', 1],
  ['planned', 1],
  ['authorized', 1],
  ['sent', 1],
  ['capture_sent', 1],
  ['void_sent', 1],
];

test('each reason is counted, in the order in which people work them', async () => {
  const counts = await countOpenRows(db, record.merchantId, record.cycleId);
  const known = counts.filter(({ reason }) => reason !== 'line_missing');
  expect(known.map(({ reason, rows }) => [reason, rows])).toEqual(expected);
  expect(counts.find(({ reason }) => reason === 'declined')).toMatchObject({ yen: 1000 });
  expect(counts.find(({ reason }) => reason === 'charge_without_selection')?.samples).toHaveLength(
    5,
  );
});

test('pages hold every row once, with the file and line that carried it', async () => {
  const seen: string[] = [];
  let after: Parameters<typeof listOpenRows>[2]['after'] = null;
  for (;;) {
    const page = { cycleId: record.cycleId, reasons: null, after, limit: 4 };
    const rows = await listOpenRows(db, record.merchantId, page);
    seen.push(...rows.map(({ reason, key }) => `${reason} ${key}`));
    const last = rows.at(-1);
    if (rows.length < 4 || last === undefined) break;
    after = last;
  }
  const counts = await countOpenRows(db, record.merchantId, record.cycleId);
  expect(seen).toHaveLength(counts.reduce((sum, { rows }) => sum + rows, 0));
  expect(new Set(seen).size).toBe(seen.length);
  const [unknown] = await listOpenRows(db, record.merchantId, {
    ...{ cycleId: record.cycleId, reasons: ['unknown'], after: null, limit: 10 },
  });
  // Each kind of rows by itself, too.
  for (const reason of OPEN_REASONS) {
    const alone = { cycleId: record.cycleId, reasons: [reason], after: null, limit: 100 };
    const rows = counts.find((count) => count.reason === reason)?.rows ?? 0;
    const listed = await listOpenRows(db, record.merchantId, alone);
    expect(listed).toHaveLength(rows);
    // Walked, the pages are the same, from any place.
    for (const place of [null, ...listed]) {
      const behind = { ...alone, after: place, limit: 3 };
      expect(await listOpenRows(db, record.merchantId, { ...behind, walked: true })).toEqual(
        await listOpenRows(db, record.merchantId, behind),
      );
    }
  }
  expect(unknown).toMatchObject({ file: expect.stringMatching(/^auth-\d+$/), line: 2, yen: 1000 });
});

test('another month and another merchant see none of it', async () => {
  const other = await insertMoneyRecord(db);
  expect(await countOpenRows(db, other.merchantId, other.cycleId)).toEqual([]);
  expect(await countOpenRows(db, other.merchantId, record.cycleId)).toEqual([]);
  expect(OPEN_REASONS.length).toBeGreaterThan(expected.length);
});
