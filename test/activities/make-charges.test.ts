import { asyncLocalStorage, type Context } from '@temporalio/activity';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { OfCycle } from '../../activities/acts.ts';
import type { ActivityDependencies } from '../../activities/dependencies.ts';
import { createPreviewActivities } from '../../activities/preview.ts';
import { createSelectionActivities } from '../../activities/selection.ts';
import type { ApprovalSettings } from '../../billing/approval.ts';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import { insertHolds } from '../../db/queries/holds.ts';
import { createMerchant } from '../../db/queries/merchants.ts';
import { openRun } from '../../db/queries/runs.ts';
import { saveSettings } from '../../db/queries/settings.ts';
import { collectRows, type ExportedMonth, selectRows } from '../db/collect-exports.ts';
import { AT, insertCycle } from '../db/money-record.ts';
import { openOwnDatabase } from '../db/own-database.ts';
import { whileItWaits } from '../db/under-lock.ts';

/** From the preview to the charges, an activity at a time: what each commits, and what the next one finds. */

const { pool, db } = await openOwnDatabase();
const nothing = async () => {};
const workflows = { wakeCycle: nothing, wakeMail: nothing };
const deps = { db, workflows } as unknown as ActivityDependencies;
const activities = { ...createPreviewActivities(deps), ...createSelectionActivities(deps) };
const inActivity = <T>(step: () => Promise<T>): Promise<T> =>
  asyncLocalStorage.run({ info: {} } as Context, step);
const previewRun = (of: OfCycle) => inActivity(() => activities.previewRun(of));
const planCharges = (of: OfCycle) => inActivity(() => activities.planCharges(of));

const settingsOf = (policy: ApprovalSettings['policy']) =>
  merchantSettingsSchema.parse({ approval: { policy }, paygent: { merchantId: '10001' } });

let shops = 0;

/** A month with two selected orders whose run is open. */
async function openMonth(policy: ApprovalSettings['policy'] = 'none') {
  shops += 1;
  const slug = `make-charges-${shops}`;
  const merchant = { slug, name: slug, kind: 'sandbox' as const, settings: settingsOf(policy) };
  const { id: merchantId } = await createMerchant(db, { ...merchant, actor: 'test', now: AT });
  const cycleId = await insertCycle(db, merchantId, '2026-11');
  const { rows } = await sql<{ id: number }>`
    insert into files (merchant_id, sha256, name, kind, direction, bytes, chunks, stored_at, stored_by)
    values (${merchantId}, ${'a'.repeat(64)}, 'orders.csv', 'order-export', 'inbound', 0, 0, ${AT}, 'test')
    returning id`.execute(db);
  const month = { merchantId, cycleId, fileId: rows[0]?.id ?? 0 };
  await selectRows(db, month, await collectRows(pool, month, [{ number: 'a' }, { number: 'b' }]));
  await db.transaction().execute(async (trx) => {
    const run = { cycleId, orderNumbers: null, decisionId: null, now: AT };
    await openRun(trx, merchantId, run);
  });
  await moveTo(month, 'previewing');
  return { ...month, of: { merchant: slug, month: '2026-11', now: AT } };
}

async function moveTo({ cycleId }: ExportedMonth, stage: 'previewing' | 'handing_over') {
  await db.updateTable('cycles').set({ stage }).where('id', '=', cycleId).execute();
}

async function decide({ merchantId }: ExportedMonth, act: string): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    insert into decisions (merchant_id, idempotency_key, workflow_id, act, body, actor, decided_at)
    values (${merchantId}, ${act}, 'test', ${act}, '{}', 'operator', ${AT}) returning id`.execute(
    db,
  );
  return rows[0]?.id ?? 0;
}

async function askForApproval(merchantId: number): Promise<void> {
  const by = { actor: 'test', reason: 'test', now: AT };
  await saveSettings(db, merchantId, { ...by, seenVersion: 1, settings: settingsOf('always') });
}

async function look({ cycleId }: ExportedMonth) {
  const { rows } = await sql<
    Record<'stage' | 'charges' | 'shown' | 'previews' | 'planned', unknown>
  >`
    select y.stage,
           (select coalesce(string_agg(c.order_number, ' ' order by c.position), '')
              from charges c where c.cycle_id = y.id) as charges,
           (select count(distinct preview_id)::int from charges where cycle_id = y.id) as shown,
           (select count(*)::int from previews p where p.merchant_id = y.merchant_id) as previews,
           (select count(*)::int from run_plans p join runs r on r.id = p.run_id
             where r.cycle_id = y.id) as planned
      from cycles y where y.id = ${cycleId}`.execute(db);
  return rows[0];
}

test('a preview that needs no approval makes its charges at once; nothing is left to plan', async () => {
  const month = await openMonth();
  await previewRun(month.of);
  const made = { stage: 'handing_over', charges: 'a b', shown: 1, previews: 1, planned: 1 };
  expect(await look(month)).toEqual(made);
  // It may have died after its commit, and is tried again.
  await previewRun(month.of);
  expect(await planCharges(month.of)).toEqual({ planned: 0, outdated: false });
  expect(await look(month)).toEqual(made);
});

test('one that waits for its approval makes none before it', async () => {
  const month = await openMonth('always');
  await previewRun(month.of);
  expect(await look(month)).toMatchObject({ stage: 'awaiting_approval', charges: '', planned: 0 });
  expect(await planCharges(month.of)).toEqual({ planned: 0, outdated: true });
  const decisionId = await decide(month, 'approve-billing');
  await sql`
    insert into clearances (preview_id, merchant_id, cycle_id, verdict, settings_version, decision_id,
                            cleared_at)
    select p.id, p.merchant_id, ${month.cycleId}, 'approved', 1, ${decisionId}, ${AT}
      from previews p where p.merchant_id = ${month.merchantId}`.execute(db);
  expect(await planCharges(month.of)).toEqual({ planned: 2, outdated: false });
  expect(await planCharges(month.of)).toEqual({ planned: 0, outdated: false });
  expect(await look(month)).toMatchObject({ charges: 'a b', planned: 1 });
});

test('an export that came since the selection leaves the charges to the next preview', async () => {
  const month = await openMonth();
  await collectRows(pool, month, [{ number: 'a' }, { number: 'b', exclusion: 'cancelled' }]);
  await previewRun(month.of);
  expect(await look(month)).toMatchObject({ stage: 'handing_over', charges: '', planned: 0 });
  expect(await planCharges(month.of)).toEqual({ planned: 0, outdated: true });
  await moveTo(month, 'previewing');
  await previewRun(month.of);
  expect(await planCharges(month.of)).toEqual({ planned: 0, outdated: false });
  expect(await look(month)).toMatchObject({ charges: 'a', previews: 2, planned: 1 });
});

test('an order that was held since the selection is selected anew before anything is charged', async () => {
  const month = await openMonth();
  const { cycleId, merchantId } = month;
  const decisionId = await decide(month, 'hold-orders');
  await db.transaction().execute(async (trx) => {
    await insertHolds(trx, merchantId, { cycleId, orderNumbers: ['b'], decisionId, now: AT });
  });
  await previewRun(month.of);
  expect(await look(month)).toMatchObject({ stage: 'handing_over', charges: '', planned: 0 });
  expect(await planCharges(month.of)).toEqual({ planned: 0, outdated: true });
  await moveTo(month, 'previewing');
  await previewRun(month.of);
  expect(await look(month)).toMatchObject({ charges: 'a', previews: 2, planned: 1 });
});

test('charges that were made under other settings are shown again before a file takes them', async () => {
  const month = await openMonth();
  await previewRun(month.of);
  await askForApproval(month.merchantId);
  expect(await planCharges(month.of)).toEqual({ planned: 0, outdated: true });
  await moveTo(month, 'previewing');
  await previewRun(month.of);
  expect(await look(month)).toMatchObject({ stage: 'awaiting_approval', charges: 'a b' });
});

/** A step that begins while another has the merchant's lock; meanwhile an approval comes to be wanted. */
async function whileApprovalIsAskedFor<T>(
  { merchantId }: ExportedMonth,
  step: () => Promise<T>,
): Promise<T> {
  return await whileItWaits(db, merchantId, step, () => askForApproval(merchantId));
}

test('a preview asks for the approval that is wanted when it has the lock, not when it began', async () => {
  const month = await openMonth();
  await whileApprovalIsAskedFor(month, () => previewRun(month.of));
  expect(await look(month)).toMatchObject({ stage: 'awaiting_approval', charges: '', planned: 0 });
});

test('nor are charges made of a preview that was cleared under settings of before', async () => {
  const month = await openMonth();
  // The export that came leaves the charges to the next step, and changes nothing.
  await collectRows(pool, month, [{ number: 'a' }, { number: 'b' }]);
  await previewRun(month.of);
  expect(await look(month)).toMatchObject({ stage: 'handing_over', charges: '' });
  const plan = whileApprovalIsAskedFor(month, () => planCharges(month.of));
  expect(await plan).toEqual({ planned: 0, outdated: true });
  expect(await look(month)).toMatchObject({ charges: '' });
});
