import type { Db, Trx } from '../../db/database.ts';
import type { AttemptKind, EndingKind, EndingResult, Outcome } from '../../db/money-tables.ts';
import { AT, type Charge, type MoneyRecord } from './money-record.ts';

/** Facts about a charge, inserted as they are: the database alone says whether they may be. */

export async function insertAttempt(
  db: Db | Trx,
  record: MoneyRecord,
  attempt: { charge: Charge; n: number; kind?: AttemptKind; exchangeId?: number; yen?: number },
): Promise<void> {
  const kind = attempt.kind ?? 'authorization';
  await db
    .insertInto('attempts')
    .values({
      charge_id: attempt.charge.chargeId,
      n: attempt.n,
      merchant_id: record.merchantId,
      kind,
      exchange_id: kind === 'authorization' ? (attempt.exchangeId ?? 1) : null,
      amount_yen: attempt.yen ?? (kind === 'authorization' ? attempt.charge.yen : 0),
      claimed_at: AT,
    })
    .execute();
}

export async function insertOutcome(
  db: Db | Trx,
  record: MoneyRecord,
  of: { charge: Charge; n: number; outcome: Outcome },
): Promise<void> {
  await db
    .insertInto('outcomes')
    .values({
      charge_id: of.charge.chargeId,
      n: of.n,
      merchant_id: record.merchantId,
      outcome: of.outcome,
      response_code: of.outcome === 'declined' ? '1G03' : null,
      capture_before: of.outcome === 'ok' ? '2027-01-20T15:00:00.000Z' : null,
      recorded_at: AT,
    })
    .execute();
}

export async function insertEnding(
  db: Db | Trx,
  record: MoneyRecord,
  ending: {
    charge: Charge;
    n: number;
    k: number;
    kind: EndingKind;
    exchangeId?: number;
    yen?: number;
  },
): Promise<void> {
  await db
    .insertInto('endings')
    .values({
      charge_id: ending.charge.chargeId,
      n: ending.n,
      k: ending.k,
      merchant_id: record.merchantId,
      kind: ending.kind,
      amount_yen: ending.yen ?? ending.charge.yen,
      exchange_id: ending.exchangeId ?? null,
      claimed_at: AT,
    })
    .execute();
}

export async function insertEndingResult(
  db: Db | Trx,
  record: MoneyRecord,
  of: { charge: Charge; n: number; k: number; result: EndingResult },
): Promise<void> {
  await db
    .insertInto('ending_results')
    .values({
      charge_id: of.charge.chargeId,
      n: of.n,
      k: of.k,
      merchant_id: record.merchantId,
      result: of.result,
      recorded_at: AT,
    })
    .execute();
}

/** A result that contradicts attempt `n`; returns its id. */
export async function insertContradiction(
  db: Db | Trx,
  record: MoneyRecord,
  of: { charge: Charge; n: number; k?: number; received?: string },
): Promise<number> {
  const contradiction = await db
    .insertInto('contradictions')
    .values({
      merchant_id: record.merchantId,
      charge_id: of.charge.chargeId,
      n: of.n,
      k: of.k ?? null,
      recorded: 'not_sent',
      received: of.received ?? 'ok',
      recorded_at: AT,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return contradiction.id;
}

/** Settles a contradiction by a decision made for it. */
export async function insertSettlement(
  db: Db | Trx,
  record: MoneyRecord,
  contradictionId: number,
): Promise<void> {
  const decision = await db
    .insertInto('decisions')
    .values({
      merchant_id: record.merchantId,
      idempotency_key: `contradiction-${contradictionId}`,
      workflow_id: 'test',
      act: 'contradiction.settled',
      body: '{}',
      actor: 'operator',
      reason: 'voided at the PSP',
      decided_at: AT,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  await db
    .insertInto('contradiction_settlements')
    .values({
      contradiction_id: contradictionId,
      merchant_id: record.merchantId,
      decision_id: decision.id,
      settled_at: AT,
    })
    .execute();
}
