import { sql } from 'kysely';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { buildFiles } from '../../activities/build-files.ts';
import type { ActivityDependencies } from '../../activities/dependencies.ts';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import { parseEncryptionKeys } from '../../config.ts';
import { type Db, lockMerchant, openDatabase } from '../../db/database.ts';
import { recordDecision } from '../../db/queries/decisions.ts';
import { listHolds } from '../../db/queries/holds.ts';
import { openCases } from '../../db/queries/ng-cases.ts';
import { saveSettings } from '../../db/queries/settings.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { type CollectedMonth, insertCollectedMonth } from '../db/collected-month.ts';
import { insertAttempt, insertEndingResult, insertOutcome } from '../db/money-facts.ts';
import { AT, type Charge } from '../db/money-record.ts';

/** A declined order was on its way again when the order in its place was billed: both may come back OK. */
let database: TestDatabase;
let db: Db;
let owner: Db;
let woken = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.appUrl);
  owner = openDatabase(database.ownerUrl);
});
afterAll(async () => {
  await db.destroy();
  await owner.destroy();
  await database.drop();
});

/** The first order declined, the second in its place, and a third that names it but is the next delivery. */
async function openDoubled(by: 'file' | 'portal'): Promise<CollectedMonth> {
  const month = await insertCollectedMonth(db, [1000, 2000, 4000]);
  const { merchantId, cycleId } = month;
  await sql`
    with ordered as (
      update orders set previous_order_number = 'order-1',
             cycle_count = case order_number when 'order-3' then 3 else cycle_count end
       where cycle_id = ${cycleId} and order_number in ('order-2', 'order-3'))
    update charges set previous_order_number = 'order-1'
     where cycle_id = ${cycleId} and order_number in ('order-2', 'order-3')`.execute(owner);
  await saveSettings(db, merchantId, {
    ...{ seenVersion: 0, actor: 'test', reason: 'test', now: AT },
    settings: merchantSettingsSchema.parse({
      capture: { policy: 'immediate', by },
      paygent: { merchantId: '10001' },
    }),
  });
  const [declined] = month.charges as [Charge];
  await insertAttempt(db, month, { charge: declined, n: 1 });
  await insertOutcome(db, month, { charge: declined, n: 1, outcome: 'declined' });
  expect(await openCases(db, merchantId, AT)).toBe(1);
  for (const [index, charge] of month.charges.entries()) {
    await insertAttempt(db, month, { charge, n: index === 0 ? 2 : 1 });
  }
  return month;
}

const authorize = (month: CollectedMonth, index: number) =>
  insertOutcome(db, month, {
    charge: month.charges[index] as Charge,
    ...{ n: index === 0 ? 2 : 1, outcome: 'ok' },
  });

async function capture({ slug }: CollectedMonth): Promise<void> {
  const workflows = {
    wakeMail: async () => {
      woken += 1;
    },
  };
  const fileKeys = parseEncryptionKeys(inject('fileKeys'));
  const deps = { db, fileKeys, workflows } as unknown as ActivityDependencies;
  const of = { merchant: slug, month: '2026-11', now: AT, kind: 'capture' } as const;
  await buildFiles(deps, of, { askedAt: null });
}

async function claimed({ cycleId }: CollectedMonth): Promise<string[]> {
  const { rows } = await sql<{ order: string }>`
    select c.order_number as order from endings e join charges c on c.id = e.charge_id
     where c.cycle_id = ${cycleId} and e.kind = 'capture' order by 1`.execute(db);
  return rows.map(({ order }) => order);
}

async function held({ merchantId }: CollectedMonth) {
  const page = { cycleId: null, afterOrder: '', limit: 10 };
  const holds = await listHolds(db, merchantId, page);
  return holds.map(({ orderNumber, heldBy }) => [orderNumber, heldBy]);
}

const POLICY = 'policy:doubled-captures';

test.each(['file', 'portal'] as const)(
  'of a declined order and the one in its place only one is captured (by %s), and people are told',
  async (by) => {
    const month = await openDoubled(by);
    const before = woken;
    for (const index of [0, 1, 2]) await authorize(month, index);
    await capture(month);
    expect(await claimed(month)).toEqual(['order-2', 'order-3']);
    expect(await held(month)).toEqual([['order-1', POLICY]]);
    expect(woken).toBe(before + 1);
    const { rows } = await sql<{ text: string }>`
      select text from notices where merchant_id = ${month.merchantId}`.execute(db);
    expect(rows).toMatchObject([{ text: expect.stringContaining('1 件(1,000 円)') }]);

    // A person who lets it go is not asked again.
    await db.transaction().execute(async (trx) => {
      await lockMerchant(trx, month.merchantId);
      const decision = { key: `let-go-${by}`, workflowId: 'test', act: 'release-holds', body: {} };
      const { id: decisionId } = await recordDecision(trx, month.merchantId, {
        ...{ ...decision, actor: 'hanako', now: AT },
      });
      await sql`
        insert into order_hold_releases (merchant_id, order_number, n, decision_id, released_at)
        select merchant_id, order_number, n, ${decisionId}, ${AT} from open_order_holds
         where merchant_id = ${month.merchantId}`.execute(trx);
    });
    await capture(month);
    expect(await claimed(month)).toEqual(['order-1', 'order-2', 'order-3']);
  },
);

test('an order in the place of one that was paid by its retry meanwhile is not captured', async () => {
  const month = await openDoubled('file');
  await insertOutcome(db, month, {
    ...{ charge: month.charges[1] as Charge, n: 1, outcome: 'not_sent' },
  });
  await authorize(month, 0);
  await capture(month);
  expect(await claimed(month)).toEqual(['order-1']);
  const paid = { charge: month.charges[0] as Charge, n: 2, k: 1 };
  await insertEndingResult(db, month, { ...paid, result: 'captured' });
  // Billed after all, by another file.
  await insertAttempt(db, month, { charge: month.charges[1] as Charge, n: 2 });
  const again = { charge: month.charges[1] as Charge, n: 2 };
  await insertOutcome(db, month, { ...again, outcome: 'ok' });
  await capture(month);
  expect(await claimed(month)).toEqual(['order-1']);
  expect(await held(month)).toEqual([['order-2', POLICY]]);
});

test('a retry that is declined again keeps nothing of the order in its place back', async () => {
  const month = await openDoubled('file');
  await insertOutcome(db, month, {
    ...{ charge: month.charges[0] as Charge, n: 2, outcome: 'declined' },
  });
  await authorize(month, 1);
  await capture(month);
  expect(await claimed(month)).toEqual(['order-2']);
  expect(await held(month)).toEqual([]);
});
