import { sql } from 'kysely';
import type { Db } from '../database.ts';
import type { FileLine } from './file-lines.ts';

/**
 * Makes a charge, with its item, of every selected order that no charge bills yet: from here on the
 * orders are this cycle's. Repeated after a change of `identityMonth`, it makes no second charge of
 * an order that the cycle has. The caller holds the merchant's lock.
 *
 * @returns how many charges were made, and how many selected orders another cycle had taken since
 *   the selection; those must be selected anew, so that they show as already billed
 */
export async function insertPlannedCharges(
  db: Db,
  merchantId: number,
  plan: { cycleId: number; identityMonth: string; now: string },
): Promise<{ planned: number; taken: number }> {
  const selected = sql`
    select r.order_number, r.record, r.amount_yen, o.customer_number, o.previous_order_number
      from selections s
      join selection_rows r on r.selection_id = s.id and r.verdict = 'selected'
      join orders o on o.collection_id = s.collection_id and o.record = r.record
     where s.merchant_id = ${merchantId}
       and s.id = (select id from selections where cycle_id = ${plan.cycleId} order by n desc limit 1)`;
  const {
    rows: [other],
  } = await sql<{ taken: number }>`
    select count(*)::int as taken from (${selected}) s
     where exists (select from charges c
                    where c.merchant_id = ${merchantId} and c.order_number = s.order_number
                      and ${plan.identityMonth} in ('', c.identity_month)
                      and c.cycle_id <> ${plan.cycleId})
    `.execute(db);
  if (other !== undefined && other.taken > 0) return { planned: 0, taken: other.taken };

  const charges = await sql`
    insert into charges (merchant_id, cycle_id, order_number, identity_month, customer_number,
                         previous_order_number, position, created_at)
    select ${merchantId}, ${plan.cycleId}, s.order_number, ${plan.identityMonth}, s.customer_number,
           s.previous_order_number, s.record, ${plan.now}
      from (${selected}) s
     where not exists (select from charges c where c.cycle_id = ${plan.cycleId}
                          and c.order_number = s.order_number)
     order by s.record`.execute(db);
  await sql`
    insert into charge_items (charge_id, origin_charge_id, merchant_id, yen)
    select c.id, c.id, ${merchantId}, s.amount_yen
      from (${selected}) s
      join charges c on c.cycle_id = ${plan.cycleId} and c.order_number = s.order_number
     where not exists (select from charge_items i where i.charge_id = c.id)
     order by c.id`.execute(db);
  return { planned: Number(charges.numAffectedRows ?? 0n), taken: 0 };
}

/**
 * The next charges, in the export's order, that wait for an authorization file.
 *
 * @param page with `askedAt`, what was in a file by then or in none: a rejection that came since is
 *   another decision
 */
export async function listPlannedLines(
  db: Db,
  merchantId: number,
  page: { cycleId: number; limit: number; askedAt?: string | null },
): Promise<FileLine[]> {
  const askedAt = page.askedAt ?? null;
  const { rows } = await sql<FileLine>`
    select s.charge_id as "chargeId", coalesce(s.n, 0) + 1 as n, null as k, s.position,
           s.order_number as "orderNumber", c.customer_number as "customerNumber",
           c.previous_order_number as "previousOrderNumber", s.amount_yen as yen
      from charge_states s join charges c on c.id = s.charge_id
     where s.merchant_id = ${merchantId} and s.cycle_id = ${page.cycleId} and s.state = 'planned'
       and (${askedAt}::timestamptz is null or s.n is null
            or exists (select from attempts a where a.charge_id = s.charge_id and a.n = s.n
                                                and a.claimed_at < ${askedAt}))
     order by s.position limit ${page.limit}`.execute(db);
  return rows;
}

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
  rejection: { exchangeId: number; decisionId: number; now: string },
): Promise<number> {
  const result = await sql`
    insert into outcomes (charge_id, n, merchant_id, outcome, exchange_id, decision_id, recorded_at)
    select charge_id, n, ${merchantId}, 'rejected', ${rejection.exchangeId},
           ${rejection.decisionId}, ${rejection.now}
      from file_lines where exchange_id = ${rejection.exchangeId} and k is null
     order by charge_id`.execute(db);
  return Number(result.numAffectedRows ?? 0n);
}
