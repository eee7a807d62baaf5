import { asyncLocalStorage, type Context } from '@temporalio/activity';
import { sql } from 'kysely';
import { beforeEach, expect, test } from 'vitest';
import type { OfCycle } from '../../activities/acts.ts';
import type { ActivityDependencies } from '../../activities/dependencies.ts';
import { runNgWave } from '../../activities/ng-wave.ts';
import { createPreviewActivities } from '../../activities/preview.ts';
import { createSelectionActivities } from '../../activities/selection.ts';
import { tellHanded } from '../../activities/send-customer-mail.ts';
import { declinedAt, declinedMonth, insertDeclined } from '../../bench/declined-charges.ts';
import type { Merchant } from '../../db/queries/merchants.ts';
import { openRun } from '../../db/queries/runs.ts';
import { findSettings, saveSettings } from '../../db/queries/settings.ts';
import { collectRows, selectRows } from '../db/collect-exports.ts';
import { insertCycle } from '../db/money-record.ts';
import { openOwnDatabase } from '../db/own-database.ts';

/**
 * The months whose charges an activity changed hear of it, also where its process died right after the
 * commit: here the first word to them fails, as if it had, and Temporal tries the activity again.
 */

const { pool, db } = await openOwnDatabase();
let dies = false;
let woken: string[] = [];
const wake = (whom: string) => async () => {
  if (dies) throw new Error('killed');
  woken.push(whom);
};
const workflows = {
  wakeCycle: (_: string, month: string) => wake(month)(),
  wakeMail: wake('mail'),
  wakeNgDesk: wake('desk'),
};
const deps = { db, workflows } as unknown as ActivityDependencies;
const activities = { ...createPreviewActivities(deps), ...createSelectionActivities(deps) };
const asTry = <T>(attempt: number, step: () => Promise<T>): Promise<T> =>
  asyncLocalStorage.run({ info: { attempt } } as Context, step);

/** A try that dies between its commit and its first word. */
async function dying(step: () => Promise<unknown>): Promise<void> {
  dies = true;
  await expect(asTry(1, step)).rejects.toThrow('killed');
  dies = false;
}

beforeEach(() => {
  woken = [];
});

/** Two declined charges that wait for the next month's orders; that month has an order for one of them. */
async function openNextMonth(slug: string, approval: 'none' | 'always'): Promise<OfCycle> {
  const merchant = await insertDeclined(db, { slug, count: 2 });
  await runNgWave(deps, { merchant: slug, now: declinedAt });
  await sql`update ng_cases set next_step = 'await_order' where merchant_id = ${merchant.id}`.execute(
    db,
  );
  await setApproval(merchant, approval);
  const cycleId = await insertCycle(db, merchant.id, '2026-12');
  const { rows } = await sql<{ id: number }>`
    select id from files where merchant_id = ${merchant.id}`.execute(db);
  const month = { merchantId: merchant.id, cycleId, fileId: rows[0]?.id ?? 0 };
  const order = { number: 'next', customer: '1', previous: '1', count: 3 };
  await selectRows(db, month, await collectRows(pool, month, [order]));
  await db.transaction().execute(async (trx) => {
    const run = { cycleId, orderNumbers: null, decisionId: null, now: declinedAt };
    await openRun(trx, merchant.id, run);
  });
  await db.updateTable('cycles').set({ stage: 'previewing' }).where('id', '=', cycleId).execute();
  woken = [];
  return { merchant: slug, month: '2026-12', now: declinedAt };
}

async function setApproval(merchant: Merchant, policy: 'none' | 'always'): Promise<void> {
  const current = await findSettings(db, merchant.id);
  if (current === undefined) throw new Error('the merchant was made with settings');
  const settings = { ...current.settings, approval: { ...current.settings.approval, policy } };
  const by = { actor: 'test', reason: 'test', now: declinedAt };
  await saveSettings(db, merchant.id, { ...by, seenVersion: current.version, settings });
}

async function listCases(of: OfCycle): Promise<unknown[]> {
  const { rows } = await sql`
    select k.next_step as step, k.outcome from ng_cases k join merchants m on m.id = k.merchant_id
     where m.slug = ${of.merchant} order by k.id`.execute(db);
  return rows;
}

const passedOn = [
  { step: 'none', outcome: 'carried_over' },
  { step: 'decide', outcome: null },
];

test('a preview that makes its charges wakes the months they came from, also on its second try', async () => {
  const of = await openNextMonth('previewed', 'none');
  await dying(() => activities.previewRun(of));
  expect(await listCases(of)).toEqual(passedOn);
  await asTry(2, () => activities.previewRun(of));
  expect(woken).toContain(declinedMonth);
  // Nothing was lost of what comes after: no other month is troubled.
  woken = [];
  await asTry(1, () => activities.planCharges(of));
  expect(woken).toEqual([]);
});

test('so do the charges of a preview that was approved', async () => {
  const of = await openNextMonth('approved', 'always');
  await asTry(1, () => activities.previewRun(of));
  await sql`
    with said as (
      insert into decisions (merchant_id, idempotency_key, workflow_id, act, body, actor, decided_at)
      select id, 'ok', 'w', 'approve-billing', '{}', 'hanako', ${declinedAt} from merchants
       where slug = ${of.merchant} returning id, merchant_id)
    insert into clearances (preview_id, merchant_id, cycle_id, verdict, settings_version, decision_id,
                            cleared_at)
    select p.id, p.merchant_id, y.id, 'approved', r.settings_version, said.id, ${declinedAt}
      from said join previews p on p.merchant_id = said.merchant_id
      join preview_results r on r.preview_id = p.id
      join cycles y on y.merchant_id = p.merchant_id and y.billing_month = p.billing_month`.execute(
    db,
  );
  await dying(() => activities.planCharges(of));
  expect(await listCases(of)).toEqual(passedOn);
  expect(await asTry(2, () => activities.planCharges(of))).toEqual({ planned: 0, outdated: false });
  expect(woken).toContain(declinedMonth);
});

test('so does a wave of the NG desk, and it has the mails looked at', async () => {
  const { id, slug } = await insertDeclined(db, { slug: 'desk', count: 2 });
  const wave = { merchant: slug, now: declinedAt };
  await runNgWave(deps, wave);
  await sql`
    with said as (
      insert into decisions (merchant_id, idempotency_key, workflow_id, act, body, actor, reason, decided_at)
      values (${id}, 'hold', 'w', 'hold-orders', '{}', 'hanako', '確認中', ${declinedAt}) returning id)
    insert into order_holds (merchant_id, order_number, n, cycle_id, decision_id, held_at)
    select c.merchant_id, c.order_number, 1, c.cycle_id, said.id, ${declinedAt}
      from charges c, said where c.merchant_id = ${id}`.execute(db);
  const due = { ...wave, now: '2026-11-24T01:00:00.000Z' };
  await dying(() => runNgWave(deps, due));
  woken = [];
  await runNgWave(deps, due);
  expect(woken).toEqual([]);
  await runNgWave(deps, { ...due, again: true });
  expect(woken).toEqual([declinedMonth, 'mail']);
});

test('so does who handed cases of undelivered mails to people', async () => {
  const merchant = await insertDeclined(db, { slug: 'mails', count: 1 });
  await runNgWave(deps, { merchant: merchant.slug, now: declinedAt });
  woken = [];
  await asTry(1, () => tellHanded(deps, merchant, new Set()));
  expect(woken).toEqual([]);
  await asTry(2, () => tellHanded(deps, merchant, new Set()));
  expect(woken).toEqual(['desk', declinedMonth]);
});
