import { sql } from 'kysely';
import type { RowsAndYen } from '../../billing/cycle.ts';
import type { ExchangeName } from '../../billing/exchange.ts';
import { CHANGING_CLASSES } from '../../billing/payment-inquiry.ts';
import { comparedRowsOf, type InquiryPlace } from '../compared-payments.ts';
import type { Trx } from '../database.ts';

/**
 * Judges every row of a list against the record and keeps the judgement for the rest of the
 * transaction. The caller holds the merchant's lock: nothing moves between judgement and facts.
 *
 * @returns what will go into the record
 */
export async function stageInquiry(
  trx: Trx,
  merchantId: number,
  place: InquiryPlace,
): Promise<RowsAndYen> {
  await sql`create temp table judged_payments on commit drop as
    ${comparedRowsOf(merchantId, place)}`.execute(trx);
  await sql`analyze judged_payments`.execute(trx);
  const { rows } = await sql<RowsAndYen>`
    select count(*)::int as rows, coalesce(sum(amount_yen), 0)::float8 as yen
      from judged_payments where judged = any(${CHANGING_CLASSES}::text[])`.execute(trx);
  return rows[0] ?? { rows: 0, yen: 0 };
}

/**
 * Writes the facts that follow from a staged list: outcomes that were open, results that were open,
 * what somebody did without a file of ours (claimed and answered in one), contradictions, and what the
 * PSP tells of each payment. Ordered, so that no rule of the record finds a fact before its ground.
 */
export async function recordInquiryFacts(
  trx: Trx,
  merchantId: number,
  of: InquiryPlace & { windowDays: number; decisionId: number; now: string },
): Promise<void> {
  const { inquiryId, windowDays, decisionId, now } = of;
  const changes = sql`judged in ('settles', 'elsewhere')`;
  await sql`
    insert into outcomes (charge_id, n, merchant_id, outcome, payment_id, processed_at,
                          capture_before, exchange_id, decision_id, recorded_at)
    select j.charge_id, j.n, ${merchantId}, j.outcome, j.payment_id, j.occurred_at,
           case when j.outcome = 'ok' then
             (date_trunc('day', coalesce(j.occurred_at, x.accepted_at, x.created_at)
                at time zone 'Asia/Tokyo') + ${windowDays} * interval '1 day')
               at time zone 'Asia/Tokyo' end,
           j.exchange_id, ${decisionId}, ${now}
      from judged_payments j join exchanges x on x.id = j.exchange_id
     where ${changes} and j.outcome is not null
     order by j.charge_id`.execute(trx);
  await sql`
    insert into ending_results (charge_id, n, k, merchant_id, result, processed_at, decision_id,
                                recorded_at)
    select charge_id, n, k, ${merchantId}, close,
           case close when 'captured' then paid_at when 'voided' then updated_at end,
           ${decisionId}, ${now}
      from judged_payments where ${changes} and close is not null
     order by charge_id`.execute(trx);
  await sql`
    insert into endings (charge_id, n, k, merchant_id, kind, amount_yen, decision_id, claimed_at)
    select charge_id, n, coalesce(k, 0) + 1, ${merchantId}, claim,
           case claim when 'capture' then amount_yen else attempt_yen end, ${decisionId}, ${now}
      from judged_payments where ${changes} and claim is not null
     order by charge_id`.execute(trx);
  await sql`
    insert into ending_results (charge_id, n, k, merchant_id, result, processed_at, decision_id,
                                recorded_at)
    select charge_id, n, coalesce(k, 0) + 1, ${merchantId},
           case claim when 'capture' then 'captured' else 'voided' end,
           case claim when 'capture' then paid_at else updated_at end, ${decisionId}, ${now}
      from judged_payments where ${changes} and claim in ('capture', 'void')
     order by charge_id`.execute(trx);
  await sql`
    insert into contradictions (merchant_id, charge_id, n, k, recorded, received, detail, recorded_at)
    select distinct on (charge_id, n, received) ${merchantId}::bigint, charge_id, n, k, recorded,
           received, '情報照会 ' || line || ' 行目', ${now}::timestamptz
      from judged_payments where judged = 'contradicts'
     order by charge_id, n, received, line`.execute(trx);
  await sql`
    insert into payment_details (charge_id, n, inquiry_id, merchant_id, transaction_id, payment_id,
                                 institution, occurred_at, paid_at)
    select j.charge_id, j.n, ${inquiryId}, ${merchantId}, j.order_number, j.payment_id,
           j.institution, j.occurred_at, j.paid_at
      from judged_payments j
     where j.own and j.charge_id is not null and j.of_cycle = ${of.cycleId}
       and j.problem is null and j.judged not in ('unknown_status', 'blocked', 'known')
       and not exists (
             select from payment_details d
              where d.charge_id = j.charge_id and d.n = j.n
                and (d.payment_id, d.institution, d.occurred_at, d.paid_at)
                    is not distinct from (j.payment_id, j.institution, j.occurred_at, j.paid_at))
     order by j.charge_id`.execute(trx);
}

/** A file of which the list tells lines that were open. */
export interface TouchedFile extends ExchangeName {
  /** Lines without a definite answer after the list was used. */
  readonly open: number;
}

/** Files that are still on their way and of which the staged list settled lines. */
export async function listTouchedFiles(trx: Trx, merchantId: number): Promise<TouchedFile[]> {
  const { rows } = await sql<TouchedFile>`
    select e.billing_month as "billingMonth", e.kind, e.number,
           (select count(*)::int from file_lines l
             where l.exchange_id = e.id
               and not exists (select from outcomes o where l.k is null
                                  and o.charge_id = l.charge_id and o.n = l.n)
               and not exists (select from ending_results r where r.charge_id = l.charge_id
                                  and r.n = l.n and r.k = l.k)) as open
      from exchanges e
     where e.merchant_id = ${merchantId}
       and e.stage in ('built', 'handing_over', 'unknown', 'awaiting_result')
       and exists (select from file_lines l
                     join judged_payments j on j.charge_id = l.charge_id and j.n = l.n
                    where l.exchange_id = e.id
                      and case when l.k is null then j.outcome is not null
                               else j.close is not null and j.k = l.k end
                      and j.judged in ('settles', 'elsewhere'))
     order by e.id`.execute(trx);
  return rows;
}

/**
 * The files of a month of which a decision settled lines; `returned`: cancelled, so that their other
 * lines want a new file. Asked of the facts, so that a repetition of the act finds the same.
 */
export async function listFilesOfDecision(
  trx: Trx,
  merchantId: number,
  of: { cycleId: number; decisionId: number },
): Promise<{ name: ExchangeName; returned: boolean }[]> {
  const { rows } = await sql<ExchangeName & { returned: boolean }>`
    select e.billing_month as "billingMonth", e.kind, e.number, e.stage = 'cancelled' as returned
      from exchanges e
     where e.merchant_id = ${merchantId} and e.cycle_id = ${of.cycleId}
       and (exists (select from file_lines l join outcomes o on o.charge_id = l.charge_id
                       and o.n = l.n and l.k is null
                     where l.exchange_id = e.id and o.decision_id = ${of.decisionId})
            or exists (select from file_lines l join ending_results r on r.charge_id = l.charge_id
                       and r.n = l.n and r.k = l.k
                     where l.exchange_id = e.id and r.decision_id = ${of.decisionId}))
     order by e.id`.execute(trx);
  return rows.map(({ returned, ...name }) => ({ name, returned }));
}
