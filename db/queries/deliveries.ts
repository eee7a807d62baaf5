import { type Kysely, sql } from 'kysely';
import type { AfterAttempt, DeliveryOutcome } from '../../billing/delivery.ts';
import type { FormParameter } from '../../billing/form-parameters.ts';
import type { TextEncoding } from '../../billing/text-encoding.ts';
import { type ClaimOf, claimDue, isNextOfItsKey, type OfEndpoint } from '../due-deliveries.ts';
import { keptParameters } from '../kept-parameters.ts';
import type { Database } from '../tables.ts';

/** A delivery whose attempt is claimed: it may be under way from now on. */
export interface Claim {
  readonly id: number;
  /** The how-manieth attempt of all. */
  readonly attempt: number;
  /** After this one. */
  readonly triesLeft: number;
  /** The act of the send-error desk by which it is sent again. */
  readonly actId: number | null;
}

/** A claimed delivery of a carrier result. */
export interface ClaimedDelivery extends Claim {
  /** Public ID of the result: the same for every attempt and every re-send. */
  readonly resultId: string;
  readonly version: number;
  readonly encoding: TextEncoding;
  /** The form as it was received. */
  readonly query: Buffer;
  readonly body: Buffer;
  /** None once they are kept no longer. */
  readonly parameters: readonly FormParameter[];
  /** What an operator sends instead; null = the original. */
  readonly edited: readonly FormParameter[] | null;
}

/** How a claimed attempt ended, and what follows. */
export interface EndedAttempt {
  readonly delivery: Pick<Claim, 'id' | 'attempt' | 'actId'>;
  readonly outcome: DeliveryOutcome;
  readonly status: number | null;
  /** First characters of the answer, card numbers masked. */
  readonly answerStart: string | null;
  readonly durationMs: number;
  readonly endedAt: string;
  readonly next: AfterAttempt;
}

/**
 * Attempts that were claimed by a process which then ended: each may have arrived, so it is written
 * down as cut off, and its try is given back.
 */
export async function closeCutOffAttempts(
  db: Kysely<Database>,
  merchantId: number,
  of: OfEndpoint,
): Promise<void> {
  await sql`
    with cut as (
      insert into delivery_attempts (delivery_id, attempt, merchant_id, outcome, duration_ms, act_id,
        ended_at)
      select d.id, d.attempt, ${merchantId}, 'cut_off', 0, d.act_id, ${of.now}
      from deliveries d
      where d.merchant_id = ${merchantId} and d.endpoint_id = ${of.endpointId} and d.state = 'due'
        and d.attempt > 0 and not exists (select from delivery_attempts a
          where a.delivery_id = d.id and a.attempt = d.attempt)
      on conflict do nothing
      returning delivery_id
    )
    update deliveries d set tries_left = d.tries_left + 1
    from cut where d.id = cut.delivery_id`.execute(db);
}

/** Claims results of carrier payments, of one payment only the first. */
export async function claimDeliveries(
  db: Kysely<Database>,
  merchantId: number,
  of: ClaimOf,
): Promise<ClaimedDelivery[]> {
  const { rows } = await sql<ClaimedDelivery>`
    with claimed as (${claimDue(merchantId, of)})
    select c.id, c.attempt, c.tries_left as "triesLeft", r.public_id as "resultId", r.version,
      r.encoding, k.query, k.body, ${keptParameters} as parameters, a.parameters as edited, c.act_id as "actId"
    from claimed c
    join carrier_results r on r.id = c.result_id
    join carrier_calls k on k.id = r.call_id
    left join send_error_acts a on a.id = c.act_id
    order by c.id`.execute(db);
  return rows;
}

/**
 * Takes back claims of which no byte has left: as if they had never been made. One that another worker
 * has closed as cut off meanwhile stays used: its number given again, the next answer to it could not be
 * written down, and what had arrived would leave once more.
 */
export async function returnClaims(
  db: Kysely<Database>,
  merchantId: number,
  claims: readonly Pick<Claim, 'id' | 'attempt'>[],
): Promise<void> {
  await sql`
    update deliveries d set attempt = d.attempt - 1, tries_left = d.tries_left + 1
    from jsonb_to_recordset(${JSON.stringify(claims)}::jsonb) as g (id bigint, attempt int)
    where d.merchant_id = ${merchantId} and d.id = g.id and d.attempt = g.attempt
      and d.state = 'due' and not exists (select from delivery_attempts a
        where a.delivery_id = d.id and a.attempt = d.attempt)`.execute(db);
}

/**
 * Writes how attempts ended and moves their deliveries; a delivery that is given up becomes a send
 * error. An attempt that another worker has closed meanwhile stays as it is.
 *
 * @returns how many deliveries were given up.
 */
export async function recordAttempts(
  db: Kysely<Database>,
  merchantId: number,
  ended: readonly EndedAttempt[],
): Promise<{ failed: number }> {
  const rows = ended.map(({ delivery, next, ...attempt }) => ({
    id: delivery.id,
    attempt: delivery.attempt,
    actId: delivery.actId,
    outcome: attempt.outcome,
    status: attempt.status,
    answerStart: attempt.answerStart,
    durationMs: attempt.durationMs,
    endedAt: attempt.endedAt,
    state: next.state,
    dueAt: next.state === 'due' ? next.dueAt : null,
  }));
  const { rows: failed } = await sql<{ id: number }>`
    with given as (
      select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as g (id bigint, attempt int,
        "actId" bigint, outcome text, status int, "answerStart" text, "durationMs" int,
        "endedAt" timestamptz, state text, "dueAt" timestamptz)
    ), written as (
      insert into delivery_attempts (delivery_id, attempt, merchant_id, outcome, status,
        answer_start, duration_ms, act_id, ended_at)
      select id, attempt, ${merchantId}, outcome, status, "answerStart", "durationMs", "actId",
        "endedAt" from given
      on conflict do nothing
      returning delivery_id, attempt
    ), moved as (
      update deliveries d set state = g.state, due_at = coalesce(g."dueAt", d.due_at)
      from given g join written w on w.delivery_id = g.id and w.attempt = g.attempt
      where d.merchant_id = ${merchantId} and d.id = g.id and d.attempt = g.attempt
        and d.state = 'due'
      returning d.id, d.attempt, d.state, g."endedAt"
    )
    insert into send_errors (merchant_id, delivery_id, attempt, failed_at)
    select ${merchantId}, id, attempt, "endedAt" from moved where state = 'failed'
    order by id
    returning id`.execute(db);
  return { failed: failed.length };
}

/** When something of the endpoint falls due next; null when nothing waits. */
export async function findNextDue(
  db: Kysely<Database>,
  merchantId: number,
  endpointId: number,
): Promise<string | null> {
  const { rows } = await sql<{ dueAt: string }>`
    select d.due_at as "dueAt" from deliveries d
    where d.merchant_id = ${merchantId} and d.endpoint_id = ${endpointId} and d.state = 'due'
      and ${isNextOfItsKey}
    order by d.due_at limit 1`.execute(db);
  return rows[0]?.dueAt ?? null;
}
