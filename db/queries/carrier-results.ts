import { type Kysely, sql } from 'kysely';
import type { CarrierFinding } from '../../billing/carrier-result.ts';
import type { DeliveryOutcome } from '../../billing/delivery.ts';
import type { FormParameter } from '../../billing/form-parameters.ts';
import type { CarrierVerdict, DeliveryState } from '../carrier-tables.ts';
import { keptParameters } from '../kept-parameters.ts';
import type { Database } from '../tables.ts';

/** One version of a payment's result. */
export interface CarrierResultRow {
  /** Public ID: the idempotency key of its deliveries. */
  readonly id: string;
  readonly ipCode: string;
  readonly orderNumber: string;
  readonly version: number;
  readonly latest: boolean;
  readonly result: string;
  readonly carrier: string | null;
  readonly amountYen: number | null;
  readonly phone: string | null;
  readonly email: string | null;
  readonly sendId: string | null;
  readonly sendPoint: string | null;
  readonly receivedAt: string;
  /** How often it came. */
  readonly calls: number;
}

export interface DeliveryAttemptRow {
  readonly attempt: number;
  readonly outcome: DeliveryOutcome;
  readonly status: number | null;
  readonly answerStart: string | null;
  readonly durationMs: number;
  readonly endedAt: string;
}

/** The way of one result to one endpoint. */
export interface DeliveryRow {
  readonly id: string;
  readonly endpoint: string;
  /** The version of the result. */
  readonly version: number;
  readonly state: DeliveryState;
  readonly dueAt: string;
  readonly attempts: readonly DeliveryAttemptRow[];
}

const resultColumns = sql`r.public_id as id, r.ip_code as "ipCode", r.order_number as "orderNumber",
  r.version, not exists (select from carrier_results n where n.merchant_id = r.merchant_id
    and n.ip_code = r.ip_code and n.order_number = r.order_number and n.version > r.version) as latest,
  r.result, r.carrier, r.amount_yen as "amountYen", r.phone, r.email, r.send_id as "sendId",
  r.send_point as "sendPoint", r.received_at as "receivedAt",
  (select count(*) from carrier_verdicts v where v.result_id = r.id) as calls`;

/** Newest first; `before` is the ID of the last one on the page before. */
export async function listCarrierResults(
  db: Kysely<Database>,
  merchantId: number,
  page: {
    /** Only the versions of this オーダーNo; null = the latest version of every payment. */
    readonly orderNumber: string | null;
    readonly before: string | null;
    readonly limit: number;
  },
): Promise<CarrierResultRow[]> {
  const { rows } = await sql<CarrierResultRow>`
    select * from (
      select ${resultColumns}, r.id as key from carrier_results r
      where r.merchant_id = ${merchantId}
        and (${page.orderNumber}::text is null or r.order_number = ${page.orderNumber})
        and (${page.before}::uuid is null or r.id < (select id from carrier_results
          where merchant_id = ${merchantId} and public_id = ${page.before}))
    ) found
    where latest or ${page.orderNumber}::text is not null
    order by key desc limit ${page.limit}`.execute(db);
  return rows;
}

export interface CarrierPayment {
  /** Oldest first. */
  readonly versions: readonly (CarrierResultRow & { parameters: readonly FormParameter[] })[];
  /** In the order in which they are to leave. */
  readonly deliveries: readonly DeliveryRow[];
}

/** A payment with all its versions and deliveries, by the public ID of any of its results. */
export async function findCarrierPayment(
  db: Kysely<Database>,
  merchantId: number,
  resultId: string,
): Promise<CarrierPayment | undefined> {
  const { rows: versions } = await sql<CarrierPayment['versions'][number]>`
    select ${resultColumns}, ${keptParameters} as parameters from carrier_results r
    join carrier_results a on a.merchant_id = r.merchant_id and a.ip_code = r.ip_code
      and a.order_number = r.order_number
    where a.merchant_id = ${merchantId} and a.public_id = ${resultId}
    order by r.version`.execute(db);
  if (versions.length === 0) return undefined;
  const { rows: deliveries } = await sql<DeliveryRow>`
    select d.public_id as id, e.slug as endpoint, r.version, d.state, d.due_at as "dueAt",
      coalesce((select jsonb_agg(jsonb_build_object('attempt', t.attempt, 'outcome', t.outcome,
          'status', t.status, 'answerStart', t.answer_start, 'durationMs', t.duration_ms,
          'endedAt', to_char(t.ended_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
          order by t.attempt)
        from delivery_attempts t where t.delivery_id = d.id), '[]') as attempts
    from deliveries d
    join carrier_results r on r.id = d.result_id
    join delivery_endpoints e on e.id = d.endpoint_id
    where d.merchant_id = ${merchantId}
      and r.public_id = any (${versions.map(({ id }) => id)}::uuid[])
    order by d.id`.execute(db);
  return { versions, deliveries };
}

/** A call as it came, with what became of it. */
export interface CarrierCallRow {
  readonly id: string;
  readonly receivedAt: string;
  readonly method: 'GET' | 'POST';
  readonly sourceAddress: string;
  /** null = not read yet. */
  readonly verdict: CarrierVerdict | null;
  readonly findings: readonly CarrierFinding[];
  readonly result: string | null;
  /** Both null where a card number was found. */
  readonly query: Buffer | null;
  readonly body: Buffer | null;
}

/** Newest first; `before` is the ID of the last one on the page before. */
export async function listCarrierCalls(
  db: Kysely<Database>,
  merchantId: number,
  page: {
    /** Only calls that were no result. */
    readonly unusableOnly: boolean;
    readonly before: string | null;
    readonly limit: number;
  },
): Promise<CarrierCallRow[]> {
  const { rows } = await sql<CarrierCallRow>`
    select c.public_id as id, c.received_at as "receivedAt", c.method,
      c.source_address as "sourceAddress", v.verdict, coalesce(v.findings, '[]') as findings,
      r.public_id as result, c.query, c.body
    from carrier_calls c
    left join carrier_verdicts v on v.call_id = c.id
    left join carrier_results r on r.id = v.result_id
    where c.merchant_id = ${merchantId}
      and (${page.before}::uuid is null or c.id < (select id from carrier_calls
        where merchant_id = ${merchantId} and public_id = ${page.before}))
      and (not ${page.unusableOnly} or c.id in (select call_id from carrier_verdicts
        where merchant_id = ${merchantId} and verdict in ('unusable', 'card_number')))
    order by c.id desc limit ${page.limit}`.execute(db);
  return rows;
}
