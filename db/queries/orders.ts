import { type RawBuilder, sql } from 'kysely';
import { addDays, startOfBusinessDate } from '../../billing/business-date.ts';
import type { ChargeState } from '../../billing/charge.ts';
import type { RowsAndYen } from '../../billing/cycle.ts';
import type {
  OrderPlace,
  OrderRow,
  OrderSearch,
  OrderTotals,
  OrderVerdict,
} from '../../billing/order-search.ts';
import { chargesPerhaps, isRareState, mayBeIn } from '../charge-candidates.ts';
import type { Db } from '../database.ts';

/** The orders of a month that a search finds, newest first, a page at a time. */
export async function listOrders(db: Db, merchantId: number, page: OrderPage): Promise<OrderRow[]> {
  const { chargeState: state } = page.search;
  const wanted =
    state !== undefined && (await isRareState(db, merchantId, state)) ? 'rare page' : 'page';
  if (aboutPerson(page.search).length === 0)
    return await selectOrders(db, merchantId, page, wanted);
  // What is found often fills the page from the next orders. What it does not is looked for in the whole
  // month at once, by several processes, not along the list.
  const near = await selectOrders(db, merchantId, page, 'next');
  return near.length === page.limit ? near : await selectOrders(db, merchantId, page, 'found');
}

interface OrderPage {
  readonly cycleId: number;
  readonly search: OrderSearch;
  readonly after: OrderPlace | null;
  readonly limit: number;
}

/** So many are looked through in the time that it takes to begin with all. */
const nextOrders = 5000;

async function selectOrders(
  db: Db,
  merchantId: number,
  page: OrderPage,
  wanted: Exclude<Wanted, 'all'>,
): Promise<OrderRow[]> {
  const { cycleId, search, after, limit } = page;
  const found = findOrders(merchantId, cycleId, search, wanted);
  const behind = (newest: Sql) => (after === null ? sql`true` : isBehind(cycleId, newest, after));
  // Each half in its own order and no longer than the page: the indexes give just that.
  const order = sql`order by newest desc, collection_id desc, record desc limit ${limit}`;
  const ofCycle = sql`o.merchant_id = ${merchantId} and o.cycle_id = ${cycleId}`;
  const looked = {
    next: sql`looked as materialized (
      select o.* from orders o where ${ofCycle} and ${behind(newestOfOrder)}
       order by ${newestOfOrder} desc, o.collection_id desc, o.record desc limit ${nextOrders}),`,
    found: sql`looked as materialized (
      select o.* from orders o where ${ofCycle} and ${all(aboutPerson(search))}),`,
    page: sql``,
    'rare page': sql``,
  };
  const { rows } = await sql<OrderRow>`
    with ${looked[wanted]} page as materialized (
      select * from (
        (select ${orderColumns} ${found.orders} and ${behind(newestOfOrder)} ${order})
        union all
        (select ${quarantinedColumns} ${found.quarantined} and ${behind(never)} ${order})
      ) rows ${order}
    )
    select k.n as collection, p.record, p.line, p.order_number as "orderNumber",
           p.customer_number as "customerNumber", p.ordered_at as "orderedAt",
           p.payment_method as "paymentMethod", p.cycle_count as "cycleCount",
           p.previous_order_number as "previousOrderNumber", p.amount_yen as "amountYen",
           case when h.shipped_on is null then p.shipment else 'shipped' end as shipment,
           coalesce(h.shipped_on, p.shipped_on) as "shippedOn", p.status, p.customer_name as "customerName",
           p.email, p.phone, p.verdict, p.reason, p.column_name as "column", p.value,
           p.reason_ja as "reasonJa", p.reason_en as "reasonEn",
           ${isGone(cycleId, sql`p.order_number`)} as gone,
           b.billing_month as "billedIn", s.state as "billedState"
      from page p
      join order_collections k on k.id = p.collection_id
      left join charges c on c.cycle_id = ${cycleId} and c.order_number = p.order_number
      left join charge_states s on s.charge_id = coalesce(c.id, p.charge_id)
      left join cycles b on b.id = s.cycle_id
      -- Of an order that is billed the day that counts, whoever told it.
      left join shipments h on h.charge_id = c.id
     order by p.newest desc, p.collection_id desc, p.record desc`.execute(db);
  return rows;
}

export async function countOrders(
  db: Db,
  merchantId: number,
  of: { cycleId: number; search: OrderSearch },
): Promise<OrderTotals> {
  const found = findOrders(merchantId, of.cycleId, of.search, 'all');
  const { rows: counts } = await sql<RowsAndYen & { verdict: OrderVerdict }>`
    with ${found.inState} found as (
      select v.verdict, o.amount_yen ${found.orders}
      union all
      select v.verdict, null ${found.quarantined}
    )
    select verdict, count(*)::int as rows, coalesce(sum(amount_yen), 0)::float8 as yen
      from found group by verdict`.execute(db);
  const countOf = (verdict: OrderVerdict): RowsAndYen => {
    const { rows, yen } = counts.find((count) => count.verdict === verdict) ?? { rows: 0, yen: 0 };
    return { rows, yen };
  };
  return {
    rows: counts.reduce((sum, count) => sum + count.rows, 0),
    yen: counts.reduce((sum, count) => sum + count.yen, 0),
    byVerdict: {
      selected: countOf('selected'),
      excluded: countOf('excluded'),
      quarantined: countOf('quarantined'),
    },
  };
}

type Sql = RawBuilder<unknown>;

/** As the index orders_newest has it. */
const newestOfOrder = sql`coalesce(o.ordered_at, '-infinity'::timestamptz)`;
const never = sql`'-infinity'::timestamptz`;

const orderColumns = sql`
  ${newestOfOrder} as newest, o.collection_id, o.record, o.line, o.order_number, o.customer_number,
  o.ordered_at, o.payment_method, o.cycle_count, o.previous_order_number, o.amount_yen, o.shipment,
  o.shipped_on, o.status, o.customer_name, o.email, o.phone, v.verdict, v.reason, v.charge_id,
  null as column_name, null as value, null as reason_ja, null as reason_en`;

const quarantinedColumns = sql`
  ${never} as newest, o.collection_id, o.record, o.line, o.order_number, null, null, null, null, null,
  null, null, null, null, null, null, null, v.verdict, v.reason, v.charge_id, o.column_name, o.value,
  o.reason_ja, o.reason_en`;

function isBehind(cycleId: number, newest: Sql, after: OrderPlace): Sql {
  return sql`(${newest}, o.collection_id, o.record) <
    (${after.orderedAt ?? '-infinity'}::timestamptz,
     (select id from order_collections where cycle_id = ${cycleId} and n = ${after.collection}),
     ${after.record}::int)`;
}

/**
 * A page stops as soon as it is full, one of a rare state looks at few; of a person's orders the `next` ones
 * are `looked` at, then all `found` ones; all are counted.
 */
type Wanted = 'page' | 'rare page' | 'next' | 'found' | 'all';

/** FROM and WHERE over the rows that could be read and over those that could not. */
function findOrders(merchantId: number, cycleId: number, search: OrderSearch, wanted: Wanted) {
  const isVerdict = sql`v.collection_id = o.collection_id and v.record = o.record`;
  const verdict = sql`join order_verdicts v on ${isVerdict}`;
  // One after the other: as a join it would be asked of the whole month for the few that are found.
  const verdictOfEach = sql`cross join lateral (
    select v.* from order_verdicts v where ${isVerdict} offset 0) v`;
  const orders =
    wanted === 'next' || wanted === 'found'
      ? sql`looked o ${verdictOfEach}`
      : sql`orders o ${verdict}`;
  const ofCycle = sql`o.merchant_id = ${merchantId} and o.cycle_id = ${cycleId}`;
  const both = all([
    ...aboutVerdict(search),
    ...aboutNumber(search),
    ...aboutGone(search, cycleId),
  ]);
  const order = aboutOrder(search);
  const { chargeState: state } = search;
  // To count them: once over the month's charges, not once for each order.
  const inState =
    state === undefined || wanted !== 'all'
      ? sql``
      : sql`in_state as materialized (
          select order_number from charge_states
           where merchant_id = ${merchantId} and cycle_id = ${cycleId} and state = ${state}),`;
  if (state !== undefined && wanted === 'all') {
    order.push(sql`o.order_number in (select order_number from in_state)`);
  }
  if (state !== undefined && wanted !== 'all') {
    order.push(...billedAs(merchantId, cycleId, state, wanted === 'rare page'));
  }
  return {
    inState,
    orders: sql`from ${orders} where ${ofCycle} and ${both} and ${all(order)}`,
    // What a broken row says of itself is not to be relied on: only its number is compared.
    quarantined: sql`from quarantined_orders o ${verdict}
      where ${ofCycle} and ${both} and ${order.length === 0}`,
  };
}

/** For a page: whether an order may be in the state, then whether it is. */
function billedAs(merchantId: number, cycleId: number, state: ChargeState, rare: boolean): Sql[] {
  const inState = sql`exists (select from charge_states s
    where s.merchant_id = ${merchantId} and s.cycle_id = ${cycleId}
      and s.order_number = o.order_number and s.state = ${state} offset 0)`;
  const perhaps = rare ? chargesPerhaps(merchantId, state) : null;
  if (perhaps === null) {
    return [
      sql`exists (select from charges c
        where c.cycle_id = ${cycleId} and c.order_number = o.order_number and ${mayBeIn(state)}
        offset 0)`,
      inState,
    ];
  }
  const candidates = sql`o.order_number in (
    select c.order_number from charges c
     where c.merchant_id = ${merchantId} and c.cycle_id = ${cycleId}
       and c.id in (select k.charge_id from (${perhaps}) k))`;
  return [candidates, inState];
}

function all(conditions: readonly Sql[]): Sql {
  return conditions.length === 0 ? sql`true` : sql`${sql.join(conditions, sql` and `)}`;
}

function aboutVerdict({ verdict, reason }: OrderSearch): Sql[] {
  return [
    ...(verdict === undefined ? [] : [sql`v.verdict = ${verdict}`]),
    ...(reason === undefined ? [] : [sql`v.reason = ${reason}`]),
  ];
}

function aboutNumber({ orderNumberFrom: from, orderNumberTo: to }: OrderSearch): Sql[] {
  const bounds = [from, to].filter((bound) => bound !== undefined);
  if (bounds.length === 0) return [];
  // One order, which is what people look for most: its index knows it.
  if (from !== undefined && from === to) {
    return [sql`o.order_number = any(${spellingsOf(from)}::text[])`];
  }
  // 399 comes before 1000: what is written in digits alone is meant as a number.
  const numeric = bounds.every((bound) => /^[0-9]{1,64}$/.test(bound));
  const value = numeric
    ? sql`case when o.order_number ~ '^[0-9]{1,64}$' then o.order_number::numeric end`
    : sql`o.order_number collate "C"`;
  const bound = (text: string) => (numeric ? sql`${text}::numeric` : sql`${text}`);
  return [
    ...(from === undefined ? [] : [sql`${value} >= ${bound(from)}`]),
    ...(to === undefined ? [] : [sql`${value} <= ${bound(to)}`]),
  ];
}

/** As a number, 399 is 0399 as well. */
function spellingsOf(number: string): string[] {
  if (!/^[0-9]{1,64}$/.test(number)) return [number];
  const digits = number.replace(/^0+(?=.)/, '');
  return Array.from({ length: 65 - digits.length }, (_, zeros) => '0'.repeat(zeros) + digits);
}

function aboutGone({ gone }: OrderSearch, cycleId: number): Sql[] {
  return gone === undefined ? [] : [sql`${isGone(cycleId, sql`o.order_number`)} = ${gone}`];
}

/** Whether the latest word about an order's presence is that an export no longer had it. */
function isGone(cycleId: number, orderNumber: Sql): Sql {
  return sql`coalesce((select a.gone from order_absences a
    where a.cycle_id = ${cycleId} and a.order_number = ${orderNumber}
    order by a.collection_id desc limit 1), false)`;
}

/** Whose it is. */
function aboutPerson({ customerName, email, phone }: OrderSearch): Sql[] {
  return [
    ...(customerName === undefined ? [] : [holds(sql`o.customer_name`, customerName)]),
    ...(email === undefined ? [] : [holds(sql`o.email`, email)]),
    ...(phone === undefined
      ? []
      : [sql`${digitsOf(sql`o.phone`)} like '%' || ${digitsOf(sql`${phone}::text`)} || '%'`]),
  ];
}

/** What only a row that could be read says. */
function aboutOrder(search: OrderSearch): Sql[] {
  const { paymentMethods, status, orderedFrom, orderedTo, amountFromYen, amountToYen } = search;
  return [
    ...aboutPerson(search),
    ...(paymentMethods === undefined ? [] : [sql`o.payment_method = any(${paymentMethods})`]),
    ...(status === undefined ? [] : [sql`o.status = ${status}`]),
    ...(orderedFrom === undefined
      ? []
      : [sql`${newestOfOrder} >= ${startOfBusinessDate(orderedFrom)}::timestamptz`]),
    ...(orderedTo === undefined
      ? []
      : [sql`o.ordered_at < ${startOfBusinessDate(addDays(orderedTo, 1))}::timestamptz`]),
    ...(amountFromYen === undefined ? [] : [sql`o.amount_yen >= ${amountFromYen}`]),
    ...(amountToYen === undefined ? [] : [sql`o.amount_yen <= ${amountToYen}`]),
  ];
}

/** 「ﾔﾏﾀﾞ」 finds 「ヤマダ」, 「山田花子」 finds 「山田　花子」: widths, case and spaces are not compared. */
const folded = (text: Sql) => sql`replace(lower(${normal(text)}), ' ', '')`;
/** What is ASCII is normal already: an address need not be taken apart, a million times. */
const normal = (text: Sql) =>
  sql`case when octet_length(${text}) = length(${text}) then ${text} else normalize(${text}, nfkc) end`;
/** By LIKE, of which Postgres knows that it holds few rows, so that it shares the work. */
const holds = (text: Sql, part: string) => sql`${folded(text)} like
  '%' || regexp_replace(${folded(sql`${part}::text`)}, '([\\\\%_])', '\\\\\\1', 'g') || '%'`;
const digitsOf = (text: Sql) => sql`regexp_replace(${normal(text)}, '[^0-9]', '', 'g')`;
