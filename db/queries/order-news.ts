import { sql } from 'kysely';
import type { Db, Trx } from '../database.ts';

/** What an export says that the month did not know. */
export interface ExportNews {
  /** It holds every order that the month knew. */
  readonly complete: boolean;
  readonly added: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly gone: number;
}

/** What makes two versions of an order differ; also what is told of a change, before and after. */
const comparedColumns = [
  'customer_number',
  'ordered_at',
  'payment_method',
  'cycle_count',
  'previous_order_number',
  'amount_yen',
  'shipment',
  'shipped_on',
  'status',
  'customer_name',
  'email',
  'phone',
  'exclusion',
] as const;

const comparedOf = (table: string) =>
  sql.raw(`(${comparedColumns.map((column) => `${table}.${column}`).join(', ')})`);

/**
 * Takes over what a staged export says differently: new orders, new versions of known ones, rows
 * that cannot be read, and from when on an order was missing. What is the same stays as it is, so
 * that a daily export of a large month adds only its news. The caller holds the merchant's lock.
 */
export async function mergeStage(
  trx: Trx,
  merchantId: number,
  of: { cycleId: number; collectionId: number },
): Promise<ExportNews> {
  const { cycleId, collectionId } = of;
  await sql`
    create temp table held_orders on commit drop as
    select order_number, max(version) as version from (
      select order_number, version from orders
       where collection_id in (select id from order_collections where cycle_id = ${cycleId})
      union all
      select order_number, version from quarantined_orders where order_number is not null
         and collection_id in (select id from order_collections where cycle_id = ${cycleId})) known
     group by order_number`.execute(trx);
  await sql`
    create temp table sighted_orders on commit drop as
    select order_number, count(*) > 1 as doubled from (
      select order_number from staged_orders
      union all
      select order_number from staged_quarantined where order_number is not null) sighted
     group by order_number`.execute(trx);
  await sql`analyze staged_orders, held_orders, sighted_orders`.execute(trx);
  const orders = await insertNewVersions(trx, merchantId, cycleId);
  const absences = await recordAbsences(trx, merchantId, { cycleId, collectionId });
  const complete = absences.missing === 0;
  const quarantined = await insertUnreadable(trx, merchantId, { cycleId, complete });
  const sums = await sql<{ staged: number }>`
    select ((select count(*) from staged_orders) + (select count(*) from staged_quarantined))::int
      as staged from merchants where id = ${merchantId}`.execute(trx);
  const staged = sums.rows[0]?.staged ?? 0;
  const added = orders.added + quarantined.added;
  const changed = orders.changed + quarantined.changed;
  return {
    complete,
    added,
    changed,
    unchanged: staged - added - changed,
    gone: absences.missing,
  };
}

interface Inserted {
  readonly added: number;
  readonly changed: number;
}

/** A number that stands twice in the export is never "the same": both rows must be seen. */
async function insertNewVersions(trx: Trx, merchantId: number, cycleId: number): Promise<Inserted> {
  const { rows } = await sql<Inserted>`
    with inserted as (
      insert into orders (collection_id, record, line, merchant_id, order_number, customer_number,
                          ordered_at, payment_method, cycle_count, previous_order_number, amount_yen,
                          shipment, shipped_on, status, customer_name, email, phone, exclusion,
                          cycle_id, version)
      select s.collection_id, s.record, s.line, s.merchant_id, s.order_number, s.customer_number,
             s.ordered_at, s.payment_method, s.cycle_count, s.previous_order_number, s.amount_yen,
             s.shipment, s.shipped_on, s.status, s.customer_name, s.email, s.phone, s.exclusion,
             s.cycle_id, coalesce(h.version, 0) + 1
        from staged_orders s
        join sighted_orders g on g.order_number = s.order_number
        left join held_orders h on h.order_number = s.order_number
       where s.merchant_id = ${merchantId}
         and (h.version is null or g.doubled or not exists (
           select from orders o
            where o.merchant_id = ${merchantId} and o.order_number = s.order_number
              and o.cycle_id = ${cycleId} and o.version = h.version
              and ${comparedOf('o')} is not distinct from ${comparedOf('s')}))
       order by s.record
      returning version)
    select count(*) filter (where version = 1)::int as added,
           count(*) filter (where version > 1)::int as changed from inserted`.execute(trx);
  return rows[0] ?? { added: 0, changed: 0 };
}

/**
 * Rows that cannot be read. A broken row of the shop's data comes with every export: one without a
 * number says nothing new when as many of its kind stand already. A complete export stands for all
 * before it, so that all of its rows are news. Of a number that stands twice, both rows must be seen.
 */
async function insertUnreadable(
  trx: Trx,
  merchantId: number,
  { cycleId, complete }: { cycleId: number; complete: boolean },
): Promise<Inserted> {
  const { rows } = await sql<Inserted>`
    with numbered as (
      select s.*, h.version as held, coalesce(g.doubled, false) as doubled, row_number() over (
               partition by s.order_number, s.column_name, s.value, s.reason_code order by s.record) as nth
        from staged_quarantined s
        left join held_orders h on h.order_number = s.order_number
        left join sighted_orders g on g.order_number = s.order_number
    ), inserted as (
      insert into quarantined_orders (collection_id, record, line, merchant_id, order_number,
                                      column_name, value, reason_code, reason_ja, reason_en,
                                      cycle_id, version)
      select s.collection_id, s.record, s.line, s.merchant_id, s.order_number, s.column_name, s.value,
             s.reason_code, s.reason_ja, s.reason_en, s.cycle_id,
             case when s.order_number is not null then coalesce(s.held, 0) + 1 end
        from numbered s
       where s.merchant_id = ${merchantId} and (s.doubled or s.nth > (
         select count(*) from quarantined_orders q
          where q.collection_id in (select id from order_collections where cycle_id = ${cycleId})
            and q.order_number is not distinct from s.order_number
            and case when q.version is null
                  then not ${complete} and not exists (select from order_collections c
                    where c.cycle_id = ${cycleId} and c.id > q.collection_id and c.complete)
                  else q.version = s.held end
            and (q.column_name, q.value, q.reason_code)
                is not distinct from (s.column_name, s.value, s.reason_code)))
       order by s.record
      returning version)
    select count(*) filter (where version = 1 or version is null)::int as added,
           count(*) filter (where version > 1)::int as changed from inserted`.execute(trx);
  return rows[0] ?? { added: 0, changed: 0 };
}

/** Only what is new about it: from which export on an order was missing, or was there again. */
async function recordAbsences(
  trx: Trx,
  merchantId: number,
  of: { cycleId: number; collectionId: number },
): Promise<{ missing: number }> {
  const { rows } = await sql<{ missing: number }>`
    with latest as (
      select distinct on (order_number) order_number, gone from order_absences
       where cycle_id = ${of.cycleId} order by order_number, collection_id desc
    ), now as (
      select h.order_number, not exists (
               select from sighted_orders g where g.order_number = h.order_number) as gone
        from held_orders h
    ), inserted as (
      insert into order_absences (collection_id, order_number, merchant_id, cycle_id, gone)
      select ${of.collectionId}, n.order_number, ${merchantId}, ${of.cycleId}, n.gone
        from now n left join latest l on l.order_number = n.order_number
       where n.gone is distinct from coalesce(l.gone, false)
    )
    select count(*) filter (where gone)::int as missing from now`.execute(trx);
  return { missing: rows[0]?.missing ?? 0 };
}

/** What newer exports said differently about a month's orders, the latest news first. */
export interface OrderChange {
  /** The how-manieth export said so. */
  readonly collection: number;
  readonly orderNumber: string;
  /** `readable`: the export before it could not be read there. */
  readonly kind: 'changed' | 'readable' | 'unreadable' | 'gone' | 'back';
  /** Whether the order was charged from an earlier version: it stands in a file as it was. */
  readonly charged: boolean;
  /** By field; empty for `readable`, `gone` and `back`. Names and addresses are told as changed, without values. */
  readonly differences: readonly {
    readonly field: string;
    readonly before: string | number | null;
    readonly after: string | number | null;
  }[];
}

const toldColumns = comparedColumns.filter(
  (column) => !['customer_name', 'email', 'phone'].includes(column),
);

const differencesOf = sql.raw(
  [
    ...toldColumns.map(
      (column) =>
        `case when b.${column} is distinct from a.${column} then jsonb_build_object('field', '${column}', 'before', b.${column}, 'after', a.${column}) end`,
    ),
    ...['customer_name', 'email', 'phone'].map(
      (column) =>
        `case when b.${column} is distinct from a.${column} then jsonb_build_object('field', '${column}', 'before', null, 'after', null) end`,
    ),
  ].join(', '),
);

/** A page of the changes that newer exports brought, keyed by collection, order number and kind. */
export async function listOrderChanges(
  db: Db,
  merchantId: number,
  page: {
    cycleId: number;
    chargedOnly: boolean;
    after: { collection: number; orderNumber: string; kind: string } | null;
    limit: number;
  },
): Promise<OrderChange[]> {
  const { rows } = await sql<OrderChange>`
    with exports as (select id, n from order_collections
                      where merchant_id = ${merchantId} and cycle_id = ${page.cycleId}),
    changes as (
      select e.n as collection, a.order_number,
             case when b.order_number is null then 'readable' else 'changed' end as kind, a.version,
             case when b.order_number is null then array[]::jsonb[]
                  else array_remove(array[${differencesOf}], null) end as differences
        from exports e join orders a on a.collection_id = e.id and a.version > 1
        left join lateral (select * from orders b where b.merchant_id = ${merchantId}
              and b.order_number = a.order_number and b.cycle_id = a.cycle_id
              and b.version = a.version - 1 limit 1) b on true
      union all
      select e.n, q.order_number, 'unreadable', q.version,
             array[jsonb_build_object('field', q.column_name, 'before', null, 'after', q.value)]
        from exports e join quarantined_orders q on q.collection_id = e.id and q.version > 1
      union all
      select e.n, x.order_number, case when x.gone then 'gone' else 'back' end, null,
             array[]::jsonb[]
        from exports e join order_absences x on x.collection_id = e.id
    )
    select c.collection, c.order_number as "orderNumber", c.kind, h.id is not null as charged,
           to_jsonb(c.differences) as differences
      from changes c
      left join lateral (
        select h.id from charges h join order_collections o on o.id = h.collection_id
         where h.merchant_id = ${merchantId} and h.cycle_id = ${page.cycleId}
           and h.order_number = c.order_number and o.n < c.collection limit 1) h on true
     where (not ${page.chargedOnly} or h.id is not null)
       and (${page.after?.collection ?? null}::int is null
            or c.collection < ${page.after?.collection ?? null}
            or (c.collection = ${page.after?.collection ?? null}
                and (c.order_number, c.kind)
                    > (${page.after?.orderNumber ?? null}, ${page.after?.kind ?? null})))
     order by c.collection desc, c.order_number, c.kind limit ${page.limit}`.execute(db);
  return rows;
}
