import { sql } from 'kysely';
import type { DeclineClass } from '../../billing/decline.ts';
import type { LimitKind, PlannedStep } from '../../billing/ng-case.ts';
import type { Db } from '../database.ts';

/**
 * The cases of the NG desk as rows. They never say anything that the record of money does not: they
 * are opened and closed from its facts, set-based, however often.
 */

/** Who is named where the plan took a step and no person did. */
export const PLAN_ACTOR = 'plan';

/**
 * A declined authorization `o` whose charge was neither tried again nor ended since. Probed (`is not
 * true` keeps it from being joined): right after a file Postgres has counted neither side.
 */
const latestDecline = (merchantId: number) => sql`
  o.merchant_id = ${merchantId} and o.outcome = 'declined'
  and exists (select from attempts later
               where later.charge_id = o.charge_id and later.n = o.n + 1 and later.n > 1) is not true`;

/** Declined charges of open months without a case: of few, so `materialized` before anything joins them. */
const uncased = (merchantId: number) => sql`
  select o.charge_id, o.n from outcomes o
   where ${latestDecline(merchantId)}
     and exists (select from ng_cases k
                  where k.charge_id = o.charge_id and (k.closed_at is null or k.n >= o.n))
         is not true`;

/** Opens a case for every declined charge that has none. @returns how many */
export async function openCases(db: Db, merchantId: number, now: string): Promise<number> {
  const result = await sql`
    with uncased as materialized (${uncased(merchantId)}), opened as (
      insert into ng_cases (merchant_id, cycle_id, charge_id, opened_n, n, amount_yen, opened_at)
      select ${merchantId}, c.cycle_id, c.id, u.n, u.n, a.amount_yen, ${now}
        from uncased u
        join charges c on c.id = u.charge_id
        join attempts a on a.charge_id = u.charge_id and a.n = u.n
       where exists (select from cycles m where m.id = c.cycle_id and m.closed_at is null)
       order by c.id
      returning id, n
    )
    insert into ng_case_steps (case_id, merchant_id, kind, n, actor, why, taken_at)
    select id, ${merchantId}, 'opened', n, ${PLAN_ACTOR}, 'オーソリがNGになりました。', ${now}
      from opened order by id`.execute(db);
  return Number(result.numAffectedRows ?? 0n);
}

/** Has the cases planned anew whose charge was tried again and declined again. */
export async function markDeclinedAgain(db: Db, merchantId: number, now: string): Promise<number> {
  // Probed for each open case ("offset 0"): joined, every case would be held against every decline.
  const result = await sql`
    with declined as materialized (
      select k.id, d.n from ng_cases k
        cross join lateral (
          select o.n from outcomes o
           where o.charge_id = k.charge_id and o.n > k.n and ${latestDecline(merchantId)} offset 0) d
       where k.merchant_id = ${merchantId} and k.closed_at is null
    ), again as (
      update ng_cases k
         set n = d.n, next_step = 'plan', due_at = null, why = '', plan = '[]',
             revision = k.revision + 1
        from declined d where k.id = d.id
      returning k.id, k.n
    )
    insert into ng_case_steps (case_id, merchant_id, kind, n, actor, why, taken_at)
    select id, ${merchantId}, 'declined_again', n, ${PLAN_ACTOR}, '再オーソリもNGになりました。', ${now}
      from again order by id`.execute(db);
  return Number(result.numAffectedRows ?? 0n);
}

/** Open cases whose charge was paid, lapsed or ended since the decline: id, outcome. */
const finished = (merchantId: number) => sql`
  select f.* from (
    select k.id, k.cycle_id,
           coalesce(
             (select a.kind from attempts a
               where a.charge_id = k.charge_id and a.n > k.n
                 and a.kind in ('carried_over', 'cancelled', 'given_up')
               order by a.n limit 1),
             (select case when r.result = 'captured' then 'paid'
                          when r.result = 'voided' then 'voided' else 'expired' end
                from endings e
                left join ending_results r on r.charge_id = e.charge_id and r.n = e.n and r.k = e.k
               where e.charge_id = k.charge_id and e.n > k.n
                 and (r.result in ('captured', 'voided') or e.kind = 'expired')
               order by e.n desc, e.k desc limit 1)) as outcome
      from ng_cases k
     where k.merchant_id = ${merchantId} and k.closed_at is null
       and exists (select from attempts later where later.charge_id = k.charge_id
                      and later.n = k.n + 1 and later.n > 1) is true) f
   where f.outcome is not null`;

/** Closes the cases whose charge has come to an end. @returns the months that they belong to */
export async function closeCases(db: Db, merchantId: number, now: string): Promise<string[]> {
  const { rows } = await sql<{ month: string }>`
    with closed as (
      update ng_cases k
         set outcome = case when f.outcome = 'cancelled' and s.replaced then 'replaced'
                            else f.outcome end,
             recovered_by = case when f.outcome = 'paid' then coalesce(s.by, 'other')
                                 when f.outcome = 'cancelled' and s.replaced then 'replaced' end,
             closed_at = ${now}, next_step = 'none', due_at = null, plan = '[]',
             why = '', revision = k.revision + 1
        from (${finished(merchantId)}) f
        cross join lateral (
          select coalesce(bool_or(t.kind = 'replaced'), false) as replaced,
                 case when bool_or(t.kind = 'new_card') then 'new_card'
                      when bool_or(t.kind = 'limit_raised') then 'limit_raised'
                      else (array_agg(t.kind order by t.id desc)
                              filter (where t.kind in ('retry', 'retry_now')))[1] end as by
            from ng_case_steps t where t.case_id = f.id) s
       where k.id = f.id and k.closed_at is null
      returning k.id, k.n, k.cycle_id, k.outcome
    ), noted as (
      insert into ng_case_steps (case_id, merchant_id, kind, n, actor, why, taken_at)
      select id, ${merchantId}, 'closed', n, ${PLAN_ACTOR},
             case outcome when 'paid' then '消込済になりました。'
                          when 'replaced' then '別の注文で支払われました。'
                          when 'carried_over' then '翌月の請求に繰り越しました。'
                          when 'cancelled' then '請求をキャンセルしました。'
                          when 'given_up' then '請求を断念しました。'
                          when 'voided' then '再オーソリは取り消されました。'
                          else '再オーソリは売上処理されず、期限切れになりました。' end, ${now}
        from closed order by id
    )
    select distinct m.billing_month as month
      from closed c join cycles m on m.id = c.cycle_id order by 1`.execute(db);
  return rows.map(({ month }) => month);
}

/** Whether the facts have moved on since the desk last looked: it is woken only then. */
export async function hasNgNews(db: Db, merchantId: number): Promise<boolean> {
  const { rows } = await sql<{ news: boolean }>`
    with uncased as materialized (${uncased(merchantId)})
    select exists (select from uncased u
                     join charges c on c.id = u.charge_id
                     join cycles m on m.id = c.cycle_id and m.closed_at is null)
        or exists (select from (${finished(merchantId)}) f)
        or exists (select from ng_cases k
                    where k.merchant_id = ${merchantId} and k.closed_at is null
                      and exists (select from outcomes o
                                   where o.charge_id = k.charge_id and o.n > k.n
                                     and ${latestDecline(merchantId)}) is true) as news`.execute(
    db,
  );
  return rows[0]?.news ?? false;
}

/** A case with what its plan follows from. */
export interface NgCaseRow {
  readonly id: number;
  readonly revision: number;
  readonly chargeId: number;
  readonly n: number;
  readonly month: string;
  readonly orderNumber: string;
  readonly customerNumber: string;
  readonly class: DeclineClass;
  readonly code: string | null;
  readonly limitKind: LimitKind | null;
  readonly openedAt: string;
  readonly responseCode: string | null;
  readonly responseDetail: string | null;
  readonly declinedAt: string;
  readonly retries: number;
  readonly contacts: number;
  readonly registered: boolean;
  /** Whether the time of notice of a carry-over is over since then. */
  readonly noticed: boolean;
  /** Whether an attempt or an end follows the declined one. */
  readonly moved: boolean;
}

/** Open cases that a condition on `k` names, by ID; `lock` keeps others from acting on them. */
export async function listCaseRows(
  db: Db,
  merchantId: number,
  of: { readonly where: ReturnType<typeof sql>; readonly afterId: number; readonly limit: number },
): Promise<NgCaseRow[]> {
  const { rows } = await sql<NgCaseRow>`
    select k.id, k.revision, k.charge_id as "chargeId", k.n, m.billing_month as month,
           c.order_number as "orderNumber", c.customer_number as "customerNumber", k.class, k.code,
           k.limit_kind as "limitKind", k.opened_at as "openedAt",
           o.response_code as "responseCode", o.response_detail as "responseDetail",
           coalesce(o.processed_at, o.recorded_at) as "declinedAt",
           (select count(*)::int from authorization_requests q
             where q.charge_id = k.charge_id and q.kind = 'retry') as retries,
           (select count(*)::int from ng_case_steps t
             where t.case_id = k.id and t.kind = 'contact') as contacts,
           exists (select from charge_registrations r
                    where r.charge_id = k.charge_id and r.after_n >= k.n) as registered,
           exists (select from ng_case_steps t where t.case_id = k.id and t.n = k.n
                     and t.kind = 'carry_over' and t.decision_id is null) as noticed,
           (k.next_step = 'await_result' or exists (select from attempts later
             where later.charge_id = k.charge_id and later.n = k.n + 1 and later.n > 1)) as moved
      from ng_cases k
      join charges c on c.id = k.charge_id
      join cycles m on m.id = k.cycle_id
      join outcomes o on o.charge_id = k.charge_id and o.n = k.n
     where k.merchant_id = ${merchantId} and k.closed_at is null and k.id > ${of.afterId}
       and ${of.where}
     order by k.id limit ${of.limit}`.execute(db);
  return rows;
}

/** Cases that the next wave plans. */
export async function listUnplannedCases(
  db: Db,
  merchantId: number,
  page: { readonly afterId: number; readonly limit: number },
): Promise<NgCaseRow[]> {
  return await listCaseRows(db, merchantId, { ...page, where: sql`k.next_step = 'plan'` });
}

/** A plan for one case, made from the revision that was read. */
export interface SavedPlan {
  readonly id: number;
  readonly revision: number;
  readonly class: DeclineClass;
  readonly code: string | null;
  readonly steps: readonly PlannedStep[];
}

/**
 * Saves plans of cases that nobody changed since they were read, and notes them in their histories.
 *
 * @param by null: the desk planned them by itself
 */
export async function savePlans(
  db: Db,
  merchantId: number,
  plans: readonly SavedPlan[],
  by: { readonly decisionId: number; readonly actor: string } | null,
  now: string,
): Promise<number> {
  const first = plans.map(({ steps }) => steps[0] ?? null);
  const result = await sql`
    with planned as (
      update ng_cases k
         set class = u.class, code = u.code, next_step = u.step, due_at = u.due_at, why = u.why,
             plan = u.plan, revision = k.revision + 1
        from unnest(${plans.map(({ id }) => id)}::bigint[],
                    ${plans.map(({ revision }) => revision)}::int[],
                    ${plans.map((plan) => plan.class)}::text[],
                    ${plans.map(({ code }) => code)}::text[],
                    ${first.map((step) => step?.step ?? 'decide')}::text[],
                    ${first.map((step) => step?.dueAt ?? null)}::timestamptz[],
                    ${first.map((step) => step?.why ?? '')}::text[],
                    ${plans.map(({ steps }) => JSON.stringify(steps.slice(1)))}::jsonb[],
                    ${plans.map(({ steps }) => steps.map(({ why }) => why).join(''))}::text[])
             as u (id, revision, class, code, step, due_at, why, plan, whole)
       where k.merchant_id = ${merchantId} and k.id = u.id and k.revision = u.revision
         and k.closed_at is null
      returning k.id, k.n, u.whole
    )
    insert into ng_case_steps (case_id, merchant_id, kind, n, decision_id, actor, why, taken_at)
    select id, ${merchantId}, 'planned', n, ${by?.decisionId ?? null}::bigint,
           ${by?.actor ?? PLAN_ACTOR}, whole, ${now}
      from planned order by id`.execute(db);
  return Number(result.numAffectedRows ?? 0n);
}

/** Whether the merchant ever had a case, or is about to have one: then acts on cases may be repeated. */
export async function hadNgCases(db: Db, merchantId: number): Promise<boolean> {
  const { rows } = await sql<{ any: boolean }>`
    select exists (select from ng_cases k where k.merchant_id = ${merchantId}) as any`.execute(db);
  return (rows[0]?.any ?? false) || (await hasNgNews(db, merchantId));
}

/** Whether the merchant has open cases, or charges that are about to have one. */
export async function hasNgDesk(db: Db, merchantId: number): Promise<boolean> {
  const { rows } = await sql<{ open: boolean }>`
    select exists (select from ng_cases k
                    where k.merchant_id = ${merchantId} and k.closed_at is null) as open`.execute(
    db,
  );
  return (rows[0]?.open ?? false) || (await hasNgNews(db, merchantId));
}
