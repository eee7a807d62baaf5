import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { retryMerge, type Trx } from '../../db/database.ts';
import { appendAudit } from '../../db/queries/audit.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { insertAttempt, insertContradiction, insertEnding, insertOutcome } from './money-facts.ts';
import { AT, insertCycle, insertMoneyRecord, type MoneyRecord, readState } from './money-record.ts';
import {
  type Contestant,
  closeTrack,
  expectOneWinner,
  inTransaction,
  openTrack,
  prepareAuthorized,
  prepareDeclined,
  prepareSent,
  ROUNDS,
  race,
  type Track,
  UNIQUE,
} from './race.ts';

let database: TestDatabase;
let track: Track;
let record: MoneyRecord;

beforeAll(async () => {
  database = await createTestDatabase();
  track = openTrack(database);
  record = await insertMoneyRecord(track.left);
});
afterAll(async () => {
  await closeTrack(track);
  await database.drop();
});

describe('one key, one winner', () => {
  test.each([
    ['capture ∥ expiry', 'expired', ['capture_sent', 'expired']],
    ['capture ∥ void', 'void', ['capture_sent', 'void_sent']],
  ] as const)('%s', async (_race, rival, states) => {
    const charges = await prepareAuthorized(track.left, record, ROUNDS);
    for (const [round, charge] of charges.entries()) {
      const endings = await race(
        track,
        round,
        inTransaction((trx) => insertEnding(trx, record, { charge, n: 1, k: 1, kind: 'capture' })),
        inTransaction((trx) => insertEnding(trx, record, { charge, n: 1, k: 1, kind: rival })),
      );
      expectOneWinner(endings, `round ${round}`);
      expect((await readState(track.left, charge)).state).toBe(states[endings.indexOf('won')]);
    }
  });

  test('carry-over ∥ new attempt', async () => {
    const charges = await prepareDeclined(track.left, record, ROUNDS);
    for (const [round, charge] of charges.entries()) {
      const endings = await race(
        track,
        round,
        inTransaction((trx) => insertAttempt(trx, record, { charge, n: 2, kind: 'carried_over' })),
        inTransaction((trx) => insertAttempt(trx, record, { charge, n: 2 })),
      );
      expectOneWinner(endings, `round ${round}`);
      const state = endings[0] === 'won' ? 'carried_over' : 'sent';
      expect((await readState(track.left, charge)).state).toBe(state);
    }
  });

  test('two cycles claim one order number', async () => {
    const december = await insertCycle(track.left, record.merchantId, '2026-12');
    const claim = (cycleId: number, round: number) => (trx: Trx) =>
      sql`insert into charges (merchant_id, cycle_id, order_number, customer_number,
          previous_order_number, position, created_at)
        values (${record.merchantId}, ${cycleId}, ${`contested-${round}`}, '1', '1', 1, ${AT})`.execute(
        trx,
      );
    for (let round = 0; round < ROUNDS; round += 1) {
      const endings = await race(
        track,
        round,
        inTransaction(claim(record.cycleId, round)),
        inTransaction(claim(december, round)),
      );
      expectOneWinner(endings, `round ${round}`);
    }
  });

  test('late OK ∥ settled as not sent: the OK is never lost', async () => {
    const charges = await prepareSent(track.left, record, ROUNDS);
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
        track,
        round,
        mergeLateOk,
        inTransaction((trx) => insertOutcome(trx, record, { charge, n: 1, outcome: 'not_sent' })),
      );
      const { state } = await readState(track.left, charge);
      expect(state, `round ${round}`).toBe(settled === 'won' ? 'quarantined' : 'authorized');
      expect(['won', UNIQUE]).toContain(settled);
    }
  });

  test('two merges of one file: each row once, both come to an end', async () => {
    const rowsPerFile = 5;
    const charges = await prepareSent(track.left, record, ROUNDS * rowsPerFile);
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
      expect(await race(track, round, merge, merge), `round ${round}`).toEqual(['won', 'won']);
      expect([...merged].sort(), `round ${round}`).toEqual([0, rowsPerFile]);
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
    const endings = await race(track, round, append('left.acted'), append('right.acted'));
    expect(endings, `round ${round}`).toEqual(['won', 'won']);
  }
  const { rows } = await sql<{ entries: number; last: number }>`
    select count(*) as entries, max(n) as last from audit_entries
    where chain_id = ${record.merchantId}`.execute(track.left);
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
    expectOneWinner(await race(track, round, act, act), `round ${round}`);
  }
});
