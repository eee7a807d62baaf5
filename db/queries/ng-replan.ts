import { sql } from 'kysely';
import type { Db, Trx } from '../database.ts';
import { PLAN_ACTOR } from './ng-cases.ts';

/** Plans that newer settings make obsolete before they have begun. */

/**
 * The newest version of the settings that changed what plans follow from: those of the NG desk without
 * the words and hours of mails, the merchant's own classes, its closed days.
 *
 * @returns 1 while they are as they were at the beginning
 */
export async function findPlanningVersion(db: Db, merchantId: number): Promise<number> {
  const { rows } = await sql<{ version: number }>`
    select coalesce(max(version) filter (where known is distinct from before), 1)::int as version
      from (select version, known, lag(known, 1, known) over (order by version) as before
              from (select version, jsonb_build_array((settings->'ng') - 'contact',
                           settings->'declines', settings->'calendar'->'closedDays') as known
                      from merchant_settings where merchant_id = ${merchantId}) v) w`.execute(db);
  return rows[0]?.version ?? 1;
}

/** Whether a decision with this key was made. */
export async function isDecided(db: Db, merchantId: number, key: string): Promise<boolean> {
  const row = await db
    .selectFrom('decisions')
    .select('id')
    .where('merchant_id', '=', merchantId)
    .where('idempotency_key', '=', key)
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * Has the desk's own plans made anew of which nothing was done yet: no retry, no mail, no person's word
 * since the latest decline. What a machine has handed to people stays with them.
 *
 * @returns how many
 */
export async function replanUnbegun(
  trx: Trx,
  merchantId: number,
  of: { readonly decisionId: number; readonly version: number; readonly now: string },
): Promise<number> {
  const why = `設定(第 ${of.version} 版)が変更されたため、まだ始めていない計画を作り直します。`;
  const result = await sql`
    with again as (
      update ng_cases k
         set next_step = 'plan', due_at = null, plan = '[]', revision = k.revision + 1
       where k.merchant_id = ${merchantId} and k.closed_at is null
         and (k.next_step in ('retry', 'contact', 'carry_over', 'give_up', 'fix_data')
              or (k.next_step = 'decide' and k.class = 'unknown'))
         and not exists (select from ng_case_steps t
               where t.case_id = k.id and t.n = k.n
                 and (t.kind not in ('opened', 'declined_again', 'planned') or t.actor <> ${PLAN_ACTOR}))
         and not exists (select from customer_mails x where x.case_id = k.id)
      returning k.id, k.n
    )
    insert into ng_case_steps (case_id, merchant_id, kind, n, decision_id, actor, why, taken_at)
    select id, ${merchantId}, 'planned', n, ${of.decisionId}, ${PLAN_ACTOR}, ${why}, ${of.now}
      from again order by id`.execute(trx);
  return Number(result.numAffectedRows ?? 0n);
}

/** Open cases that wait for a person, by month: what a month shows of them. */
export async function countCasesOfPeople(
  db: Db,
  merchantId: number,
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ month: string; cases: number }>`
    select m.billing_month as month, count(*)::int as cases
      from ng_cases k join cycles m on m.id = k.cycle_id
     where k.merchant_id = ${merchantId} and k.closed_at is null
       and k.next_step in ('decide', 'fix_data')
     group by 1`.execute(db);
  return new Map(rows.map(({ month, cases }) => [month, cases]));
}
