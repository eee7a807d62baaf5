import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase, type Trx } from '../../db/database.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { insertAttempt, insertContradiction, insertEnding } from './money-facts.ts';
import {
  AT,
  type Charge,
  insertCharges,
  insertMoneyRecord,
  type MoneyRecord,
  readState,
} from './money-record.ts';
import {
  closeTrack,
  inTransaction,
  openTrack,
  prepareAuthorized,
  prepareDeclined,
  ROUNDS,
  race,
  type Track,
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
    track,
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
    for (const [round, charge] of (await prepareDeclined(track.left, record, ROUNDS)).entries()) {
      const claim = (trx: Trx) => insertAttempt(trx, record, { charge, n: 2 });
      expect(await raceAgainstContradiction(round, charge, claim), `round ${round}`).toBe('seen');
    }
  });

  test('capture ∥ contradiction', async () => {
    for (const [round, charge] of (await prepareAuthorized(track.left, record, ROUNDS)).entries()) {
      const claim = (trx: Trx) =>
        insertEnding(trx, record, { charge, n: 1, k: 1, kind: 'capture' });
      expect(await raceAgainstContradiction(round, charge, claim), `round ${round}`).toBe('seen');
    }
  });

  test('item added ∥ attempt claimed', async () => {
    const origins = await prepareDeclined(track.left, record, ROUNDS);
    await sql`insert into attempts (charge_id, n, merchant_id, kind, amount_yen, claimed_at)
      select id, 2, ${record.merchantId}, 'carried_over', 0, ${AT}
      from unnest(${origins.map((c) => c.chargeId)}::bigint[]) id`.execute(track.left);
    const charges = await insertCharges(track.left, record, ROUNDS);
    for (const [round, charge] of charges.entries()) {
      const [added, claimed] = await race(
        track,
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
      const { state, amount_yen } = await readState(track.left, charge);
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
      for (const [round, charge] of (await prepareDeclined(track.left, record, ROUNDS)).entries()) {
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
