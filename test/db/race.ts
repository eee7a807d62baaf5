import { sql } from 'kysely';
import { expect } from 'vitest';
import {
  type Db,
  openDatabase,
  readBrokenRule,
  readSqlState,
  type Trx,
} from '../../db/database.ts';
import type { TestDatabase } from '../database.ts';
import { AT, type Charge, insertCharges, type MoneyRecord } from './money-record.ts';

/** Every race of design section 7 is run so often. */
export const ROUNDS = 200;

/** Two real connections as the application, released together: contestants never share one. */
export interface Track {
  readonly left: Db;
  readonly right: Db;
}

export function openTrack(database: TestDatabase): Track {
  return {
    left: openDatabase(database.appUrl, { maxConnections: 1 }),
    right: openDatabase(database.appUrl, { maxConnections: 1 }),
  };
}

export async function closeTrack(track: Track): Promise<void> {
  await Promise.all([track.left.destroy(), track.right.destroy()]);
}

export type Contestant = (db: Db) => Promise<unknown>;
/** `won`, the broken rule, or the SQLSTATE. */
export type Ending = string;

/** Both begin, then both act and commit; who goes to the socket first alternates. */
export async function race(
  track: Track,
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
  if (round % 2 === 0) return await Promise.all([run(track.left, first), run(track.right, second)]);
  const [ofSecond, ofFirst] = await Promise.all([run(track.right, second), run(track.left, first)]);
  return [ofFirst, ofSecond];
}

/** A contestant whose transaction is open before it is released. */
export function inTransaction(act: (trx: Trx) => Promise<unknown>): Contestant {
  return (db) => db.transaction().execute(async (trx) => await act(trx));
}

/** SQLSTATE of a unique key that was taken. */
export const UNIQUE = '23505';

/** One of the two facts stands, and the loser was told by the unique key. */
export function expectOneWinner(endings: [Ending, Ending], where: string): void {
  expect([...endings].sort(), where).toEqual([UNIQUE, 'won']);
}

export async function prepareAuthorized(
  db: Db,
  record: MoneyRecord,
  count: number,
): Promise<Charge[]> {
  const charges = await prepareSent(db, record, count);
  await sql`insert into outcomes (charge_id, n, merchant_id, outcome, capture_before, recorded_at)
    select id, 1, ${record.merchantId}, 'ok', ${AT}, ${AT}
    from unnest(${charges.map((c) => c.chargeId)}::bigint[]) id`.execute(db);
  return charges;
}

export async function prepareSent(db: Db, record: MoneyRecord, count: number): Promise<Charge[]> {
  const charges = await insertCharges(db, record, count);
  await sql`insert into attempts (charge_id, n, merchant_id, kind, exchange_id, amount_yen, claimed_at)
    select id, 1, ${record.merchantId}, 'authorization', 1, 1000, ${AT}
    from unnest(${charges.map((c) => c.chargeId)}::bigint[]) id`.execute(db);
  return charges;
}

export async function prepareDeclined(
  db: Db,
  record: MoneyRecord,
  count: number,
): Promise<Charge[]> {
  const charges = await prepareSent(db, record, count);
  await sql`insert into outcomes (charge_id, n, merchant_id, outcome, recorded_at)
    select id, 1, ${record.merchantId}, 'declined', ${AT}
    from unnest(${charges.map((c) => c.chargeId)}::bigint[]) id`.execute(db);
  return charges;
}
