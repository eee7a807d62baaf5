import fc from 'fast-check';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHARGE_STATES, type ChargeState } from '../../billing/charge.ts';
import {
  CHARGE_EVENTS,
  type ChargeEvent,
  nextChargeStates,
} from '../../billing/charge-transitions.ts';
import { chargesInState } from '../../db/charge-candidates.ts';
import { type Db, openDatabase, type Trx } from '../../db/database.ts';
import type { EndingResult } from '../../db/money-tables.ts';
import type { ExchangeStage, ResultVerdict } from '../../db/tables.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import {
  insertAttempt,
  insertContradiction,
  insertEnding,
  insertEndingResult,
  insertOutcome,
  insertSettlement,
} from './money-facts.ts';
import {
  type Charge,
  insertCharge,
  insertExchange,
  insertFileLine,
  insertMoneyRecord,
  insertVerdict,
  type MoneyRecord,
  readState,
} from './money-record.ts';

/**
 * Walks charges at random through legal and illegal facts against real Postgres. The database knows
 * rules, billing/charge-transitions.ts knows edges; they were written apart, and here neither may
 * allow what the other forbids.
 */

/** What the walk remembers of its charge to name the next fact. */
interface Walk {
  readonly charge: Charge;
  n: number;
  k: number;
  /** Exchange of the latest claim, null when that is in none. */
  exchangeId: number | null;
  ending: 'capture' | 'void' | 'expired' | null;
  attempt: 'authorization' | 'other' | null;
  round: number;
  openContradictions: number[];
}

type Act = (trx: Trx, record: MoneyRecord, walk: Walk) => Promise<void>;

let database: TestDatabase;
let db: Db;
let record: MoneyRecord;

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.appUrl);
  record = await insertMoneyRecord(db);
});
afterAll(async () => {
  await db.destroy();
  await database.drop();
});

const claim: Act = async (trx, of, walk) => {
  const exchangeId = await insertExchange(trx, of);
  const n = walk.n + 1;
  await insertAttempt(trx, of, { charge: walk.charge, n, exchangeId });
  await insertFileLine(trx, of, { exchangeId, lineNumber: 1, charge: walk.charge, n });
  Object.assign(walk, { n, k: 0, exchangeId, ending: null, attempt: 'authorization' });
};

const closeBy =
  (kind: 'carried_over' | 'cancelled' | 'given_up' | 'released'): Act =>
  async (trx, of, walk) => {
    await insertAttempt(trx, of, { charge: walk.charge, n: walk.n + 1, kind });
    Object.assign(walk, { n: walk.n + 1, k: 0, exchangeId: null, ending: null, attempt: 'other' });
  };

const answer =
  (outcome: 'ok' | 'declined' | 'rejected' | 'not_sent'): Act =>
  (trx, of, walk) =>
    insertOutcome(trx, of, { charge: walk.charge, n: walk.n, outcome });

const endBy =
  (kind: 'capture' | 'void' | 'expired'): Act =>
  async (trx, of, walk) => {
    const k = walk.k + 1;
    const exchangeId = kind === 'expired' ? null : await insertExchange(trx, of, 'capture');
    const place = { charge: walk.charge, n: walk.n, k };
    await insertEnding(trx, of, { ...place, kind, ...(exchangeId === null ? {} : { exchangeId }) });
    if (exchangeId !== null) await insertFileLine(trx, of, { ...place, exchangeId, lineNumber: 1 });
    Object.assign(walk, { k, exchangeId, ending: kind });
  };

/** A refusal is the answer to a capture or to a void: the event says to which. */
const endWith =
  (ending: 'capture' | 'void', result: EndingResult): Act =>
  async (trx, of, walk) => {
    if (walk.ending !== null && walk.ending !== ending) throw new NotThisFact();
    await insertEndingResult(trx, of, { charge: walk.charge, n: walk.n, k: walk.k, result });
  };

const moveExchange =
  (stage: ExchangeStage): Act =>
  async (trx, _of, walk) => {
    if (walk.exchangeId === null) throw new NotThisFact();
    await sql`update exchanges set stage = ${stage} where id = ${walk.exchangeId}
      and stage <> ${stage}`.execute(trx);
  };

const judge =
  (verdict: ResultVerdict): Act =>
  async (trx, of, walk) => {
    if (walk.exchangeId === null) throw new NotThisFact();
    const place = { exchangeId: walk.exchangeId, round: walk.round + 1, lineNumber: 1 };
    await insertVerdict(trx, of, { ...place, verdict });
    walk.round += 1;
  };

let contradictions = 0;
const contradict: Act = async (trx, of, walk) => {
  if (walk.attempt === 'other') throw new NotThisFact();
  contradictions += 1;
  const received = `ok ${contradictions}`;
  const id = await insertContradiction(trx, of, { charge: walk.charge, n: walk.n, received });
  walk.openContradictions.push(id);
};

const settle: Act = async (trx, of, walk) => {
  const ids = walk.openContradictions.splice(0);
  if (ids.length === 0) throw new NotThisFact();
  for (const id of ids) await insertSettlement(trx, of, id);
};

/** The event cannot be told as a fact about this charge; nothing was tried. */
class NotThisFact extends Error {}

const acts: Record<ChargeEvent, Act> = {
  authorization_claimed: claim,
  authorization_ok: answer('ok'),
  authorization_declined: answer('declined'),
  file_rejected: answer('rejected'),
  authorization_not_sent: answer('not_sent'),
  exchange_lost: moveExchange('unknown'),
  exchange_found: moveExchange('awaiting_result'),
  verdict_unknown: judge('unknown'),
  verdict_quarantined: judge('quarantined'),
  capture_claimed: endBy('capture'),
  captured: endWith('capture', 'captured'),
  capture_refused: endWith('capture', 'refused'),
  capture_not_sent: endWith('capture', 'not_sent'),
  void_claimed: endBy('void'),
  voided: endWith('void', 'voided'),
  void_refused: endWith('void', 'refused'),
  void_not_sent: endWith('void', 'not_sent'),
  authorization_expired: endBy('expired'),
  carried_over: closeBy('carried_over'),
  cancelled: closeBy('cancelled'),
  given_up: closeBy('given_up'),
  released: closeBy('released'),
  contradiction_found: contradict,
  contradiction_settled: settle,
};
/** How walks begin, so that what needs many steps is reached in every run. */
const beginnings: readonly (readonly ChargeEvent[])[] = [
  [],
  ['authorization_claimed'],
  ['authorization_claimed', 'authorization_ok'],
  ['authorization_claimed', 'authorization_ok', 'capture_claimed'],
  ['authorization_claimed', 'authorization_ok', 'void_claimed'],
  ['authorization_claimed', 'authorization_ok', 'void_claimed', 'voided'],
  ['authorization_claimed', 'authorization_ok', 'void_claimed', 'void_refused'],
  ['authorization_claimed', 'authorization_ok', 'void_claimed', 'void_not_sent'],
  ['authorization_claimed', 'authorization_ok', 'capture_claimed', 'captured'],
  ['authorization_claimed', 'authorization_ok', 'authorization_expired'],
  ['authorization_claimed', 'authorization_declined'],
  ['authorization_claimed', 'exchange_lost', 'exchange_found'],
];
const events = Object.keys(CHARGE_EVENTS) as ChargeEvent[];

/** Tries the event as facts of one transaction; false when the database refused them. */
async function happens(walk: Walk, event: ChargeEvent): Promise<boolean> {
  const before = structuredClone(walk);
  try {
    await db.transaction().execute((trx) => acts[event](trx, record, walk));
    return true;
  } catch (error) {
    Object.assign(walk, before);
    const refused = error instanceof pg.DatabaseError && ['TK001', '23505'].includes(error.code!);
    if (refused || error instanceof NotThisFact) return false;
    throw error;
  }
}

/**
 * Facts that may be recorded without showing: a verdict or a lost exchange beside a filled slot, an
 * outcome under an open contradiction, a settlement over a verdict that quarantines as well.
 */
function mayStay(walk: Walk, event: ChargeEvent): boolean {
  if (walk.openContradictions.length > 0) return true;
  return [
    'contradiction_settled',
    'exchange_lost',
    'exchange_found',
    'verdict_unknown',
    'verdict_quarantined',
  ].includes(event);
}

/** An event that the table allows may still be impossible where the state hides what is in doubt. */
function mayBeRefused(state: ChargeState, event: ChargeEvent, walk: Walk): boolean {
  if (state === 'unknown' || state === 'quarantined') return true;
  return event === 'contradiction_found' && walk.attempt !== 'authorization';
}

/** Tries `event` from `state` and returns the state that the view tells then. */
async function step(state: ChargeState, event: ChargeEvent, walk: Walk): Promise<ChargeState> {
  const ends = nextChargeStates(state, event);
  const where = `${state}, then ${event}`;
  const happened = await happens(walk, event);
  const next = (await readState(db, walk.charge)).state;
  if (!happened) {
    expect(next, where).toBe(state);
    expect(ends.length === 0 || mayBeRefused(state, event, walk), where).toBe(true);
  } else if (next === state) {
    expect(mayStay(walk, event), where).toBe(true);
  } else {
    expect(ends, where).toContain(next);
  }
  return next;
}

/** The charges that the lists find in a state: by index where it is rare, by walking where it is not. */
async function listIn(state: ChargeState, rare: boolean): Promise<number[]> {
  const of = { cycleId: record.cycleId, state, afterPosition: 0, rare };
  const { rows } = await sql<{ id: number }>`
    select s.charge_id as id from ${chargesInState(record.merchantId, of)}`.execute(db);
  return rows.map(({ id }) => id);
}

describe('the state moves along the edges of the table, and nothing else is accepted', () => {
  const reached = new Set<ChargeState>(['planned']);
  const walked = new Set<ChargeEvent>();

  test.each(beginnings.map((beginning) => ({ beginning })))('$beginning', async ({ beginning }) => {
    const steps = 25;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(), { minLength: steps, maxLength: steps }), async (dice) => {
        const charge = await insertCharge(db, record);
        const walk: Walk = {
          ...{ charge, n: 0, k: 0, exchangeId: null, ending: null, attempt: null, round: 0 },
          openContradictions: [],
        };
        let state: ChargeState = 'planned';
        for (const [i, die] of dice.entries()) {
          const legal = events.filter((event) => nextChargeStates(state, event).length > 0);
          // Half of the steps are legal ones, or few walks would leave the first states.
          const pool = die % 2 === 0 ? legal : events;
          const event = beginning[i] ?? pool[Math.floor(die / 2) % pool.length]!;
          const next = await step(state, event, walk);
          if (next !== state) {
            walked.add(event);
            // In turn as a rare state and as one that is not; in few of the walks, which are many.
            const listed = i % 4 < 2 ? await listIn(next, i % 4 === 0) : [charge.chargeId];
            expect(listed, `${state}, then ${event}`).toContain(charge.chargeId);
          }
          reached.add(next);
          state = next;
        }
      }),
      { numRuns: 6 },
    );
  });

  test('and all states and events were met', () => {
    expect([...reached].sort()).toEqual([...CHARGE_STATES].sort());
    expect([...walked].sort()).toEqual([...events].sort());
  });
});
