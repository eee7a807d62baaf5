import { sql } from 'kysely';
import type { RowsAndYen } from '../../billing/cycle.ts';
import type { Db, Trx } from '../database.ts';
import { openOnListOf } from '../fragments.ts';

/** Which authorizations of a month are to be voided. */
export type ChargesToVoid =
  | { readonly chargeIds: readonly number[] }
  | { readonly orderNumbers: readonly string[] };

/**
 * Claims the voids of authorized charges whose window is open: from here on no capture can take them,
 * and they stand on the month's 取消リスト until somebody says what became of them at the PSP. Held
 * orders may be voided. The caller holds the merchant's lock and rolls back when any is refused.
 *
 * @returns what was claimed, and the order numbers (or charge IDs) that cannot be voided now
 */
export async function claimVoids(
  trx: Trx,
  merchantId: number,
  claim: ChargesToVoid & { cycleId: number; decisionId: number | null; now: string },
): Promise<RowsAndYen & { refused: string[] }> {
  const { cycleId, decisionId, now } = claim;
  const named =
    'chargeIds' in claim
      ? sql`select c.order_number as name, c.order_number from charges c
             where c.merchant_id = ${merchantId} and c.id = any(${claim.chargeIds}::bigint[])`
      : sql`select distinct t.order_number as name, t.order_number
              from unnest(${claim.orderNumbers}::text[]) as t (order_number)`;
  const { rows } = await sql<{ name: string; yen: number | null }>`
    with asked as (
      select u.name, s.charge_id, s.n, coalesce(s.k, 0) + 1 as k, a.amount_yen
        from (${named}) u
        left join charge_states s on s.merchant_id = ${merchantId} and s.cycle_id = ${cycleId}
          and s.order_number = u.order_number and s.state = 'authorized'
          and s.capture_before > ${now}
        left join attempts a on a.charge_id = s.charge_id and a.n = s.n
    ), claimed as (
      insert into endings (charge_id, n, k, merchant_id, kind, amount_yen, decision_id, claimed_at)
      select charge_id, n, k, ${merchantId}, 'void', amount_yen, ${decisionId}, ${now}
        from asked where charge_id is not null order by charge_id
    )
    select name, amount_yen as yen from asked`.execute(trx);
  const claimed = rows.filter((row) => row.yen !== null);
  return {
    rows: claimed.length,
    yen: claimed.reduce((total, row) => total + (row.yen ?? 0), 0),
    refused: rows.filter((row) => row.yen === null).map((row) => row.name),
  };
}

/** What an operator found when voiding on the portal. */
export type VoidAnswer = 'voided' | 'refused' | 'not_sent';

/**
 * Records what became of voids on the list. The caller holds the merchant's lock and rolls back when
 * any is refused.
 *
 * @returns the order numbers that do not stand on the month's list
 */
export async function answerVoids(
  trx: Trx,
  merchantId: number,
  answer: {
    cycleId: number;
    orderNumbers: readonly string[];
    result: VoidAnswer;
    decisionId: number;
    now: string;
  },
): Promise<string[]> {
  const { cycleId, orderNumbers, result, decisionId, now } = answer;
  const { rows } = await sql<{ order_number: string }>`
    with answered as (
      insert into ending_results (charge_id, n, k, merchant_id, result, decision_id, recorded_at)
      select e.charge_id, e.n, e.k, ${merchantId}, ${result}, ${decisionId}, ${now}
        from (${openOnListOf(merchantId, { cycleId, kind: 'void' })}) e
       where e.order_number = any(${orderNumbers})
       order by e.charge_id
      returning charge_id
    )
    select distinct u.order_number from unnest(${orderNumbers}::text[]) as u (order_number)
     where not exists (select from answered a join charges c on c.id = a.charge_id
                        where c.order_number = u.order_number)`.execute(trx);
  return rows.map((row) => row.order_number);
}

/** One line of the 取消リスト: what the operator looks for on the portal. */
export interface OpenVoid {
  readonly position: number;
  readonly orderNumber: string;
  /** 決済ID, when the result told it. */
  readonly paymentId: string | null;
  readonly amountYen: number;
  /** When the PSP authorized it, when the result told that; else when its outcome was recorded. */
  readonly authorizedAt: string;
  readonly captureBefore: string;
  readonly askedAt: string;
}

/** The 取消リスト of a month in the export's order, a page at a time. */
export async function listOpenVoids(
  db: Db,
  merchantId: number,
  page: { cycleId: number; afterPosition: number; limit: number },
): Promise<OpenVoid[]> {
  const { rows } = await sql<OpenVoid>`
    select e.position, e.order_number as "orderNumber", o.payment_id as "paymentId",
           e.amount_yen as "amountYen", coalesce(o.processed_at, o.recorded_at) as "authorizedAt",
           o.capture_before as "captureBefore", e.claimed_at as "askedAt"
      from (${openOnListOf(merchantId, { cycleId: page.cycleId, kind: 'void' })}) e
      join outcomes o on o.charge_id = e.charge_id and o.n = e.n
     where e.position > ${page.afterPosition}
     order by e.position limit ${page.limit}`.execute(db);
  return rows;
}

/** An authorized charge whose order was cancelled after it was billed, as the newest export says. */
export interface SuggestedVoid {
  readonly position: number;
  readonly orderNumber: string;
  readonly amountYen: number;
  readonly captureBefore: string;
  /** 対応状況 as the newest export has it. */
  readonly status: string;
}

/**
 * Authorized charges whose order reads as cancelled in the newest export that holds it, of this month
 * or of a later one: the next month's export repeats old orders. Nothing is voided by itself.
 */
export async function listSuggestedVoids(
  db: Db,
  merchantId: number,
  page: { cycleId: number; afterPosition: number; limit: number },
): Promise<SuggestedVoid[]> {
  const { rows } = await sql<SuggestedVoid>`
    select s.position, s.order_number as "orderNumber", s.amount_yen as "amountYen",
           s.capture_before as "captureBefore", o.status
      from charge_states s
      join charges c on c.id = s.charge_id
      join lateral (
        select n.exclusion, n.status
          from orders n join cycles y on y.id = n.cycle_id
         where n.merchant_id = ${merchantId} and n.order_number = s.order_number
           and c.identity_month in ('', y.billing_month)
         order by n.collection_id desc, n.record desc limit 1) o
        on o.exclusion in ('cancelled', 'cancelled_by_customer')
     where s.merchant_id = ${merchantId} and s.cycle_id = ${page.cycleId}
       and s.state = 'authorized' and s.position > ${page.afterPosition}
     order by s.position limit ${page.limit}`.execute(db);
  return rows;
}
