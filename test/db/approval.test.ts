import { sql } from 'kysely';
import { beforeEach, expect, test } from 'vitest';
import {
  countUncleared,
  countUnclearedCharges,
  recordClearance,
} from '../../db/queries/approval.ts';
import { listPlannedLines } from '../../db/queries/auth-file.ts';
import { registerPreview } from '../../db/queries/preview-record.ts';
import { AT, insertExchange, insertMoneyRecord, type MoneyRecord } from './money-record.ts';
import { openOwnDatabase } from './own-database.ts';

/** Whether a charge may stand in a file: asked at each claim. */
const { db } = await openOwnDatabase(2);
let record: MoneyRecord;
let decisions = 0;
beforeEach(async () => {
  record = await insertMoneyRecord(db);
});

async function decide(act: string, body = '{}', at = AT): Promise<number> {
  decisions += 1;
  const { rows } = await sql<{ id: number }>`
    insert into decisions (merchant_id, idempotency_key, workflow_id, act, body, actor, decided_at)
    select ${record.merchantId}, ${`key-${decisions}`}, 'cycle:' || m.slug || ':2026-11', ${act},
           ${body}::jsonb, 'test', ${at} from merchants m where m.id = ${record.merchantId}
    returning id`.execute(db);
  return rows[0]?.id ?? 0;
}

/** A preview of the month that came to this. */
async function clear(
  verdict: 'approved' | 'rejected' | 'not_needed',
  settingsVersion = 1,
  at = AT,
) {
  const decisionId = verdict === 'not_needed' ? null : await decide(verdict);
  return await db.transaction().execute(async (trx) => {
    const preview = await registerPreview(trx, record.merchantId, {
      ...{ month: '2026-11', kind: 'run', fileId: null, requesters: [], requestKey: null, now: at },
    });
    const previewId = preview?.id ?? 0;
    const { cycleId } = record;
    const cleared = { previewId, cycleId, verdict, settingsVersion, decisionId, now: at };
    await recordClearance(trx, record.merchantId, cleared);
    return previewId;
  });
}

async function plan(previewId: number | null): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    insert into charges (merchant_id, cycle_id, order_number, customer_number,
                         previous_order_number, position, created_at, preview_id)
    values (${record.merchantId}, ${record.cycleId}, 'a', '1', '2', 1, ${AT}, ${previewId})
    returning id`.execute(db);
  const id = rows[0]?.id ?? 0;
  await sql`
    insert into charge_items (charge_id, origin_charge_id, merchant_id, yen)
    values (${id}, ${id}, ${record.merchantId}, 100)`.execute(db);
  return id;
}

const line = (chargeId: number, n = 1) => ({
  ...{ chargeId, n, k: null, position: 1, orderNumber: 'a', customerNumber: '1' },
  ...{ previousOrderNumber: '2', yen: 100 },
});

const uncleared = async (chargeId: number, settingsVersion = 1, n = 1) =>
  await countUncleared(db, record.merchantId, { lines: [line(chargeId, n)], settingsVersion });

const asked = async (settingsVersion = 1, askedOnly = true) =>
  await countUnclearedCharges(db, record.merchantId, {
    ...{ cycleId: record.cycleId, settingsVersion, askedOnly },
  });

/** Its file was cancelled by a decision. */
async function bringBack(chargeId: number, act: string, at = AT): Promise<void> {
  const exchangeId = await insertExchange(db, record);
  const decisionId = await decide(act);
  await sql`
    insert into attempts (charge_id, n, merchant_id, kind, exchange_id, amount_yen, claimed_at)
    values (${chargeId}, 1, ${record.merchantId}, 'authorization', ${exchangeId}, 100, ${at})
    `.execute(db);
  await sql`
    insert into outcomes (charge_id, n, merchant_id, outcome, exchange_id, decision_id, recorded_at)
    values (${chargeId}, 1, ${record.merchantId}, 'not_sent', ${exchangeId}, ${decisionId}, ${at})
    `.execute(db);
}

test('a charge is cleared by the preview in which it was planned, under the settings of then', async () => {
  const charge = await plan(await clear('approved'));
  expect(await uncleared(charge)).toBe(0);
  expect(await uncleared(charge, 2)).toBe(1);
  expect(await asked(2)).toBe(0);
  expect(await asked(2, false)).toBe(1);
});

test.each([
  ['a policy that asks nobody clears', 'not_needed', 0],
  ['a rejection does not', 'rejected', 1],
] as const)('%s', async (_, verdict, count) => {
  expect(await uncleared(await plan(await clear(verdict)))).toBe(count);
});

test('a charge that is older than previews is cleared by none', async () => {
  expect(await uncleared(await plan(null))).toBe(1);
});

test('taking orders out of its file voids an approval, withdrawing the file does not', async () => {
  const taken = await plan(await clear('approved'));
  await bringBack(taken, 'take-out-orders');
  expect(await uncleared(taken, 1, 2)).toBe(1);
  expect(await asked()).toBe(1);

  record = await insertMoneyRecord(db);
  const withdrawn = await plan(await clear('approved'));
  await bringBack(withdrawn, 'withdraw-file');
  expect(await uncleared(withdrawn, 1, 2)).toBe(0);
  // Under other settings it must be shown again, once somebody asks for a file.
  expect(await asked(2)).toBe(0);
  await decide('rebuild-files', '{"kind":"auth"}', '2026-11-22T01:00:00.000Z');
  expect(await asked(2)).toBe(1);
});

test('what a person approved again stands in the next file; what came back since does not', async () => {
  const charge = await plan(await clear('approved'));
  await bringBack(charge, 'take-out-orders', '2026-11-22T01:00:00.000Z');
  const page = { cycleId: record.cycleId, limit: 10, askedAt: null, now: AT };
  const listed = async () => (await listPlannedLines(db, record.merchantId, page)).length;
  expect(await listed()).toBe(0);
  const again = await clear('approved', 1, '2026-11-22T02:00:00.000Z');
  await sql`
    insert into charge_clearances (charge_id, preview_id, merchant_id)
    values (${charge}, ${again}, ${record.merchantId})`.execute(db);
  expect(await listed()).toBe(1);
  expect(await uncleared(charge, 1, 2)).toBe(0);
  expect(await asked()).toBe(0);
});

test('of two who decide about a preview the key lets one through', async () => {
  const previewId = await clear('approved');
  const decisionId = await decide('approve-run');
  const second = db.transaction().execute((trx) =>
    recordClearance(trx, record.merchantId, {
      ...{ previewId, cycleId: record.cycleId, verdict: 'rejected', settingsVersion: 1 },
      ...{ decisionId, now: AT },
    }),
  );
  await expect(second).rejects.toThrow('clearances_pkey');
});
