import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Trx } from '../../db/database.ts';
import { lockRefusedCards } from '../../db/queries/card-locks.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { insertCards } from './locked-cards.ts';
import { insertAttempt } from './money-facts.ts';
import { AT, insertCharges, insertMoneyRecord, type MoneyRecord } from './money-record.ts';
import { closeTrack, inTransaction, openTrack, ROUNDS, race, type Track } from './race.ts';

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

async function readInstant(trx: Trx): Promise<number> {
  const { rows } = await sql<{ at: number }>`
    select (extract(epoch from clock_timestamp()) * 1e6)::bigint as at`.execute(trx);
  return rows[0]!.at;
}

/** One refresh whose n-th result file refuses the n-th card. */
async function prepareRefusals(cardIds: readonly number[]): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    insert into card_refreshes (merchant_id, month, stage, started_at, started_by, request_at,
                                targets, request_file_id)
    values (${record.merchantId}, '2026-11', 'awaiting_result', ${AT}, 'test', ${AT},
            ${cardIds.length}, ${record.fileId}) returning id`.execute(track.left);
  const refreshId = rows[0]!.id;
  await sql`
    insert into refresh_results (refresh_id, line, n, merchant_id, card_id, result_line, verdict,
                                 outcome, last_digits_before, expiry_before)
    select ${refreshId}, u.n, u.n, ${record.merchantId}, u.id, u.n, 1, 'refused', '111', '2027-01'
      from unnest(${cardIds}::bigint[]) with ordinality as u (id, n)`.execute(track.left);
  return refreshId;
}

test('lock ∥ claim: no file claims a card that is locked', async () => {
  const charges = await insertCharges(track.left, record, ROUNDS);
  // The charges' customers are their places in the list.
  const customers = charges.map((_, index) => String(index + 1));
  const cards = await insertCards(track.left, record, customers);
  const cardIds = customers.map((customer) => cards.get(customer) ?? 0);
  const refreshId = await prepareRefusals(cardIds);
  for (const [round, charge] of charges.entries()) {
    let claimedAt = 0;
    let lockedAt = 0;
    const [claimed, locked] = await race(
      track,
      round,
      inTransaction(async (trx) => {
        await insertAttempt(trx, record, { charge, n: 1 });
        claimedAt = await readInstant(trx);
      }),
      inTransaction(async (trx) => {
        const of = { refreshId, n: round + 1, now: AT };
        expect(await lockRefusedCards(trx, record.merchantId, of)).toEqual({ locked: 1 });
        lockedAt = await readInstant(trx);
      }),
    );
    expect(locked, `round ${round}`).toBe('won');
    if (claimed === 'won') expect(claimedAt, `round ${round}`).toBeLessThan(lockedAt);
    else expect(claimed, `round ${round}`).toBe('locked_card_is_in_no_file');
  }
});
