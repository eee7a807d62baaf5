import { type Kysely, sql } from 'kysely';
import type { DeliveryOutcome } from '../../billing/delivery.ts';
import type { WebhookEvent } from '../../billing/webhook-event.ts';
import type { DeliveryState } from '../carrier-tables.ts';
import type { Trx } from '../database.ts';
import { type ClaimOf, claimDue, heldEndpoint } from '../due-deliveries.ts';
import type { Database } from '../tables.ts';
import type { Claim } from './deliveries.ts';

/** A claimed delivery of an event. */
export interface ClaimedEvent extends Claim {
  readonly event: WebhookEvent;
}

/** Claims events, of one subject only the first. */
export async function claimEvents(
  db: Kysely<Database>,
  merchantId: number,
  of: ClaimOf,
): Promise<ClaimedEvent[]> {
  const { rows } = await sql<Claim & WebhookEvent & { eventId: string }>`
    with claimed as (${claimDue(merchantId, of)})
    select c.id, c.attempt, c.tries_left as "triesLeft", c.act_id as "actId",
      v.public_id as "eventId", v.type, m.slug as merchant, v.occurred_at as "occurredAt", v.data
    from claimed c
    join webhook_events v on v.id = c.event_id
    join merchants m on m.id = v.merchant_id
    order by c.id`.execute(db);
  return rows.map(
    ({ id, attempt, triesLeft, actId, eventId, type, merchant, occurredAt, data }) => ({
      ...{ id, attempt, triesLeft, actId },
      event: { id: eventId, type, merchant, occurredAt, data },
    }),
  );
}

/** How one attempt went. */
export interface WebhookAttempt {
  readonly attempt: number;
  readonly outcome: DeliveryOutcome;
  readonly status: number | null;
  /** First characters of the answer, card numbers masked. */
  readonly answerStart: string | null;
  readonly durationMs: number;
  readonly endedAt: string;
}

/** A row of an endpoint's log. */
export interface WebhookDelivery {
  readonly event: WebhookEvent;
  readonly state: DeliveryState;
  readonly attempt: number;
  /** When it is tried next; null unless it waits. */
  readonly dueAt: string | null;
  /** The latest ones, newest first. */
  readonly attempts: readonly WebhookAttempt[];
}

/** Of many attempts the last ones tell what is wrong. */
const shownAttempts = 20;

/** Newest event first; `before` is the ID of the last event on the page before. */
export async function listWebhookDeliveries(
  db: Kysely<Database>,
  merchantId: number,
  page: {
    readonly endpointId: number;
    readonly state: DeliveryState | null;
    /** Public ID of the one event that is asked for. */
    readonly event: string | null;
    readonly before: string | null;
    readonly limit: number;
  },
): Promise<WebhookDelivery[]> {
  const { rows } = await sql<WebhookEvent & Omit<WebhookDelivery, 'event'>>`
    select v.public_id as id, v.type, m.slug as merchant, v.occurred_at as "occurredAt", v.data,
      d.state, d.attempt, case when d.state = 'due' then d.due_at end as "dueAt",
      coalesce(t.attempts, '[]') as attempts
    from deliveries d
    join webhook_events v on v.id = d.event_id
    join merchants m on m.id = v.merchant_id
    cross join lateral (
      select jsonb_agg(jsonb_build_object('attempt', a.attempt, 'outcome', a.outcome,
          'status', a.status, 'answerStart', a.answer_start, 'durationMs', a.duration_ms,
          'endedAt', to_char(a.ended_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
        order by a.attempt desc) as attempts
      from (select * from delivery_attempts x where x.delivery_id = d.id
        order by x.attempt desc limit ${shownAttempts}) a) t
    where d.merchant_id = ${merchantId} and d.endpoint_id = ${page.endpointId}
      and (${page.state}::text is null or d.state = ${page.state})
      and (${page.event}::uuid is null or v.public_id = ${page.event})
      and (${page.before}::uuid is null or d.event_id < (select id from webhook_events
        where merchant_id = ${merchantId} and public_id = ${page.before}))
    order by d.event_id desc limit ${page.limit}`.execute(db);
  return rows.map(({ id, type, merchant, occurredAt, data, ...delivery }) => ({
    event: { id, type, merchant, occurredAt, data },
    ...delivery,
  }));
}

/** Longest act: what one Update queues again in one statement. */
export const RESENDS_MAX = 1000;

/**
 * Queues events again, due at once with a fresh number of tries under their old idempotency keys: the
 * named ones, or all (the oldest {@link RESENDS_MAX}) that were given up. What waits anyway is left.
 *
 * @returns how many were queued by this decision; and the named events that have no delivery here.
 */
export async function resendEvents(
  trx: Trx,
  merchantId: number,
  resend: {
    readonly endpointId: number;
    /** Public IDs; null = all that were given up. */
    readonly events: readonly string[] | null;
    readonly decisionId: number;
    /** ISO instant on the merchant's clock. */
    readonly now: string;
  },
): Promise<{ queued: number; unknown: string[] }> {
  const { endpointId, events, decisionId, now } = resend;
  const { rows } = await sql<{ unknown: string }>`
    select u.id as unknown from unnest(${events}::uuid[]) as u (id)
     where not exists (select from deliveries d join webhook_events v on v.id = d.event_id
        where d.merchant_id = ${merchantId} and d.endpoint_id = ${endpointId}
          and v.public_id = u.id)`.execute(trx);
  const queued = await sql`
    update deliveries d set state = 'due', due_at = ${now}, resent_by = ${decisionId},
      tries_left = cardinality(p.back_off_seconds) + 1
    from (${heldEndpoint(merchantId, endpointId)}) p
    where p.id = d.endpoint_id and d.merchant_id = ${merchantId} and d.state <> 'due'
      and d.id in (select x.id from deliveries x join webhook_events v on v.id = x.event_id
        where x.endpoint_id = ${endpointId}
          and case when ${events}::uuid[] is null then x.state = 'failed'
                   else v.public_id = any (${events}::uuid[]) end
        order by x.id limit ${RESENDS_MAX})`.execute(trx);
  return {
    queued: Number(queued.numAffectedRows ?? 0n),
    unknown: rows.map(({ unknown }) => unknown),
  };
}

/** How many deliveries a decision queued last: of a repeated request, whose first answer was lost. */
export async function countResent(
  trx: Trx,
  merchantId: number,
  decisionId: number,
): Promise<number> {
  const { count } = await trx
    .selectFrom('deliveries')
    .where('merchant_id', '=', merchantId)
    .where('resent_by', '=', decisionId)
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return count;
}
