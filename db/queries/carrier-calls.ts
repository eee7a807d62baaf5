import { type Kysely, sql } from 'kysely';
import {
  type CarrierFinding,
  type CarrierResult,
  orderingKeyOf,
  type ReadCarrierCall,
} from '../../billing/carrier-result.ts';
import type { CarrierVerdict } from '../carrier-tables.ts';
import type { Database } from '../tables.ts';

/** A call as it came, before anything is read from it. */
export interface NewCarrierCall {
  /** UUID. */
  readonly publicId: string;
  /** ISO instant on the merchant's clock. */
  readonly receivedAt: string;
  readonly method: 'GET' | 'POST';
  readonly contentType: string | null;
  readonly sourceAddress: string;
  /** null where a card number was found: only the refusal is kept. */
  readonly bytes: { readonly query: Buffer; readonly body: Buffer } | null;
}

/** A stored call on which no verdict has been written yet. */
export interface StoredCarrierCall {
  /** Of the database; it does not leave. */
  readonly id: number;
  readonly publicId: string;
  readonly receivedAt: string;
  readonly bytes: { readonly query: Buffer; readonly body: Buffer } | null;
}

/** Stores many calls in one statement, which is one commit: then they are safe. */
export async function insertCarrierCalls(
  db: Kysely<Database>,
  merchantId: number,
  calls: readonly NewCarrierCall[],
): Promise<StoredCarrierCall[]> {
  const column = <T>(read: (call: NewCarrierCall) => T) => calls.map(read);
  const { rows } = await sql<{ id: number; publicId: string }>`
    insert into carrier_calls (merchant_id, public_id, received_at, method, content_type,
      source_address, query, body, card_number_found)
    select ${merchantId}, c.public_id, c.received_at, c.method, c.content_type, c.source_address,
      c.query, c.body, c.query is null
    from unnest(${column((call) => call.publicId)}::uuid[],
      ${column((call) => call.receivedAt)}::timestamptz[],
      ${column((call) => call.method)}::text[],
      ${column((call) => call.contentType)}::text[],
      ${column((call) => call.sourceAddress)}::text[],
      ${column((call) => call.bytes?.query ?? null)}::bytea[],
      ${column((call) => call.bytes?.body ?? null)}::bytea[])
      as c (public_id, received_at, method, content_type, source_address, query, body)
    returning id, public_id as "publicId"`.execute(db);
  const ids = new Map(rows.map((row) => [row.publicId, row.id]));
  return calls.map((call) => ({ ...call, id: ids.get(call.publicId) as number }));
}

/** Calls are cut off while a process ends or Postgres goes away: only the newest need to be looked at. */
const lookedAt = sql`(select max(id) - 50000 from carrier_calls)`;

/** Merchants with calls that were cut off between the two commits. */
export async function listMerchantsWithUnjudgedCalls(db: Kysely<Database>): Promise<string[]> {
  const { rows } = await sql<{ slug: string }>`
    select m.slug from merchants m where m.id in (
      select c.merchant_id from carrier_calls c where c.id > ${lookedAt}
        and not exists (select from carrier_verdicts v where v.call_id = c.id))
    order by m.id`.execute(db);
  return rows.map((row) => row.slug);
}

/** Calls that were cut off between the two commits, oldest first. */
export async function listUnjudgedCalls(
  db: Kysely<Database>,
  merchantId: number,
  page: { readonly limit: number },
): Promise<StoredCarrierCall[]> {
  const { rows } = await sql<{
    id: number;
    publicId: string;
    receivedAt: string;
    query: Buffer | null;
    body: Buffer | null;
  }>`
    select c.id, c.public_id as "publicId", c.received_at as "receivedAt", c.query, c.body
    from carrier_calls c
    where c.merchant_id = ${merchantId} and c.id > ${lookedAt}
      and not exists (select from carrier_verdicts v where v.call_id = c.id)
    order by c.id limit ${page.limit}`.execute(db);
  return rows.map(({ query, body, ...row }) => ({
    ...row,
    bytes: query === null || body === null ? null : { query, body },
  }));
}

/** A call with what was read from it; `card_number` for one whose bytes were not kept. */
export interface JudgedCall {
  readonly call: StoredCarrierCall;
  readonly read: ReadCarrierCall | { readonly kind: 'card_number' };
}

export interface RecordedCalls {
  /** By the call's database ID. */
  readonly verdicts: ReadonlyMap<number, CarrierVerdict>;
  /** Slugs of endpoints that got something to deliver. */
  readonly endpoints: readonly string[];
}

/**
 * Writes what calls meant: new results with their deliveries, and one verdict a call. A result that
 * is known already is a duplicate, and nothing is delivered for it.
 *
 * @param now ISO instant on the merchant's clock: deliveries are due from then on.
 */
export async function recordCarrierCalls(
  db: Kysely<Database>,
  merchantId: number,
  judged: readonly JudgedCall[],
  now: string,
): Promise<RecordedCalls> {
  return await db.transaction().execute(async (trx) => {
    // Versions and the order of deliveries are told by rows of others: one writer at a time.
    await sql`select lock_carrier_results(${merchantId})`.execute(trx);
    const usable = judged.flatMap(({ call, read }) =>
      read.kind === 'result' ? [{ call, result: read.result }] : [],
    );
    const endpoints =
      usable.length === 0 ? [] : await insertResults(trx, merchantId, { usable, now });
    const verdicts = await insertVerdicts(trx, merchantId, { judged, now });
    return { verdicts, endpoints };
  });
}

/**
 * The result `r` that a given call `g` tells. Used under LIMIT 1, which keeps it a look-up by key for
 * each call: a join would be planned over all results of the merchant as long as they are not counted.
 */
const isTheSameResult = (merchantId: number) => sql`r.merchant_id = ${merchantId}
  and r.ip_code = g."ipCode" and r.order_number = g."orderNumber"
  and r.parameters_sha256 = g."parametersSha256"`;

async function insertResults(
  trx: Kysely<Database>,
  merchantId: number,
  given: {
    readonly usable: readonly { call: StoredCarrierCall; result: CarrierResult }[];
    readonly now: string;
  },
): Promise<string[]> {
  const rows = given.usable.map(({ call, result }) => ({
    ...result,
    callId: call.id,
    receivedAt: call.receivedAt,
    orderingKey: orderingKeyOf(result),
  }));
  const inserted = await sql<{ slug: string }>`
    with given as (
      select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as g ("callId" bigint,
        "receivedAt" timestamptz, "orderingKey" text, "ipCode" text, "orderNumber" text,
        result text, carrier text, "amountYen" bigint, phone text, email text, "sendId" text,
        "sendPoint" text, encoding text, parameters jsonb, "parametersSha256" text)
    ), firsts as (
      select distinct on ("ipCode", "orderNumber", "parametersSha256") * from given g
      where (select r.id from carrier_results r where ${isTheSameResult(merchantId)} limit 1) is null
      order by "ipCode", "orderNumber", "parametersSha256", "callId"
    ), fresh as (
      insert into carrier_results (merchant_id, public_id, ip_code, order_number, version,
        parameters_sha256, call_id, encoding, parameters, result, carrier, amount_yen, phone, email,
        send_id, send_point, received_at)
      select ${merchantId}, gen_random_uuid(), "ipCode", "orderNumber",
        (select count(*) from carrier_results r where r.merchant_id = ${merchantId}
          and r.ip_code = f."ipCode" and r.order_number = f."orderNumber")
          + row_number() over (partition by "ipCode", "orderNumber" order by "callId"),
        "parametersSha256", "callId", encoding, parameters, result, carrier, "amountYen", phone,
        email, "sendId", "sendPoint", "receivedAt"
      from firsts f order by "callId"
      returning id, call_id
    ), queued as (
      insert into deliveries (merchant_id, endpoint_id, result_id, ordering_key, tries_left, due_at,
        created_at)
      select ${merchantId}, e.id, fresh.id, f."orderingKey", cardinality(e.back_off_seconds) + 1,
        ${given.now}, ${given.now}
      from fresh join firsts f on f."callId" = fresh.call_id
      join delivery_endpoints e on e.merchant_id = ${merchantId} and e.kind = 'carrier'
        and e.state <> 'retired'
      order by fresh.id
      returning endpoint_id
    )
    select e.slug from delivery_endpoints e
    where e.merchant_id = ${merchantId} and e.id in (select endpoint_id from queued)
    order by e.slug`.execute(trx);
  return inserted.rows.map((row) => row.slug);
}

async function insertVerdicts(
  trx: Kysely<Database>,
  merchantId: number,
  given: { readonly judged: readonly JudgedCall[]; readonly now: string },
): Promise<Map<number, CarrierVerdict>> {
  const rows = given.judged.map(({ call, read }) => ({
    callId: call.id,
    kind: read.kind,
    findings: read.kind === 'unusable' ? read.findings : ([] as readonly CarrierFinding[]),
    ...(read.kind === 'result'
      ? {
          ipCode: read.result.ipCode,
          orderNumber: read.result.orderNumber,
          parametersSha256: read.result.parametersSha256,
        }
      : {}),
  }));
  // Another process may have taken up the same cut-off call: the first verdict stands.
  const { rows: inserted } = await sql<RecordedVerdict>`
    insert into carrier_verdicts (call_id, merchant_id, verdict, result_id, findings, judged_at)
    select g."callId", ${merchantId},
      case when g.kind <> 'result' then g.kind when r.call_id = g."callId" then 'new'
        else 'duplicate' end,
      r.id, g.findings, ${given.now}
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as g ("callId" bigint, kind text,
      findings jsonb, "ipCode" text, "orderNumber" text, "parametersSha256" text)
    left join lateral (select r.id, r.call_id from carrier_results r
      where ${isTheSameResult(merchantId)} limit 1) r on true
    on conflict (call_id) do nothing
    returning call_id as "callId", verdict`.execute(trx);
  const recorded =
    inserted.length === rows.length
      ? inserted
      : await readVerdicts(
          trx,
          merchantId,
          rows.map(({ callId }) => callId),
        );
  return new Map(recorded.map((row) => [row.callId, row.verdict]));
}

interface RecordedVerdict {
  readonly callId: number;
  readonly verdict: CarrierVerdict;
}

async function readVerdicts(
  trx: Kysely<Database>,
  merchantId: number,
  callIds: readonly number[],
): Promise<RecordedVerdict[]> {
  const { rows } = await sql<RecordedVerdict>`
    select call_id as "callId", verdict from carrier_verdicts
    where merchant_id = ${merchantId} and call_id = any (${callIds}::bigint[])`.execute(trx);
  return rows;
}
