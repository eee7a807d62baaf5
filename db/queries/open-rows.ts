import { type RawBuilder, sql } from 'kysely';
import type { RowsAndYen } from '../../billing/cycle.ts';
import {
  BROKEN_REASONS,
  CONSERVATION_REASONS,
  inOrderOfReasons,
  OPEN_REASONS,
  type OpenReason,
  type OpenRow,
} from '../../billing/open-rows.ts';
import type { Db, Trx } from '../database.ts';
import { deskStrays } from '../desk-items.ts';
import { billedWhole, unbilledOf } from '../fragments.ts';
import { openCharges, walkReason } from '../open-charges.ts';
import { findUnsettled } from '../settled-charges.ts';

export interface OpenRowCount extends RowsAndYen {
  readonly reason: OpenReason;
  /** The first few order numbers, or places where there is none. */
  readonly samples: readonly string[];
}

/** How many rows keep a month from closing, by reason, in the order of the reasons. */
export async function countOpenRows(
  db: Db,
  merchantId: number,
  cycleId: number,
): Promise<OpenRowCount[]> {
  return inOrderOfReasons([
    ...(await countMovingRows(db, merchantId, cycleId)),
    ...(await countBrokenRows(db, merchantId, cycleId)),
  ]);
}

/** Those that the PSP or a person moves on. */
export async function countMovingRows(
  db: Db,
  merchantId: number,
  cycleId: number,
): Promise<OpenRowCount[]> {
  const unsettled = await findUnsettled(db, merchantId, cycleId);
  return await countRows(
    db,
    sql`${openCharges(merchantId, cycleId, unsettled)}
        union all select * from (${openOrders(merchantId, cycleId)}) o where not ${billedWhole(cycleId)}
        union all ${openStrays(merchantId, cycleId)}`,
  );
}

/** Those that break a sum, of which there should be none, whatever happens in the month. */
export async function countBrokenRows(
  db: Db,
  merchantId: number,
  cycleId: number,
): Promise<OpenRowCount[]> {
  return await countRows(db, brokenRows(merchantId, cycleId));
}

async function countRows(db: Db, rowsOf: RawBuilder<unknown>): Promise<OpenRowCount[]> {
  const { rows } = await sql<OpenRowCount>`
    with open as (${rowsOf})
    select reason, count(*)::int as rows, coalesce(sum(yen), 0)::float8 as yen,
           (array_agg(key order by key))[1:5] as samples
      from open group by reason`.execute(db);
  return rows;
}

/**
 * The rows themselves, by reason and key, a page at a time; of one reason or of all.
 *
 * @param page `walked`: many charges are of the one reason asked for, or nobody knows how many: a walk in
 *   their order fills the page before all that are open have been found
 */
export async function listOpenRows(
  db: Db | Trx,
  merchantId: number,
  page: {
    readonly cycleId: number;
    readonly reasons: readonly OpenReason[] | null;
    readonly after: { readonly reason: OpenReason; readonly key: string } | null;
    readonly limit: number;
    readonly walked?: boolean;
  },
): Promise<OpenRow[]> {
  const { cycleId, limit, after } = page;
  const reasons = [...(page.reasons ?? OPEN_REASONS)];
  // What a page does not ask for is not looked for: the sums of a large month take a while.
  const wanted = (those: readonly OpenReason[]) => those.some((one) => reasons.includes(one));
  const sources = [
    ...(wanted(BROKEN_REASONS) ? [brokenRows(merchantId, cycleId)] : []),
    ...(wanted(['selected_without_charge']) ? [openOrders(merchantId, cycleId)] : []),
    ...(wanted(['stray']) ? [openStrays(merchantId, cycleId)] : []),
  ];
  const [reason] = reasons;
  const walk =
    page.walked === true && reasons.length === 1 && reason !== undefined
      ? await walkReason(db, merchantId, { cycleId, reason, after })
      : null;
  if (walk !== null) sources.push(walk);
  else if (wanted(OF_CHARGES)) {
    sources.push(openCharges(merchantId, cycleId, await findUnsettled(db, merchantId, cycleId)));
  }
  if (sources.length === 0) return [];
  const place = sql`array_position(${[...OPEN_REASONS]}::text[], o.reason)`;
  const order = walk === null ? sql`${place}, o.key` : sql`o.key`;
  const { rows } = await sql<OpenRow>`
    with open (reason, key, order_number, yen, file, line, charge_id, exchange_id) as (
      ${sql.join(sources, sql` union all `)}
    ), page as (
      select * from open o
       where o.reason = any(${reasons})
         and (${after === null} or (${place}, o.key)
               > (${OPEN_REASONS.indexOf(after?.reason ?? 'unjudged') + 1}::int,
                  ${after?.key ?? ''}))
       order by ${order} limit ${limit})
    select o.reason, o.key, o.order_number as "orderNumber", o.yen::float8 as yen,
           coalesce(o.file, x.kind || '-' || x.number) as file,
           coalesce(o.line, l.line_number) as line
      from page o
      left join file_lines l on o.charge_id is not null and l.charge_id = o.charge_id
        and l.exchange_id = o.exchange_id
      left join exchanges x on x.id = l.exchange_id
     order by ${order}`.execute(db);
  return rows;
}

const OF_CHARGES = OPEN_REASONS.filter(
  (reason) => !CONSERVATION_REASONS.includes(reason) && reason !== 'stray',
);

const openOrders = (merchantId: number, cycleId: number): RawBuilder<unknown> => sql`
  select 'selected_without_charge', u.order_number, u.order_number, u.amount_yen::bigint,
         null, null::int, null::bigint, null::bigint
    from (${unbilledOf(merchantId, cycleId)}) u`;

/** Rows of the latest results that answer no sent line and that nobody has settled. */
const openStrays = (merchantId: number, cycleId: number): RawBuilder<unknown> => sql`
  select 'stray', i."exchangeKind" || '-' || i."exchangeNumber" || ':' || i."resultLine",
         i."orderNumber", i."amountYen"::bigint, i."exchangeKind" || '-' || i."exchangeNumber",
         i."resultLine", null::bigint, null::bigint
    from (${deskStrays(merchantId, sql`cy.id = ${cycleId}`)}) i where i.open`;

/** Rows that break a sum of `conservation.ts`: none of them should ever be found. */
const brokenRows = (merchantId: number, cycleId: number): RawBuilder<unknown> => sql`
  select 'unjudged' as reason, coalesce(r.order_number, '') || '#' || r.collection_id || ':' || r.record as key,
         r.order_number, r.yen, null::text as file, r.line, null::bigint as charge_id,
         null::bigint as exchange_id
    from (select o.collection_id, o.record, o.line, o.order_number, o.version,
                 o.amount_yen::bigint as yen
            from orders o where o.cycle_id = ${cycleId}
          union all
          select q.collection_id, q.record, q.line, q.order_number, q.version, null
            from quarantined_orders q where q.cycle_id = ${cycleId}) r
   where r.collection_id <= (select max(s.collection_id) from selections s
                              where s.cycle_id = ${cycleId})
     and not exists (select from selection_rows v
                      where v.collection_id = r.collection_id and v.record = r.record)
     -- "version > 1": as the indexes of newer versions have them, which are few of many.
     and not exists (select from orders w where w.cycle_id = ${cycleId} and w.version > 1
                       and w.order_number = r.order_number and w.version = r.version + 1)
     and not exists (select from quarantined_orders w where w.cycle_id = ${cycleId} and w.version > 1
                       and w.order_number = r.order_number and w.version = r.version + 1)
  union all
  select case when r.record is null then 'charge_without_selection'
              else 'charge_amount_differs' end,
         c.order_number, c.order_number, i.yen::bigint, null, null, null, null
    from charges c
    left join charge_items i on i.charge_id = c.id and i.origin_charge_id = c.id
    left join selection_rows r on r.collection_id = c.collection_id and r.record = c.record
      and r.verdict = 'selected' and not exists (select from selection_rows again
        where again.collection_id = r.collection_id and again.record = r.record
          and again.n > r.n and again.n > 1 and again.verdict = 'selected')
   where c.merchant_id = ${merchantId} and c.cycle_id = ${cycleId}
     and (r.record is null or r.amount_yen is distinct from i.yen)
  union all
  select 'line_missing', e.kind || '-' || e.number || ':' || g.line, null, null,
         e.kind || '-' || e.number, g.line, null, null
    from exchanges e cross join lateral generate_series(2, e.records + 1) as g (line)
   where e.merchant_id = ${merchantId} and e.cycle_id = ${cycleId}
     -- Files that have all of theirs are not asked for each.
     and e.records <> (select count(*) from file_lines l
                        where l.exchange_id = e.id and l.line_number between 2 and e.records + 1)
     and not exists (select from file_lines l
                      where l.exchange_id = e.id and l.line_number = g.line)
  union all
  select case when l.answered is null and f.round is not null then 'line_without_verdict'
              else 'line_amount_differs' end,
         e.kind || '-' || e.number || ':' || l.line_number, l.order_number, l.yen::bigint,
         e.kind || '-' || e.number, l.line_number, null, null
    from exchanges e
    cross join lateral (select max(f.round) as round from result_files f
                         where f.exchange_id = e.id) f
    cross join lateral (
      -- File by file ("offset 0"), beside its own answers and claims: all lines of a month beside all of its
      -- claims are more than the memory of one statement. What differs there is asked for once more.
      select l.*, v.line_number as answered
        from file_lines l
        left join result_lines v on v.exchange_id = e.id and v.round = f.round
                                and v.line_number = l.line_number
        left join attempts a on l.k is null and a.exchange_id = e.id
                            and a.charge_id = l.charge_id and a.n = l.n
        left join endings d on d.exchange_id = e.id
                           and d.charge_id = l.charge_id and d.n = l.n and d.k = l.k
       where l.exchange_id = e.id
         and ((f.round is not null and v.line_number is null)
              or l.yen is distinct from coalesce(d.amount_yen, a.amount_yen)) offset 0) l
   where e.merchant_id = ${merchantId} and e.cycle_id = ${cycleId}
     and ((f.round is not null and l.answered is null)
          or l.yen is distinct from coalesce(
               (select d.amount_yen from endings d
                 where d.charge_id = l.charge_id and d.n = l.n and d.k = l.k),
               (select a.amount_yen from attempts a
                 where l.k is null and a.charge_id = l.charge_id and a.n = l.n)))`;
