import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import { describeCoverage } from '../../billing/migration-coverage.ts';
import { type Db, databaseOver, openPool } from '../../db/database.ts';
import { startMigration } from '../../db/queries/card-migrations.ts';
import { deleteCustomer } from '../../db/queries/customers.ts';
import { readCanary } from '../../db/queries/migration-canary.ts';
import { countOpenCharges, listOpenCharges } from '../../db/queries/migration-charges.ts';
import {
  hasOpenCoverage,
  listUncovered,
  readCoverage,
} from '../../db/queries/migration-coverage.ts';
import { readMigrationFacts } from '../../db/queries/migration-facts.ts';
import { uncoveredCustomers } from '../../db/uncovered-customers.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { insertMigration, type MovedCustomer } from './migration-facts.ts';
import { AT, insertCycle, insertMoneyRecord, type MoneyRecord } from './money-record.ts';

let database: TestDatabase;
let db: Db;
let record: MoneyRecord;
beforeAll(async () => {
  database = await createTestDatabase();
  db = databaseOver(openPool(database.appUrl, { maxConnections: 3 }));
});
afterAll(async () => {
  await db.destroy();
  await database.drop();
});
beforeEach(async () => {
  record = await insertMoneyRecord(db);
});

const month = '2026-12';
const nobody: MovedCustomer = { rows: [], cards: 0, subscriptions: [] };
const read = (migrationId: number) => readCoverage(db, record.merchantId, { migrationId, month });
const listAll = (migrationId: number) =>
  listUncovered(db, record.merchantId, { migrationId, month, after: 0, limit: 100 });

describe('the coverage of a migration', () => {
  const moved = fc.record<MovedCustomer>({
    rows: fc.array(fc.constantFrom('imported', 'refused', 'failed'), { maxLength: 3 }),
    cards: fc.nat({ max: 2 }),
    subscriptions: fc.array(
      fc.tuple(fc.constantFrom('2026-11', '2026-12', '2027-01', null), fc.nat({ max: 9000 })),
      { maxLength: 2 },
    ),
  });

  test('counts every customer and every line once, and the yen of those left without a card', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(moved, { maxLength: 8 }),
        fc.nat({ max: 2 }),
        async (all, strangers) => {
          record = await insertMoneyRecord(db);
          const id = await insertMigration(db, record, all, { strangers });
          const { customers, rows, subscriptions } = await read(id);
          expect(customers.linked).toBe(all.length);
          expect(customers.covered + customers.kept + customers.uncovered).toBe(all.length);
          expect(rows.returned).toBe(rows.imported + rows.failed + rows.quarantined);
          expect(rows.quarantined).toBe(strangers);
          const lines = all.flatMap((customer) => customer.rows);
          expect(rows.imported).toBe(lines.filter((verdict) => verdict === 'imported').length);
          const left = all.filter(({ cards }) => cards === 0);
          const due = left.flatMap((customer) =>
            customer.subscriptions.filter(([next]) => next !== null && next <= month),
          );
          const yen = due.reduce((sum, [, amount]) => sum + amount, 0);
          const known = all.some((customer) => customer.subscriptions.length > 0);
          expect(subscriptions?.atRisk).toEqual(known ? { rows: due.length, yen } : undefined);
          const uncovered = await listAll(id);
          expect(uncovered).toHaveLength(left.length);
          expect(uncovered.reduce((sum, of) => sum + of.due.yen, 0)).toBe(yen);
        },
      ),
      { numRuns: 12 },
    );
  });

  test('says why each is left without a card, and what it puts at risk', async () => {
    const id = await insertMigration(
      db,
      record,
      [
        { rows: ['imported'], cards: 1, subscriptions: [['2026-12', 3000]] },
        { ...nobody, subscriptions: [['2026-12', 2000]] },
        { rows: ['failed', 'refused'], cards: 0, subscriptions: [[null, 500]] },
        { rows: ['imported'], cards: 0, subscriptions: [] },
        { rows: [], cards: 1, subscriptions: [] },
      ],
      { strangers: 1 },
    );
    expect((await listAll(id)).map(({ customerId, reason }) => [customerId, reason])).toEqual([
      [2, 'missing'],
      [3, 'failed'],
      [4, 'removed'],
    ]);
    await deleteCustomer(db, record.merchantId, { id: 3, now: AT });
    expect((await listAll(id)).map(({ reason }) => reason)).toEqual([
      'missing',
      'deleted',
      'removed',
    ]);
    expect(describeCoverage(await read(id))).toBe(
      '対象の顧客 5 人のうち 1 人のカードを移行しました。移行前から移行先のカードがある顧客は 1 人です。取り込めなかった行が 2 件あります。対象外の顧客の行が 1 件あり、取り込んでいません。移行先のカードがない顧客が 3 人います。2026-12 の請求予定のうち 1 件、2,000 円に影響します(ほかに請求月が後または未定の定期受注 1 件)。',
    );
  });

  test('does not take unknown subscriptions for none', async () => {
    const id = await insertMigration(db, record, [nobody]);
    expect(describeCoverage(await read(id))).toContain('影響額は分かりません');
  });
});

describe('customers without a card stand out', () => {
  const uncovered = async () => {
    const { rows } = await uncoveredCustomers(record.merchantId).execute(db);
    return { rows, open: await hasOpenCoverage(db, record.merchantId) };
  };

  test('from the import of their migration on', async () => {
    expect(await uncovered()).toEqual({ rows: [], open: false });
    await insertMigration(db, record, [nobody, { ...nobody, cards: 1 }]);
    expect(await uncovered()).toEqual({ rows: [{ customer_number: 'c1' }], open: true });
  });

  test.each([{ stage: 'accepted' }, { rehearsal: true }])(
    'until it is accepted, and never in a rehearsal: %o',
    async (more) => {
      await insertMigration(db, record, [nobody], more);
      expect(await uncovered()).toEqual({ rows: [], open: false });
    },
  );
});

const moved: MovedCustomer = { rows: ['imported'], cards: 1, subscriptions: [] };
const later = '2026-12-01T00:00:00.000Z';

/** A charge of a customer, with an attempt for each outcome; `open`: nobody knows it yet. */
async function bill(
  customer: string,
  of: { cycleId: number; at: string; outcomes: readonly string[] },
): Promise<number> {
  const { id } = await db
    .insertInto('charges')
    .values({
      ...{
        merchant_id: record.merchantId,
        cycle_id: of.cycleId,
        order_number: `${customer}-${of.at}`,
      },
      ...{ customer_number: customer, previous_order_number: 'p', position: 1, created_at: AT },
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  const own = { charge_id: id, merchant_id: record.merchantId };
  await db
    .insertInto('charge_items')
    .values({ ...own, origin_charge_id: id, yen: 1000 })
    .execute();
  for (const [at, outcome] of of.outcomes.entries()) {
    const slot = { ...own, n: at + 1 };
    await db
      .insertInto('attempts')
      .values({
        ...slot,
        kind: 'authorization',
        exchange_id: 1,
        amount_yen: 1000,
        claimed_at: of.at,
      })
      .execute();
    if (outcome === 'open') continue;
    const answer = { outcome: outcome as 'ok', recorded_at: of.at };
    const capture = { capture_before: outcome === 'ok' ? later : null };
    await db
      .insertInto('outcomes')
      .values({ ...slot, ...answer, ...capture })
      .execute();
  }
  return id;
}

test('authorizations that live at the old PSP are named and counted until they end', async () => {
  const migrationId = await insertMigration(db, record, [moved, moved, moved, moved]);
  const { cycleId, merchantId } = record;
  const at = AT;
  const captured = await bill('c1', { cycleId, at, outcomes: ['ok'] });
  await bill('c2', { cycleId, at, outcomes: ['declined'] });
  await bill('c3', { cycleId, at, outcomes: ['declined', 'open'] });
  await bill('c4', { cycleId, at, outcomes: ['ok'] });
  await bill('of-nobody-moved', { cycleId, at, outcomes: ['ok'] });
  const page = { migrationId, after: '', limit: 10 };
  const list = async () =>
    (await listOpenCharges(db, merchantId, page)).map(({ orderNumber, customerId, state }) => [
      orderNumber,
      customerId,
      state,
    ]);
  const rest = [
    [`c3-${at}`, 3, 'sent'],
    [`c4-${at}`, 4, 'authorized'],
  ];
  expect(await list()).toEqual([[`c1-${at}`, 1, 'authorized'], ...rest]);
  const slot = { charge_id: captured, n: 1, k: 1, merchant_id: merchantId };
  const ending = { kind: 'capture', amount_yen: 1000, claimed_at: at } as const;
  await db
    .insertInto('endings')
    .values({ ...slot, ...ending })
    .execute();
  expect((await list())[0]).toEqual([`c1-${at}`, 1, 'capture_sent']);
  await db
    .insertInto('ending_results')
    .values({ ...slot, result: 'captured', recorded_at: at })
    .execute();
  expect(await list()).toEqual(rest);
  expect(await countOpenCharges(db, merchantId, migrationId)).toEqual({ rows: 2, yen: 2000 });
});

describe('the first billing of a canary', () => {
  test('is that of its first month after the import, beside everybody else', async () => {
    const migrationId = await insertMigration(db, record, [moved, moved, moved], {
      importedAt: later,
    });
    const first = { cycleId: record.cycleId, at: '2026-11-30T00:00:00.000Z' };
    await bill('c1', { ...first, outcomes: ['declined'] });
    const of = () => readCanary(db, record.merchantId, { migrationId });
    expect(await of()).toMatchObject({ month: null, migrated: { billed: 0 } });

    const cycleId = await insertCycle(db, record.merchantId, '2026-12');
    const second = { cycleId, at: later };
    await bill('c1', { ...second, outcomes: ['rejected', 'ok'] });
    await bill('c2', { ...second, outcomes: ['declined', 'open'] });
    await bill('c3', { ...second, outcomes: ['open'] });
    await bill('x1', { ...second, outcomes: ['ok'] });
    expect(await of()).toEqual({
      month: '2026-12',
      migrated: { billed: 3, authorized: 1, declined: 1, open: 1 },
      others: { billed: 1, authorized: 1, declined: 0, open: 0 },
    });
  });

  test('lets the rest go once it is answered and good, and not before', async () => {
    const canaryId = await insertMigration(db, record, [moved], {
      importedAt: later,
      stage: 'accepted',
    });
    const { number } = await db
      .selectFrom('card_migrations')
      .select('number')
      .where('id', '=', canaryId)
      .executeTakeFirstOrThrow();
    const started = await startMigration(db, record.merchantId, {
      ...{ service: 'YAMATO', oldService: 'old', scope: { kind: 'all' }, follows: number },
      ...{ rehearsal: false, requestKey: 'rest', actor: 'test', now: AT },
    });
    if (typeof started === 'string') throw new Error(started);
    const { migration } = started;
    const settings = merchantSettingsSchema.parse({
      cardMigration: { canary: { minAnswered: 2 } },
    });
    const standsInTheWay = async () =>
      (await readMigrationFacts(db, record.merchantId, { migration, settings })).checks.canary;
    expect(await standsInTheWay()).toContain('まだ行われていません');
    const cycleId = await insertCycle(db, record.merchantId, '2026-12');
    await bill('c1', { cycleId, at: later, outcomes: ['open'] });
    expect(await standsInTheWay()).toContain('結果待ち 1 件');
    await bill('c1', { cycleId, at: '2026-12-01T00:00:01.000Z', outcomes: ['ok'] });
    expect(await standsInTheWay()).toContain('結果待ち 1 件');
    const slot = { merchant_id: record.merchantId, n: 1, outcome: 'ok' } as const;
    const { id } = await db
      .selectFrom('charges')
      .select('id')
      .where('order_number', '=', `c1-${later}`)
      .where('merchant_id', '=', record.merchantId)
      .executeTakeFirstOrThrow();
    const answer = { ...slot, charge_id: id, recorded_at: later, capture_before: later };
    await db.insertInto('outcomes').values(answer).execute();
    expect(await standsInTheWay()).toBeNull();
  });

  test('is nobody whom a rehearsal or a cancelled migration moved', async () => {
    for (const more of [{ rehearsal: true }, { stage: 'cancelled' }]) {
      const id = await insertMigration(db, record, [moved], more);
      const { number: follows } = await db
        .selectFrom('card_migrations')
        .select('number')
        .where('id', '=', id)
        .executeTakeFirstOrThrow();
      const started = await startMigration(db, record.merchantId, {
        ...{ service: 'YAMATO', oldService: 'old', scope: { kind: 'all' }, follows },
        ...{ rehearsal: false, requestKey: `after-${id}`, actor: 'test', now: AT },
      });
      expect(started).toBe('unknown_canary');
    }
  });
});
