import { type Kysely, sql } from 'kysely';
import { TEST_EVENT_TYPE, type WebhookEvent } from '../../billing/webhook-event.ts';
import type { Trx } from '../database.ts';
import { heldEndpoint } from '../due-deliveries.ts';
import type { Database } from '../tables.ts';

export interface StoredWebhookEvent extends WebhookEvent {
  /** Of what captured the orders that it tells of; null where it tells of no list. */
  readonly captures: {
    readonly exchangeId: number | null;
    readonly decisionId: number | null;
  } | null;
}

export async function findWebhookEvent(
  db: Kysely<Database>,
  merchantId: number,
  id: string,
): Promise<StoredWebhookEvent | undefined> {
  const row = await db
    .selectFrom('webhook_events as v')
    .innerJoin('merchants as m', 'm.id', 'v.merchant_id')
    .where('v.merchant_id', '=', merchantId)
    .where('v.public_id', '=', id)
    .select(['v.public_id as id', 'v.type', 'm.slug as merchant', 'v.occurred_at as occurredAt'])
    .select(['v.data', 'v.cycle_id', 'v.exchange_id', 'v.decision_id'])
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const { cycle_id, exchange_id: exchangeId, decision_id: decisionId, data, ...event } = row;
  return {
    ...event,
    data: data as WebhookEvent['data'],
    captures: cycle_id === null ? null : { exchangeId, decisionId },
  };
}

export interface CapturedOrder {
  readonly orderNumber: string;
  readonly amountYen: number;
  /** For the next page: of the database's charges; it does not say anything else. */
  readonly position: number;
}

/** The orders that an event of `charges.captured` tells of, in a fixed order. */
export async function listOrdersOfEvent(
  db: Kysely<Database>,
  merchantId: number,
  page: { readonly event: string; readonly after: number; readonly limit: number },
): Promise<CapturedOrder[]> {
  // A file names its charges by its lines, a list by its decision: both are look-ups by key.
  const { rows } = await sql<CapturedOrder>`
    with told as (
      select * from webhook_events
      where merchant_id = ${merchantId} and public_id = ${page.event} and cycle_id is not null
    ), captured as (
      select l.line_number as position, r.charge_id, r.n, r.k from told v
      join file_lines l on l.exchange_id = v.exchange_id and l.line_number > ${page.after}
      join ending_results r on r.charge_id = l.charge_id and r.n = l.n and r.k = l.k
        and r.result = 'captured' and r.recorded_at = v.occurred_at
      where r.exchange_id = v.exchange_id and r.decision_id is not distinct from v.decision_id
      union all
      select r.charge_id, r.charge_id, r.n, r.k from told v
      join ending_results r on r.decision_id = v.decision_id and r.exchange_id is null
        and r.charge_id > ${page.after} and r.result = 'captured' and r.recorded_at = v.occurred_at
      join charges h on h.id = r.charge_id and h.cycle_id = v.cycle_id
      where v.exchange_id is null
    )
    select h.order_number as "orderNumber", e.amount_yen as "amountYen", c.position
    from captured c
    join charges h on h.id = c.charge_id
    join endings e on e.charge_id = c.charge_id and e.n = c.n and e.k = c.k
    order by c.position limit ${page.limit}`.execute(db);
  return rows;
}

/** Writes an event that tells of nothing and queues it for one endpoint. @returns its public ID */
export async function insertTestEvent(
  trx: Trx,
  merchantId: number,
  test: {
    readonly endpointId: number;
    readonly decisionId: number;
    /** ISO instant on the merchant's clock. */
    readonly now: string;
  },
): Promise<string> {
  const key = testEventKey(test.decisionId);
  const { rows } = await sql<{ id: string }>`
    with written as (
      insert into webhook_events (merchant_id, type, key, subject, data, occurred_at)
      values (${merchantId}, ${TEST_EVENT_TYPE}, ${key}, ${key}, '{}', ${test.now})
      returning id, public_id
    ), queued as (
      insert into deliveries (merchant_id, endpoint_id, event_id, ordering_key, tries_left, due_at,
        created_at)
      select ${merchantId}, e.id, w.id, ${key}, cardinality(e.back_off_seconds) + 1, ${test.now},
        ${test.now}
      from written w join (${heldEndpoint(merchantId, test.endpointId)}) e on true
    )
    select public_id as id from written`.execute(trx);
  const [written] = rows;
  if (written === undefined) throw new Error('the test event was not written');
  return written.id;
}

/** The test event that a decision wrote: a repeated request is told the same. */
export async function findTestEvent(
  trx: Trx,
  merchantId: number,
  decisionId: number,
): Promise<string> {
  const { id } = await trx
    .selectFrom('webhook_events')
    .where('merchant_id', '=', merchantId)
    .where('key', '=', testEventKey(decisionId))
    .select('public_id as id')
    .executeTakeFirstOrThrow();
  return id;
}

const testEventKey = (decisionId: number) => `${TEST_EVENT_TYPE}:${decisionId}`;
