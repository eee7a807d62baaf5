import { sql } from 'kysely';
import { type CaptureRule, capturingAt } from '../../billing/capture-policy.ts';
import type { ChargeState } from '../../billing/charge.ts';
import type { ChargesByState, CycleFacts, RowsAndYen } from '../../billing/cycle.ts';
import type { Db } from '../database.ts';
import { openStraysOf } from '../desk-items.ts';
import {
  billedWhole,
  captureCounts,
  isUndoneVoid,
  openRunsOf,
  unbilledOf,
  unselectedOf,
} from '../fragments.ts';
import { findUnsettled, isUnsettled, settledBeside } from '../settled-charges.ts';
import { countUnclearedCharges, findAwaitedApproval } from './approval.ts';
import { type CaptureCount, readCaptureFacts } from './capture-facts.ts';
import { readTalliedStates } from './charge-tallies.ts';
import { countOpenCorrections } from './corrections.ts';
import { type CycleRow, requireCycle } from './cycles.ts';
import { findSettings, type SettingsVersion } from './settings.ts';

/**
 * The counts from which a cycle's workflow chooses its next step.
 *
 * @param counting `walked`: from the charges themselves, whatever was tallied as they were written
 */
export async function readCycleFacts(
  db: Db,
  merchantId: number,
  billingMonth: string,
  now: string,
  counting: 'tallied' | 'walked' = 'tallied',
): Promise<CycleFacts> {
  const cycle = await requireCycle(db, merchantId, billingMonth);
  const settings = await findSettings(db, merchantId);
  const { open, toHandOver, stuck, unsettled, lastWaveAt, ...counts } = await countFiles(
    db,
    merchantId,
    { cycleId: cycle.id, fullFile: settings?.settings.paygent.maxRecordsPerFile ?? 0 },
  );
  const how = capturingAt(settings?.settings, now);
  const of = { cycleId: cycle.id, rule: how.rule, now };
  const tallied = counting === 'tallied' ? await readTalliedStates(db, merchantId, of) : null;
  const among = tallied === null ? await findUnsettled(db, merchantId, cycle.id) : null;
  const states = tallied ?? (await walkCharges(db, merchantId, { ...of, among }));
  return {
    stage: cycle.stage,
    scope: cycle.scope,
    watchesSource: settings !== undefined && settings.settings.orderSource.kind !== 'upload',
    ...counts,
    ...(await readApprovalFacts(db, merchantId, { cycle, settings, states, among })),
    held: states.reduce((total, { held }) => total + held, 0),
    locked: states.reduce((total, { locked }) => total + locked, 0),
    trouble: cycle.trouble,
    waitsSince: cycle.attentionSince,
    charges: sumByState(states),
    exchanges: { open, toHandOver, stuck, unsettled },
    openCorrections:
      cycle.stage === 'closed' ? await countOpenCorrections(db, merchantId, cycle.id) : 0,
    ...(await readCaptureFacts(db, merchantId, {
      ...how,
      cycleId: cycle.id,
      counts: states,
      lastWaveAt,
      now,
    })),
  };
}

/** What waits to be shown, or to be approved; asked only where there can be any. */
async function readApprovalFacts(
  db: Db,
  merchantId: number,
  of: {
    cycle: CycleRow;
    settings: SettingsVersion | undefined;
    states: readonly StateCount[];
    /** See db/settled-charges.ts. */
    among: readonly number[] | null;
  },
): Promise<Pick<CycleFacts, 'uncleared' | 'approval'>> {
  const { id: cycleId, stage, billingMonth: month } = of.cycle;
  const planned = of.states.some(
    ({ state, rows, held, locked }) => state === 'planned' && rows > held + locked,
  );
  if (of.settings === undefined) return { uncleared: 0, approval: null };
  const { version: settingsVersion } = of.settings;
  const current = of.settings;
  const askedOnly = stage !== 'previewing' && stage !== 'awaiting_approval';
  const none = current.settings.approval.policy === 'none' && askedOnly;
  return {
    uncleared:
      planned && !none
        ? await countUnclearedCharges(db, merchantId, {
            ...{ cycleId, settingsVersion, askedOnly, unsettled: of.among },
          })
        : 0,
    approval:
      stage === 'awaiting_approval'
        ? await findAwaitedApproval(db, merchantId, { cycleId, month, current })
        : null,
  };
}

/** One walk over the charges for all counts: in a month of a million it takes its time. */
async function walkCharges(
  db: Db,
  merchantId: number,
  of: { cycleId: number; rule: CaptureRule; now: string; among: readonly number[] | null },
): Promise<StateCount[]> {
  const { cycleId, among } = of;
  const { rows } = await sql<StateCount>`
    with walked as materialized (
      select state, count(*)::int as rows, sum(amount_yen)::float8 as yen,
             ${captureCounts(of.rule, { merchantId, now: of.now })}
        -- "offset 0": the state of a charge is made once, not for each of the counts.
        from (select * from charge_states c
               where c.merchant_id = ${merchantId} and c.cycle_id = ${cycleId}
                 and ${isUnsettled(sql`c.charge_id`, among)} offset 0) s
        left join open_order_holds h on h.merchant_id = s.merchant_id
                                    and h.order_number = s.order_number
       group by state, "captureBefore", free)
    select * from walked
    union all
    select 'captured', rows, yen, null, false, 0, 0, 0, null, 0, 0
      from (${settledBeside(merchantId, cycleId, among)}) c`.execute(db);
  return rows;
}

interface StateCount extends CaptureCount {
  readonly state: ChargeState;
}

function sumByState(states: readonly StateCount[]): ChargesByState {
  const charges: Partial<Record<ChargeState, RowsAndYen>> = {};
  for (const { state, rows, yen } of states) {
    const earlier = charges[state] ?? { rows: 0, yen: 0 };
    charges[state] = { rows: earlier.rows + rows, yen: earlier.yen + yen };
  }
  return charges;
}

type FileCounts = Pick<
  CycleFacts,
  | 'collected'
  | 'unselected'
  | 'contradictions'
  | 'undoneVoids'
  | 'strays'
  | 'ngWorked'
  | 'openRuns'
  | 'unbilled'
  | 'portalCaptures'
> &
  CycleFacts['exchanges'] & { readonly lastWaveAt: string | null };

/**
 * What a month has collected and which of its files are still on their way. A wave ends with a file that
 * is not full: while the newest is a full one the rest of its wave may have been cut off, and must not
 * wait for tomorrow's, whatever left earlier today.
 *
 * @param of `fullFile`: data records of a file into which no more fit
 */
async function countFiles(
  db: Db,
  merchantId: number,
  of: { cycleId: number; fullFile: number },
): Promise<FileCounts> {
  const { cycleId, fullFile } = of;
  const { rows } = await sql<FileCounts>`
    select
      (select count(*)::int from contradictions x join charges c on c.id = x.charge_id
        where c.cycle_id = ${cycleId}
          and not exists (select from contradiction_settlements s
                           where s.contradiction_id = x.id)) as contradictions,
      (select count(*)::int from contradictions x join charges c on c.id = x.charge_id
        where c.cycle_id = ${cycleId} and ${isUndoneVoid(sql`x`)}
          and not exists (select from contradiction_settlements s
                           where s.contradiction_id = x.id)) as "undoneVoids",
      ${openStraysOf(merchantId, cycleId)} as strays,
      exists (select from order_collections c where c.cycle_id = ${cycleId}) as collected,
      (select count(*)::int from ng_cases k
        where k.cycle_id = ${cycleId} and k.closed_at is null
          and k.next_step in ('plan', 'retry', 'contact', 'carry_over', 'await_order',
                              'give_up')) as "ngWorked",
      (select count(*)::int from (${openRunsOf(cycleId)}) u) as "openRuns",
      case when ${billedWhole(cycleId)} then 0
           else (select count(*)::int from (${unbilledOf(merchantId, cycleId)}) u) end as unbilled,
      ${unselectedOf(merchantId, cycleId)} as unselected,
      greatest((array_agg(case when records < ${fullFile} then created_at end order by id desc)
                  filter (where kind = 'capture' and stage not in ('rejected', 'cancelled')))[1],
               (select max(w.made_at) from capture_waves w where w.cycle_id = ${cycleId}))
        as "lastWaveAt",
      case when exists (select from capture_waves w where w.cycle_id = ${cycleId}) then
        (select count(*)::int from endings l join charges c on c.id = l.charge_id
          where l.merchant_id = ${merchantId} and l.kind = 'capture' and l.exchange_id is null
            and c.cycle_id = ${cycleId}
            and not exists (select from ending_results r where r.charge_id = l.charge_id
                               and r.n = l.n and r.k = l.k)) else 0 end as "portalCaptures",
      count(*) filter (where not finished and not answered)::int as open,
      count(*) filter (where stage = 'handing_over' and transport = 'portal')::int as "toHandOver",
      count(*) filter (where stage in ('built', 'handing_over') and transport <> 'portal'
                         and attention)::int as stuck,
      count(*) filter (where not finished and answered)::int as unsettled
      from (select e.id, e.stage, e.kind, e.transport, e.attention, e.created_at, e.records,
                   e.stage in ('reconciled', 'rejected', 'cancelled') as finished,
                   exists (select from result_files f where f.exchange_id = e.id) as answered
              from exchanges e
             where e.merchant_id = ${merchantId} and e.cycle_id = ${cycleId}) e
    `.execute(db);
  const [counts] = rows;
  if (counts === undefined) throw new Error('an aggregate always yields a row');
  return counts;
}
