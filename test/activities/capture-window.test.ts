import { asyncLocalStorage, type Context } from '@temporalio/activity';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { createCaptureWindowActivities } from '../../activities/capture-window.ts';
import type { ActivityDependencies } from '../../activities/dependencies.ts';
import type { LastDayRule } from '../../billing/capture-settings.ts';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import type { Trx } from '../../db/database.ts';
import { createMerchant } from '../../db/queries/merchants.ts';
import { saveSettings } from '../../db/queries/settings.ts';
import { AT, type Charge, insertCycle } from '../db/money-record.ts';
import { openOwnDatabase } from '../db/own-database.ts';
import { prepareAuthorized } from '../db/race.ts';
import { whileItWaits } from '../db/under-lock.ts';

/** What the last-day rule finds when it has the merchant's lock is not what it was called for. */

const { db } = await openOwnDatabase();
const activities = createCaptureWindowActivities({ db } as unknown as ActivityDependencies);
/** `prepareAuthorized` ends the windows at AT. */
const before = '2026-11-21T00:00:00.000Z';

const settingsOf = (lastDay: LastDayRule) =>
  merchantSettingsSchema.parse({
    capture: { policy: 'on-shipment', lastDay },
    paygent: { merchantId: '10001' },
  });

/** A month of two authorizations that end tomorrow. */
async function openMonth(slug: string, lastDay: LastDayRule) {
  const merchant = { slug, name: slug, kind: 'sandbox' as const, settings: settingsOf(lastDay) };
  const { id: merchantId } = await createMerchant(db, { ...merchant, actor: 'test', now: AT });
  const cycleId = await insertCycle(db, merchantId, '2026-11');
  const record = { merchantId, slug, cycleId, fileId: 0 };
  const [one, other] = (await prepareAuthorized(db, record, 2)) as [Charge, Charge];
  return { ...record, one, other };
}
type OpenMonth = Awaited<ReturnType<typeof openMonth>>;

let applied = 0;
const applyRule = ({ slug }: OpenMonth) => {
  applied += 1;
  const now = new Date(Date.parse(before) + applied).toISOString();
  const of = { merchant: slug, month: '2026-11', workflowId: 'test', now };
  return asyncLocalStorage.run({ info: {} } as Context, () => activities.applyLastDayRule(of));
};

async function ship(trx: Trx, { merchantId }: OpenMonth, { chargeId }: Charge) {
  await sql`
    with said as (
      insert into decisions (merchant_id, idempotency_key, workflow_id, act, body, actor, decided_at)
      values (${merchantId}, 'ship', 'test', 'record-shipments', '{}', 'operator', ${before})
      returning id)
    insert into shipments (charge_id, merchant_id, shipped_on, decision_id, recorded_at)
    select ${chargeId}, ${merchantId}, '2026-11-20', said.id, ${before} from said`.execute(trx);
}

/** What is claimed or asked for of the month's charges. */
async function look({ cycleId }: OpenMonth) {
  const { rows } = await sql<{ charge: number; what: string }>`
    select c.id as charge, e.kind as what
      from charges c join endings e on e.charge_id = c.id where c.cycle_id = ${cycleId}
    union all
    select c.id, 'asked' from charges c join capture_requests q on q.charge_id = c.id
     where c.cycle_id = ${cycleId}
     order by 1`.execute(db);
  return rows;
}

test.each(['capture', 'void'] as const)(
  'a machine does not %s what a person is to decide by the settings of now',
  async (lastDay) => {
    const month = await openMonth(`asked-${lastDay}`, lastDay);
    const by = { actor: 'test', reason: 'test', now: before };
    const done = await whileItWaits(
      db,
      month.merchantId,
      () => applyRule(month),
      () =>
        saveSettings(db, month.merchantId, { ...by, seenVersion: 1, settings: settingsOf('ask') }),
    );
    expect(done).toEqual({ rows: 0, yen: 0 });
    expect(await look(month)).toEqual([]);
  },
);

test('what was shipped while the rule waited is captured, not voided', async () => {
  const month = await openMonth('shipped', 'void');
  const { one, other } = month;
  const done = await whileItWaits(
    db,
    month.merchantId,
    () => applyRule(month),
    (trx) => ship(trx, month, one),
  );
  expect(done).toEqual({ rows: 1, yen: one.yen });
  expect(await look(month)).toEqual([{ charge: one.chargeId, what: 'asked' }]);
  // The next look of the month finds the rest.
  expect(await applyRule(month)).toEqual({ rows: 1, yen: other.yen });
  expect(await look(month)).toEqual([
    { charge: one.chargeId, what: 'asked' },
    { charge: other.chargeId, what: 'void' },
  ]);
});
