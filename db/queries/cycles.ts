import { sql } from 'kysely';
import type { CycleStage } from '../../billing/cycle.ts';
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
  /** Whether it bills all its orders by itself, or those that a person chooses. */
  readonly scope: 'all' | 'chosen';
  /** Since when it waits for a person; null while it does not. */
  readonly attentionSince: string | null;
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
  'scope',
  'attention_since as attentionSince',
] as const;

/** Opens the cycle of a month, or leaves the one that is there: UNIQUE (merchant, month) is the lock. */
export async function openCycle(
  db: Db,
  merchantId: number,
  cycle: { billingMonth: string; startedBy: string; scope: 'all' | 'chosen'; now: string },
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
      scope: cycle.scope,
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

/** Newest month first. Several open months at a time are normal: authorizations live 60 days. */
export async function listCycles(
  db: Db,
  merchantId: number,
  page: {
    readonly open?: boolean | undefined;
    readonly attention?: boolean | undefined;
    /** The months before this one. */
    readonly after?: string | undefined;
    readonly limit?: number;
  } = {},
): Promise<CycleRow[]> {
  const { open, attention, after, limit = 1000 } = page;
  return (await db
    .selectFrom('cycles')
    .select(cycleColumns)
    .where('merchant_id', '=', merchantId)
    .$if(open !== undefined, (query) => query.where('stage', open ? '!=' : '=', 'closed'))
    .$if(attention !== undefined, (query) => query.where('attention', '=', attention ?? false))
    .$if(after !== undefined, (query) => query.where('billing_month', '<', after ?? ''))
    .orderBy('billing_month', 'desc')
    .limit(limit)
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
    .set((eb) => ({
      stage: move.to,
      stage_since: move.now,
      stage_changes: eb('stage_changes', '+', 1),
      attention: move.attention,
      trouble: null,
      ...(move.to === 'closed' ? { closed_at: move.now } : {}),
    }))
    .where('merchant_id', '=', merchantId)
    .where('id', '=', move.cycleId)
    .where('stage', '=', move.from)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export async function setCycleAttention(
  db: Db,
  merchantId: number,
  cycle: { cycleId: number; attention: boolean; now: string },
): Promise<void> {
  const { cycleId, attention, now } = cycle;
  await sql`
    update cycles set attention = ${attention},
           attention_since = case when ${attention} then coalesce(attention_since, ${now}::timestamptz) end
     where merchant_id = ${merchantId} and id = ${cycleId}
       and (attention <> ${attention} or (attention_since is not null) <> ${attention})`.execute(
    db,
  );
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
