import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { returnOverdueFiles } from '../../activities/overdue-files.ts';
import { capturingAt } from '../../billing/capture-policy.ts';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import { lockMerchant, type Trx } from '../../db/database.ts';
import {
  claimCaptures,
  expireAuthorizations,
  listCapturableLines,
} from '../../db/queries/capture-file.ts';
import { checkConservation } from '../../db/queries/conservation.ts';
import { readCycleFacts } from '../../db/queries/cycle-facts.ts';
import { insertFileLines } from '../../db/queries/file-lines.ts';
import { requestCaptures } from '../../db/queries/shipments.ts';
import { claimVoids } from '../../db/queries/voids.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import {
  AT,
  type Charge,
  insertExchange,
  insertMoneyRecord,
  type MoneyRecord,
  readState,
} from './money-record.ts';
import {
  closeTrack,
  inTransaction,
  openTrack,
  prepareAuthorized,
  ROUNDS,
  race,
  type Track,
  UNIQUE,
} from './race.ts';

let database: TestDatabase;
let track: Track;
beforeAll(async () => {
  database = await createTestDatabase();
  track = openTrack(database);
});
afterAll(async () => {
  await closeTrack(track);
  await database.drop();
});

/** `prepareAuthorized` ends the windows at AT. */
const before = '2026-11-21T00:00:00.000Z';
const aDayLater = '2026-11-23T00:00:00.000Z';

const lineOf = ({ chargeId, yen }: Charge) => ({
  chargeId,
  n: 1,
  k: 1,
  position: 1,
  orderNumber: `order-${chargeId}`,
  customerNumber: '1',
  previousOrderNumber: '1',
  yen,
});

async function decide(record: MoneyRecord, key: string): Promise<number> {
  const row = await track.left
    .insertInto('decisions')
    .values({
      merchant_id: record.merchantId,
      idempotency_key: key,
      workflow_id: 'test',
      act: 'test',
      body: '{}',
      actor: 'operator',
      decided_at: AT,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return row.id;
}

async function orderOf(charge: Charge): Promise<string> {
  return (await readState(track.left, charge)).order_number;
}

describe('one authorization, one end', () => {
  /** A file whose lines were listed before somebody else ended the authorization. */
  const capture = (record: MoneyRecord, charge: Charge) =>
    inTransaction(async (trx) => {
      await lockMerchant(trx, record.merchantId);
      await claimCaptures(trx, record.merchantId, { exchangeId: 1, now: before }, [lineOf(charge)]);
    });

  test('capture ∥ expiry', async () => {
    const record = await insertMoneyRecord(track.left);
    const { merchantId, cycleId } = record;
    for (let round = 0; round < ROUNDS; round += 1) {
      const [charge] = (await prepareAuthorized(track.left, record, 1)) as [Charge];
      const expire = inTransaction(async (trx) => {
        await lockMerchant(trx, merchantId);
        await expireAuthorizations(trx, merchantId, { cycleId, now: aDayLater });
      });
      const [captured, expired] = await race(track, round, capture(record, charge), expire);
      const { state } = await readState(track.left, charge);
      expect(expired, `round ${round}`).toBe('won');
      expect([captured, state], `round ${round}`).toEqual(
        captured === 'won' ? ['won', 'capture_sent'] : [UNIQUE, 'expired'],
      );
    }
  });

  test('capture ∥ void', async () => {
    const record = await insertMoneyRecord(track.left);
    const { merchantId, cycleId } = record;
    for (const [round, charge] of (await prepareAuthorized(track.left, record, ROUNDS)).entries()) {
      let refused: string[] = [];
      const voids = inTransaction(async (trx) => {
        await lockMerchant(trx, merchantId);
        const chargeIds = [charge.chargeId];
        const claim = { cycleId, chargeIds, decisionId: null, now: before };
        ({ refused } = await claimVoids(trx, merchantId, claim));
      });
      const [captured, voided] = await race(track, round, capture(record, charge), voids);
      const { state } = await readState(track.left, charge);
      expect(voided, `round ${round}`).toBe('won');
      expect([captured, state, refused.length], `round ${round}`).toEqual(
        captured === 'won' ? ['won', 'capture_sent', 1] : [UNIQUE, 'void_sent', 0],
      );
    }
  });
});

test('a part is captured, never more than was authorized, and one amount of it', async () => {
  const record = await insertMoneyRecord(track.left);
  const { merchantId, cycleId, fileId } = record;
  const [part, whole] = (await prepareAuthorized(track.left, record, 2)) as [Charge, Charge];
  const orders = [await orderOf(part), await orderOf(whole)];
  const decisionId = await decide(record, 'part');
  const request = (amountYen: number) =>
    track.left.transaction().execute((trx: Trx) =>
      requestCaptures(trx, merchantId, {
        cycleId,
        orderNumbers: orders,
        partialAmounts: [{ orderNumber: orders[0] ?? '', amountYen }],
        decisionId,
        now: before,
      }),
    );
  expect(await request(400)).toEqual({ rows: 2, yen: 1400, refused: [] });
  expect(await request(400)).toEqual({ rows: 2, yen: 1400, refused: [] });
  expect((await request(401)).refused).toEqual([orders[0]]);
  expect((await request(1001)).refused).toEqual([orders[0]]);

  const { rule } = capturingAt(merchantSettingsSchema.parse({}), before);
  const page = { cycleId, now: before, limit: 10, askedAt: null, rule };
  const lines = await listCapturableLines(track.left, merchantId, page);
  expect(lines.map(({ yen }) => yen)).toEqual([400, 1000]);
  const exchangeId = await insertExchange(track.left, record, 'capture');
  await track.left
    .updateTable('exchanges')
    .set({ records: 2, amount_yen: 1400, file_id: fileId })
    .where('id', '=', exchangeId)
    .execute();
  await claimCaptures(track.left, merchantId, { exchangeId, now: before }, lines);
  await insertFileLines(track.left, merchantId, exchangeId, lines);
  await sql`insert into ending_results (charge_id, n, k, merchant_id, result, recorded_at)
    select charge_id, n, k, merchant_id, 'captured', ${AT} from endings
     where exchange_id = ${exchangeId}`.execute(track.left);
  const partialOf = async () => {
    const { broken } = await checkConservation(track.left, merchantId, cycleId);
    return broken.filter((what) => what.includes('一部売上'));
  };
  expect(await partialOf()).toEqual([]);

  // Captured in part, and nobody asked for that.
  const [short] = (await prepareAuthorized(track.left, record, 1)) as [Charge];
  const claim = { exchangeId, now: before };
  await claimCaptures(track.left, merchantId, claim, [{ ...lineOf(short), yen: 700 }]);
  await sql`insert into ending_results (charge_id, n, k, merchant_id, result, recorded_at)
    values (${short.chargeId}, 1, 1, ${merchantId}, 'captured', ${AT})`.execute(track.left);
  expect(await partialOf()).toEqual(['一部売上の残額と指示(900 / 600)']);
});

test('a file that waits past the end of a window is taken back; its lines are free again', async () => {
  const record = await insertMoneyRecord(track.left);
  const { merchantId } = record;
  const [late, alive] = (await prepareAuthorized(track.left, record, 2)) as [Charge, Charge];
  const exchangeId = await insertExchange(track.left, record, 'capture', 'built');
  const lines = [lineOf(late), lineOf(alive)];
  await claimCaptures(track.left, merchantId, { exchangeId, now: before }, lines);
  await insertFileLines(track.left, merchantId, exchangeId, lines);
  const returned = (now: string) =>
    track.left.transaction().execute(async (trx) => {
      await lockMerchant(trx, merchantId);
      return await returnOverdueFiles(trx, merchantId, now);
    });
  expect(await returned(before)).toEqual([]);
  expect(await returned(AT)).toHaveLength(1);
  expect(await returned(AT)).toEqual([]);
  expect((await readState(track.left, alive)).state).toBe('authorized');
  const facts = await readCycleFacts(track.left, merchantId, '2026-11', before);
  expect(facts).toMatchObject({ captureRefused: 2, exchanges: { open: 0 } });
  const { rows } = await sql<{ kind: string; subject: string; text: string }>`
    select kind, subject, text from notices where merchant_id = ${merchantId}`.execute(track.left);
  expect(rows).toMatchObject([{ kind: 'attention' }]);
  expect(rows[0]?.text).toContain('期限を過ぎたオーソリを 2 件含む');
});

test('what was cut off behind a full file of a wave leaves at once, not with the next wave', async () => {
  const record = await insertMoneyRecord(track.left);
  const { merchantId, cycleId } = record;
  const settings = merchantSettingsSchema.parse({ paygent: { maxRecordsPerFile: 1 } });
  await track.left
    .insertInto('merchant_settings')
    .values({
      ...{ merchant_id: merchantId, version: 1, settings: JSON.stringify(settings) },
      ...{ actor: 'test', recorded_at: AT, reason: null },
    })
    .execute();
  const [charge] = (await prepareAuthorized(track.left, record, 1)) as [Charge];
  const decisionId = await decide(record, 'shipped');
  await sql`insert into shipments (charge_id, merchant_id, shipped_on, decision_id, recorded_at)
    values (${charge.chargeId}, ${merchantId}, '2026-11-20', ${decisionId}, ${AT})`.execute(
    track.left,
  );
  const noon = '2026-11-21T03:00:00.000Z';
  const nextWaveAt = async () =>
    (await readCycleFacts(track.left, merchantId, '2026-11', noon)).capture.nextWaveAt;
  // Today's wave was at 10:00 in Japan; its files are of 11:00.
  const build = (number: number, records: number) =>
    sql`insert into exchanges (merchant_id, cycle_id, billing_month, kind, number, transport, stage,
        file_id, records, amount_yen, created_at)
      values (${merchantId}, ${cycleId}, '2026-11', 'capture', ${number}, 'portal', 'reconciled',
        ${record.fileId}, ${records}, 1000, '2026-11-21T02:00:00Z')`.execute(track.left);
  expect(await nextWaveAt()).toBe(noon);
  await build(1, 2);
  expect(await nextWaveAt()).toBe(noon);
  await track.left
    .insertInto('merchant_settings')
    .values({
      ...{ merchant_id: merchantId, version: 2, actor: 'test', recorded_at: AT, reason: null },
      settings: JSON.stringify(merchantSettingsSchema.parse({ paygent: { maxRecordsPerFile: 3 } })),
    })
    .execute();
  expect(await nextWaveAt()).toBe('2026-11-22T01:00:00.000Z');
  // What a person asked for took a second wave along, and that one was cut off.
  await build(2, 3);
  expect(await nextWaveAt()).toBe(noon);
  await build(3, 1);
  expect(await nextWaveAt()).toBe('2026-11-22T01:00:00.000Z');
});
