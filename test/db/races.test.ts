import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Db,
  openDatabase,
  readBrokenRule,
  readSqlState,
  retryMerge,
  type Trx,
} from '../../db/database.ts';
import { appendAudit } from '../../db/queries/audit.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import {
  AT,
  type Charge,
  insertAttempt,
  insertCharges,
  insertContradiction,
  insertCycle,
  insertEnding,
  insertMoneyRecord,
  insertOutcome,
  type MoneyRecord,
  readState,
} from './money-record.ts';

/** Every race of design section 7: two real connections, released together, as the application. */
const ROUNDS = 200;

let database: TestDatabase;
/** Two pools of one connection each: the contestants never share one. */
let left: Db;
let right: Db;
let record: MoneyRecord;

beforeAll(async () => {
  database = await createTestDatabase();
  left = openDatabase(database.appUrl, { maxConnections: 1 });
  right = openDatabase(database.appUrl, { maxConnections: 1 });
  record = await insertMoneyRecord(left);
});
afterAll(async () => {
  await left.destroy();
  await right.destroy();
  await database.drop();
});

type Contestant = (db: Db) => Promise<unknown>;
type Ending = 'won' | string;

/** Both begin, then both act and commit; who goes to the socket first alternates. */
async function race(
  round: number,
  first: Contestant,
  second: Contestant,
): Promise<[Ending, Ending]> {
  const run = async (db: Db, contestant: Contestant): Promise<Ending> => {
    try {
      await contestant(db);
      return 'won';
    } catch (error) {
      return readBrokenRule(error) ?? readSqlState(error) ?? String(error);
    }
  };
  if (round % 2 === 0) return await Promise.all([run(left, first), run(right, second)]);
  const [ofSecond, ofFirst] = await Promise.all([run(right, second), run(left, first)]);
  return [ofFirst, ofSecond];
}

/** A contestant whose transaction is open before it is released. */
function inTransaction(act: (trx: Trx) => Promise<unknown>): Contestant {
  return (db) => db.transaction().execute(async (trx) => await act(trx));
}

const UNIQUE = '23505';

/** One of the two facts stands, and the loser was told by the unique key. */
function expectOneWinner(endings: [Ending, Ending], where: string): void {
  expect([...endings].sort(), where).toEqual([UNIQUE, 'won']);
}

async function prepareAuthorized(db: Db, count: number): Promise<Charge[]> {
  const charges = await prepareSent(db, count);
  await sql`insert into outcomes (charge_id, n, merchant_id, outcome, capture_before, recorded_at)
    select id, 1, ${record.merchantId}, 'ok', ${AT}, ${AT}
    from unnest(${charges.map((c) => c.chargeId)}::bigint[]) id`.execute(db);
  return charges;
}

async function prepareSent(db: Db, count: number, exchangeId = 1): Promise<Charge[]> {
  const charges = await insertCharges(db, record, count);
  await sql`insert into attempts (charge_id, n, merchant_id, kind, exchange_id, amount_yen, claimed_at)
    select id, 1, ${record.merchantId}, 'authorization', ${exchangeId}, 1000, ${AT}
    from unnest(${charges.map((c) => c.chargeId)}::bigint[]) id`.execute(db);
  return charges;
}

async function prepareDeclined(db: Db, count: number): Promise<Charge[]> {
  const charges = await prepareSent(db, count);
  await sql`insert into outcomes (charge_id, n, merchant_id, outcome, recorded_at)
    select id, 1, ${record.merchantId}, 'declined', ${AT}
    from unnest(${charges.map((c) => c.chargeId)}::bigint[]) id`.execute(db);
  return charges;
}

describe('one key, one winner', () => {
  test.each([
    ['capture ∥ expiry', 'expired', ['capture_sent', 'expired']],
    ['capture ∥ void', 'void', ['capture_sent', 'void_sent']],
  ] as const)('%s', async (_race, rival, states) => {
    const charges = await prepareAuthorized(left, ROUNDS);
    for (const [round, charge] of charges.entries()) {
      const endings = await race(
        round,
        inTransaction((trx) => insertEnding(trx, record, { charge, n: 1, k: 1, kind: 'capture' })),
        inTransaction((trx) => insertEnding(trx, record, { charge, n: 1, k: 1, kind: rival })),
      );
      expectOneWinner(endings, `round ${round}`);
      expect((await readState(left, charge)).state).toBe(states[endings.indexOf('won')]);
    }
  });

  test('carry-over ∥ new attempt', async () => {
    const charges = await prepareDeclined(left, ROUNDS);
    for (const [round, charge] of charges.entries()) {
      const endings = await race(
        round,
        inTransaction((trx) => insertAttempt(trx, record, { charge, n: 2, kind: 'carried_over' })),
        inTransaction((trx) => insertAttempt(trx, record, { charge, n: 2 })),
      );
      expectOneWinner(endings, `round ${round}`);
      const state = endings[0] === 'won' ? 'carried_over' : 'sent';
      expect((await readState(left, charge)).state).toBe(state);
    }
  });

  test('two cycles claim one order number', async () => {
    const december = await insertCycle(left, record.merchantId, '2026-12');
    const claim = (cycleId: number, round: number) => (trx: Trx) =>
      sql`insert into charges (merchant_id, cycle_id, order_number, customer_number,
          previous_order_number, position, created_at)
        values (${record.merchantId}, ${cycleId}, ${`contested-${round}`}, '1', '1', 1, ${AT})`.execute(
        trx,
      );
    for (let round = 0; round < ROUNDS; round += 1) {
      const endings = await race(
        round,
        inTransaction(claim(record.cycleId, round)),
        inTransaction(claim(december, round)),
      );
      expectOneWinner(endings, `round ${round}`);
    }
  });

  test('late OK ∥ settled as not sent: the OK is never lost', async () => {
    const charges = await prepareSent(left, ROUNDS);
    for (const [round, charge] of charges.entries()) {
      // What a merge does: look, then fill the slot, or else record the contradiction.
      const mergeLateOk: Contestant = (db) =>
        retryMerge(() =>
          db.transaction().execute(async (trx) => {
            const filled = await trx
              .selectFrom('outcomes')
              .select('outcome')
              .where('charge_id', '=', charge.chargeId)
              .executeTakeFirst();
            if (filled === undefined) {
              await insertOutcome(trx, record, { charge, n: 1, outcome: 'ok' });
            } else {
              await insertContradiction(trx, record, { charge, n: 1 });
            }
          }),
        );
      const [, settled] = await race(
        round,
        mergeLateOk,
        inTransaction((trx) => insertOutcome(trx, record, { charge, n: 1, outcome: 'not_sent' })),
      );
      const { state } = await readState(left, charge);
      expect(state, `round ${round}`).toBe(settled === 'won' ? 'quarantined' : 'authorized');
      expect(['won', UNIQUE]).toContain(settled);
    }
  });

  test('two merges of one file: each row once, both come to an end', async () => {
    const rowsPerFile = 5;
    const charges = await prepareSent(left, ROUNDS * rowsPerFile);
    for (let round = 0; round < ROUNDS; round += 1) {
      const ids = charges
        .slice(round * rowsPerFile, (round + 1) * rowsPerFile)
        .map((c) => c.chargeId);
      const merged: number[] = [];
      const merge: Contestant = (db) =>
        retryMerge(() =>
          db.transaction().execute(async (trx) => {
            const result = await sql`
              insert into outcomes (charge_id, n, merchant_id, outcome, capture_before, recorded_at)
              select id, 1, ${record.merchantId}, 'ok', ${AT}, ${AT}
              from unnest(${ids}::bigint[]) id
              where not exists (select from outcomes o where o.charge_id = id)
              order by id`.execute(trx);
            return Number(result.numAffectedRows);
          }),
        ).then((rows) => merged.push(rows));
      expect(await race(round, merge, merge), `round ${round}`).toEqual(['won', 'won']);
      expect([...merged].sort(), `round ${round}`).toEqual([0, rowsPerFile]);
    }
  });
});

/** The instant at which a contestant held the merchant's lock; both hold it until they commit. */
async function readLockedAt(trx: Trx): Promise<number> {
  const { rows } = await sql<{ at: number }>`
    select (extract(epoch from clock_timestamp()) * 1e6)::bigint as at`.execute(trx);
  return rows[0]!.at;
}

/** Attempt 2 or a capture against a contradiction: whoever comes second must have seen the first. */
async function raceAgainstContradiction(
  round: number,
  charge: Charge,
  claim: (trx: Trx) => Promise<unknown>,
): Promise<'seen' | 'missed'> {
  let claimedAt = 0;
  let foundAt = 0;
  const [claimed, found] = await race(
    round,
    inTransaction(async (trx) => {
      await claim(trx);
      claimedAt = await readLockedAt(trx);
    }),
    inTransaction(async (trx) => {
      await insertContradiction(trx, record, { charge, n: 1 });
      foundAt = await readLockedAt(trx);
    }),
  );
  // A contradiction is a fact and always recorded.
  expect(found, `round ${round}`).toBe('won');
  if (claimed !== 'won') expect(claimed, `round ${round}`).toBe('no_open_contradiction');
  return claimed === 'won' && claimedAt > foundAt ? 'missed' : 'seen';
}

describe('two tables, one lock', () => {
  test('attempt n+1 ∥ contradiction', async () => {
    for (const [round, charge] of (await prepareDeclined(left, ROUNDS)).entries()) {
      const claim = (trx: Trx) => insertAttempt(trx, record, { charge, n: 2 });
      expect(await raceAgainstContradiction(round, charge, claim), `round ${round}`).toBe('seen');
    }
  });

  test('capture ∥ contradiction', async () => {
    for (const [round, charge] of (await prepareAuthorized(left, ROUNDS)).entries()) {
      const claim = (trx: Trx) =>
        insertEnding(trx, record, { charge, n: 1, k: 1, kind: 'capture' });
      expect(await raceAgainstContradiction(round, charge, claim), `round ${round}`).toBe('seen');
    }
  });

  test('item added ∥ attempt claimed', async () => {
    const origins = await prepareDeclined(left, ROUNDS);
    await sql`insert into attempts (charge_id, n, merchant_id, kind, amount_yen, claimed_at)
      select id, 2, ${record.merchantId}, 'carried_over', 0, ${AT}
      from unnest(${origins.map((c) => c.chargeId)}::bigint[]) id`.execute(left);
    const charges = await insertCharges(left, record, ROUNDS);
    for (const [round, charge] of charges.entries()) {
      const [added, claimed] = await race(
        round,
        inTransaction((trx) =>
          trx
            .insertInto('charge_items')
            .values({
              charge_id: charge.chargeId,
              origin_charge_id: origins[round]!.chargeId,
              merchant_id: record.merchantId,
              yen: 1000,
            })
            .execute(),
        ),
        inTransaction((trx) => insertAttempt(trx, record, { charge, n: 1 })),
      );
      const { state, amount_yen } = await readState(left, charge);
      if (added === 'won') {
        expect(claimed, `round ${round}`).toBe('authorization_amount_is_the_sum_of_the_items');
        expect([state, amount_yen]).toEqual(['planned', 2000]);
      } else {
        expect([added, claimed], `round ${round}`).toEqual([
          'items_are_complete_before_the_first_attempt',
          'won',
        ]);
        expect([state, amount_yen]).toEqual(['sent', 1000]);
      }
    }
  });

  test('without the lock the contradiction is missed: the race would find it', async () => {
    const owner = openDatabase(database.ownerUrl);
    const { rows } = await sql<{ definition: string }>`
      select pg_get_functiondef('lock_merchant'::regproc) as definition`.execute(owner);
    await sql`create or replace function lock_merchant(merchant_id bigint) returns void
      language sql set search_path = public, pg_temp as ''`.execute(owner);
    try {
      const seen = new Set<string>();
      for (const [round, charge] of (await prepareDeclined(left, ROUNDS)).entries()) {
        const claim = (trx: Trx) => insertAttempt(trx, record, { charge, n: 2 });
        seen.add(await raceAgainstContradiction(round, charge, claim));
        if (seen.has('missed')) break;
      }
      expect(seen).toContain('missed');
    } finally {
      await sql.raw(rows[0]!.definition).execute(owner);
      await owner.destroy();
    }
  });
});

test('two audit appends: one chain without a gap', async () => {
  const append: (act: string) => Contestant = (act) => (db) =>
    appendAudit(db, record.merchantId, {
      at: AT,
      actor: 'test',
      act,
      subject: 'race',
      reason: null,
      details: {},
    });
  for (let round = 0; round < ROUNDS; round += 1) {
    const endings = await race(round, append('left.acted'), append('right.acted'));
    expect(endings, `round ${round}`).toEqual(['won', 'won']);
  }
  const { rows } = await sql<{ entries: number; last: number }>`
    select count(*) as entries, max(n) as last from audit_entries
    where chain_id = ${record.merchantId}`.execute(left);
  expect(rows).toEqual([{ entries: 2 * ROUNDS, last: 2 * ROUNDS }]);
});

test('two exchanges never share a number', async () => {
  const exchange = (number: number) => (trx: Trx) =>
    sql`insert into exchanges (merchant_id, cycle_id, billing_month, kind, number, transport, stage,
        file_id, records, amount_yen, created_at)
      values (${record.merchantId}, ${record.cycleId}, '2026-11', 'auth', ${number}, 'portal',
        'built', ${record.fileId}, 1, 1000, ${AT})`.execute(trx);
  for (let round = 0; round < ROUNDS; round += 1) {
    const act = inTransaction(exchange(round + 1));
    expectOneWinner(await race(round, act, act), `round ${round}`);
  }
});
