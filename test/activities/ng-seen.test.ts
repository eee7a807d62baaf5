import { asyncLocalStorage, type Context } from '@temporalio/activity';
import { expect, test } from 'vitest';
import type { ActivityDependencies } from '../../activities/dependencies.ts';
import { createNgActActivities } from '../../activities/ng-acts.ts';
import { runNgWave } from '../../activities/ng-wave.ts';
import { declinedAt, declinedMonth, insertDeclined } from '../../bench/declined-charges.ts';
import type { NgAct } from '../../billing/ng-act.ts';
import type { Trx } from '../../db/database.ts';
import { listNgCases } from '../../db/queries/ng-worklist.ts';
import { insertAttempt, insertOutcome } from '../db/money-facts.ts';
import { openOwnDatabase } from '../db/own-database.ts';
import { whileItWaits } from '../db/under-lock.ts';

/** What a person decides about the decline that they saw, when a retry was declined meanwhile. */
const { db } = await openOwnDatabase();
const nothing = async () => {};
const workflows = { wakeCycle: nothing, wakeMail: nothing, startExchange: nothing };
const deps = { db, workflows } as unknown as ActivityDependencies;
const acts = createNgActActivities(deps);
const merchant = await insertDeclined(db, { slug: 'seen', count: 2 });
await runNgWave(deps, { merchant: merchant.slug, now: declinedAt });

const classified: NgAct = { kind: 'classify', class: 'system' };

const act = (key: string, attempts: readonly (number | undefined)[], what: NgAct = classified) =>
  asyncLocalStorage.run({ info: {} } as Context, () =>
    acts.actOnNgCases({
      ...{ merchant: merchant.slug, now: declinedAt, clockOffsetMs: merchant.clockOffsetMs },
      workflowId: 'test',
      act: { idempotencyKey: key, actor: 'hanako', reason: '確認済み' },
      cases: attempts.map((attempt, i) => ({
        ...{ month: declinedMonth, orderNumber: `${i + 1}`, attempt },
      })),
      what,
    }),
  );

/** The first order is tried again, and declined again. */
async function declineAgain(trx: Trx): Promise<void> {
  const { chargeId, cycleId } = await trx
    .selectFrom('charges')
    .select(['id as chargeId', 'cycle_id as cycleId'])
    .where('order_number', '=', '1')
    .executeTakeFirstOrThrow();
  const record = { merchantId: merchant.id, slug: merchant.slug, cycleId, fileId: 0 };
  const charge = { chargeId, yen: 3980 };
  await insertAttempt(trx, record, { charge, n: 2 });
  await insertOutcome(trx, record, { charge, n: 2, outcome: 'declined' });
}

const standing = async () => {
  const page = { month: null, class: null, nextStep: null, dueBefore: null, after: null, limit: 9 };
  const cases = await listNgCases(db, merchant.id, { ...page, state: 'open' });
  return cases.map(({ attempt }) => attempt);
};
const decisions = async () =>
  (await db.selectFrom('decisions').select('idempotency_key').orderBy('id').execute()).map(
    (one) => one.idempotency_key,
  );

test('a decision about one decline is refused once the next one has come: of all or none', {
  timeout: 20_000,
}, async () => {
  expect(await standing()).toEqual([1, 1]);
  const refused = {
    type: 'StageConflict',
    message: expect.stringContaining('次の注文には実行できません: 1(ご覧になった後に'),
  };
  // The result is merged while the act waits for the merchant's lock.
  const late = () => expect(act('late', [1, 1])).rejects.toMatchObject(refused);
  await whileItWaits(db, merchant.id, late, declineAgain);
  const giveUp: NgAct = { kind: 'give_up' };
  await expect(act('later', [1, 1], giveUp)).rejects.toMatchObject(refused);
  expect(await decisions()).toEqual([]);

  expect(await act('seen', [2, 1])).toEqual({ changed: 2 });
  expect(await standing()).toEqual([2, 1]);
  // A script that names no attempt goes on.
  expect(await act('unseen', [undefined], giveUp)).toEqual({ changed: 1 });
  expect(await standing()).toEqual([1]);
  expect(await decisions()).toEqual(['seen', 'unseen']);
});
