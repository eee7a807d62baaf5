import fc from 'fast-check';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Db, openDatabase, type Trx } from '../../db/database.ts';
import { readTalliedStates } from '../../db/queries/charge-tallies.ts';
import { checkConservation } from '../../db/queries/conservation.ts';
import { readCycleReport } from '../../db/queries/cycle-report.ts';
import { requireCycle } from '../../db/queries/cycles.ts';
import { countOpenRows } from '../../db/queries/open-rows.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { type CollectedMonth, insertCollectedMonth } from './collected-month.ts';
import { insertAttempt, insertEnding, insertEndingResult, insertOutcome } from './money-facts.ts';
import {
  AT,
  type Charge,
  insertCycle,
  insertExchange,
  insertFileLine,
  insertVerdict,
} from './money-record.ts';

/**
 * Random months against real Postgres: whatever facts come in whatever order, as far as the database
 * takes them, every row and every yen of the month is still there, in its sums and in its report.
 */
let database: TestDatabase;
let db: Db;

beforeAll(async () => {
  database = await createTestDatabase();
  // As owner: the fixture corrects the sums of files that it makes line by line.
  db = openDatabase(database.ownerUrl, { maxConnections: 3 });
});
afterAll(async () => {
  await db.destroy();
  await database.drop();
});

interface Place {
  readonly charge: Charge;
  n: number;
  k: number;
  exchangeId: number | null;
}
interface World {
  readonly month: CollectedMonth;
  readonly nextMonth: number;
}
type Step = (trx: Trx, world: World, at: Place, share: number) => Promise<void>;

/** A file of one line, whose sums are its own. */
async function claimLine(trx: Trx, { month }: World, kind: 'auth' | 'capture', yen: number) {
  const exchangeId = await insertExchange(trx, month, kind);
  await sql`update exchanges set amount_yen = ${yen} where id = ${exchangeId}`.execute(trx);
  return exchangeId;
}

const answerIn =
  (act: Step): Step =>
  async (trx, world, at, share) => {
    await act(trx, world, at, share);
    if (at.exchangeId === null) return;
    const round = { exchangeId: at.exchangeId, round: 1, lineNumber: 2, verdict: 'ok' } as const;
    await insertVerdict(trx, world.month, round);
  };

const end = (kind: 'capture' | 'void' | 'expired'): Step => {
  return async (trx, world, at, share) => {
    const yen = kind === 'capture' ? Math.max(1, Math.floor(at.charge.yen * share)) : at.charge.yen;
    const exchangeId = kind === 'capture' ? await claimLine(trx, world, 'capture', yen) : null;
    if (kind === 'capture' && yen < at.charge.yen) await askForPart(trx, world, at, yen);
    const slot = { charge: at.charge, n: at.n, k: at.k + 1 };
    await insertEnding(trx, world.month, {
      ...{ ...slot, kind, yen },
      ...(exchangeId === null ? {} : { exchangeId }),
    });
    if (exchangeId !== null) {
      const line = { ...slot, exchangeId, lineNumber: 2, charge: { ...at.charge, yen } };
      await insertFileLine(trx, world.month, line);
    }
    Object.assign(at, { k: at.k + 1, exchangeId });
  };
};

/** A part is captured because a person asked for it, once an authorization. */
async function askForPart(trx: Trx, { month }: World, at: Place, yen: number): Promise<void> {
  const { merchantId } = month;
  const key = `part-${at.charge.chargeId}-${at.n}`;
  await sql`
    with decided as (
      insert into decisions (merchant_id, idempotency_key, workflow_id, act, body, actor, decided_at)
      values (${merchantId}, ${key}, 'test', 'capture-charges', '{}', 'operator', ${AT})
      returning id)
    insert into capture_requests (charge_id, n, merchant_id, decision_id, requested_at, amount_yen)
    select ${at.charge.chargeId}, ${at.n}, ${merchantId}, id, ${AT}, ${yen} from decided`.execute(
    trx,
  );
}

const closeBy =
  (kind: 'cancelled' | 'given_up' | 'released'): Step =>
  async (trx, { month }, at) => {
    await insertAttempt(trx, month, { charge: at.charge, n: at.n + 1, kind });
    Object.assign(at, { n: at.n + 1, k: 0, exchangeId: null });
  };

const steps: Record<string, Step> = {
  authorize: async (trx, world, at) => {
    const exchangeId = await claimLine(trx, world, 'auth', at.charge.yen);
    const n = at.n + 1;
    await insertAttempt(trx, world.month, { charge: at.charge, n, exchangeId });
    const line = { exchangeId, lineNumber: 2, charge: at.charge, n };
    await insertFileLine(trx, world.month, line);
    Object.assign(at, { n, k: 0, exchangeId });
  },
  ok: answerIn((trx, { month }, { charge, n }) =>
    insertOutcome(trx, month, { charge, n, outcome: 'ok' }),
  ),
  declined: answerIn((trx, { month }, { charge, n }) =>
    insertOutcome(trx, month, { charge, n, outcome: 'declined' }),
  ),
  notSent: (trx, { month }, { charge, n }) =>
    insertOutcome(trx, month, { charge, n, outcome: 'not_sent' }),
  capture: end('capture'),
  void: end('void'),
  expire: end('expired'),
  captured: answerIn((trx, { month }, { charge, n, k }) =>
    insertEndingResult(trx, month, { charge, n, k, result: 'captured' }),
  ),
  voided: (trx, { month }, { charge, n, k }) =>
    insertEndingResult(trx, month, { charge, n, k, result: 'voided' }),
  refused: (trx, { month }, { charge, n, k }) =>
    insertEndingResult(trx, month, { charge, n, k, result: 'refused' }),
  cancel: closeBy('cancelled'),
  giveUp: closeBy('given_up'),
  release: closeBy('released'),
  /** Its yen go on to a charge of next month, as one item. */
  carryOver: async (trx, { month, nextMonth }, at) => {
    const { merchantId } = month;
    await insertAttempt(trx, month, { charge: at.charge, n: at.n + 1, kind: 'carried_over' });
    await sql`
      with next as (
        insert into charges (merchant_id, cycle_id, order_number, customer_number,
                             previous_order_number, position, created_at)
        values (${merchantId}, ${nextMonth}, ${`next-${at.charge.chargeId}`}, '9', '1', 1, ${AT})
        returning id)
      insert into charge_items (charge_id, origin_charge_id, merchant_id, yen)
      select id, id, ${merchantId}::bigint, 700 from next
      union all select id, ${at.charge.chargeId}::bigint, ${merchantId}, ${at.charge.yen}::int from next`.execute(
      trx,
    );
    Object.assign(at, { n: at.n + 1, k: 0, exchangeId: null });
  },
};
const names = Object.keys(steps);

/** Tries a step as one transaction; false when the database refused it. */
async function happens(world: World, at: Place, name: string, share: number): Promise<boolean> {
  const before = { ...at };
  try {
    await db.transaction().execute((trx) => steps[name]!(trx, world, at, share));
    return true;
  } catch (error) {
    Object.assign(at, before);
    if (error instanceof pg.DatabaseError && ['TK001', '23505'].includes(error.code ?? '')) {
      return false;
    }
    throw error;
  }
}

const sum = (counts: readonly { rows: number; yen: number }[]) => ({
  rows: counts.reduce((total, { rows }) => total + rows, 0),
  yen: counts.reduce((total, { yen }) => total + yen, 0),
});

/** Everything that must hold of a month at every moment. */
async function expectConserved({ month, nextMonth }: World): Promise<void> {
  const { merchantId, cycleId, charges } = month;
  expect(await checkConservation(db, merchantId, cycleId)).toEqual({
    ...{ rows: true, yen: true, broken: [] },
  });
  const report = await readCycleReport(
    db,
    merchantId,
    await requireCycle(db, merchantId, '2026-11'),
  );
  const selected = {
    rows: charges.length,
    yen: charges.reduce((total, { yen }) => total + yen, 0),
  };
  expect(sum(report.orders.filter(({ verdict }) => verdict === 'selected'))).toEqual(selected);
  expect(sum(report.charges)).toEqual(selected);
  const authorized = report.authorizations.filter(({ outcome }) => outcome === 'ok');
  // Each authorization stands under exactly one end of its window.
  expect(sum(Object.values(report.deadlines))).toEqual(sum(authorized));
  expect(sum(report.exchanges.map(({ sent }) => sent))).toEqual(
    sum([...report.authorizations, ...report.endings.filter(({ kind }) => kind === 'capture')]),
  );
  const { rows } = await sql<{ captured: number; carried: number; taken: number; open: number }>`
    select (select coalesce(sum(captured_yen), 0)::float8 from charge_states
             where cycle_id = ${cycleId}) as captured,
           (select coalesce(sum(amount_yen), 0)::float8 from charge_states
             where cycle_id = ${cycleId} and state = 'carried_over') as carried,
           (select coalesce(sum(i.yen), 0)::float8 from charge_items i join charges c
               on c.id = i.charge_id where c.cycle_id = ${nextMonth}
              and i.origin_charge_id <> i.charge_id) as taken,
           (select count(*)::int from charge_states where cycle_id = ${cycleId} and state not in
             ('captured', 'voided', 'carried_over', 'cancelled', 'given_up')) as open`.execute(db);
  const [told] = rows;
  // What was captured is what the ledger says; what was handed on is what next month took over.
  const captured = report.endings.filter(({ result }) => result === 'captured');
  expect(told?.captured).toBe(sum(captured).yen);
  expect(told?.carried).toBe(told?.taken);
  expect(told?.captured).toBeLessThanOrEqual(sum(authorized).yen);
  const open = await countOpenRows(db, merchantId, cycleId);
  expect(sum(open).rows).toBe(told?.open);
  await expectTallied(month);
}

/** Months that their tallies told. */
let toldByTallies = 0;

/** What was added up as the facts were written tells the states as the charges do, or nothing at all. */
async function expectTallied({ merchantId, cycleId }: CollectedMonth): Promise<void> {
  const rule = { policy: 'immediate', waveAt: '10:00', authorizedThrough: null } as const;
  const tallied = await readTalliedStates(db, merchantId, { cycleId, rule, now: AT });
  if (tallied === null) return;
  toldByTallies += 1;
  const { rows } = await sql<{ state: string; captureBefore: string; rows: number; yen: number }>`
    select state, case when state in ('authorized', 'capture_sent') then capture_before end
             as "captureBefore", count(*)::int as rows, sum(amount_yen)::float8 as yen
      from charge_states where cycle_id = ${cycleId} group by 1, 2`.execute(db);
  const byWindow = new Map<string, { rows: number; yen: number }>();
  for (const { state, captureBefore, rows: count, yen } of tallied) {
    const key = `${state} ${captureBefore}`;
    const before = byWindow.get(key) ?? { rows: 0, yen: 0 };
    byWindow.set(key, { rows: before.rows + count, yen: before.yen + yen });
  }
  expect(byWindow).toEqual(
    new Map(
      rows.map((row) => [`${row.state} ${row.captureBefore}`, { rows: row.rows, yen: row.yen }]),
    ),
  );
}

/** Steps that random ones seldom find: each run begins with one of these, so that none is missed. */
const paths = [
  ['authorize', 'ok', 'capture', 'captured'],
  ['authorize', 'ok', 'expire', 'authorize', 'ok'],
  ['authorize', 'ok', 'void', 'voided', 'authorize'],
  ['authorize', 'declined', 'carryOver'],
  ['authorize', 'ok', 'capture', 'refused', 'capture', 'captured'],
  ['cancel', 'release', 'giveUp', 'release', 'authorize', 'notSent'],
];

test('rows and yen are conserved through every transition of random months', async () => {
  const happened = new Set<string>();
  let run = 0;
  const seed = 20_261_122;
  const act = fc.record({
    charge: fc.nat(),
    name: fc.constantFrom(...names),
    share: fc.constantFrom(1, 1, 0.4),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 9_999_999 }), { minLength: 2, maxLength: 4 }),
      fc.array(act, { minLength: 20, maxLength: 20 }),
      async (amounts, acts) => {
        const path = paths[run % paths.length] ?? [];
        run += 1;
        const month = await insertCollectedMonth(db, amounts);
        const world = { month, nextMonth: await insertCycle(db, month.merchantId, '2026-12') };
        const places = month.charges.map((charge) => ({ charge, n: 0, k: 0, exchangeId: null }));
        const first = path.map((name) => ({ charge: 0, name, share: 0.5 }));
        for (const { charge, name, share } of [...first, ...acts]) {
          const at = places[charge % places.length]!;
          if (!(await happens(world, at, name, share))) continue;
          happened.add(name);
          await expectConserved(world);
        }
      },
    ),
    { numRuns: paths.length, seed, endOnFailure: true },
  );
  expect([...happened].sort()).toEqual([...names].sort());
  expect(toldByTallies).toBeGreaterThan(paths.length);
});
