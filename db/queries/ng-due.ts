import { type RawBuilder, sql } from 'kysely';
import type { RowsAndYen } from '../../billing/cycle.ts';
import type { NgNextStep } from '../../billing/ng-case.ts';
import type { Db } from '../database.ts';
import { isChargeLocked } from '../locked-cards.ts';
import { PLAN_ACTOR } from './ng-cases.ts';
import { orderInPlace } from './ng-replacements.ts';

/** What the desk takes by itself when it is due. */
export const DUE_STEPS = ['retry', 'contact', 'carry_over', 'await_order', 'give_up'] as const;

/** An open contradiction of a charge: no machine touches it. */
const contradicted = sql`exists (select from contradictions x where x.charge_id = k.charge_id
  and not exists (select from contradiction_settlements s where s.contradiction_id = x.id))`;

const held = sql`exists (select from charges c
  join open_order_holds h on h.merchant_id = c.merchant_id and h.order_number = c.order_number
 where c.id = k.charge_id)`;

/**
 * Whether the desk must not take the due step of case `k`. Asked again by whatever takes it: another
 * month may have had the merchant's lock since the blocked ones were handed to people, and have billed
 * the order in its place.
 */
const isBlocked = (merchantId: number): RawBuilder<boolean> => sql`(
  (k.next_step in ('retry', 'give_up') and ${contradicted})
  or (k.next_step in ('retry', 'contact', 'carry_over', 'give_up') and ${held})
  or (k.next_step = 'retry'
      and (${orderInPlace} is not null or ${isChargeLocked(merchantId, sql`k.charge_id`)})))`;

/**
 * Hands due cases to people that the desk must not act on: contradicted, held and re-ordered ones, and
 * those whose card the refresh refused. A retry that a person asked for waits for the end of a hold.
 */
export async function stopBlockedCases(db: Db, merchantId: number, now: string): Promise<number> {
  const locked = isChargeLocked(merchantId, sql`k.charge_id`);
  const result = await sql`
    with stopped as (
      update ng_cases k
         set next_step = 'decide', due_at = null, plan = '[]', revision = k.revision + 1,
             why = case when ${contradicted}
               then '記録と矛盾する結果があるため、自動の対応を止めました。ペイジェントの画面で確認し、確定してから再オーソリ・断念などを指示してください。'
               when k.next_step = 'retry' and ${locked} then '洗替でカードが使用不可と判定されたため、自動の再オーソリを止めました。カードか支払方法が変更されると請求できます。変更後に再オーソリを、変更されないときは断念などを指示してください。'
               when k.next_step = 'retry' and ${orderInPlace} is not null then '再注文 ' || ${orderInPlace} || ' を請求しているため、自動の再オーソリを止めました(二重請求の防止)。再注文が消込済になると、この案件は自動で完了します。そうでなければ再オーソリ・断念などを指示してください。'
               else '注文が保留中のため、自動の対応(再オーソリ・連絡・繰越・断念)を止めました。断念・キャンセルはこのまま指示できます。請求を続けるときは、保留を解除してから再オーソリなどを指示してください。' end
       where k.merchant_id = ${merchantId} and k.closed_at is null and k.due_at <= ${now}
         and ${isBlocked(merchantId)}
      returning k.id, k.n, k.why
    )
    insert into ng_case_steps (case_id, merchant_id, kind, n, actor, why, taken_at)
    select id, ${merchantId}, 'planned', n, ${PLAN_ACTOR}, why, ${now} from stopped`.execute(db);
  return Number(result.numAffectedRows ?? 0n);
}

/** A case that asks for its retry now. */
export interface DueRetry {
  readonly id: number;
  readonly revision: number;
  readonly customerNumber: string;
}

export async function listDueRetries(
  db: Db,
  merchantId: number,
  of: { readonly now: string; readonly afterId: number; readonly limit: number },
): Promise<DueRetry[]> {
  const { rows } = await sql<DueRetry>`
    select k.id, k.revision, c.customer_number as "customerNumber"
      from ng_cases k join charges c on c.id = k.charge_id
     where k.merchant_id = ${merchantId} and k.closed_at is null and k.next_step = 'retry'
       and k.due_at <= ${of.now} and k.id > ${of.afterId} and not ${isBlocked(merchantId)}
     order by k.id limit ${of.limit}`.execute(db);
  return rows;
}

/**
 * Asks for the next attempt of cases whose charge still stands where it was declined; once for each
 * attempt, whoever asks how often.
 *
 * @param by null: the plan asks
 */
export async function requestRetries(
  db: Db,
  merchantId: number,
  cases: readonly { readonly id: number; readonly revision: number }[],
  by: { readonly decisionId: number; readonly actor: string; readonly why: string } | null,
  now: string,
): Promise<number> {
  const result = await sql`
    with ready as (
      select k.id, k.charge_id, k.n, k.why
        from unnest(${cases.map(({ id }) => id)}::bigint[],
                    ${cases.map(({ revision }) => revision)}::int[]) as u (id, revision)
        join ng_cases k on k.id = u.id and k.revision = u.revision
       where k.merchant_id = ${merchantId} and k.closed_at is null
         and exists (select from attempts later
                      where later.charge_id = k.charge_id and later.n = k.n + 1 and later.n > 1)
             is not true
         and exists (select from authorization_requests q
                      where q.charge_id = k.charge_id and q.n = k.n) is not true
    ), requested as (
      insert into authorization_requests (charge_id, n, merchant_id, kind, decision_id, requested_at)
      select charge_id, n, ${merchantId}, 'retry', ${by?.decisionId ?? null}::bigint, ${now}
        from ready order by charge_id
    ), moved as (
      update ng_cases k
         set next_step = 'await_result', due_at = null, revision = k.revision + 1,
             why = '再オーソリの結果を待っています。'
        from ready r where k.id = r.id
      returning k.id, k.n, r.why
    )
    insert into ng_case_steps (case_id, merchant_id, kind, n, decision_id, actor, why, taken_at)
    select id, ${merchantId}, ${by === null ? 'retry' : 'retry_now'}, n,
           ${by?.decisionId ?? null}::bigint, ${by?.actor ?? PLAN_ACTOR},
           coalesce(${by?.why ?? null}::text, why), ${now}
      from moved order by id`.execute(db);
  return Number(result.numAffectedRows ?? 0n);
}

/** Has cases planned anew: what was planned is not possible any more. */
export async function planAnew(db: Db, merchantId: number, ids: readonly number[]): Promise<void> {
  await sql`
    update ng_cases set next_step = 'plan', due_at = null, revision = revision + 1
     where merchant_id = ${merchantId} and id = any(${ids}::bigint[]) and closed_at is null`.execute(
    db,
  );
}

/**
 * The CTEs `due` and `moved`: cases whose step of these kinds is due, each moved on to the next step of its
 * plan. `moved` has id, n, the step that was `taken`, why it `was` taken and `why` the next one is.
 *
 * @param ended what a person reads where the plan has no further step
 */
const moveOnDue = (
  merchantId: number,
  steps: readonly NgNextStep[],
  ended: string,
  now: string,
): RawBuilder<unknown> => sql`
  due as (
    select k.id, k.next_step, k.why, k.plan from ng_cases k
     where k.merchant_id = ${merchantId} and k.closed_at is null
       and k.next_step = any(${[...steps]}::text[]) and k.due_at <= ${now}
       and not ${isBlocked(merchantId)}
     order by k.id for update
  ), moved as (
    update ng_cases k
       set next_step = coalesce(d.plan->0->>'step', 'decide'),
           due_at = (d.plan->0->>'dueAt')::timestamptz,
           why = coalesce(d.plan->0->>'why', ${ended}),
           plan = d.plan - 0, revision = k.revision + 1
      from due d where k.id = d.id
    returning k.id, k.n, d.next_step as taken, d.why as was, k.why
  )`;

/**
 * Notes that the customers of due cases are to be contacted. The step rows of kind `contact` are what
 * mails are made of.
 */
export async function takeDueContacts(db: Db, merchantId: number, now: string): Promise<number> {
  const ended = '連絡しました。次の対応を指示してください。';
  const result = await sql`
    with ${moveOnDue(merchantId, ['contact'], ended, now)}
    insert into ng_case_steps (case_id, merchant_id, kind, n, actor, why, taken_at)
    select id, ${merchantId}, 'contact', n, ${PLAN_ACTOR}, was, ${now} from moved order by id`.execute(
    db,
  );
  return Number(result.numAffectedRows ?? 0n);
}

/**
 * Has cases wait for the next order once their customers' time of notice is over, and gives those back
 * to people that have waited long enough.
 */
export async function takeDueCarryOvers(db: Db, merchantId: number, now: string): Promise<number> {
  const ended = '次の対応を指示してください。';
  const result = await sql`
    with ${moveOnDue(merchantId, ['carry_over', 'await_order'], ended, now)}
    insert into ng_case_steps (case_id, merchant_id, kind, n, actor, why, taken_at)
    select id, ${merchantId}, case taken when 'carry_over' then 'carry_over' else 'planned' end, n,
           ${PLAN_ACTOR}, case taken when 'carry_over' then was else why end, ${now}
      from moved order by id`.execute(db);
  return Number(result.numAffectedRows ?? 0n);
}

/** Cases whose day of giving up has come, in rows and yen by month. */
export async function countDueGiveUps(
  db: Db,
  merchantId: number,
  now: string,
): Promise<(RowsAndYen & { readonly month: string })[]> {
  const { rows } = await sql<RowsAndYen & { month: string }>`
    select m.billing_month as month, count(*)::int as rows, sum(k.amount_yen)::float8 as yen
      from ng_cases k join cycles m on m.id = k.cycle_id
     where k.merchant_id = ${merchantId} and k.closed_at is null and k.next_step = 'give_up'
       and k.due_at <= ${now} and not ${isBlocked(merchantId)}
     group by 1 order by 1`.execute(db);
  return rows;
}

/** Ends the charges of due cases unbilled, by the decision of the merchant's settings. */
export async function takeDueGiveUps(
  db: Db,
  merchantId: number,
  of: { readonly decisionId: number; readonly now: string },
): Promise<number> {
  const result = await sql`
    with due as (
      select k.id, k.charge_id, k.n, k.why from ng_cases k
       where k.merchant_id = ${merchantId} and k.closed_at is null and k.next_step = 'give_up'
         and k.due_at <= ${of.now} and not ${isBlocked(merchantId)}
         and not exists (select from attempts later
                          where later.charge_id = k.charge_id and later.n = k.n + 1 and later.n > 1)
       order by k.id for update
    ), ended as (
      insert into attempts (charge_id, n, merchant_id, kind, amount_yen, decision_id, claimed_at)
      select charge_id, n + 1, ${merchantId}, 'given_up', 0, ${of.decisionId}, ${of.now}
        from due order by charge_id
    )
    insert into ng_case_steps (case_id, merchant_id, kind, n, decision_id, actor, why, taken_at)
    select id, ${merchantId}, 'given_up', n, ${of.decisionId}, ${PLAN_ACTOR}, why, ${of.now}
      from due order by id`.execute(db);
  return Number(result.numAffectedRows ?? 0n);
}

/** Open months of which retries were asked for and stand in no file yet. */
export async function listMonthsToRetry(db: Db, merchantId: number): Promise<string[]> {
  const { rows } = await sql<{ month: string }>`
    select distinct m.billing_month as month
      from authorization_requests q
      join ng_cases k on k.charge_id = q.charge_id and k.n = q.n and k.closed_at is null
      join cycles m on m.id = k.cycle_id and m.closed_at is null
     where q.merchant_id = ${merchantId} and q.kind = 'retry'
       and not exists (select from attempts a where a.charge_id = q.charge_id and a.n = q.n + 1)
     order by 1`.execute(db);
  return rows.map(({ month }) => month);
}

/** Where the desk stands: what is open, what needs people, when it is due again. */
export interface NgDeskFacts {
  readonly open: number;
  readonly people: number;
  /** Cases that are to be planned, or charges that wait for a supplementary file. */
  readonly unplanned: number;
  /** ISO instant; null = nothing will be due by itself. */
  readonly nextDueAt: string | null;
}

export async function readNgDeskFacts(db: Db, merchantId: number): Promise<NgDeskFacts> {
  const { rows } = await sql<NgDeskFacts>`
    select count(*)::int as open,
           count(*) filter (where next_step in ('decide', 'fix_data'))::int as people,
           count(*) filter (where next_step = 'plan')::int as unplanned,
           min(due_at) filter (where next_step = any(${[...DUE_STEPS]}::text[])) as "nextDueAt"
      from ng_cases where merchant_id = ${merchantId} and closed_at is null`.execute(db);
  return rows[0] ?? { open: 0, people: 0, unplanned: 0, nextDueAt: null };
}
