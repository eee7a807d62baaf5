import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { holdCancelledOrders } from '../../activities/cancelled-orders.ts';
import { lockMerchant } from '../../db/database.ts';
import { listHeldMonths } from '../../db/queries/cancelled-orders.ts';
import { insertHolds, listHolds, releaseHolds } from '../../db/queries/holds.ts';
import { collectRows } from '../db/collect-exports.ts';
import {
  insertAttempt,
  insertEnding,
  insertEndingResult,
  insertOutcome,
} from '../db/money-facts.ts';
import {
  AT,
  type Charge,
  insertCharges,
  insertCycle,
  insertExchange,
  insertMoneyRecord,
  type MoneyRecord,
} from '../db/money-record.ts';
import { openOwnDatabase } from '../db/own-database.ts';

/** Orders that the shop cancels after they were charged: by newer exports, of whichever month. */
const { db, pool } = await openOwnDatabase(2);
let record: MoneyRecord;
const states = ['planned', 'sent', 'declined', 'authorized', 'capture_sent', 'captured', 'kept'];
const numbers = new Map<string, string>();

beforeAll(async () => {
  record = await insertMoneyRecord(db);
  const charges = await insertCharges(db, record, states.length);
  const exchangeId = await insertExchange(db, record, 'auth', 'awaiting_result');
  const captures = await insertExchange(db, record, 'capture', 'awaiting_result');
  for (const [index, state] of states.entries()) {
    const charge = charges[index] as Charge;
    const { order_number: number } = await db
      .selectFrom('charges')
      .select('order_number')
      .where('id', '=', charge.chargeId)
      .executeTakeFirstOrThrow();
    numbers.set(state, number);
    if (state === 'planned') continue;
    await insertAttempt(db, record, { charge, n: 1, exchangeId });
    if (state === 'sent') continue;
    const outcome = state === 'declined' ? 'declined' : 'ok';
    await insertOutcome(db, record, { charge, n: 1, outcome });
    if (!state.startsWith('capture')) continue;
    const capture = { charge, n: 1, k: 1 };
    await insertEnding(db, record, { ...capture, kind: 'capture', exchangeId: captures });
    if (state === 'captured') {
      await insertEndingResult(db, record, { ...capture, result: 'captured' });
    }
  }
});

const orderOf = (state: string) => numbers.get(state) ?? '';
const holdsNow = () =>
  listHolds(db, record.merchantId, { cycleId: null, afterOrder: '', limit: 100 });
const heldNow = async () => (await holdsNow()).map(({ orderNumber }) => orderNumber).sort();

async function decideBy(act: string, reason: string): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    insert into decisions (merchant_id, idempotency_key, workflow_id, act, body, actor, reason, decided_at)
    values (${record.merchantId}, ${act}, 'w', ${act}, '{}', 'hanako', ${reason}, ${AT})
    returning id`.execute(db);
  return rows[0]?.id ?? 0;
}

/** An export of a month with all orders; the first one of a month is compared with nothing. */
async function takeExport(cycleId: number): Promise<{ id: number; alarmed: boolean }> {
  const id = await collectRows(
    pool,
    { ...record, cycleId },
    states.map((state) => ({
      number: orderOf(state),
      ...(state === 'kept'
        ? {}
        : { exclusion: state === 'sent' ? 'cancelled_by_customer' : 'cancelled' }),
    })),
  );
  const alarmed = await db.transaction().execute(async (trx) => {
    await lockMerchant(trx, record.merchantId);
    return await holdCancelledOrders(trx, record.merchantId, {
      ...{ collectionId: id, workflowId: 'cycle:test:2026-12', now: AT },
    });
  });
  return { id, alarmed };
}

test('are held wherever a machine could still bill them, once, and told', async () => {
  const { merchantId, cycleId } = record;
  const next = await insertCycle(db, merchantId, '2026-12');
  // Two are on hold for another reason: whoever ends that hold need not know of the cancellation.
  const byHand = ['planned', 'kept'].map(orderOf);
  const decisionId = await decideBy('hold-orders', '住所を確認中');
  await insertHolds(db, merchantId, { cycleId, orderNumbers: byHand, decisionId, now: AT });
  const { id, alarmed } = await takeExport(next);
  expect(alarmed).toBe(true);
  const cancelled = ['planned', 'sent', 'declined', 'authorized'].map(orderOf);
  const held = [...cancelled, orderOf('kept')].sort();
  const policy = { heldBy: 'policy:cancelled-orders', cancelled: true };
  const told = Object.fromEntries((await holdsNow()).map((hold) => [hold.orderNumber, hold]));
  expect(told).toEqual({
    ...Object.fromEntries(
      cancelled.map((number) => [
        number,
        expect.objectContaining({ ...policy, n: 1, earlierReason: null }),
      ]),
    ),
    [orderOf('planned')]: expect.objectContaining({
      ...policy,
      ...{ n: 2, earlierReason: '住所を確認中' },
    }),
    [orderOf('kept')]: expect.objectContaining({
      ...{ heldBy: 'hanako', n: 1, reason: '住所を確認中', earlierReason: null, cancelled: false },
    }),
  });
  // They are held by the month that bills them, which has to look.
  expect(await listHeldMonths(db, merchantId, `cancelled-orders:${id}`)).toEqual(['2026-11']);
  const notices = await db.selectFrom('notices').select(['subject', 'text']).execute();
  expect(notices).toHaveLength(1);
  expect(notices[0]?.text).toMatch(/4 件\(.*保留にした.*うち 1 件は別の理由.*1 件は売上ファイル/);

  // Whom a person lets go is not held again by the export of a further month.
  const letGo = await decideBy('release-holds', '発送済み');
  const release = { orderNumbers: [orderOf('authorized')], decisionId: letGo, now: AT };
  expect(await releaseHolds(db, merchantId, release)).toEqual({ absent: [], replaced: [] });
  await takeExport(await insertCycle(db, merchantId, '2027-01'));
  expect(await heldNow()).toEqual(held.filter((number) => number !== orderOf('authorized')));
});

test('of a month that is closed, or that has no charge, are nobody’s concern', async () => {
  const { merchantId } = record;
  await db.updateTable('cycles').set({ stage: 'closed', closed_at: AT }).execute();
  const before = await heldNow();
  const { alarmed } = await takeExport(await insertCycle(db, merchantId, '2027-02'));
  expect([alarmed, await heldNow()]).toEqual([false, before]);
});
