import { type RawBuilder, sql } from 'kysely';
import type { ChargeState } from '../billing/charge.ts';
import type { Db } from './database.ts';

/**
 * Pieces of SQL that find the few charges of a month that are in a rare state without looking at all of
 * them: the state is a view over facts, and each rare state leaves a fact that an index finds.
 */

type Sql = RawBuilder<unknown>;

/** Lines that a result left open. */
const doubtfulLines = (merchantId: number): Sql => sql`
  select l.charge_id from exchanges e
    join result_lines r on r.exchange_id = e.id and r.verdict in ('unknown', 'quarantined')
    join file_lines l on l.exchange_id = r.exchange_id and l.line_number = r.line_number
   where e.merchant_id = ${merchantId}`;

const linesAtStage = (merchantId: number, stage: Sql): Sql => sql`
  select l.charge_id from exchanges e cross join lateral (
    -- File by file: those at such a stage are few of many.
    select x.charge_id from file_lines x where x.exchange_id = e.id offset 0) l
   where e.merchant_id = ${merchantId} and ${stage}`;

/** As the index exchanges_unfinished has them: every line of a finished file has its answer. */
const unfinishedLines = (merchantId: number, kind: Sql): Sql =>
  linesAtStage(
    merchantId,
    sql`e.stage not in ('reconciled', 'rejected', 'cancelled') and e.kind ${kind}`,
  );

const endedWithout = (merchantId: number, kind: string): Sql => sql`
  select a.charge_id from attempts a
   where a.merchant_id = ${merchantId} and a.kind = ${kind} and a.kind <> 'authorization'`;

const endedBy = (merchantId: number, kind: 'void' | 'expired'): Sql => sql`
  select e.charge_id from endings e
   where e.merchant_id = ${merchantId} and e.kind = ${kind} and e.kind <> 'capture'`;

/**
 * Every charge of the merchant that may be in the state, and others: charge_id. Null for the states in
 * which most of a month is at some time: there a walk in the list's own order finds its page at once.
 */
export function chargesPerhaps(merchantId: number, state: ChargeState): Sql | null {
  switch (state) {
    case 'declined':
      return sql`select o.charge_id from outcomes o
                  where o.merchant_id = ${merchantId} and o.outcome = 'declined'`;
    case 'quarantined':
      return sql`${doubtfulLines(merchantId)}
                 union all select x.charge_id from contradictions x
                            where x.merchant_id = ${merchantId}`;
    case 'unknown':
      return sql`${doubtfulLines(merchantId)}
                 union all ${linesAtStage(merchantId, sql`e.stage = 'unknown'`)}`;
    case 'sent':
      return unfinishedLines(merchantId, sql`<> 'capture'`);
    case 'capture_sent':
      return sql`${unfinishedLines(merchantId, sql`= 'capture'`)}
                 union all select e.charge_id from endings e
                            where e.merchant_id = ${merchantId} and e.kind = 'capture'
                              and e.exchange_id is null and e.kind <> 'expired'`;
    case 'void_sent':
    case 'voided':
      return endedBy(merchantId, 'void');
    case 'expired':
      return endedBy(merchantId, 'expired');
    case 'carried_over':
    case 'cancelled':
    case 'given_up':
      return endedWithout(merchantId, state);
    default:
      return null;
  }
}

/** Up to so many candidates are cheaper than a walk that looks for one in hundreds. */
const fewCandidates = 20_000;

/**
 * Whether a list of this state is best made from its candidates. Where they are many, a page is full after a
 * short walk in the list's own order.
 */
export async function isRareState(
  db: Db,
  merchantId: number,
  state: ChargeState,
): Promise<boolean> {
  // What a result left open is found along its lines, by no key of the charge.
  if (state === 'quarantined' || state === 'unknown') return true;
  const perhaps = chargesPerhaps(merchantId, state);
  if (perhaps === null) return false;
  const { rows } = await sql<{ few: boolean }>`
    select count(*) <= ${fewCandidates} as few
      from (select from (${perhaps}) k limit ${fewCandidates + 1}) k`.execute(db);
  return rows[0]?.few ?? false;
}

/**
 * What holds for every charge `c` in a state, asked by key: cheap beside the view, of which each row takes a
 * dozen look-ups. "offset 0": it is asked of one charge after the other, in the order of the list; as a join
 * it would be asked of the whole month before the first is shown.
 */
export function mayBeIn(state: ChargeState): Sql {
  const captured = sql`exists (select from ending_results r
    where r.charge_id = c.id and r.result = 'captured' offset 0)`;
  switch (state) {
    case 'planned':
      return sql`(not exists (select from attempts a where a.charge_id = c.id offset 0)
        or ${outcomeIs(sql`o.outcome in ('rejected', 'not_sent')`)} or ${attemptIs('released')})`;
    case 'sent':
      return sql`exists (select from attempts a where a.charge_id = c.id and not exists (
        select from outcomes o where o.charge_id = a.charge_id and o.n = a.n) offset 0)`;
    case 'declined':
      return outcomeIs(sql`o.outcome = 'declined'`);
    case 'authorized':
      return sql`not ${captured} and ${outcomeIs(sql`o.outcome = 'ok'`)}`;
    case 'capture_sent':
      return sql`exists (select from endings e where e.charge_id = c.id and e.kind = 'capture'
        and not exists (select from ending_results r
                         where r.charge_id = e.charge_id and r.n = e.n and r.k = e.k) offset 0)`;
    case 'captured':
      return captured;
    case 'carried_over':
    case 'cancelled':
    case 'given_up':
      return attemptIs(state);
    default:
      // An ending of a rare kind, or a line in doubt.
      return sql`true`;
  }
}

const outcomeIs = (those: Sql): Sql => sql`exists (select from outcomes o
  where o.charge_id = c.id and ${those} offset 0)`;
const attemptIs = (kind: string): Sql => sql`exists (select from attempts a
  where a.charge_id = c.id and a.kind = ${kind} offset 0)`;

/**
 * The charges of a month in a state as rows to select from, ordered by `c.position`; `s` as the view
 * charge_states has them. One after the other, so that a page stops as soon as it is full.
 *
 * @param of `rare`: see `isRareState`
 */
export function chargesInState(
  merchantId: number,
  of: {
    readonly cycleId: number;
    readonly state: ChargeState;
    readonly afterPosition: number;
    readonly rare: boolean;
  },
): Sql {
  const perhaps = of.rare ? chargesPerhaps(merchantId, of.state) : null;
  const chosen =
    perhaps === null
      ? mayBeIn(of.state)
      : sql`c.id = any(array(select k.charge_id from (${perhaps}) k))`;
  return sql`
    (select c.id, c.position from charges c
      where c.merchant_id = ${merchantId} and c.cycle_id = ${of.cycleId}
        and c.position > ${of.afterPosition} and ${chosen}
      order by c.position offset 0) c
    cross join lateral (select v.* from charge_states v
                         where v.charge_id = c.id and v.state = ${of.state} offset 0) s`;
}
