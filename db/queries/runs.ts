import { sql } from 'kysely';
import type { Db, Trx } from '../database.ts';
import { openRunsOf, unbilledOf } from '../fragments.ts';

/** A run bills all or some of a month's selected orders; the month's first one comes by itself. */
export interface Run {
  readonly n: number;
  readonly scope: 'all' | 'chosen';
  /** How many orders were chosen; null when all are meant. */
  readonly orders: number | null;
  readonly openedAt: string;
  /** Who opened it; null = the month itself. */
  readonly openedBy: string | null;
  /** How many charges it made; null while it is open. */
  readonly charges: number | null;
  /** It was not approved: its orders wait for another run. */
  readonly withdrawn: boolean;
}

/** Opens a run. The caller holds the merchant's lock. */
export async function openRun(
  trx: Trx,
  merchantId: number,
  run: {
    cycleId: number;
    /** null = all. */
    orderNumbers: readonly string[] | null;
    decisionId: number | null;
    now: string;
  },
): Promise<number> {
  const {
    rows: [row],
  } = await sql<{ id: number; n: number }>`
    insert into runs (merchant_id, cycle_id, n, scope, orders, decision_id, opened_at)
    select ${merchantId}, ${run.cycleId}, coalesce(max(n), 0) + 1,
           ${run.orderNumbers === null ? 'all' : 'chosen'},
           ${run.orderNumbers === null ? null : new Set(run.orderNumbers).size}::int,
           ${run.decisionId}, ${run.now}
      from runs where cycle_id = ${run.cycleId}
    returning id, n`.execute(trx);
  if (row === undefined) throw new Error('an aggregate always yields a row');
  if (run.orderNumbers !== null) {
    await sql`
      insert into run_orders (run_id, order_number, merchant_id)
      select distinct ${row.id}::bigint, order_number, ${merchantId}::bigint
        from unnest(${run.orderNumbers}::text[]) as t (order_number)`.execute(trx);
  }
  return row.n;
}

/** Runs whose orders have not become charges, and that nobody has sent back. */
export async function countOpenRuns(db: Db, merchantId: number, cycleId: number): Promise<number> {
  const { rows } = await sql<{ open: number }>`
    select count(*)::int as open from runs r join (${openRunsOf(cycleId)}) u on u.id = r.id
     where r.merchant_id = ${merchantId}`.execute(db);
  return rows[0]?.open ?? 0;
}

/** Notes that the orders of the open runs have become charges. */
export async function closeRuns(
  trx: Trx,
  merchantId: number,
  of: { cycleId: number; charges: number; now: string },
): Promise<void> {
  await sql`
    insert into run_plans (run_id, merchant_id, selection_id, charges, planned_at)
    select u.id, ${merchantId},
           (select id from selections where cycle_id = ${of.cycleId} order by n desc limit 1), case when row_number() over (order by u.id) = 1
                                  then ${of.charges}::int else 0 end, ${of.now}
      from (${openRunsOf(of.cycleId)}) u`.execute(trx);
}

/**
 * What a run over these orders (null = all) would bill: the selected orders without a charge.
 *
 * @returns rows and yen, and those of the named orders that it would not bill
 */
export async function weighRun(
  db: Db,
  merchantId: number,
  of: { cycleId: number; orderNumbers: readonly string[] | null },
): Promise<{ rows: number; yen: number; refused: string[] }> {
  const unbilled = unbilledOf(merchantId, of.cycleId);
  if (of.orderNumbers === null) {
    const { rows } = await sql<{ rows: number; yen: number }>`
      select count(*)::int as rows, coalesce(sum(amount_yen), 0)::float8 as yen
        from (${unbilled}) u`.execute(db);
    return { rows: rows[0]?.rows ?? 0, yen: rows[0]?.yen ?? 0, refused: [] };
  }
  const { rows } = await sql<{ order_number: string; yen: number | null }>`
    select t.order_number, u.amount_yen as yen
      from (select distinct order_number from unnest(${of.orderNumbers}::text[]) as t (order_number)) t
      left join (${unbilled}) u on u.order_number = t.order_number`.execute(db);
  const found = rows.filter((row) => row.yen !== null);
  return {
    rows: found.length,
    yen: found.reduce((total, row) => total + (row.yen ?? 0), 0),
    refused: rows.filter((row) => row.yen === null).map((row) => row.order_number),
  };
}

export async function listRuns(db: Db, merchantId: number, cycleId: number): Promise<Run[]> {
  const { rows } = await sql<Run>`
    select u.n, u.scope, u.orders, u.opened_at as "openedAt", d.actor as "openedBy", p.charges,
           exists (select from run_withdrawals w where w.run_id = u.id) as withdrawn
      from runs u
      left join run_plans p on p.run_id = u.id
      left join decisions d on d.id = u.decision_id
     where u.merchant_id = ${merchantId} and u.cycle_id = ${cycleId}
     order by u.n`.execute(db);
  return rows;
}
