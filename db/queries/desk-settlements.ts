import { sql } from 'kysely';
import type { AcceptedChoice, DeskChoice, LineFact } from '../../billing/desk-decision.ts';
import type { Db, Trx } from '../database.ts';

/** A line whose outcome a person vouches for. */
export interface SettledLine {
  readonly exchangeId: number;
  readonly line: number;
  readonly fact: LineFact;
  /** ISO instant; of `ok` only. */
  readonly captureBefore: string | null;
}

/**
 * Writes the outcomes that a person vouches for; what the result said beside them (決済ID, the code of
 * a decline) is taken along. The caller holds the merchant's lock and has found every line open.
 *
 * @returns how many facts were written; anything but `lines.length` is a fault of the caller
 */
export async function settleDeskLines(
  db: Trx,
  merchantId: number,
  settlement: { lines: readonly SettledLine[]; decisionId: number; now: string },
): Promise<number> {
  const { lines, decisionId, now } = settlement;
  const chosen = sql`
    select l.charge_id, l.n, l.k, l.exchange_id, u.fact, u.capture_before, r.response_code,
           r.response_detail, r.payment_id, r.processed_at
      from unnest(${lines.map(({ exchangeId }) => exchangeId)}::bigint[],
                  ${lines.map(({ line }) => line)}::int[],
                  ${lines.map(({ fact }) => fact)}::text[],
                  ${lines.map(({ captureBefore }) => captureBefore)}::timestamptz[])
           as u (exchange_id, line_number, fact, capture_before)
      join file_lines l on l.exchange_id = u.exchange_id and l.line_number = u.line_number
       and l.merchant_id = ${merchantId}
      left join result_lines r on r.exchange_id = l.exchange_id and r.line_number = l.line_number
       and r.round = (select max(f.round) from result_files f where f.exchange_id = l.exchange_id)`;
  const authorized = await sql`
    insert into outcomes (charge_id, n, merchant_id, outcome, response_code, response_detail,
                          payment_id, processed_at, capture_before, exchange_id, decision_id,
                          recorded_at)
    select charge_id, n, ${merchantId}, fact, response_code, response_detail, payment_id,
           processed_at, capture_before, exchange_id, ${decisionId}, ${now}
      from (${chosen}) c where k is null order by charge_id, n`.execute(db);
  const ended = await sql`
    insert into ending_results (charge_id, n, k, merchant_id, result, response_code,
                                response_detail, processed_at, exchange_id, decision_id,
                                recorded_at)
    select charge_id, n, k, ${merchantId}, fact, response_code, response_detail, processed_at,
           exchange_id, ${decisionId}, ${now}
      from (${chosen}) c where k is not null order by charge_id, n, k`.execute(db);
  return Number(authorized.numAffectedRows ?? 0n) + Number(ended.numAffectedRows ?? 0n);
}

/** Settles strays that a person has looked at. @returns how many */
export async function settleStrays(
  db: Trx,
  merchantId: number,
  settlement: {
    strays: readonly { exchangeId: number; round: number; resultLine: number; action: string }[];
    decisionId: number;
    now: string;
  },
): Promise<number> {
  const { strays, decisionId, now } = settlement;
  const result = await sql`
    insert into stray_settlements (exchange_id, round, result_line, merchant_id, order_number, yen,
                                   occurrence, action, decision_id, settled_at)
    select s.exchange_id, s.round, s.result_line, ${merchantId}, s.order_number, s.yen,
           (select count(*) from result_strays t
             where t.exchange_id = s.exchange_id and t.round = s.round
               and t.order_number is not distinct from s.order_number
               and t.yen is not distinct from s.yen and t.result_line <= s.result_line),
           u.action, ${decisionId}, ${now}
      from unnest(${strays.map(({ exchangeId }) => exchangeId)}::bigint[],
                  ${strays.map(({ round }) => round)}::int[],
                  ${strays.map(({ resultLine }) => resultLine)}::int[],
                  ${strays.map(({ action }) => action)}::text[])
           as u (exchange_id, round, result_line, action)
      join result_strays s on s.exchange_id = u.exchange_id and s.round = u.round
       and s.result_line = u.result_line and s.merchant_id = ${merchantId}`.execute(db);
  return Number(result.numAffectedRows ?? 0n);
}

/** Settles contradictions: the recorded facts count again. @returns how many */
export async function settleNamedContradictions(
  db: Trx,
  merchantId: number,
  settlement: { contradictionIds: readonly number[]; decisionId: number; now: string },
): Promise<number> {
  const result = await sql`
    insert into contradiction_settlements (contradiction_id, merchant_id, decision_id, settled_at)
    select x.id, ${merchantId}, ${settlement.decisionId}, ${settlement.now}
      from contradictions x
     where x.merchant_id = ${merchantId} and x.id = any(${settlement.contradictionIds}::bigint[])`.execute(
    db,
  );
  return Number(result.numAffectedRows ?? 0n);
}

/** Writes down what was decided about each item, with its reason. */
export async function insertDeskDecisions(
  db: Trx,
  merchantId: number,
  decided: {
    accepted: readonly AcceptedChoice[];
    decisionId: number;
    now: string;
  },
): Promise<void> {
  const choices = decided.accepted.map(({ choice }) => choice);
  await sql`
    insert into desk_decisions (decision_id, item, merchant_id, action, reason, decided_at)
    select ${decided.decisionId}, u.item, ${merchantId}, u.action, u.reason, ${decided.now}
      from unnest(${choices.map(({ item }) => item)}::text[],
                  ${choices.map(({ action }) => action)}::text[],
                  ${choices.map(({ reason }) => reason)}::text[]) as u (item, action, reason)`.execute(
    db,
  );
}

/** What was decided under a decision, for whom must tell the workflows and answer. */
export async function listDecided(
  db: Db,
  merchantId: number,
  decisionId: number,
): Promise<DeskChoice[]> {
  const rows = await db
    .selectFrom('desk_decisions')
    .select(['item', 'action', 'reason'])
    .where('merchant_id', '=', merchantId)
    .where('decision_id', '=', decisionId)
    .execute();
  return rows as DeskChoice[];
}
