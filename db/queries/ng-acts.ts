import { sql } from 'kysely';
import type { RowsAndYen } from '../../billing/cycle.ts';
import type { NgCaseName } from '../../billing/ng-act.ts';
import type { LimitKind, NgStepKind } from '../../billing/ng-case.ts';
import type { Db } from '../database.ts';
import { listCaseRows, type NgCaseRow } from './ng-cases.ts';

/** What people's acts do to the rows of cases. The caller holds the merchant's lock. */

/** A person's decision on cases, as their histories name it. */
export interface DecidedBy {
  readonly decisionId: number;
  readonly actor: string;
}

/** The open cases of those names, by ID; one that is closed or was never opened is left out. */
export async function findCases(
  db: Db,
  merchantId: number,
  names: readonly NgCaseName[],
): Promise<NgCaseRow[]> {
  const where = sql`(m.billing_month, c.order_number) in (
    select u.month, u.order_number
      from unnest(${names.map(({ month }) => month)}::text[],
                  ${names.map(({ orderNumber }) => orderNumber)}::text[])
           as u (month, order_number))`;
  return await listCaseRows(db, merchantId, { where, afterId: 0, limit: names.length });
}

/** Notes what a person did, in the history of each case. */
export async function noteSteps(
  db: Db,
  merchantId: number,
  step: DecidedBy & {
    readonly cases: readonly { readonly id: number; readonly n: number }[];
    readonly kind: NgStepKind;
    readonly why: string;
    readonly now: string;
  },
): Promise<void> {
  await sql`
    insert into ng_case_steps (case_id, merchant_id, kind, n, decision_id, actor, why, taken_at)
    select u.id, ${merchantId}, ${step.kind}, u.n, ${step.decisionId}, ${step.actor}, ${step.why},
           ${step.now}
      from unnest(${step.cases.map(({ id }) => id)}::bigint[],
                  ${step.cases.map(({ n }) => n)}::int[]) as u (id, n)
     order by u.id`.execute(db);
}

/** Keeps which limit it was. The revision stays: the plan that follows raises it. */
export async function setLimitKind(
  db: Db,
  merchantId: number,
  ids: readonly number[],
  limit: LimitKind,
): Promise<void> {
  await sql`
    update ng_cases set limit_kind = ${limit}
     where merchant_id = ${merchantId} and id = any(${ids}::bigint[]) and closed_at is null`.execute(
    db,
  );
}

/** Records that column L names another registration from now on, or that the one of before was renewed. */
export async function insertRegistrations(
  db: Db,
  merchantId: number,
  of: {
    readonly cases: readonly { readonly chargeId: number; readonly n: number }[];
    readonly previousOrderNumber: string | null;
    readonly decisionId: number;
    readonly now: string;
  },
): Promise<void> {
  await sql`
    insert into charge_registrations (charge_id, k, merchant_id, after_n, previous_order_number,
                                      decision_id, recorded_at)
    select u.charge_id, coalesce(l.k, 0) + 1, ${merchantId}, u.n,
           coalesce(${of.previousOrderNumber}::text, l.previous_order_number,
                    c.previous_order_number),
           ${of.decisionId}, ${of.now}
      from unnest(${of.cases.map(({ chargeId }) => chargeId)}::bigint[],
                  ${of.cases.map(({ n }) => n)}::int[]) as u (charge_id, n)
      join charges c on c.id = u.charge_id
      left join lateral (select r.k, r.previous_order_number from charge_registrations r
                          where r.charge_id = u.charge_id order by r.k desc limit 1) l on true
     order by u.charge_id`.execute(db);
}

/**
 * Ends the charges of cases unbilled.
 *
 * @returns the IDs of the cases whose charge could be ended; the caller rolls back when any is missing
 */
export async function endCases(
  db: Db,
  merchantId: number,
  end: {
    readonly ids: readonly number[];
    readonly kind: 'cancelled' | 'given_up';
    readonly decisionId: number;
    readonly now: string;
  },
): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    with ended as (
      insert into attempts (charge_id, n, merchant_id, kind, amount_yen, decision_id, claimed_at)
      select s.charge_id, s.n + 1, ${merchantId}, ${end.kind}, 0, ${end.decisionId}, ${end.now}
        from ng_cases k join charge_states s on s.charge_id = k.charge_id
       where k.merchant_id = ${merchantId} and k.id = any(${end.ids}::bigint[])
         and k.closed_at is null and s.state in ('planned', 'declined', 'expired', 'voided')
       order by s.charge_id
      returning charge_id
    )
    select k.id from ended e join ng_cases k on k.charge_id = e.charge_id and k.closed_at is null
     order by k.id`.execute(db);
  return rows.map(({ id }) => id);
}

/** Cases in rows and yen, by month. */
export async function sumCases(
  db: Db,
  merchantId: number,
  ids: readonly number[],
): Promise<(RowsAndYen & { readonly month: string })[]> {
  const { rows } = await sql<RowsAndYen & { month: string }>`
    select m.billing_month as month, count(*)::int as rows, sum(k.amount_yen)::float8 as yen
      from ng_cases k join cycles m on m.id = k.cycle_id
     where k.merchant_id = ${merchantId} and k.id = any(${ids}::bigint[])
     group by 1 order by 1`.execute(db);
  return rows;
}
