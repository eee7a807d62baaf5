import { sql } from 'kysely';
import type { Db, Trx } from '../database.ts';

/** A result that contradicts what is recorded: possibly authorized or captured twice at the PSP. */
export interface OpenContradiction {
  readonly id: number;
  readonly chargeId: number;
  readonly orderNumber: string;
  /** The attempt, and the ending where the result of a capture or void is in question. */
  readonly n: number;
  readonly k: number | null;
  readonly recorded: string;
  readonly received: string;
  readonly detail: string | null;
  /** ISO instant. */
  readonly recordedAt: string;
}

/** What an exchange's results have contradicted before, settled or not: `charge:n:k:received`. */
export async function listKnownContradictions(
  db: Db | Trx,
  merchantId: number,
  exchangeId: number,
): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('contradictions')
    .where('merchant_id', '=', merchantId)
    .where('exchange_id', '=', exchangeId)
    .select(['charge_id as chargeId', 'n', 'k', 'received'])
    .execute();
  return new Set(rows.map((row) => contradictionKey(row, row.received)));
}

export function contradictionKey(
  slot: { readonly chargeId: number; readonly n: number; readonly k: number | null },
  received: string,
): string {
  return `${slot.chargeId}:${slot.n}:${slot.k ?? ''}:${received}`;
}

/** Contradictions that block their charges until someone has looked at the PSP; oldest first. */
export async function listOpenContradictions(
  db: Db | Trx,
  merchantId: number,
): Promise<OpenContradiction[]> {
  return await db
    .selectFrom('contradictions as x')
    .innerJoin('charges as c', 'c.id', 'x.charge_id')
    .leftJoin('contradiction_settlements as s', 's.contradiction_id', 'x.id')
    .where('x.merchant_id', '=', merchantId)
    .where('s.contradiction_id', 'is', null)
    .orderBy('x.id')
    .select([
      'x.id',
      'x.charge_id as chargeId',
      'c.order_number as orderNumber',
      'x.n',
      'x.k',
      'x.recorded',
      'x.received',
      'x.detail',
      'x.recorded_at as recordedAt',
    ])
    .execute();
}

/**
 * Settles a contradiction by a decision that is recorded already; then the recorded facts count
 * again and the charge is free.
 *
 * @throws 23505 when someone else settled it, the rule `settlement_stays_with_its_merchant` when
 *   it is not this merchant's
 */
export async function settleContradiction(
  db: Db | Trx,
  merchantId: number,
  settlement: { contradictionId: number; decisionId: number; now: string },
): Promise<void> {
  await db
    .insertInto('contradiction_settlements')
    .values({
      contradiction_id: settlement.contradictionId,
      merchant_id: merchantId,
      decision_id: settlement.decisionId,
      settled_at: settlement.now,
    })
    .execute();
}

/**
 * Settles every open contradiction of the named orders of a cycle. The caller holds the merchant's
 * lock and rolls back when any is refused.
 *
 * @returns the order numbers without an open contradiction here
 */
export async function settleContradictionsOf(
  db: Trx,
  merchantId: number,
  settlement: {
    cycleId: number;
    orderNumbers: readonly string[];
    decisionId: number;
    now: string;
  },
): Promise<string[]> {
  const { rows } = await sql<{ order_number: string }>`
    with settled as (
      insert into contradiction_settlements (contradiction_id, merchant_id, decision_id, settled_at)
      select x.id, ${merchantId}, ${settlement.decisionId}, ${settlement.now}
        from contradictions x join charges c on c.id = x.charge_id
       where x.merchant_id = ${merchantId} and c.cycle_id = ${settlement.cycleId}
         and c.order_number = any(${settlement.orderNumbers})
         and not exists (select from contradiction_settlements s where s.contradiction_id = x.id)
      returning contradiction_id
    )
    select u.order_number from unnest(${settlement.orderNumbers}::text[]) as u (order_number)
     where not exists (select from settled s join contradictions x on x.id = s.contradiction_id
                         join charges c on c.id = x.charge_id
                        where c.order_number = u.order_number)`.execute(db);
  return rows.map((row) => row.order_number);
}
