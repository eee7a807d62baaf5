import { sql } from 'kysely';
import { businessDateOf, startOfBusinessDate } from '../../billing/business-date.ts';
import { nextCaptureWave } from '../../billing/capture-policy.ts';
import type { ChargeState } from '../../billing/charge.ts';
import type { CycleFacts, RowsAndYen } from '../../billing/cycle.ts';
import type { Db } from '../database.ts';
import { billedWhole, mayCapture, openRunsOf, unbilledOf } from '../fragments.ts';
import { requireCycle } from './cycles.ts';
import { findSettings } from './settings.ts';

/** The counts from which a cycle's workflow chooses its next step. */
export async function readCycleFacts(
  db: Db,
  merchantId: number,
  billingMonth: string,
  now: string,
): Promise<CycleFacts> {
  const cycle = await requireCycle(db, merchantId, billingMonth);
  const { open, toHandOver, unsettled, lastWaveAt, ...counts } = await countFiles(
    db,
    merchantId,
    cycle.id,
  );
  const settings = await findSettings(db, merchantId);
  const { policy, waveAt } = settings?.settings.capture ?? { policy: 'manual', waveAt: '00:00' };
  // One walk over the charges for all counts: it is what takes time in a month of a million.
  const { rows: states } = await sql<StateCount>`
    select state, count(*)::int as rows, sum(amount_yen)::float8 as yen,
           count(*) filter (where state = 'authorized' and capture_before > ${now} and k is null
                              and h.order_number is null and ${mayCapture(policy, now)})::int as ready,
           count(*) filter (where state = 'authorized' and k is not null)::int as refused,
           count(*) filter (where state = 'authorized'
                              and capture_before + interval '1 day' <= ${now})::int as expirable,
           count(*) filter (where state in ('planned', 'authorized')
                              and h.order_number is not null)::int as held,
           min(capture_before) filter (where state = 'authorized') + interval '1 day' as next_expiry_at
      from charge_states s
      left join open_order_holds h on h.merchant_id = s.merchant_id
                                  and h.order_number = s.order_number
     where s.merchant_id = ${merchantId} and s.cycle_id = ${cycle.id}
     group by state`.execute(db);
  const authorized = states.find(({ state }) => state === 'authorized');
  const ready = authorized?.ready ?? 0;
  const requested = ready === 0 ? 0 : await countRequested(db, merchantId, cycle.id);
  const nextWaveAt = nextCaptureWave({ policy, waveAt, ready, requested, lastWaveAt }, now);
  return {
    stage: cycle.stage,
    scope: cycle.scope,
    watchesSource: settings !== undefined && settings.settings.orderSource.kind !== 'upload',
    ...counts,
    held: states.reduce((total, { held }) => total + held, 0),
    trouble: cycle.trouble,
    waitsSince: cycle.attentionSince,
    charges: Object.fromEntries(states.map(({ state, rows, yen }) => [state, { rows, yen }])),
    exchanges: { open, toHandOver, unsettled },
    capture: {
      policy,
      ready,
      nextWaveAt,
      nextShipmentAt:
        policy === 'on-shipment' ? await findNextShipment(db, merchantId, cycle.id, now) : null,
      due: nextWaveAt !== null && Date.parse(nextWaveAt) <= Date.parse(now),
    },
    captureRefused: authorized?.refused ?? 0,
    expirable: authorized?.expirable ?? 0,
    nextExpiryAt: authorized?.next_expiry_at ?? null,
  };
}

interface StateCount extends RowsAndYen {
  readonly state: ChargeState;
  readonly ready: number;
  readonly refused: number;
  readonly expirable: number;
  readonly held: number;
  readonly next_expiry_at: string | null;
}

/** When the next day begins on which orders of a month are said to be shipped; null = none is told. */
async function findNextShipment(
  db: Db,
  merchantId: number,
  cycleId: number,
  now: string,
): Promise<string | null> {
  const { rows } = await sql<{ day: string | null }>`
    select min(t.shipped_on) as day from shipments t join charges c on c.id = t.charge_id
     where t.merchant_id = ${merchantId} and t.shipped_on > ${businessDateOf(now)}::date
       and c.cycle_id = ${cycleId}`.execute(db);
  const day = rows[0]?.day ?? null;
  return day === null ? null : startOfBusinessDate(day);
}

/** Captures that a person asked for and that no file has taken yet. */
async function countRequested(db: Db, merchantId: number, cycleId: number): Promise<number> {
  const { rows } = await sql<{ requested: number }>`
    select count(*)::int as requested
      from capture_requests q join charges c on c.id = q.charge_id
     where q.merchant_id = ${merchantId} and c.cycle_id = ${cycleId}
       and not exists (select from endings e where e.charge_id = q.charge_id and e.n = q.n)
       and not exists (select from attempts a where a.charge_id = q.charge_id and a.n > q.n)
    `.execute(db);
  return rows[0]?.requested ?? 0;
}

type FileCounts = Pick<
  CycleFacts,
  'collected' | 'unselected' | 'contradictions' | 'openRuns' | 'unbilled'
> &
  CycleFacts['exchanges'] & { readonly lastWaveAt: string | null };

/**
 * Whether a hold came or went that the verdicts do not show. Compared as they are, not by their
 * instants: a hold that was said before a selection may be written after it.
 */
const holdsDiffer = (merchantId: number, cycleId: number) => sql<boolean>`
  (exists (select from order_verdicts v
            where v.cycle_id = ${cycleId} and v.verdict = 'excluded' and v.reason = 'on_hold'
              and not exists (select from open_order_holds h
                where h.merchant_id = ${merchantId} and h.order_number = v.order_number))
   or exists (select from open_order_holds h
                join orders o on o.merchant_id = h.merchant_id and o.order_number = h.order_number
                             and o.cycle_id = ${cycleId}
                join order_verdicts v on v.collection_id = o.collection_id and v.record = o.record
               where h.merchant_id = ${merchantId} and v.verdict = 'selected'
                 and not exists (select from charges c
                   where c.cycle_id = ${cycleId} and c.order_number = h.order_number)))`;

/** What a month has collected and which of its files are still on their way. */
async function countFiles(db: Db, merchantId: number, cycleId: number): Promise<FileCounts> {
  const { rows } = await sql<FileCounts>`
    select
      (select count(*)::int from contradictions x join charges c on c.id = x.charge_id
        where c.cycle_id = ${cycleId}
          and not exists (select from contradiction_settlements s
                           where s.contradiction_id = x.id)) as contradictions,
      exists (select from order_collections c where c.cycle_id = ${cycleId}) as collected,
      (select count(*)::int from (${openRunsOf(cycleId)}) u) as "openRuns",
      case when ${billedWhole(cycleId)} then 0
           else (select count(*)::int from (${unbilledOf(merchantId, cycleId)}) u) end as unbilled,
      coalesce((select max(id) from order_collections where cycle_id = ${cycleId})
         > coalesce((select max(collection_id) from selections where cycle_id = ${cycleId}), 0),
         false)
      or ${holdsDiffer(merchantId, cycleId)}
        as unselected,
      max(created_at) filter (where kind = 'capture'
                                and stage not in ('rejected', 'cancelled')) as "lastWaveAt",
      count(*) filter (where not finished and not answered)::int as open,
      count(*) filter (where stage = 'handing_over')::int as "toHandOver",
      count(*) filter (where not finished and answered)::int as unsettled
      from (select e.stage, e.kind, e.created_at,
                   e.stage in ('reconciled', 'rejected', 'cancelled') as finished,
                   exists (select from result_files f where f.exchange_id = e.id) as answered
              from exchanges e
             where e.merchant_id = ${merchantId} and e.cycle_id = ${cycleId}) e
    `.execute(db);
  const [counts] = rows;
  if (counts === undefined) throw new Error('an aggregate always yields a row');
  return counts;
}
