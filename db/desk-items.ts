import { type RawBuilder, sql } from 'kysely';

/** The sources of the reconciliation desk as SQL: each gives the same columns. See billing/reconciliation-desk.ts. */

/** Columns that every source gives, in this order. */
export const deskColumns =
  sql.raw(`item, place, kind, month, "exchangeMonth", "exchangeKind", "exchangeNumber",
  "exchangeId", "chargeId", "contradictionId", line, "resultLine", round, slot, "orderNumber",
  "customerNumber", "previousOrderNumber", "amountYen", "responseCode", "responseDetail", reasons,
  recorded, received, occurrence, open`);

/** The public name of an exchange inside an item, and its place in the order of the list. */
const fileName = sql.raw(`e.billing_month || '.' || e.kind || '.' || e.number`);
const filePlace = sql.raw(
  `e.billing_month || '.' || e.kind || '.' || lpad(e.number::text, 3, '0')`,
);

/** Sent lines with the verdict of the latest result. `scope` names aliases e, r, l, cy. */
export function deskLines(merchantId: number, scope: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
    select 'line.' || ${fileName} || '.' || l.line_number as item,
           cy.billing_month || '.2.' || ${filePlace} || '.' || lpad(l.line_number::text, 9, '0') as place,
           case when r.verdict = 'unknown' then 'unknown'
                when r.reasons -> 0 ->> 'code' = 'missing_from_result' then 'missing'
                else 'quarantined' end as kind,
           cy.billing_month as month, e.billing_month as "exchangeMonth", e.kind as "exchangeKind",
           e.number as "exchangeNumber", e.id as "exchangeId", l.charge_id as "chargeId",
           null::bigint as "contradictionId", l.line_number as line, r.result_line as "resultLine",
           r.round, case when l.k is null then 'authorization' else 'capture' end as slot,
           l.order_number as "orderNumber", c.customer_number as "customerNumber",
           c.previous_order_number as "previousOrderNumber", l.yen as "amountYen",
           r.response_code as "responseCode", r.response_detail as "responseDetail", r.reasons,
           null::text as recorded, null::text as received, null::int as occurrence,
           cy.stage <> 'closed' and r.verdict in ('unknown', 'quarantined')
             and o.charge_id is null and x.charge_id is null as open
      from exchanges e
      cross join lateral (select max(f.round) as round from result_files f
                           where f.exchange_id = e.id) f
      join result_lines r on r.exchange_id = e.id and r.round = f.round
      join file_lines l on l.exchange_id = e.id and l.line_number = r.line_number
      join charges c on c.id = l.charge_id
      join cycles cy on cy.id = c.cycle_id
      left join outcomes o on o.charge_id = l.charge_id and o.n = l.n and l.k is null
      left join ending_results x on x.charge_id = l.charge_id and x.n = l.n and x.k = l.k
     where e.merchant_id = ${merchantId} and ${scope}`;
}

/** Rows of the latest results that answer no sent line, with how often they are said there. */
export function deskStrays(merchantId: number, scope: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
    select 'stray.' || ${fileName} || '.' || s.round || '.' || s.result_line as item,
           coalesce(cy.billing_month, e.billing_month) || '.1.' || ${filePlace} || '.'
             || lpad(s.result_line::text, 9, '0') as place,
           'stray' as kind, coalesce(cy.billing_month, e.billing_month) as month,
           e.billing_month as "exchangeMonth", e.kind as "exchangeKind",
           e.number as "exchangeNumber", e.id as "exchangeId", null::bigint as "chargeId",
           null::bigint as "contradictionId", null::int as line, s.result_line as "resultLine",
           s.round, null::text as slot, s.order_number as "orderNumber",
           null::text as "customerNumber", null::text as "previousOrderNumber",
           s.yen as "amountYen", null::text as "responseCode", null::text as "responseDetail",
           s.reasons, null::text as recorded, null::text as received, s.occurrence,
           coalesce(cy.stage, '') <> 'closed'
             and s.round = (select max(f.round) from result_files f where f.exchange_id = e.id)
             and not exists (select from stray_settlements t
               where t.exchange_id = s.exchange_id and t.occurrence = s.occurrence
                 and t.order_number is not distinct from s.order_number
                 and t.yen is not distinct from s.yen) as open
      from exchanges e
      cross join lateral (
        select t.*, row_number() over (partition by t.round, t.order_number, t.yen
                                       order by t.result_line)::int as occurrence
          from result_strays t where t.exchange_id = e.id) s
      left join cycles cy on cy.id = coalesce(e.cycle_id, (select m.id from cycles m
        where m.merchant_id = e.merchant_id and m.billing_month = e.billing_month))
     where e.merchant_id = ${merchantId} and ${scope}`;
}

/** Results that contradict the record. `scope` names aliases x, c, cy, e. */
export function deskContradictions(
  merchantId: number,
  scope: RawBuilder<unknown>,
): RawBuilder<unknown> {
  const source = sql.raw(`coalesce(e.billing_month || '-' || e.kind || '-' || e.number, 'none')`);
  const name = sql`cy.billing_month || '.' || x.n || '.' || coalesce(x.k, 0) || '.' || x.received
                     || '.' || ${source} || '.' || c.order_number`;
  return sql`
    select 'contradiction.' || ${name} as item, cy.billing_month || '.0.' || ${name} as place,
           'contradiction' as kind, cy.billing_month as month, e.billing_month as "exchangeMonth",
           e.kind as "exchangeKind", e.number as "exchangeNumber", e.id as "exchangeId",
           x.charge_id as "chargeId", x.id as "contradictionId", l.line_number as line,
           null::int as "resultLine", null::int as round,
           case when x.k is null then 'authorization' else 'capture' end as slot,
           c.order_number as "orderNumber", c.customer_number as "customerNumber",
           c.previous_order_number as "previousOrderNumber", a.amount_yen as "amountYen",
           null::text as "responseCode", x.detail as "responseDetail", '[]'::jsonb as reasons,
           x.recorded, x.received, null::int as occurrence,
           cy.stage <> 'closed' and not exists (select from contradiction_settlements s
             where s.contradiction_id = x.id) as open
      from contradictions x
      join charges c on c.id = x.charge_id
      join cycles cy on cy.id = c.cycle_id
      join attempts a on a.charge_id = x.charge_id and a.n = x.n
      left join exchanges e on e.id = x.exchange_id
      left join file_lines l on l.exchange_id = x.exchange_id and l.charge_id = x.charge_id
     where x.merchant_id = ${merchantId} and ${scope}`;
}

/** Strays of the latest results of a month's files that nobody has looked at. */
export function openStraysOf(merchantId: number, cycleId: number): RawBuilder<number> {
  return sql<number>`
    (select count(*)::int from (${deskStrays(merchantId, sql`cy.id = ${cycleId}`)}) i where i.open)`;
}
