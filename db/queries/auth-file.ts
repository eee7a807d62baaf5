import { sql } from 'kysely';
import type { Db } from '../database.ts';
import { isAskedAgain, openRunsOf, registrationOf } from '../fragments.ts';
import { isChargeLocked, isOrderLocked } from '../locked-cards.ts';
import type { FileLine } from './file-lines.ts';

/**
 * Makes a charge, with its item, of every selected order of the month's open runs that no charge
 * bills yet: from here on the orders are this cycle's. Repeated after a change of `identityMonth`, it
 * makes no second charge of an order that the cycle has. The caller holds the merchant's lock.
 *
 * @returns how many charges were made, and how many selected orders another cycle had taken, a person
 *   had put on hold or a locked card keeps back since the selection; those must be selected anew, so
 *   that they show why
 */
export async function insertPlannedCharges(
  db: Db,
  merchantId: number,
  plan: {
    cycleId: number;
    identityMonth: string;
    /** In which the orders were cleared; without one, no clearance holds for their charges. */
    previewId?: number;
    now: string;
  },
): Promise<{ planned: number; taken: number }> {
  const openRuns = openRunsOf(plan.cycleId);
  const selected = sql`
    select r.order_number, r.collection_id, r.record, r.amount_yen, o.customer_number,
           o.previous_order_number
      from order_verdicts r
      join orders o on o.collection_id = r.collection_id and o.record = r.record
     where r.merchant_id = ${merchantId} and r.cycle_id = ${plan.cycleId} and r.verdict = 'selected'
       and (exists (select from (${openRuns}) u where u.scope = 'all')
            or r.order_number in (select w.order_number
                                    from run_orders w join (${openRuns}) u on u.id = w.run_id))`;
  const {
    rows: [other],
  } = await sql<{ taken: number }>`
    select count(*)::int as taken from (${selected}) s
     where exists (select from charges c
                    where c.merchant_id = ${merchantId} and c.order_number = s.order_number
                      and ${plan.identityMonth} in ('', c.identity_month)
                      and c.cycle_id <> ${plan.cycleId})
        or exists (select from open_order_holds h
                    where h.merchant_id = ${merchantId} and h.order_number = s.order_number)
        or (${isOrderLocked(merchantId, 's')}
            and not exists (select from charges c where c.cycle_id = ${plan.cycleId}
                               and c.order_number = s.order_number))
    `.execute(db);
  if (other !== undefined && other.taken > 0) return { planned: 0, taken: other.taken };

  const charges = await sql`
    insert into charges (merchant_id, cycle_id, order_number, identity_month, customer_number,
                         previous_order_number, position, collection_id, record, created_at,
                         preview_id)
    select ${merchantId}, ${plan.cycleId}, s.order_number, ${plan.identityMonth}, s.customer_number,
           s.previous_order_number,
           (select coalesce(max(position), 0) from charges where cycle_id = ${plan.cycleId})
             + row_number() over (order by s.collection_id, s.record),
           s.collection_id, s.record, ${plan.now}, ${plan.previewId ?? null}::bigint
      from (${selected}) s
     where not exists (select from charges c where c.cycle_id = ${plan.cycleId}
                          and c.order_number = s.order_number)
     order by s.collection_id, s.record`.execute(db);
  await sql`
    insert into charge_items (charge_id, origin_charge_id, merchant_id, yen)
    select c.id, c.id, ${merchantId}, o.amount_yen
      from charges c
      join orders o on o.collection_id = c.collection_id and o.record = c.record
     where c.merchant_id = ${merchantId} and c.cycle_id = ${plan.cycleId}
       and not exists (select from charge_items i where i.charge_id = c.id)
     order by c.id`.execute(db);
  return { planned: Number(charges.numAffectedRows ?? 0n), taken: 0 };
}

/**
 * The next charges, in the export's order, that wait for an authorization file: those that never were
 * in one; those that expired or were voided and that a person wants authorized again; and, once a person
 * `askedAt` an instant for it, those of files that came to nothing by then. A rejection that came since
 * is another decision.
 */
export async function listPlannedLines(
  db: Db,
  merchantId: number,
  page: { cycleId: number; limit: number; askedAt: string | null },
): Promise<FileLine[]> {
  const { rows } = await sql<FileLine>`
    select s.charge_id as "chargeId", coalesce(s.n, 0) + 1 as n, null as k, s.position,
           s.order_number as "orderNumber", c.customer_number as "customerNumber",
           ${registrationOf} as "previousOrderNumber", s.amount_yen as yen
      from charge_states s join charges c on c.id = s.charge_id
     where s.merchant_id = ${merchantId} and s.cycle_id = ${page.cycleId}
       and s.state in ('planned', 'expired', 'voided')
       and case when s.state <> 'planned' then ${isAskedAgain}
                else s.n is null
                  or exists (select from attempts a where a.charge_id = s.charge_id and a.n = s.n
                                                and a.claimed_at < ${page.askedAt}::timestamptz)
                  or ${isClearedAgain} end
       and not exists (select from open_order_holds h
                        where h.merchant_id = ${merchantId} and h.order_number = s.order_number)
       and not ${isChargeLocked(merchantId, sql`s.charge_id`)}
     order by s.position limit ${page.limit}`.execute(db);
  return rows;
}

/** Whether a charge `s` (charge_states) was cleared for another file after it came back from one. */
const isClearedAgain = sql`
  exists (select from charge_clearances x
            join clearances k on k.preview_id = x.preview_id and k.verdict <> 'rejected'
            join attempts a on a.charge_id = s.charge_id and a.n = s.n
            left join outcomes o on o.charge_id = s.charge_id and o.n = s.n
           where x.charge_id = s.charge_id and k.cleared_at >= coalesce(o.recorded_at, a.claimed_at))`;

/** Claims the attempts that a file carries, before it can leave. */
export async function claimAttempts(
  db: Db,
  merchantId: number,
  claim: { exchangeId: number; now: string },
  lines: readonly FileLine[],
): Promise<number> {
  const result = await sql`
    insert into attempts (charge_id, n, merchant_id, kind, exchange_id, amount_yen, claimed_at)
    select u.charge_id, u.n, ${merchantId}, 'authorization', ${claim.exchangeId}, u.yen, ${claim.now}
      from unnest(${lines.map((line) => line.chargeId)}::bigint[],
                  ${lines.map((line) => line.n)}::int[],
                  ${lines.map((line) => line.yen)}::int[]) as u (charge_id, n, yen)
     order by u.charge_id`.execute(db);
  return Number(result.numAffectedRows ?? 0n);
}

/** A rejected file bills nobody: all its attempts end so, which permits new ones. */
export async function rejectAttempts(
  db: Db,
  merchantId: number,
  rejection: { exchangeId: number; decisionId: number | null; now: string },
): Promise<number> {
  const result = await sql`
    insert into outcomes (charge_id, n, merchant_id, outcome, exchange_id, decision_id, recorded_at)
    select charge_id, n, ${merchantId}, 'rejected', ${rejection.exchangeId},
           ${rejection.decisionId}, ${rejection.now}
      from file_lines where exchange_id = ${rejection.exchangeId} and k is null
     order by charge_id`.execute(db);
  return Number(result.numAffectedRows ?? 0n);
}
