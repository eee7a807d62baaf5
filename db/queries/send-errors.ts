import { type RawBuilder, sql } from 'kysely';
import type { FormParameter } from '../../billing/form-parameters.ts';
import type {
  EarlierArrival,
  SendErrorAct,
  SendErrorChoice,
  SendErrorFacts,
} from '../../billing/send-error-confirmation.ts';
import type { SendErrorSearch } from '../../billing/send-error-search.ts';
import type { DeliveryOutcome } from '../carrier-tables.ts';
import type { Db, Trx } from '../database.ts';
import { keptParameters } from '../kept-parameters.ts';

/**
 * CGISendErr: deliveries that were given up. Of a payment (IPコード and オーダーNo) and an endpoint only
 * the latest error counts, whatever its state [manual 003].
 */

/** A row of the desk's list. */
export interface SendError {
  /** Public ID. */
  readonly id: string;
  /** Slug of where it could not be delivered. */
  readonly endpoint: string;
  /** Public ID of the result. */
  readonly result: string;
  readonly version: number;
  readonly ipCode: string;
  readonly orderNumber: string;
  readonly verdict: string;
  readonly carrier: string | null;
  readonly amountYen: number | null;
  readonly phone: string | null;
  readonly email: string | null;
  readonly sendId: string | null;
  /** As received. */
  readonly parameters: readonly FormParameter[];
  readonly receivedAt: string;
  readonly failedAt: string;
  /** How often it was tried until then. */
  readonly attempts: number;
  readonly outcome: DeliveryOutcome | null;
  readonly status: number | null;
  /** First characters of the answer, card numbers masked. */
  readonly answerStart: string | null;
  /** What was chosen for it; null = open. */
  readonly act: SendErrorAct | null;
  readonly actor: string | null;
  readonly actedAt: string | null;
  /** What was sent in place of the received parameters by that act. */
  readonly edited: readonly FormParameter[] | null;
  readonly arrival: EarlierArrival;
  readonly arrivedAt: string | null;
}

/** A newer error of the same payment at the same endpoint. */
const isSuperseded = sql<boolean>`exists (
  select from carrier_results r2
    join deliveries d2 on d2.result_id = r2.id and d2.endpoint_id = d.endpoint_id
    join send_errors e2 on e2.delivery_id = d2.id
   where r2.merchant_id = e.merchant_id and r2.ip_code = r.ip_code
     and r2.order_number = r.order_number and (e2.failed_at, e2.id) > (e.failed_at, e.id))`;

/**
 * What attempts for the payment at this endpoint came to, of any version: the latest success, and
 * whether one may have arrived without it. Only where nothing left, or the shop itself refused it
 * (4xx), is it sure that nothing was worked on. A claimed attempt that nobody closed may have arrived
 * as well; it is closed as cut off.
 */
const arrived = sql`lateral (
  select max(t.ended_at) filter (where t.outcome = 'delivered') as at,
    bool_or(t.outcome in ('timed_out', 'cut_off') or t.status >= 500) as possible
    from carrier_results r3
    join deliveries d3 on d3.result_id = r3.id and d3.endpoint_id = d.endpoint_id
    join delivery_attempts t on t.delivery_id = d3.id
   where r3.merchant_id = e.merchant_id and r3.ip_code = r.ip_code
     and r3.order_number = r.order_number)`;

const arrival = sql<EarlierArrival>`case
  when arrived.at is not null then 'seen' when arrived.possible then 'possible'
  else 'not_seen' end`;

const joined = sql`send_errors e
  join deliveries d on d.id = e.delivery_id
  join delivery_endpoints p on p.id = d.endpoint_id
  join carrier_results r on r.id = d.result_id
  left join send_error_acts a on a.send_error_id = e.id
  cross join ${arrived} arrived`;

const noFilter = sql`true`;

/** Newest error first; `before` is the ID of the last one on the page before. */
export async function searchSendErrors(
  db: Db | Trx,
  merchantId: number,
  page: {
    readonly search: SendErrorSearch;
    readonly before: string | null;
    readonly limit: number;
  },
): Promise<SendError[]> {
  const { search, before, limit } = page;
  const { rows } = await sql<SendError>`
    select e.public_id as id, p.slug as endpoint, r.public_id as result, r.version,
      r.ip_code as "ipCode", r.order_number as "orderNumber", r.result as verdict, r.carrier,
      r.amount_yen as "amountYen", r.phone, r.email, r.send_id as "sendId",
      ${keptParameters} as parameters, r.received_at as "receivedAt", e.failed_at as "failedAt",
      e.attempt as attempts, t.outcome, t.status, t.answer_start as "answerStart", a.act,
      x.actor, a.acted_at as "actedAt", a.parameters as edited, ${arrival} as arrival,
      arrived.at as "arrivedAt"
    from ${joined}
      left join decisions x on x.id = a.decision_id
      left join delivery_attempts t on t.delivery_id = e.delivery_id and t.attempt = e.attempt
    where e.merchant_id = ${merchantId}
      and e.failed_at >= ${search.from} and e.failed_at < ${search.before}
      and ${filterOf(search)}
      and not ${isSuperseded}
      and (${before}::uuid is null or (e.failed_at, e.id) < (
        select failed_at, id from send_errors
         where merchant_id = ${merchantId} and public_id = ${before}))
    order by e.failed_at desc, e.id desc limit ${limit}`.execute(db);
  return rows;
}

/**
 * Deliveries that nobody has dealt with since they were given up, found by the index of failed ones.
 *
 * @param limit up to how many are counted
 */
export async function countOpenSendErrors(
  db: Db | Trx,
  merchantId: number,
  limit: number,
): Promise<{ readonly rows: number; readonly yen: number; readonly oldestAt: string | null }> {
  const { rows } = await sql<{ rows: number; yen: number; oldestAt: string | null }>`
    select count(*)::int as rows, coalesce(sum(amount_yen), 0)::float8 as yen,
           min(failed_at) as "oldestAt"
      from (select r.amount_yen, e.failed_at
              from delivery_endpoints p
              join deliveries d on d.endpoint_id = p.id and d.state = 'failed'
              join send_errors e on e.delivery_id = d.id and e.attempt = d.attempt
              join carrier_results r on r.id = d.result_id
             where p.merchant_id = ${merchantId} and e.merchant_id = p.merchant_id
               and not ${isSuperseded}
             limit ${limit}) open`.execute(db);
  return rows[0] ?? { rows: 0, yen: 0, oldestAt: null };
}

function filterOf({ ipCodes, condition, keywords }: SendErrorSearch): RawBuilder<unknown> {
  const { orderNumber, email, phone, sendId } = keywords;
  const filters = [
    ipCodes === null ? noFilter : sql`r.ip_code = any (${ipCodes}::text[])`,
    condition === 'all' ? noFilter : sql`(a.id is null) = ${condition === 'open'}`,
    orderNumber === undefined ? noFilter : sql`r.order_number = ${orderNumber}`,
    email === undefined ? noFilter : sql`lower(r.email) = lower(${email})`,
    phone === undefined ? noFilter : sql`r.phone = ${phone}`,
    sendId === undefined ? noFilter : sql`r.send_id = ${sendId}`,
  ];
  return sql.join(filters, sql` and `);
}

/**
 * What the record says of these send errors; unknown IDs are left out.
 *
 * @param lock the caller's transaction acts on them: nobody else does until it ends, and no
 *   endpoint is changed or retired.
 */
export async function readSendErrorFacts(
  db: Db | Trx,
  merchantId: number,
  read: { readonly sendErrors: readonly string[]; readonly lock: boolean },
): Promise<SendErrorFacts[]> {
  if (read.lock) {
    await sql`
      select d.id from deliveries d join send_errors e on e.delivery_id = d.id
         join delivery_endpoints p on p.id = d.endpoint_id
       where e.merchant_id = ${merchantId} and e.public_id = any (${read.sendErrors}::uuid[])
       order by d.id for update of d for share of p`.execute(db);
  }
  const { rows } = await sql<SendErrorFacts>`
    select e.public_id as "sendError", p.slug as endpoint,
      p.state = 'retired' as "endpointRetired", p.version as "endpointVersion",
      case p.encoding when 'as_received' then r.encoding else p.encoding end as encoding,
      ${keptParameters} as parameters, r.version, e.failed_at as "failedAt",
      a.id is not null or d.state <> 'failed' as done, ${isSuperseded} as superseded,
      (select max(v.version) from carrier_results v where v.merchant_id = e.merchant_id
        and v.ip_code = r.ip_code and v.order_number = r.order_number) as "newestVersion",
      ${arrival} as arrival, arrived.at as "arrivedAt"
    from ${joined}
    where e.merchant_id = ${merchantId}
      and e.public_id = any (${read.sendErrors}::uuid[])`.execute(db);
  return rows;
}

/**
 * Writes an act for each send error and moves its delivery: 再送信 is due at once with a fresh number
 * of tries under its old idempotency key, 処理済 sends nothing. The caller holds the locks.
 *
 * @throws 23505 when somebody else has acted on one of them.
 */
export async function recordSendErrorActs(
  trx: Trx,
  merchantId: number,
  given: {
    readonly choices: readonly SendErrorChoice[];
    readonly decisionId: number;
    /** ISO instant on the merchant's clock. */
    readonly now: string;
  },
): Promise<void> {
  const choices = JSON.stringify(given.choices);
  await sql`
    with given as (
      select * from jsonb_to_recordset(${choices}::jsonb) as g ("sendError" uuid, act text,
        parameters jsonb)
    ), acted as (
      insert into send_error_acts (send_error_id, merchant_id, act, parameters, decision_id, acted_at)
      select e.id, ${merchantId}, g.act, nullif(g.parameters, 'null'::jsonb), ${given.decisionId},
        ${given.now}
      from given g join send_errors e
        on e.merchant_id = ${merchantId} and e.public_id = g."sendError"
      order by e.id
      returning id, send_error_id, act
    )
    update deliveries d set
      state = case acted.act when 'resend' then 'due' else 'settled' end,
      tries_left = case acted.act when 'resend' then cardinality(p.back_off_seconds) + 1
        else d.tries_left end,
      due_at = case acted.act when 'resend' then ${given.now}::timestamptz else d.due_at end,
      act_id = case acted.act when 'resend' then acted.id else d.act_id end
    from acted join send_errors e on e.id = acted.send_error_id
      join deliveries d2 on d2.id = e.delivery_id
      join delivery_endpoints p on p.id = d2.endpoint_id
    where d.id = d2.id and d.merchant_id = ${merchantId} and d.state = 'failed'`.execute(trx);
}

/** What a decision did, by the send errors' IDs. */
export async function listActsOfDecision(
  db: Db | Trx,
  merchantId: number,
  decisionId: number,
): Promise<{ readonly sendError: string; readonly act: SendErrorAct }[]> {
  const { rows } = await sql<{ sendError: string; act: SendErrorAct }>`
    select e.public_id as "sendError", a.act
    from send_error_acts a join send_errors e on e.id = a.send_error_id
    where a.merchant_id = ${merchantId} and a.decision_id = ${decisionId}
    order by a.id`.execute(db);
  return rows;
}
