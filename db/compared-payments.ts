import { type RawBuilder, sql } from 'kysely';
import { INQUIRY_EFFECTS, type PaymentStanding } from '../billing/payment-inquiry.ts';

/** The SQL that sets a 情報照会 list against the record; queries about it share it. */

/** A list of payments that was read for a month. */
export interface InquiryPlace {
  readonly inquiryId: number;
  readonly cycleId: number;
}

/**
 * The PSP's clock may be behind ours by this much: an authorization is never believed to be older than
 * its claim, else an earlier attempt's answer could settle a later one.
 */
const CLOCK_SKEW = sql`interval '5 minutes'`;

/** Whether the payment may still take the customer's money. */
const ALIVE: readonly PaymentStanding[] = ['pending', 'authorized', 'captured'];

/**
 * Every row of a list with the attempt that it tells of, what is on record for that and what follows:
 * the columns of `payment_inquiry_rows`, charge_id, n, recorded, judged (its class), received, outcome,
 * close, claim, k (of the latest ending), attempt_yen, recorded_yen, exchange_id.
 *
 * A row tells of the attempt whose 決済ID it has; where we know none, of the latest that was claimed
 * before it happened. Of several rows for one attempt the first is its own: the one with its 決済ID,
 * else the one that is most alive.
 */
export function comparedRowsOf(merchantId: number, place: InquiryPlace): RawBuilder<unknown> {
  return sql`
    select j.*, ${received} as received,
           case when j.found = 'contradicts' and exists (
                  select from contradictions x where x.charge_id = j.charge_id and x.n = j.n
                     and x.exchange_id is null and x.received = ${received})
                then 'known' else j.found end as judged
      from (${foundRowsOf(merchantId, place)}) j`;
}

/** What the list says, as contradictions name it: in the words of outcomes and ending results. */
const received = sql`
  case when not j.own then 'another_payment' when j.standing = 'authorized' then 'ok' else j.standing end`;

function foundRowsOf(merchantId: number, place: InquiryPlace) {
  const { inquiryId, cycleId } = place;
  return sql`
    select p.*,
           case when p.problem is not null then 'unreadable'
                when p.charge_id is null then p.foreign_class
                when p.of_cycle <> ${cycleId} then 'other_month'
                when p.standing = 'unknown' then 'unknown_status'
                when p.contradicted then 'blocked'
                when not p.own then
                  case when p.standing = any(${ALIVE}::text[]) then 'contradicts' else 'duplicate' end
                when t.class = 'behind' and p.recorded_at < p.newest_at then 'contradicts'
                when t.class in ('agrees', 'settles', 'elsewhere') and not ${amountFits}
                  then 'amount_differs'
                else t.class end as found,
           t.outcome, t.close, t.claim
      from (${matchedRowsOf(merchantId, place)}) p
      left join jsonb_to_recordset(${JSON.stringify(INQUIRY_EFFECTS)}::jsonb)
             as t (recorded text, standing text, class text, outcome text, close text, claim text)
        on t.recorded = p.recorded and t.standing = p.standing
     where p.inquiry_id = ${inquiryId}`;
}

/**
 * What is authorized must be what we asked for, what is captured what we asked to capture; what
 * somebody captured elsewhere may be less than the authorization, never more.
 */
const amountFits = sql`
  case when p.standing = 'authorized' then p.amount_yen = p.attempt_yen
       when p.standing = 'captured' and t.claim is null then p.amount_yen = p.recorded_yen
       when p.standing = 'captured' then p.amount_yen between 1 and p.attempt_yen
       else true end`;

/** Rows with their attempt and what is on record for it. */
function matchedRowsOf(merchantId: number, { inquiryId, cycleId }: InquiryPlace) {
  return sql`
    select m.*, o.recorded_at as outcome_at,
           case when o.outcome is null then 'open'
                when o.outcome <> 'ok' then o.outcome
                when e.k is null or s.result in ('refused', 'not_sent') then 'authorized'
                when e.kind = 'expired' then 'expired'
                when s.result is null then e.kind || '_open'
                else s.result end as recorded,
           coalesce(s.recorded_at, e.claimed_at, o.recorded_at) as recorded_at,
           e.k, coalesce(e.amount_yen, m.attempt_yen) as recorded_yen,
           exists (select from contradictions x where x.charge_id = m.charge_id and not exists (
             select from contradiction_settlements z where z.contradiction_id = x.id)) as contradicted,
           i.newest_at,
           row_number() over (partition by m.charge_id, m.n order by m.by_payment desc,
             array_position(array['captured', 'authorized', 'pending', 'refunded', 'voided',
                                  'expired', 'declined', 'unknown'], m.standing), m.line) = 1
             and m.may_own as own
      from (
        select r.*, a.charge_id, a.n, a.of_cycle, a.attempt_yen, a.exchange_id, a.claimed_at,
               coalesce(a.known_id = r.payment_id, false) as by_payment,
               a.known_id is null or r.payment_id is null or a.known_id = r.payment_id as may_own,
               case when a.charge_id is not null or r.order_number is null then null
                    when exists (select from charges c where c.merchant_id = ${merchantId}
                       and c.order_number = r.order_number and c.cycle_id = ${cycleId}) then 'unsent'
                    when exists (select from charges c where c.merchant_id = ${merchantId}
                       and c.order_number = r.order_number) then 'other_month'
                    else 'not_ours' end as foreign_class
          from payment_inquiry_rows r
          left join lateral (
            select c.id as charge_id, c.cycle_id as of_cycle, t.n, t.amount_yen as attempt_yen,
                   t.exchange_id, t.claimed_at,
                   coalesce(o.payment_id, (select d.payment_id from payment_details d
                     where d.charge_id = t.charge_id and d.n = t.n order by d.inquiry_id limit 1))
                     as known_id
              from charges c
              join attempts t on t.charge_id = c.id and t.kind = 'authorization'
              left join outcomes o on o.charge_id = t.charge_id and o.n = t.n
             where c.merchant_id = ${merchantId} and c.order_number = r.order_number
               and r.problem is null
               and (o.payment_id = r.payment_id
                    or t.claimed_at - ${CLOCK_SKEW} <= r.occurred_at
                    or (r.occurred_at is null and not exists (
                          select from attempts other join charges oc on oc.id = other.charge_id
                           where oc.merchant_id = ${merchantId} and oc.order_number = r.order_number
                             and (other.charge_id, other.n) <> (t.charge_id, t.n))))
             order by o.payment_id is not distinct from r.payment_id desc, t.claimed_at desc, t.n desc
             limit 1) a on true
         where r.merchant_id = ${merchantId} and r.inquiry_id = ${inquiryId}) m
      join payment_inquiries i on i.id = m.inquiry_id
      left join outcomes o on o.charge_id = m.charge_id and o.n = m.n
      left join lateral (select l.k, l.kind, l.amount_yen, l.claimed_at from endings l
                          where l.charge_id = m.charge_id and l.n = m.n
                          order by l.k desc limit 1) e on true
      left join ending_results s on s.charge_id = m.charge_id and s.n = m.n and s.k = e.k`;
}
