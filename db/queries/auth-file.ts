import { sql } from 'kysely';
import type { Db } from '../database.ts';
import { isAskedAgain, registrationOf } from '../fragments.ts';
import { type LinesToClaim, linesAsU } from '../lines-to-claim.ts';
import { isChargeLocked, isOrderLocked } from '../locked-cards.ts';
import { findOpenClaims } from './charge-tallies.ts';
import type { FileLine } from './file-lines.ts';

/**
 * Makes a charge, with its item, of every order that `stagePreview` found in the month's open runs (in
 * this transaction): from here on the orders are this cycle's. Repeated after a change of
 * `identityMonth`, it makes no second charge of an order that the cycle has. The caller holds the
 * merchant's lock.
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
  // IDs taken beforehand say which item is of which charge, without another look at either; `i` counts
  // these orders without a gap, behind the charges that are cleared again.
  await sql`drop table if exists pg_temp.planned_orders`.execute(db);
  await sql`
    create temp table planned_orders on commit drop as
    select nextval('charges_id_seq'::regclass) as id, s.*
      from (select i, order_number, customer_number, previous_order_number,
                   yen - carried_yen as yen, place as collection_id, record
              from month_orders where i is not null and charge_id is null
             order by i) s`.execute(db);
  const {
    rows: [other],
  } = await sql<{ taken: number }>`
    select count(*)::int as taken from planned_orders s
     -- Probed ("offset 0"), here and below: hashed, it would read the charges of years.
     where exists (select from charges c
                    where c.merchant_id = ${merchantId} and c.order_number = s.order_number
                      and ${plan.identityMonth} in ('', c.identity_month)
                      and c.cycle_id <> ${plan.cycleId} offset 0)
        or exists (select from open_order_holds h
                    where h.merchant_id = ${merchantId} and h.order_number = s.order_number)
        or ${isOrderLocked(merchantId, 's')}`.execute(db);
  if (other !== undefined && other.taken > 0) return { planned: 0, taken: other.taken };

  const charges = await sql`
    insert into charges (id, merchant_id, cycle_id, order_number, identity_month, customer_number,
                         previous_order_number, position, collection_id, record, created_at,
                         preview_id)
    select p.id, ${merchantId}, ${plan.cycleId}, p.order_number, ${plan.identityMonth},
           p.customer_number, p.previous_order_number,
           (select coalesce(max(position), 0) from charges where cycle_id = ${plan.cycleId})
             + p.i - (select min(i) - 1 from planned_orders),
           p.collection_id, p.record, ${plan.now}, ${plan.previewId ?? null}::bigint
      from planned_orders p`.execute(db);
  await sql`
    insert into charge_items (charge_id, origin_charge_id, merchant_id, yen)
    select p.id, p.id, ${merchantId}, p.yen from planned_orders p`.execute(db);
  return { planned: Number(charges.numAffectedRows ?? 0n), taken: 0 };
}

/**
 * The next charges, in the export's order, that wait for an authorization file: those that never were
 * in one; those that expired or were voided and that a person wants authorized again; and, once a person
 * `askedAt` an instant for it, those of files that came to nothing by then. A rejection that came since
 * is another decision.
 *
 * @param page `after`: the position up to which the files of this call have them all
 */
export async function listPlannedLines(
  db: Db,
  merchantId: number,
  page: { cycleId: number; limit: number; askedAt: string | null; after?: number },
): Promise<FileLine[]> {
  const open = await findOpenClaims(db, merchantId, page.cycleId);
  if (open?.allFresh === true) return await listFreshLines(db, merchantId, page);
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

/**
 * The same in a month of which every charge that is planned never was in a file: asked of the charges by
 * their place, instead of all of them by their state.
 */
async function listFreshLines(
  db: Db,
  merchantId: number,
  { cycleId, limit, after = 0 }: { cycleId: number; limit: number; after?: number },
): Promise<FileLine[]> {
  const { rows } = await sql<FileLine>`
    select c.id as "chargeId", 1 as n, null as k, c.position, c.order_number as "orderNumber",
           c.customer_number as "customerNumber", ${registrationOf} as "previousOrderNumber",
           (select sum(i.yen)::int from charge_items i where i.charge_id = c.id) as yen
      from charges c
     where c.merchant_id = ${merchantId} and c.cycle_id = ${cycleId} and c.position > ${after}
       and not exists (select from attempts a where a.charge_id = c.id offset 0)
       and not exists (select from open_order_holds h
                        where h.merchant_id = ${merchantId} and h.order_number = c.order_number)
       and not ${isChargeLocked(merchantId, sql`c.id`)}
     order by c.position limit ${limit}`.execute(db);
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
  lines: LinesToClaim,
): Promise<number> {
  const result = await sql`
    insert into attempts (charge_id, n, merchant_id, kind, exchange_id, amount_yen, claimed_at)
    select u.charge_id, u.n, ${merchantId}, 'authorization', ${claim.exchangeId}, u.yen, ${claim.now}
      from ${linesAsU(lines)}
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
