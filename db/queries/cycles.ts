import { sql } from 'kysely';
import type { ChargeState } from '../../billing/charge.ts';
import type { ChargesByState, CycleFacts, CycleStage, RowsAndYen } from '../../billing/cycle.ts';
import type { Db } from '../database.ts';

export interface CycleRow {
  readonly id: number;
  readonly billingMonth: string;
  readonly stage: CycleStage;
  readonly attention: boolean;
  readonly startedAt: string;
  readonly startedBy: string;
  readonly closedAt: string | null;
}

const cycleColumns = [
  'id',
  'billing_month as billingMonth',
  'stage',
  'attention',
  'started_at as startedAt',
  'started_by as startedBy',
  'closed_at as closedAt',
] as const;

/** Opens the cycle of a month, or leaves the one that is there: UNIQUE (merchant, month) is the lock. */
export async function openCycle(
  db: Db,
  merchantId: number,
  cycle: { billingMonth: string; startedBy: string; now: string },
): Promise<CycleRow> {
  await db
    .insertInto('cycles')
    .values({
      merchant_id: merchantId,
      billing_month: cycle.billingMonth,
      stage: 'collecting',
      attention: true,
      started_at: cycle.now,
      started_by: cycle.startedBy,
    })
    .onConflict((conflict) => conflict.columns(['merchant_id', 'billing_month']).doNothing())
    .execute();
  return requireCycle(db, merchantId, cycle.billingMonth);
}

export async function findCycle(
  db: Db,
  merchantId: number,
  billingMonth: string,
): Promise<CycleRow | undefined> {
  return (await db
    .selectFrom('cycles')
    .select(cycleColumns)
    .where('merchant_id', '=', merchantId)
    .where('billing_month', '=', billingMonth)
    .executeTakeFirst()) as CycleRow | undefined;
}

export async function requireCycle(
  db: Db,
  merchantId: number,
  billingMonth: string,
): Promise<CycleRow> {
  const cycle = await findCycle(db, merchantId, billingMonth);
  if (cycle === undefined) throw new Error(`no cycle of ${billingMonth}`);
  return cycle;
}

/** Newest month first. */
export async function listCycles(db: Db, merchantId: number): Promise<CycleRow[]> {
  return (await db
    .selectFrom('cycles')
    .select(cycleColumns)
    .where('merchant_id', '=', merchantId)
    .orderBy('billing_month', 'desc')
    .execute()) as CycleRow[];
}

/** Moves the stage, naming the one it expects; false when the cycle stood elsewhere. */
export async function moveCycle(
  db: Db,
  merchantId: number,
  move: { cycleId: number; from: CycleStage; to: CycleStage; attention: boolean; now: string },
): Promise<boolean> {
  const result = await db
    .updateTable('cycles')
    .set({
      stage: move.to,
      attention: move.attention,
      ...(move.to === 'closed' ? { closed_at: move.now } : {}),
    })
    .where('merchant_id', '=', merchantId)
    .where('id', '=', move.cycleId)
    .where('stage', '=', move.from)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export async function setCycleAttention(
  db: Db,
  merchantId: number,
  cycleId: number,
  attention: boolean,
): Promise<void> {
  await db
    .updateTable('cycles')
    .set({ attention })
    .where('merchant_id', '=', merchantId)
    .where('id', '=', cycleId)
    .where('attention', '!=', attention)
    .execute();
}

/** Charges of a cycle by state, in rows and in yen. */
export async function countChargesByState(
  db: Db,
  merchantId: number,
  cycleId: number,
): Promise<ChargesByState> {
  const { rows } = await sql<{ state: ChargeState } & RowsAndYen>`
    select state, count(*)::int as rows, sum(amount_yen)::float8 as yen
      from charge_states where merchant_id = ${merchantId} and cycle_id = ${cycleId}
     group by state`.execute(db);
  return Object.fromEntries(rows.map(({ state, ...count }) => [state, count]));
}

/** The counts from which a cycle's workflow chooses its next step. */
export async function readCycleFacts(
  db: Db,
  merchantId: number,
  billingMonth: string,
  now: string,
): Promise<CycleFacts> {
  const cycle = await requireCycle(db, merchantId, billingMonth);
  const {
    rows: [counts],
  } = await sql<{
    collected: boolean;
    unbilled: number;
    open: number;
    unsettled: number;
    capturable: number;
    refused: number;
    expirable: number;
    next_expiry_at: string | null;
  }>`
    select
      exists (select from order_collections c where c.cycle_id = ${cycle.id}) as collected,
      (select count(*)::int from selection_rows r
        where r.verdict = 'selected'
          and r.selection_id = (select id from selections s where s.cycle_id = ${cycle.id}
                                 order by n desc limit 1)
          and not exists (select from charges c where c.cycle_id = ${cycle.id}
                             and c.order_number = r.order_number)) as unbilled,
      (select count(*)::int from exchanges e where e.cycle_id = ${cycle.id}
          and e.stage not in ('reconciled', 'rejected', 'cancelled')
          and not exists (select from result_files f where f.exchange_id = e.id)) as open,
      (select count(*)::int from exchanges e where e.cycle_id = ${cycle.id}
          and e.stage not in ('reconciled', 'rejected', 'cancelled')
          and exists (select from result_files f where f.exchange_id = e.id)) as unsettled,
      a.capturable, a.refused, a.expirable, a.next_expiry_at
    from (select
        count(*) filter (where capture_before > ${now} and k is null)::int as capturable,
        count(*) filter (where k is not null)::int as refused,
        count(*) filter (where capture_before + interval '1 day' <= ${now})::int as expirable,
        min(capture_before) + interval '1 day' as next_expiry_at
      from charge_states
      where merchant_id = ${merchantId} and cycle_id = ${cycle.id} and state = 'authorized') a
  `.execute(db);
  if (counts === undefined) throw new Error('a query without a from clause has one row');
  return {
    stage: cycle.stage,
    collected: counts.collected,
    unbilled: counts.unbilled,
    charges: await countChargesByState(db, merchantId, cycle.id),
    exchanges: { open: counts.open, unsettled: counts.unsettled },
    capturable: counts.capturable,
    captureRefused: counts.refused,
    expirable: counts.expirable,
    nextExpiryAt: counts.next_expiry_at,
  };
}
