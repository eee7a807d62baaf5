import { type RawBuilder, sql } from 'kysely';
import { businessDateOf } from '../billing/business-date.ts';
import type { CaptureRule } from '../billing/capture-policy.ts';
import { isChargeLocked, locksDiffer } from './locked-cards.ts';
import { verdictsOf } from './month-verdicts.ts';
import { isUnsettled } from './settled-charges.ts';

/** Pieces of SQL that several queries share, so that they cannot come to differ. */

/** The runs of a cycle whose orders have not become charges yet: id, scope. */
export const openRunsOf = (cycleId: number): RawBuilder<unknown> => sql`
  select u.id, u.scope from runs u
   where u.cycle_id = ${cycleId} and not exists (select from run_plans p where p.run_id = u.id)
     and not exists (select from run_withdrawals w where w.run_id = u.id)`;

/**
 * Whether the clearance under which a charge `c` was planned, or cleared again, still holds: the
 * settings are those of then, and nobody has taken orders out of its file since a person approved.
 */
export const isCleared = (settingsVersion: number): RawBuilder<boolean> => sql`
  exists (select from clearances x
           where x.preview_id = greatest(c.preview_id, (select max(a.preview_id)
                   from charge_clearances a where a.charge_id = c.id))
             and x.verdict <> 'rejected' and x.settings_version = ${settingsVersion}
             and (x.verdict = 'not_needed' or not exists (
                   select from outcomes o join decisions d on d.id = o.decision_id
                    where o.charge_id = c.id and d.act = 'take-out-orders' and d.id > x.decision_id)))`;

/** When a person last asked for new authorization files of a month; null when nobody did. */
const lastAskOf = (merchantId: number, cycleId: number): RawBuilder<unknown> => sql`
  (select max(d.decided_at) from decisions d
    where d.merchant_id = ${merchantId} and d.act = 'rebuild-files' and d.body ->> 'kind' = 'auth'
      and d.workflow_id = (select 'cycle:' || m.slug || ':' || y.billing_month
                             from cycles y join merchants m on m.id = y.merchant_id
                            where y.id = ${cycleId}))`;

/**
 * Charges of a month that wait for an authorization file and are not cleared (any more): charge_id,
 * asked. Those that came back from a file stand here once a person asked for another, or took orders
 * out of it; `asked` says that somebody waits for it.
 *
 * @param unsettled the charges among which they are, where somebody knows (db/settled-charges.ts)
 */
export const unclearedChargesOf = (
  merchantId: number,
  cycleId: number,
  settingsVersion: number,
  unsettled: readonly number[] | null = null,
): RawBuilder<unknown> => sql`
  select w.charge_id, w.asked from (
    select s.charge_id, s.n,
           d.act = 'take-out-orders' or coalesce(o.recorded_at, a.claimed_at, c.created_at)
             < ${lastAskOf(merchantId, cycleId)} as asked
      from charge_states s
      join charges c on c.id = s.charge_id
      left join attempts a on a.charge_id = s.charge_id and a.n = s.n
      left join outcomes o on o.charge_id = s.charge_id and o.n = s.n
      left join decisions d on d.id = o.decision_id
     where s.merchant_id = ${merchantId} and s.cycle_id = ${cycleId} and s.state = 'planned'
       and ${isUnsettled(sql`s.charge_id`, unsettled)}
       and not exists (select from open_order_holds h
                        where h.merchant_id = ${merchantId} and h.order_number = s.order_number)
       and not ${isChargeLocked(merchantId, sql`s.charge_id`)}
       and not ${isCleared(settingsVersion)}
  ) w where w.n is null or w.asked`;

/** A contradiction by which an authorization that we have as voided still lives at the PSP. */
export const isUndoneVoid = (contradiction: RawBuilder<unknown>): RawBuilder<boolean> =>
  sql`(${contradiction}.recorded = 'voided' and ${contradiction}.received = 'ok')`;

/** Selected orders that no run has made a charge of: order_number, amount_yen, and their rows. */
export const unbilledOf = (merchantId: number, cycleId: number): RawBuilder<unknown> => sql`
  select r.order_number, r.amount_yen, r.cycle_id, r.collection_id, r.record
    from (${verdictsOf(cycleId, 'selected')}) r
   where r.merchant_id = ${merchantId}
     -- Probed ("offset 0"): a join that was planned before the charges were counted compares each with all.
     and case when exists (select from charges where cycle_id = ${cycleId})
              then not exists (select from charges c where c.cycle_id = ${cycleId}
                                  and c.order_number = r.order_number offset 0) else true end`;

/** Whether the latest selection was billed whole, so that nobody needs to count what is left over. */
export const billedWhole = (cycleId: number): RawBuilder<boolean> => sql`
  exists (select from runs u join run_plans p on p.run_id = u.id
           where u.cycle_id = ${cycleId} and u.scope = 'all'
             and p.selection_id = (select max(id) from selections where cycle_id = ${cycleId}))`;

/** The date in Japan of the authorization of a charge `s` (charge_states) that has an OK. */
export const authorizedOn: RawBuilder<string> = sql`
  (select (coalesce(o.processed_at, o.recorded_at) at time zone 'Asia/Tokyo')::date
     from outcomes o where o.charge_id = s.charge_id and o.n = s.n)`;

/** Whether a person wants a charge `s` (charge_states) that expired or was voided authorized again. */
export const isAskedAgain: RawBuilder<boolean> = sql`
  exists (select from authorization_requests q
           where q.charge_id = s.charge_id and q.n = s.n and q.kind = 'again')`;

/**
 * Whether an authorized charge `s` (charge_states) may be captured. A shop may tell the day of a
 * shipment before it has come: then the charge waits for that day in Japan.
 */
export function mayCapture(rule: CaptureRule, now: string): RawBuilder<boolean> {
  if (rule.policy === 'immediate') return sql`true`;
  const requested = sql`exists (select from capture_requests q
                                 where q.charge_id = s.charge_id and q.n = s.n)`;
  if (rule.policy === 'on-shipment') {
    return sql`(exists (select from shipments t where t.charge_id = s.charge_id
                     and t.shipped_on <= ${businessDateOf(now)}::date) or ${requested})`;
  }
  return rule.authorizedThrough === null
    ? sql`${requested}`
    : sql`(${authorizedOn} <= ${rule.authorizedThrough}::date or ${requested})`;
}

/**
 * Column L of charge `c`'s next file: the registration that holds the card. The newest that a person
 * recorded counts, the order's own while there is none; one rule for every file (spec 1.4). Where nobody ever
 * recorded one, no charge is asked.
 */
export const registrationOf: RawBuilder<string> = sql<string>`coalesce(
  case when exists (select from charge_registrations) then
    (select r.previous_order_number from charge_registrations r
      where r.charge_id = c.id order by r.k desc limit 1) end, c.previous_order_number)`;

/** Columns of the walk over `charge_states s`, with its open hold `h`. */
export function captureCounts(
  rule: CaptureRule,
  of: { readonly merchantId: number; readonly now: string },
): RawBuilder<unknown> {
  const { merchantId, now } = of;
  const isLocked = isChargeLocked(merchantId, sql`s.charge_id`);
  const free = sql`state = 'authorized' and k is null and h.order_number is null`;
  const waits =
    rule.authorizedThrough === null
      ? sql`null::date`
      : sql`min(case when ${free} and ${authorizedOn} > ${rule.authorizedThrough}::date
                     then ${authorizedOn} end)`;
  return sql`
    case when state in ('authorized', 'capture_sent') then capture_before end as "captureBefore", ${free} as free,
    count(*) filter (where ${free} and capture_before > ${now}
                       and ${mayCapture(rule, now)})::int as ready,
    count(*) filter (where state = 'authorized' and k is not null)::int as refused,
    count(*) filter (where state in ('planned', 'authorized')
                       and h.order_number is not null)::int as held,
    ${waits} as "waitsFrom",
    count(*) filter (where state = 'planned' and h.order_number is null
                       and ${isLocked})::int as locked,
    count(*) filter (where state in ('expired', 'voided') and h.order_number is null
                       and ${isAskedAgain} and not ${isLocked})::int as again`;
}

/**
 * The one question about the cards behind charges: customer_number, standing, of customers whose cards
 * have been imported. A customer without a row is unknown, and unknown is never taken for good. A card
 * is good until its month of expiry is over in Japan; one good card of several is enough. One that the
 * card refresh locked keeps all that its customer is billed back (db/locked-cards.ts says of which orders).
 *
 * @param now ISO instant
 */
export const cardStandings = (merchantId: number, now: string): RawBuilder<unknown> => sql`
  select u.customer_number,
         case when bool_or(k.id in (select l.card_id from billing_card_locks l
                                     where l.merchant_id = ${merchantId})) then 'locked'
              when bool_or(k.expiry >= ${businessDateOf(now).slice(0, 7)}) then 'ok'
              else 'expired' end as standing
    from customers u
    join cards k on k.merchant_id = u.merchant_id and k.customer_id = u.customer_id
                and k.deleted_at is null
   where u.merchant_id = ${merchantId} and u.deleted_at is null
   group by u.customer_number`;

/** The lists that an operator works on the portal: captures without a file, and voids. */
export type PortalListKind = 'capture' | 'void';

/** What stands on a list of a month and nobody has answered: the endings, order_number, position. */
export const openOnListOf = (
  merchantId: number,
  list: { readonly cycleId: number; readonly kind: PortalListKind },
): RawBuilder<unknown> => sql`
  select e.*, c.order_number, c.position
    from endings e join charges c on c.id = e.charge_id
   where e.merchant_id = ${merchantId} and e.kind = ${list.kind} and e.exchange_id is null
     and c.cycle_id = ${list.cycleId}
     and not exists (select from ending_results r
                      where r.charge_id = e.charge_id and r.n = e.n and r.k = e.k)`;

/**
 * Whether a hold came or went that the verdicts do not show. Compared as they are, not by their
 * instants: a hold that was said before a selection may be written after it.
 */
const holdsDiffer = (merchantId: number, cycleId: number) => sql<boolean>`
  (exists (select from order_verdicts v
            where v.cycle_id = ${cycleId} and v.verdict = 'excluded' and v.reason = 'on_hold'
              and not exists (select from open_order_holds h
                where h.merchant_id = ${merchantId} and h.order_number = v.order_number))
   or exists (select from open_order_holds h
                join orders o on o.merchant_id = h.merchant_id and o.order_number = h.order_number
                             and o.cycle_id = ${cycleId}
                join order_verdicts v on v.collection_id = o.collection_id and v.record = o.record
               where h.merchant_id = ${merchantId} and v.verdict = 'selected'
                 and not exists (select from charges c
                   where c.cycle_id = ${cycleId} and c.order_number = h.order_number)))`;

/** Whether exports, holds or locks came that the last selection of the month does not know. */
export const unselectedOf = (merchantId: number, cycleId: number) => sql<boolean>`
  (coalesce((select max(id) from order_collections where cycle_id = ${cycleId})
     > coalesce((select max(collection_id) from selections where cycle_id = ${cycleId}), 0), false)
   or ${holdsDiffer(merchantId, cycleId)} or ${locksDiffer(merchantId, cycleId, billedWhole(cycleId))})`;

/** A charge that another month took over, or that it took over itself. */
export interface CarryOverLink {
  /** YYYY-MM. */
  readonly month: string;
  readonly orderNumber: string;
  readonly yen: number;
}

/** Columns that say of a charge where its yen went and whose it took over, in both months alike. */
export const carryOverLinks = (chargeId: RawBuilder<number>): RawBuilder<unknown> => sql`
  (select json_build_object('month', y.billing_month, 'orderNumber', t.order_number, 'yen', i.yen)
     from charge_items i join charges t on t.id = i.charge_id join cycles y on y.id = t.cycle_id
    where i.origin_charge_id = ${chargeId} and i.charge_id <> i.origin_charge_id) as "carriedTo",
  (select coalesce(json_agg(json_build_object('month', y.billing_month,
                                              'orderNumber', t.order_number, 'yen', i.yen)
                            order by i.origin_charge_id), '[]'::json)
     from charge_items i join charges t on t.id = i.origin_charge_id
     join cycles y on y.id = t.cycle_id
    where i.charge_id = ${chargeId} and i.charge_id <> i.origin_charge_id) as "carriedFrom"`;
