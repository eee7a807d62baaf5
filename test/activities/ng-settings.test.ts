import { asyncLocalStorage, type Context } from '@temporalio/activity';
import { expect, test } from 'vitest';
import type { ActivityDependencies } from '../../activities/dependencies.ts';
import { createNgActActivities } from '../../activities/ng-acts.ts';
import { runNgWave } from '../../activities/ng-wave.ts';
import { declinedAt, declinedMonth, insertDeclined } from '../../bench/declined-charges.ts';
import type { Merchant } from '../../db/queries/merchants.ts';
import { findSettings, saveSettings } from '../../db/queries/settings.ts';
import { openOwnDatabase } from '../db/own-database.ts';
import { whileItWaits } from '../db/under-lock.ts';

/** Settings that a person changes while the desk, or an act on it, waits for the merchant's lock. */

const { db } = await openOwnDatabase();
const nothing = async () => {};
const workflows = { wakeCycle: nothing, wakeMail: nothing, startExchange: nothing };
const deps = { db, workflows } as unknown as ActivityDependencies;
const acts = createNgActActivities(deps);

const waveOf = ({ slug }: Merchant) => runNgWave(deps, { merchant: slug, now: declinedAt });
const dueAt = async ({ id }: Merchant) =>
  await db
    .selectFrom('ng_cases')
    .select('due_at')
    .where('merchant_id', '=', id)
    .where('next_step', '=', 'retry')
    .execute();

/** After a failure of the line three business days are to pass from now on, instead of one. */
async function putOff({ id }: Merchant): Promise<void> {
  const saved = await findSettings(db, id);
  if (saved === undefined) throw new Error('the merchant has settings');
  const { settings, version: seenVersion } = saved;
  await saveSettings(db, id, {
    ...{ seenVersion, actor: 'test', reason: 'test', now: declinedAt },
    settings: { ...settings, ng: { ...settings.ng, systemRetryDays: 3 } },
  });
}
const inThreeDays = [{ due_at: '2026-11-26T01:00:00.000Z' }];

test('a wave plans by the settings that it notes as followed: no later one plans its cases anew', async () => {
  const merchant = await insertDeclined(db, { slug: 'settings-wave', count: 2 });
  await whileItWaits(
    db,
    merchant.id,
    () => waveOf(merchant),
    () => putOff(merchant),
  );
  await waveOf(merchant);
  expect(await dueAt(merchant)).toEqual(inThreeDays);
});

test("a person's act plans by the settings of when it is carried out", async () => {
  const merchant = await insertDeclined(db, { slug: 'settings-act', count: 2 });
  await waveOf(merchant);
  const { orderNumber } = await db
    .selectFrom('ng_cases as k')
    .innerJoin('charges as c', 'c.id', 'k.charge_id')
    .select('c.order_number as orderNumber')
    .where('k.merchant_id', '=', merchant.id)
    .where('k.next_step', '=', 'retry')
    .executeTakeFirstOrThrow();
  const act = () =>
    asyncLocalStorage.run({ info: {} } as Context, () =>
      acts.actOnNgCases({
        ...{ merchant: merchant.slug, now: declinedAt, clockOffsetMs: merchant.clockOffsetMs },
        workflowId: 'test',
        act: { idempotencyKey: 'classify', actor: 'hanako', reason: '回線障害と確認' },
        cases: [{ month: declinedMonth, orderNumber }],
        what: { kind: 'classify', class: 'system' },
      }),
    );
  await whileItWaits(db, merchant.id, act, () => putOff(merchant));
  await waveOf(merchant);
  expect(await dueAt(merchant)).toEqual(inThreeDays);
});
