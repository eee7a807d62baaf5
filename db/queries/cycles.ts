import { sql } from 'kysely';
import type { ChargeState } from '../../billing/charge.ts';
import type { CycleFacts, CycleStage, RowsAndYen } from '../../billing/cycle.ts';
import type { Db } from '../database.ts';

export interface CycleRow {
  readonly id: number;
  readonly billingMonth: string;
  readonly stage: CycleStage;
  readonly attention: boolean;
  /** Why the latest step was refused; null when nothing stands in the way. */
  readonly trouble: string | null;
  readonly startedAt: string;
  readonly startedBy: string;
  readonly closedAt: string | null;
}

const cycleColumns = [
  'id',
  'billing_month as billingMonth',
  'stage',
  'attention',
  'trouble',
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
      trouble: null,
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

/**
 * Notes why the cycle's latest step was refused, which needs a person; or (null) that nothing stands
 * in its way.
 */
export async function setCycleTrouble(
  db: Db,
  merchantId: number,
  cycleId: number,
  trouble: string | null,
): Promise<void> {
  await db
    .updateTable('cycles')
    .set(trouble === null ? { trouble } : { trouble, attention: true })
    .where('merchant_id', '=', merchantId)
    .where('id', '=', cycleId)
    .execute();
}

/** The counts from which a cycle's workflow chooses its next step. */
export async function readCycleFacts(
  db: Db,
  merchantId: number,
  billingMonth: string,
  now: string,
): Promise<CycleFacts> {
  const cycle = await requireCycle(db, merchantId, billingMonth);
  const { open, toHandOver, unsettled, ...counts } = await countFiles(db, merchantId, cycle.id);
  // One walk over the charges for all counts: it is what takes time in a month of a million.
  const { rows: states } = await sql<StateCount>`
    select state, count(*)::int as rows, sum(amount_yen)::float8 as yen,
           count(*) filter (where state = 'authorized' and capture_before > ${now}
                              and k is null)::int as capturable,
           count(*) filter (where state = 'authorized' and k is not null)::int as refused,
           count(*) filter (where state = 'authorized'
                              and capture_before + interval '1 day' <= ${now})::int as expirable,
           min(capture_before) filter (where state = 'authorized') + interval '1 day' as next_expiry_at
      from charge_states where merchant_id = ${merchantId} and cycle_id = ${cycle.id}
     group by state`.execute(db);
  const authorized = states.find(({ state }) => state === 'authorized');
  return {
    stage: cycle.stage,
    ...counts,
    trouble: cycle.trouble,
    charges: Object.fromEntries(states.map(({ state, rows, yen }) => [state, { rows, yen }])),
    exchanges: { open, toHandOver, unsettled },
    capturable: authorized?.capturable ?? 0,
    captureRefused: authorized?.refused ?? 0,
    expirable: authorized?.expirable ?? 0,
    nextExpiryAt: authorized?.next_expiry_at ?? null,
  };
}

interface StateCount extends RowsAndYen {
  readonly state: ChargeState;
  readonly capturable: number;
  readonly refused: number;
  readonly expirable: number;
  readonly next_expiry_at: string | null;
}

type FileCounts = Pick<CycleFacts, 'collected' | 'contradictions'> & CycleFacts['exchanges'];

/** What a month has collected and which of its files are still on their way. */
async function countFiles(db: Db, merchantId: number, cycleId: number): Promise<FileCounts> {
  const { rows } = await sql<FileCounts>`
    select
      (select count(*)::int from contradictions x join charges c on c.id = x.charge_id
        where c.cycle_id = ${cycleId}
          and not exists (select from contradiction_settlements s
                           where s.contradiction_id = x.id)) as contradictions,
      exists (select from order_collections c where c.cycle_id = ${cycleId}) as collected,
      count(*) filter (where not answered)::int as open,
      count(*) filter (where stage in ('built', 'handing_over'))::int as "toHandOver",
      count(*) filter (where answered)::int as unsettled
      from (select e.stage, exists (select from result_files f where f.exchange_id = e.id) as answered
              from exchanges e
             where e.merchant_id = ${merchantId} and e.cycle_id = ${cycleId}
               and e.stage not in ('reconciled', 'rejected', 'cancelled')) e
    `.execute(db);
  const [counts] = rows;
  if (counts === undefined) throw new Error('an aggregate always yields a row');
  return counts;
}
