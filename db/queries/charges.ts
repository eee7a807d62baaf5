import { sql } from 'kysely';
import type { ChargeState } from '../../billing/charge.ts';
import { chargesInState, isRareState } from '../charge-candidates.ts';
import type { Db } from '../database.ts';
import { type CarryOverLink, carryOverLinks } from '../fragments.ts';

export interface Charge {
  readonly orderNumber: string;
  readonly customerNumber: string;
  readonly position: number;
  readonly state: ChargeState;
  readonly attempt: number | null;
  readonly amountYen: number;
  readonly capturedYen: number;
  readonly responseCode: string | null;
  readonly responseDetail: string | null;
  readonly captureBefore: string | null;
  /** The later month's charge that bills it, once it was carried over. */
  readonly carriedTo: CarryOverLink | null;
  /** Charges of earlier months that are part of its amount. */
  readonly carriedFrom: readonly CarryOverLink[];
}

/** Of a charge that was ended without an authorization: what its latest decline said. */
const latestDeclineOf = (column: 'response_code' | 'response_detail') => sql`
  case when s.state in ('given_up', 'cancelled', 'carried_over') then (
    select ${sql.ref(`o.${column}`)} from outcomes o
     where o.charge_id = s.charge_id and o.outcome = 'declined' order by o.n desc limit 1) end`;

/** Charges of a cycle in the export's order, a page at a time. */
export async function listCharges(
  db: Db,
  merchantId: number,
  page: {
    cycleId: number;
    state?: ChargeState | undefined;
    orderNumber?: string | undefined;
    afterPosition: number;
    limit: number;
  },
): Promise<Charge[]> {
  const { cycleId, state, orderNumber, afterPosition } = page;
  // One order is found by its number, whatever its state: a month has one charge of it.
  const isWalk = state === undefined || orderNumber !== undefined;
  const ofOrder = orderNumber === undefined ? sql`` : sql`and s.order_number = ${orderNumber}`;
  const ofState = state === undefined ? sql`` : sql`and s.state = ${state}`;
  const rowsOf = isWalk
    ? sql`charge_states s
           where s.merchant_id = ${merchantId} and s.cycle_id = ${cycleId}
             and s.position > ${afterPosition} ${ofOrder} ${ofState}`
    : chargesInState(merchantId, {
        ...{ cycleId, state, afterPosition },
        rare: await isRareState(db, merchantId, state),
      });
  const place = isWalk ? sql`s.position` : sql`c.position`;
  const { rows } = await sql<Charge>`
    select order_number as "orderNumber", customer_number as "customerNumber", s.position, state,
           n as attempt, amount_yen as "amountYen", captured_yen as "capturedYen",
           coalesce(response_code, ${latestDeclineOf('response_code')}) as "responseCode",
           coalesce(response_detail, ${latestDeclineOf('response_detail')}) as "responseDetail",
           capture_before as "captureBefore", ${carryOverLinks(sql<number>`s.charge_id`)}
      from ${rowsOf}
     order by ${place} limit ${page.limit}`.execute(db);
  return rows;
}

/** States of a charge that ended unbilled and may be opened again. */
const RELEASABLE: readonly ChargeState[] = ['given_up', 'cancelled'];

/**
 * Takes the next slot of ended charges to open them again. The caller holds the merchant's lock and
 * rolls back when any is refused.
 *
 * @returns the order numbers that have no charge here that ended unbilled
 */
export async function releaseCharges(
  db: Db,
  merchantId: number,
  release: {
    cycleId: number;
    orderNumbers: readonly string[];
    decisionId: number;
    now: string;
  },
): Promise<string[]> {
  const { rows } = await sql<{ order_number: string }>`
    with released as (
      insert into attempts (charge_id, n, merchant_id, kind, amount_yen, decision_id, claimed_at)
      select charge_id, n + 1, ${merchantId}, 'released', 0, ${release.decisionId}, ${release.now}
        from charge_states
       where merchant_id = ${merchantId} and cycle_id = ${release.cycleId}
         and order_number = any(${release.orderNumbers}) and state = any(${RELEASABLE}::text[])
       order by charge_id
      returning charge_id
    )
    select u.order_number from unnest(${release.orderNumbers}::text[]) as u (order_number)
     where not exists (select from released r join charges c on c.id = r.charge_id
                        where c.order_number = u.order_number)`.execute(db);
  return rows.map((row) => row.order_number);
}

/** States from which a person may end a charge without billing it. */
const ENDABLE: readonly ChargeState[] = ['planned', 'declined', 'expired', 'voided'];

/**
 * Takes the next slot of each charge to end it. The caller holds the merchant's lock.
 *
 * @returns the order numbers that have no charge here or whose charge cannot be ended now; the
 *   caller rolls back when there are any
 */
export async function endCharges(
  db: Db,
  merchantId: number,
  end: {
    cycleId: number;
    kind: 'cancelled' | 'given_up';
    orderNumbers: readonly string[];
    decisionId: number;
    now: string;
  },
): Promise<string[]> {
  const { rows } = await sql<{ order_number: string }>`
    with ended as (
      insert into attempts (charge_id, n, merchant_id, kind, amount_yen, decision_id, claimed_at)
      select charge_id, coalesce(n, 0) + 1, ${merchantId}, ${end.kind}, 0, ${end.decisionId}, ${end.now}
        from charge_states
       where merchant_id = ${merchantId} and cycle_id = ${end.cycleId}
         and order_number = any(${end.orderNumbers}) and state = any(${ENDABLE})
       order by charge_id
      returning charge_id
    )
    select u.order_number from unnest(${end.orderNumbers}::text[]) as u (order_number)
     where not exists (select from ended e join charges c on c.id = e.charge_id
                        where c.order_number = u.order_number)`.execute(db);
  return rows.map((row) => row.order_number);
}
