import { sql } from 'kysely';
import type { Trx } from './database.ts';

/** What COPY writes for each line of a sent file that a result answers, in this order. */
export const STAGED_LINE_COLUMNS = [
  'line_number',
  'charge_id',
  'n',
  'k',
  'verdict',
  'fact',
  'result_line',
  'response_code',
  'response_detail',
  'payment_id',
  'processed_at',
  'capture_before',
  'reasons',
] as const;

/** What COPY writes for each row of a result that answers nothing. */
export const STAGED_STRAY_COLUMNS = ['result_line', 'order_number', 'yen', 'reasons'] as const;

/**
 * Where the rows of a result lie between comparison and merge: temporary tables of the merge's own
 * transaction, without an index. They are filled before the merchant's lock is taken, so that a file is
 * compared while another one is merged.
 */
export async function createResultStage(trx: Trx): Promise<void> {
  await sql`
    create temp table staged_lines (
      line_number int, charge_id bigint, n int, k int, verdict text, fact text, result_line int,
      response_code text, response_detail text, payment_id text, processed_at timestamptz,
      capture_before timestamptz, reasons jsonb
    ) on commit drop`.execute(trx);
  await sql`
    create temp table staged_strays (result_line int, order_number text, yen int, reasons jsonb)
    on commit drop`.execute(trx);
}

/** For a second comparison in the same transaction. */
export async function emptyResultStage(trx: Trx): Promise<void> {
  await sql`truncate staged_lines, staged_strays`.execute(trx);
}

/** The result that the stage holds, on its way into the record. */
export interface StagedRound {
  readonly kind: 'authorization' | 'capture';
  readonly exchangeId: number;
  readonly round: number;
  /** Lines of the file that was sent. */
  readonly lines: number;
  /** Lines with a definite answer. */
  readonly facts: number;
  /** ISO instant; the end of the window of an authorization without 処理日時. */
  readonly captureBefore: string;
  readonly now: string;
}

/**
 * Takes what is staged into the record: a verdict for each sent line, the fact of each definite one
 * whose slot is empty, a contradiction where it holds another. The caller holds the merchant's lock.
 *
 * @returns how many facts were entered
 */
export async function mergeStagedResult(
  trx: Trx,
  merchantId: number,
  of: StagedRound,
): Promise<number> {
  const entered = await enterLines(trx, merchantId, of);
  if (entered !== of.lines) throw new Error('a result has a verdict for every sent line');
  const recorded =
    of.kind === 'capture'
      ? await enterEndingResults(trx, merchantId, of)
      : await enterOutcomes(trx, merchantId, of);
  if (recorded !== of.facts) await enterContradictions(trx, merchantId, of);
  return recorded;
}

async function enterLines(trx: Trx, merchantId: number, of: StagedRound): Promise<number> {
  const lines = await sql`
    insert into result_lines (exchange_id, round, line_number, merchant_id, verdict, result_line,
                              response_code, response_detail, payment_id, processed_at, reasons)
    select ${of.exchangeId}, ${of.round}, s.line_number, ${merchantId}, s.verdict, s.result_line,
           s.response_code, s.response_detail, s.payment_id, s.processed_at, s.reasons
      from staged_lines s`.execute(trx);
  await sql`
    insert into result_strays (exchange_id, round, result_line, merchant_id, order_number, yen, reasons)
    select ${of.exchangeId}, ${of.round}, s.result_line, ${merchantId}, s.order_number, s.yen, s.reasons
      from staged_strays s`.execute(trx);
  return Number(lines.numAffectedRows ?? 0n);
}

/** What is on record of a staged line's slot. "offset 0": asked by key, of one line after the other. */
const recordedOf = {
  authorization: sql`
    select o.outcome as fact, o.payment_id from outcomes o where o.charge_id = s.charge_id and o.n = s.n offset 0`,
  capture: sql`
    select r.result as fact, null::text as payment_id from ending_results r
     where r.charge_id = s.charge_id and r.n = s.n and r.k = s.k offset 0`,
};

async function enterOutcomes(trx: Trx, merchantId: number, of: StagedRound): Promise<number> {
  const result = await sql`
    insert into outcomes (charge_id, n, merchant_id, outcome, response_code, response_detail, payment_id,
                          processed_at, capture_before, exchange_id, recorded_at)
    select s.charge_id, s.n, ${merchantId}, s.fact, s.response_code, s.response_detail, s.payment_id,
           s.processed_at,
           case when s.fact = 'ok' then coalesce(s.capture_before, ${of.captureBefore}::timestamptz) end,
           ${of.exchangeId}, ${of.now}
      from staged_lines s
     where s.fact is not null and not exists (${recordedOf.authorization})`.execute(trx);
  return Number(result.numAffectedRows ?? 0n);
}

async function enterEndingResults(trx: Trx, merchantId: number, of: StagedRound): Promise<number> {
  const result = await sql`
    insert into ending_results (charge_id, n, k, merchant_id, result, response_code, response_detail,
                                processed_at, exchange_id, recorded_at)
    select s.charge_id, s.n, s.k, ${merchantId}, s.fact, s.response_code, s.response_detail,
           s.processed_at, ${of.exchangeId}, ${of.now}
      from staged_lines s
     where s.fact is not null and not exists (${recordedOf.capture})`.execute(trx);
  return Number(result.numAffectedRows ?? 0n);
}

/**
 * Once for each slot and answer: a further result of the exchange says the same again. An OK under another
 * 決済ID than the one on record is another payment.
 */
async function enterContradictions(trx: Trx, merchantId: number, of: StagedRound): Promise<void> {
  await sql`
    insert into contradictions (merchant_id, charge_id, n, k, exchange_id, recorded, received, detail,
                                recorded_at)
    select ${merchantId}, s.charge_id, s.n, s.k, ${of.exchangeId}, x.fact, s.fact,
           'result round ' || ${of.round}::int || ', line ' || s.result_line
             || case when x.fact = s.fact then ', 決済ID ' || x.payment_id || ' / ' || s.payment_id
                     else '' end, ${of.now}
      from staged_lines s
      cross join lateral (${recordedOf[of.kind]}) x
     where (x.fact <> s.fact or (s.fact = 'ok' and x.payment_id <> s.payment_id))
       and not exists (select from contradictions c
                        where c.merchant_id = ${merchantId} and c.exchange_id = ${of.exchangeId}
                          and c.charge_id = s.charge_id and c.n = s.n
                          and c.k is not distinct from s.k and c.received = s.fact)
     order by s.line_number`.execute(trx);
}
