import { sql } from 'kysely';
import {
  type AwaitedApproval,
  describeApprovalReasons,
  findApprovalReasons,
} from '../../billing/approval.ts';
import type { PreviewSummary } from '../../billing/preview.ts';
import type { Db, Trx } from '../database.ts';
import { isCleared, openRunsOf, unclearedChargesOf, unselectedOf } from '../fragments.ts';
import { linesAsU } from '../lines-to-claim.ts';
import type { FileLine } from './file-lines.ts';
import type { SettingsVersion } from './settings.ts';

/** What became of a run's preview. */
export interface Clearance {
  readonly previewId: number;
  readonly cycleId: number;
  readonly verdict: 'not_needed' | 'approved' | 'rejected';
  readonly settingsVersion: number;
  readonly decisionId: number | null;
  readonly now: string;
}

/**
 * Writes what became of a preview. The caller holds the merchant's lock and has looked that nothing
 * did; the key of the table says so again.
 */
export async function recordClearance(
  trx: Trx,
  merchantId: number,
  clearance: Clearance,
): Promise<void> {
  await sql`
    insert into clearances (preview_id, merchant_id, cycle_id, verdict, settings_version, decision_id,
                            cleared_at)
    values (${clearance.previewId}, ${merchantId}, ${clearance.cycleId}, ${clearance.verdict},
            ${clearance.settingsVersion}, ${clearance.decisionId}, ${clearance.now})`.execute(trx);
}

/** Clears again the staged charges that wait for a file. Those of the runs are cleared as they are made. */
export async function clearStagedCharges(
  trx: Trx,
  merchantId: number,
  previewId: number,
): Promise<void> {
  await sql`
    insert into charge_clearances (charge_id, preview_id, merchant_id)
    select charge_id, ${previewId}::bigint, ${merchantId}::bigint from month_orders
     where i is not null and charge_id is not null`.execute(trx);
}

/**
 * Of the lines that are about to be claimed, those that are not cleared. What was asked for by a
 * decision of its own (an authorization request) carries that decision instead.
 */
export async function countUncleared(
  trx: Db,
  merchantId: number,
  of: { lines: readonly FileLine[]; settingsVersion: number },
): Promise<number> {
  const { rows } = await sql<{ uncleared: number }>`
    select count(*)::int as uncleared
      from ${linesAsU(of.lines)}
      join charges c on c.id = u.charge_id
     where c.merchant_id = ${merchantId} and not ${isCleared(of.settingsVersion)}
       and not exists (select from authorization_requests q
                        where q.charge_id = u.charge_id and q.n = u.n - 1)`.execute(trx);
  return rows[0]?.uncleared ?? 0;
}

/**
 * How many charges wait for a file and are not cleared for it: the month has to show them (again)
 * first.
 *
 * @param askedOnly only those that came back from a file and that somebody wants in another
 */
export async function countUnclearedCharges(
  db: Db,
  merchantId: number,
  of: {
    cycleId: number;
    settingsVersion: number;
    askedOnly: boolean;
    unsettled?: readonly number[] | null;
  },
): Promise<number> {
  if (await areAllCleared(db, merchantId, of)) return 0;
  const { rows } = await sql<{ uncleared: number }>`
    select count(*)::int as uncleared
      from (${unclearedChargesOf(merchantId, of.cycleId, of.settingsVersion, of.unsettled)}) w
     where w.asked or not ${of.askedOnly}`.execute(db);
  return rows[0]?.uncleared ?? 0;
}

/**
 * Whether every charge of a month was planned under a clearance that holds for all that it showed, and
 * none was cleared anew: asked of the few previews, not of each charge. Else only the charges can tell.
 */
async function areAllCleared(
  db: Db,
  merchantId: number,
  of: { cycleId: number; settingsVersion: number },
): Promise<boolean> {
  const { rows } = await sql<{ cleared: boolean }>`
    with shown as materialized (
      select preview_id, min(id) as first_id, max(id) as last_id from charges
       where merchant_id = ${merchantId} and cycle_id = ${of.cycleId} group by preview_id)
    select not exists (
      select from shown s
       where not exists (
               select from clearances x
                where x.preview_id = s.preview_id and x.verdict <> 'rejected'
                  and x.settings_version = ${of.settingsVersion}
                  and (x.verdict = 'not_needed' or not exists (
                        select from decisions d
                         where d.merchant_id = ${merchantId} and d.act = 'take-out-orders'
                           and d.id > x.decision_id)))
          or exists (select from charge_clearances a
                      where a.charge_id between s.first_id and s.last_id)) as cleared`.execute(db);
  return rows[0]?.cleared ?? false;
}

/** What a month waits to have approved: its newest run's preview, and whether that still holds. */
export async function findAwaitedApproval(
  db: Db,
  merchantId: number,
  of: { cycleId: number; month: string; current: SettingsVersion },
): Promise<AwaitedApproval | null> {
  const { version, settings } = of.current;
  const { rows } = await sql<Omit<AwaitedApproval, 'why'> & { summary: PreviewSummary }>`
    select p.n, r.sha256, r.charges as rows, r.amount_yen::float8 as yen, r.summary,
           coalesce(k.verdict = 'approved', false) as approved,
           coalesce(r.settings_version = ${version}
             and r.selection_id = (select max(id) from selections where cycle_id = ${of.cycleId})
             and r.run_ids = array(select u.id from (${openRunsOf(of.cycleId)}) u order by u.id)
             and not ${unselectedOf(merchantId, of.cycleId)},
             false) as current
      from previews p
      join preview_results r on r.preview_id = p.id
      left join clearances k on k.preview_id = p.id
     where p.merchant_id = ${merchantId} and p.billing_month = ${of.month} and p.kind = 'run'
     order by p.n desc limit 1`.execute(db);
  const [row] = rows;
  if (row === undefined) return null;
  const { summary, ...awaited } = row;
  const reasons = findApprovalReasons(summary, settings.approval);
  return { ...awaited, why: describeApprovalReasons(reasons, summary) };
}

/**
 * Whether the staged preview shows again what an earlier one showed: runs that are still open, or
 * charges that came back from a file.
 */
export async function concernsSame(
  trx: Trx,
  merchantId: number,
  of: { cycleId: number; previewId: number | null },
): Promise<boolean> {
  const { rows } = await sql<{ same: boolean }>`
    select exists (select from preview_results r join (${openRunsOf(of.cycleId)}) u
                       on u.id = any (r.run_ids)
                    where r.merchant_id = ${merchantId} and r.preview_id = ${of.previewId})
        or exists (select from month_orders where i is not null and charge_id is not null)
           as same`.execute(trx);
  return rows[0]?.same ?? false;
}

/**
 * The people and systems behind what a month is about to bill: who opened its runs; of a run that the
 * month opened itself, who started the month and gave it its orders; and who asked for the files anew.
 */
export async function listRequesters(
  db: Db,
  merchantId: number,
  cycleId: number,
): Promise<string[]> {
  const { rows } = await sql<{ actor: string }>`
    with month as (
      select y.id, y.started_by, 'cycle:' || m.slug || ':' || y.billing_month as workflow_id,
             'exchange:' || m.slug || ':' || y.billing_month || ':auth:%' as files
        from cycles y join merchants m on m.id = y.merchant_id
       where y.merchant_id = ${merchantId} and y.id = ${cycleId}
    ), open_runs as (
      select u.decision_id from runs u join (${openRunsOf(cycleId)}) o on o.id = u.id
    ), asked as (
      select d.actor, d.act, d.workflow_id from decisions d where d.merchant_id = ${merchantId}
    )
    select d.actor from open_runs u join decisions d on d.id = u.decision_id
    union
    select m.started_by from month m, open_runs u where u.decision_id is null
    union
    select a.actor from asked a join month m on a.workflow_id = m.workflow_id
     where a.act = 'use-order-export' and exists (select from open_runs u where u.decision_id is null)
    union
    select a.actor from asked a join month m on a.workflow_id = m.workflow_id
                                            or a.workflow_id like m.files
     where a.act in ('rebuild-files', 'take-out-orders')
       and not exists (select from open_runs)`.execute(db);
  return rows.map(({ actor }) => actor);
}

/** Takes back the open runs of a month: their orders wait for another one. */
export async function withdrawRuns(
  trx: Trx,
  merchantId: number,
  of: { cycleId: number; decisionId: number; now: string },
): Promise<number> {
  const result = await sql`
    insert into run_withdrawals (run_id, merchant_id, decision_id, withdrawn_at)
    select u.id, ${merchantId}, ${of.decisionId}, ${of.now}
      from (${openRunsOf(of.cycleId)}) u`.execute(trx);
  return Number(result.numAffectedRows ?? 0n);
}

/** The orders of charges that wait for a file and are not cleared. */
export async function listUnclearedOrders(
  trx: Trx,
  merchantId: number,
  of: { cycleId: number; settingsVersion: number },
): Promise<string[]> {
  const { rows } = await sql<{ orderNumber: string }>`
    select c.order_number as "orderNumber"
      from (${unclearedChargesOf(merchantId, of.cycleId, of.settingsVersion)}) w
      join charges c on c.id = w.charge_id order by c.position`.execute(trx);
  return rows.map(({ orderNumber }) => orderNumber);
}
