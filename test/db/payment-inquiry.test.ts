import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createCycleActivities } from '../../activities/cycle.ts';
import type { ActivityDependencies } from '../../activities/dependencies.ts';
import {
  judgePayment,
  PAYMENT_STANDINGS,
  RECORDED_STANDINGS,
  type RecordedStanding,
  sumChanges,
} from '../../billing/payment-inquiry.ts';
import { type Db, lockMerchant, openDatabase } from '../../db/database.ts';
import {
  ACKNOWLEDGE_INQUIRY,
  countDifferences,
  countInquiry,
  countUnlisted,
  listComparedPayments,
  listOpenDifferences,
} from '../../db/queries/inquiry-comparison.ts';
import { recordInquiryFacts, stageInquiry } from '../../db/queries/inquiry-facts.ts';
import { insertInquiry, nextInquiryId } from '../../db/queries/payment-inquiry.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { insertAttempt, insertEnding, insertEndingResult, insertOutcome } from './money-facts.ts';
import {
  AT,
  type Charge,
  insertCharge,
  insertCycle,
  insertExchange,
  insertMoneyRecord,
  type MoneyRecord,
  readState,
} from './money-record.ts';

/** A payment that happened an hour after everything of the test was claimed and recorded. */
const LATER = '2026-11-22T01:00:00.000Z';

let database: TestDatabase;
let db: Db;
let record: MoneyRecord;
let exchangeId: number;

beforeAll(async () => {
  database = await createTestDatabase();
  // The application's own role: what it may not write, no test may either.
  db = openDatabase(database.appUrl, { maxConnections: 3 });
  record = await insertMoneyRecord(db);
  exchangeId = await insertExchange(db, record);
});
afterAll(async () => {
  await db.destroy();
  await database.drop();
});

let decisions = 0;
async function decide(): Promise<number> {
  decisions += 1;
  const { rows } = await sql<{ id: number }>`
    insert into decisions (merchant_id, idempotency_key, workflow_id, act, body, actor, reason, decided_at)
    values (${record.merchantId}, ${`d-${decisions}`}, 'w', 'use-inquiry', '{}', 'test', null, ${AT})
    returning id`.execute(db);
  return rows[0]?.id ?? 0;
}

interface Payment {
  readonly charge: Charge | string;
  readonly standing: string;
  readonly yen?: number;
  readonly paymentId?: string | null;
  readonly at?: string | null;
}

let files = 0;
/** A list as the reader leaves it. */
async function readList(payments: readonly Payment[], of: MoneyRecord = record) {
  files += 1;
  const { rows } = await sql<{ id: number }>`
    insert into files (merchant_id, sha256, name, kind, direction, bytes, chunks, stored_at, stored_by)
    values (${record.merchantId}, ${files.toString(16).padStart(64, 'b')}, 'inquiry.csv',
            'payment-inquiry', 'inbound', 0, 0, ${AT}, 'test') returning id`.execute(db);
  const id = await nextInquiryId(db, record.merchantId);
  for (const [index, payment] of payments.entries()) {
    const { charge, standing, yen = 1000, paymentId = null, at = LATER } = payment;
    await db
      .insertInto('payment_inquiry_rows')
      .values({
        inquiry_id: id,
        line: index + 2,
        merchant_id: record.merchantId,
        order_number:
          typeof charge === 'string' ? charge : (await readState(db, charge)).order_number,
        payment_id: paymentId,
        status: standing,
        standing,
        amount_yen: yen,
        occurred_at: at,
        paid_at: standing === 'captured' ? LATER : null,
      })
      .execute();
  }
  const decisionId = await decide();
  await db.transaction().execute(async (trx) => {
    await lockMerchant(trx, record.merchantId);
    const fileId = rows[0]?.id ?? 0;
    await insertInquiry(trx, record.merchantId, {
      id,
      cycleId: of.cycleId,
      fileId,
      decisionId,
      now: LATER,
    });
  });
  return { inquiryId: id, cycleId: of.cycleId };
}

async function use(place: Awaited<ReturnType<typeof readList>>) {
  const decisionId = await decide();
  return await db.transaction().execute(async (trx) => {
    await lockMerchant(trx, record.merchantId);
    const totals = await stageInquiry(trx, record.merchantId, place);
    const of = { ...place, windowDays: 60, decisionId, now: LATER };
    await recordInquiryFacts(trx, record.merchantId, of);
    return totals;
  });
}

const classesOf = async (place: Awaited<ReturnType<typeof readList>>) => {
  const page = { ...place, class: null, afterLine: 0, limit: 1000 };
  return (await listComparedPayments(db, record.merchantId, page)).map((row) => row.class);
};

/** A charge whose first attempt stands as named. */
async function makeCharge(recorded: RecordedStanding): Promise<Charge> {
  const charge = await insertCharge(db, record);
  await insertAttempt(db, record, { charge, n: 1, exchangeId });
  if (recorded === 'open') return charge;
  const failed = recorded === 'declined' || recorded === 'rejected' || recorded === 'not_sent';
  await insertOutcome(db, record, { charge, n: 1, outcome: failed ? recorded : 'ok' });
  if (failed || recorded === 'authorized') return charge;
  const isCapture = recorded === 'captured' || recorded === 'capture_open';
  const kind = recorded === 'expired' ? 'expired' : isCapture ? 'capture' : 'void';
  await insertEnding(db, record, { charge, n: 1, k: 1, kind });
  if (recorded === 'captured' || recorded === 'voided') {
    await insertEndingResult(db, record, { charge, n: 1, k: 1, result: recorded });
  }
  return charge;
}

test('every status against every record is judged as the table says, and its facts hold', async () => {
  const pairs = RECORDED_STANDINGS.flatMap((recorded) =>
    PAYMENT_STANDINGS.flatMap((standing) =>
      standing === 'unknown' ? [] : [{ recorded, standing, ...judgePayment(recorded, standing) }],
    ),
  );
  const charges: Charge[] = [];
  for (const { recorded } of pairs) charges.push(await makeCharge(recorded));
  const place = await readList(
    pairs.map(({ standing }, index) => ({ charge: charges[index]!, standing })),
  );
  // The list names an instant after all was recorded: what is behind the record contradicts it.
  const expected = pairs.map((pair) => (pair.class === 'behind' ? 'contradicts' : pair.class));
  expect(await classesOf(place)).toEqual(expected);
  const counts = await countInquiry(db, record.merchantId, place);
  expect(await use(place)).toEqual(sumChanges(counts));

  const states: Record<string, string> = {};
  for (const [index, pair] of pairs.entries()) {
    const { state } = await readState(db, charges[index]!);
    if (expected[index] === 'contradicts') expect(state).toBe('quarantined');
    else if (expected[index] === 'settles' || expected[index] === 'elsewhere') {
      states[`${pair.recorded} ${pair.standing}`] = state;
    }
  }
  expect(states).toEqual({
    'open declined': 'declined',
    'open authorized': 'authorized',
    'open voided': 'voided',
    'open expired': 'expired',
    'open captured': 'captured',
    'authorized voided': 'voided',
    'authorized expired': 'expired',
    'authorized captured': 'captured',
    'capture_open voided': 'voided',
    'capture_open expired': 'expired',
    'capture_open captured': 'captured',
    'void_open voided': 'voided',
    'void_open expired': 'expired',
    'void_open captured': 'captured',
  });
  // Once in the record, the same list has nothing more to say, and alarms nobody twice.
  const again = new Set(await classesOf(place));
  for (const changing of ['settles', 'elsewhere', 'contradicts']) {
    expect(again.has(changing as never)).toBe(false);
  }
});

test('a list that may be older than the record contradicts nothing', async () => {
  const charge = await makeCharge('captured');
  const place = await readList([{ charge, standing: 'authorized', at: AT }]);
  expect(await classesOf(place)).toEqual(['behind']);
  expect(await use(place)).toEqual({ rows: 0, yen: 0 });
});

test('another amount settles nothing; a smaller capture elsewhere is what was captured', async () => {
  const [open, authorized, more] = [
    await makeCharge('open'),
    await makeCharge('authorized'),
    await makeCharge('authorized'),
  ];
  const place = await readList([
    { charge: open, standing: 'authorized', yen: 999 },
    { charge: authorized, standing: 'captured', yen: 400 },
    { charge: more, standing: 'captured', yen: 1001 },
  ]);
  expect(await classesOf(place)).toEqual(['amount_differs', 'elsewhere', 'amount_differs']);
  expect(await use(place)).toEqual({ rows: 1, yen: 400 });
  expect(await readState(db, authorized)).toMatchObject({ state: 'captured', captured_yen: 400 });
  expect(await readState(db, open)).toMatchObject({ state: 'sent' });
});

test('an earlier payment of the order does not answer a later attempt', async () => {
  const charge = await makeCharge('declined');
  const before = '2026-11-22T00:30:00.000Z';
  await db
    .insertInto('attempts')
    .values({
      charge_id: charge.chargeId,
      n: 2,
      merchant_id: record.merchantId,
      kind: 'authorization',
      exchange_id: exchangeId,
      amount_yen: 1000,
      claimed_at: '2026-11-22T00:45:00.000Z',
    })
    .execute();
  const place = await readList([{ charge, standing: 'declined', at: before }]);
  expect(await classesOf(place)).toEqual(['agrees']);
  await use(place);
  expect(await readState(db, charge)).toMatchObject({ state: 'sent', n: 2 });
  const later = await readList([
    { charge, standing: 'declined', at: before, paymentId: 'P1' },
    { charge, standing: 'authorized', at: LATER, paymentId: 'P2' },
  ]);
  expect(await classesOf(later)).toEqual(['agrees', 'settles']);
  await use(later);
  expect(await readState(db, charge)).toMatchObject({ state: 'authorized', n: 2 });
});

test('two live payments of one attempt alarm; a dead one beside it does not', async () => {
  const [twice, once] = [await makeCharge('open'), await makeCharge('open')];
  const place = await readList([
    { charge: twice, standing: 'authorized', paymentId: 'A' },
    { charge: twice, standing: 'authorized', paymentId: 'B' },
    { charge: once, standing: 'declined', paymentId: 'C' },
    { charge: once, standing: 'authorized', paymentId: 'D' },
  ]);
  expect(await classesOf(place)).toEqual(['settles', 'contradicts', 'duplicate', 'settles']);
  await use(place);
  expect(await readState(db, twice)).toMatchObject({ state: 'quarantined' });
  expect(await readState(db, once)).toMatchObject({ state: 'authorized' });
});

test('what is not ours is listed; what we did not send is told; what is not listed proves nothing', async () => {
  const planned = await insertCharge(db, record);
  const open = await makeCharge('open');
  const unlisted = await countUnlisted(
    db,
    record.merchantId,
    await readList([
      { charge: planned, standing: 'authorized' },
      { charge: 'nobody-knows', standing: 'captured' },
      { charge: open, standing: 'unknown' },
    ]),
  );
  expect(unlisted).toBeGreaterThan(0);
  const place = await readList([
    { charge: planned, standing: 'authorized' },
    { charge: 'nobody-knows', standing: 'captured' },
    { charge: open, standing: 'unknown' },
  ]);
  expect(await classesOf(place)).toEqual(['unsent', 'not_ours', 'unknown_status']);
  expect(await use(place)).toEqual({ rows: 0, yen: 0 });
  expect(await readState(db, open)).toMatchObject({ state: 'sent' });
});

test('keeps what the PSP tells of a payment, once', async () => {
  const charge = await makeCharge('authorized');
  const payments = [{ charge, standing: 'authorized', paymentId: '226860' }] as const;
  await use(await readList(payments));
  await use(await readList(payments));
  const details = await db
    .selectFrom('payment_details')
    .select(['payment_id', 'occurred_at', 'paid_at'])
    .where('charge_id', '=', charge.chargeId)
    .execute();
  expect(details).toEqual([{ payment_id: '226860', occurred_at: LATER, paid_at: null }]);
});

test('a month does not close over differences until a newer list or a person speaks for them', async () => {
  const of = { ...record, cycleId: await insertCycle(db, record.merchantId, '2026-12') };
  const charge = await insertCharge(db, of);
  await insertAttempt(db, of, { charge, n: 1, exchangeId });
  await insertOutcome(db, of, { charge, n: 1, outcome: 'ok' });
  await insertEnding(db, of, { charge, n: 1, k: 1, kind: 'capture' });
  await insertEndingResult(db, of, { charge, n: 1, k: 1, result: 'captured' });
  const first = await readList([{ charge, standing: 'captured', yen: 999 }], of);
  const open = { cycleId: of.cycleId, workflowId: `cycle:${record.slug}:2026-12` };
  const list = () => listOpenDifferences(db, record.merchantId, open);
  expect(await list()).toEqual([{ n: 1, rows: 1, yen: 999 }]);

  await db.updateTable('cycles').set({ stage: 'closing' }).where('id', '=', of.cycleId).execute();
  const { closeCycle } = createCycleActivities({ db } as ActivityDependencies);
  const close = () => closeCycle({ merchant: record.slug, month: '2026-12', now: LATER });
  await expect(close()).rejects.toMatchObject({
    type: 'DifferencesOpen',
    message: expect.stringContaining('1 番: 1 件'),
  });

  // A newer list that names the order speaks for it.
  const newer = await readList([{ charge, standing: 'captured', yen: 998 }], of);
  expect(await countDifferences(db, record.merchantId, first)).toEqual({ rows: 0, yen: 0 });
  expect(await list()).toEqual([{ n: 2, rows: 1, yen: 998 }]);
  expect(newer.inquiryId).toBeGreaterThan(first.inquiryId);
  await sql`
    insert into decisions (merchant_id, idempotency_key, workflow_id, act, body, actor, reason, decided_at)
    values (${record.merchantId}, 'ack', ${open.workflowId}, ${ACKNOWLEDGE_INQUIRY},
            '{"n": 2, "confirmed": {"rows": 1, "yen": 998}}', 'hanako', '返金済み', ${LATER})`.execute(
    db,
  );
  expect(await list()).toEqual([]);
  // Looked at: what stops it now is that this record has charges and no orders.
  await expect(close()).rejects.toMatchObject({ type: 'ConservationBroken' });
});
