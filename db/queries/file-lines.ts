import { sql } from 'kysely';
import type { Db } from '../database.ts';
import { registrationOf } from '../fragments.ts';
import { type LinesToClaim, linesAsU } from '../lines-to-claim.ts';
import { isChargeLocked } from '../locked-cards.ts';

/** A line of a file for the PSP: which attempt (or, with k, which ending) it carries. */
export interface FileLine {
  readonly chargeId: number;
  readonly n: number;
  readonly k: number | null;
  readonly position: number;
  readonly orderNumber: string;
  readonly customerNumber: string;
  readonly previousOrderNumber: string;
  readonly yen: number;
}

/** A line as it was sent, with what is known of its answer. */
export interface SentLine extends FileLine {
  /** Physical line in the file; the header is line 1. */
  readonly lineNumber: number;
  /** The definite outcome or ending result that is on record, else null. */
  readonly settled: string | null;
  /** The 決済ID of an authorization on record, where the PSP told it. */
  readonly paymentId: string | null;
}

/**
 * Enters the lines of a file into its ledger, in their order: the first data record is line 2.
 *
 * @returns how many lines were entered; anything but all is a fault of the caller
 */
export async function insertFileLines(
  db: Db,
  merchantId: number,
  exchangeId: number,
  lines: LinesToClaim,
): Promise<number> {
  const result = await sql`
    insert into file_lines (exchange_id, line_number, merchant_id, charge_id, n, k, order_number, yen)
    select ${exchangeId}, u.i + 1, ${merchantId}, u.charge_id, u.n, u.k, u.order_number, u.yen
      from ${linesAsU(lines)}`.execute(db);
  return Number(result.numAffectedRows ?? 0n);
}

/** The slots that the lines of a sent file stand for, by their place: the first data record is at 0. */
export interface SentSlots {
  readonly chargeIds: Float64Array;
  readonly ns: Int32Array;
  /** 0: none, the line is of an authorization. */
  readonly ks: Int32Array;
  readonly orderNumbers: readonly string[];
}

/**
 * Every line of a sent file as slots: a row each of a file of 200,000 would take the memory of a worker.
 *
 * @throws Error for a ledger with a gap
 */
export async function readSentSlots(
  db: Db,
  merchantId: number,
  exchangeId: number,
): Promise<SentSlots> {
  const { rows } = await sql<{ slots: string | null }>`
    select string_agg(concat_ws(E'\\t', l.line_number, l.charge_id, l.n, coalesce(l.k, 0), l.order_number),
                      E'\\n' order by l.line_number) as slots
      from file_lines l
     where l.merchant_id = ${merchantId} and l.exchange_id = ${exchangeId}`.execute(db);
  const text = rows[0]?.slots ?? '';
  const lines = text === '' ? [] : text.split('\n');
  const slots = {
    chargeIds: new Float64Array(lines.length),
    ns: new Int32Array(lines.length),
    ks: new Int32Array(lines.length),
    orderNumbers: new Array<string>(lines.length),
  };
  for (let at = 0; at < lines.length; at += 1) {
    const [lineNumber, chargeId, n, k, orderNumber = ''] = lines[at]!.split('\t');
    if (Number(lineNumber) !== at + FIRST_LINE) throw new Error('a line of the ledger is missing');
    slots.chargeIds[at] = Number(chargeId);
    slots.ns[at] = Number(n);
    slots.ks[at] = Number(k);
    slots.orderNumbers[at] = orderNumber;
  }
  return slots;
}

/** The header is line 1. */
export const FIRST_LINE = 2;

/** Every line of a sent file, in its order. */
export async function listSentLines(
  db: Db,
  merchantId: number,
  exchangeId: number,
): Promise<SentLine[]> {
  const { rows } = await sql<SentLine>`
    select l.line_number as "lineNumber", l.charge_id as "chargeId", l.n, l.k, c.position,
           l.order_number as "orderNumber", c.customer_number as "customerNumber",
           ${registrationOf} as "previousOrderNumber", l.yen,
           case when l.k is null then o.outcome else r.result end as settled,
           o.payment_id as "paymentId"
      from file_lines l
      join charges c on c.id = l.charge_id
      left join outcomes o on o.charge_id = l.charge_id and o.n = l.n and l.k is null
      left join ending_results r on r.charge_id = l.charge_id and r.n = l.n and r.k = l.k
     where l.merchant_id = ${merchantId} and l.exchange_id = ${exchangeId}
     order by l.line_number`.execute(db);
  return rows;
}

/**
 * The next charges, in the export's order, that a cancelled file carried and that wait for another:
 * their latest attempt or ending is the one that came to nothing in that file, and nobody holds them.
 */
export async function listReturnedLines(
  db: Db,
  merchantId: number,
  page: { exchangeId: number; now: string; limit: number },
): Promise<FileLine[]> {
  const { rows } = await sql<FileLine>`
    select l.charge_id as "chargeId", case when l.k is null then l.n + 1 else l.n end as n,
           l.k + 1 as k, s.position, l.order_number as "orderNumber",
           c.customer_number as "customerNumber",
           ${registrationOf} as "previousOrderNumber",
           -- A capture may be of less than was authorized.
           case when l.k is null then s.amount_yen
                else coalesce((select q.amount_yen from capture_requests q
                                where q.charge_id = l.charge_id and q.n = l.n), l.yen) end as yen
      from file_lines l
      join charges c on c.id = l.charge_id
      join charge_states s on s.charge_id = l.charge_id
     where l.merchant_id = ${merchantId} and l.exchange_id = ${page.exchangeId}
       and s.n = l.n and s.k is not distinct from l.k
       and case when l.k is null then s.state = 'planned'
                else s.state = 'authorized' and s.capture_before > ${page.now} end
       and not exists (select from open_order_holds h
                        where h.merchant_id = ${merchantId} and h.order_number = l.order_number)
       and (l.k is not null or not ${isChargeLocked(merchantId, sql`l.charge_id`)})
     order by l.line_number limit ${page.limit}`.execute(db);
  return rows;
}

/** Those of the named orders that stand on no line of a file. */
export async function listAbsentOrders(
  db: Db,
  merchantId: number,
  of: { exchangeId: number; orderNumbers: readonly string[] },
): Promise<string[]> {
  const { rows } = await sql<{ order_number: string }>`
    select u.order_number from unnest(${of.orderNumbers}::text[]) as u (order_number)
     where not exists (select from file_lines l
                        where l.merchant_id = ${merchantId} and l.exchange_id = ${of.exchangeId}
                          and l.order_number = u.order_number)`.execute(db);
  return rows.map((row) => row.order_number);
}
