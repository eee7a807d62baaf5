import { type RawBuilder, sql } from 'kysely';
import type { RowsAndYen } from '../../billing/cycle.ts';
import type { EarlierDecision } from '../../billing/desk-decision.ts';
import type { ExchangeKind, ExchangeName } from '../../billing/exchange.ts';
import {
  type DeskItem,
  type DeskItemKind,
  type DeskItemName,
  parseDeskItem,
} from '../../billing/reconciliation-desk.ts';
import type { Db } from '../database.ts';
import { deskColumns, deskContradictions, deskLines, deskStrays } from '../desk-items.ts';

/** An item with what the record needs to settle it; the keys never leave the database's side. */
export interface FoundItem extends DeskItem {
  readonly exchangeId: number | null;
  readonly chargeId: number | null;
  readonly contradictionId: number | null;
  /** For a stray: for the how-manieth time its order and amount stand in the result. */
  readonly occurrence: number | null;
  /** Where the item stands in the list: continue behind it. */
  readonly place: string;
}

export interface DeskFilter {
  readonly month?: string | undefined;
  readonly kind?: DeskItemKind | undefined;
  /** Code of a reason: amountYen_differs. */
  readonly reason?: string | undefined;
  readonly exchange?: ExchangeName | undefined;
}

/** Everything that is open, of all months that are. */
function openItems(merchantId: number): RawBuilder<unknown> {
  const doubtful = sql`e.stage = 'awaiting_result' and r.verdict in ('unknown', 'quarantined')`;
  const ofOpenMonth = sql`cy.stage is distinct from 'closed'`;
  return sql`
    select * from (select ${deskColumns} from (${deskLines(merchantId, doubtful)}) a
                   union all select ${deskColumns} from (${deskStrays(merchantId, ofOpenMonth)}) b
                   union all select ${deskColumns} from (${deskContradictions(merchantId, ofOpenMonth)}) d) i
     where i.open`;
}

function filterItems(filter: DeskFilter): RawBuilder<unknown> {
  const { month = null, kind = null, reason = null, exchange } = filter;
  const name = exchange ?? { billingMonth: null, kind: null, number: null };
  return sql`
    (${month}::text is null or i.month = ${month})
    and (${kind}::text is null or i.kind = ${kind})
    and (${reason}::text is null
         or i.reasons @> jsonb_build_array(jsonb_build_object('code', ${reason}::text)))
    and (${name.kind}::text is null or (i."exchangeMonth" = ${name.billingMonth}
         and i."exchangeKind" = ${name.kind} and i."exchangeNumber" = ${name.number}))`;
}

/** Open items in the order of months, the most dangerous first; a page at a time. */
export async function listDeskItems(
  db: Db,
  merchantId: number,
  page: { filter: DeskFilter; after: string | null; limit: number },
): Promise<FoundItem[]> {
  const { rows } = await sql<ItemRow>`
    select i.* from (${openItems(merchantId)}) i
     where ${filterItems(page.filter)}
       and (${page.after}::text is null or i.place collate "C" > ${page.after})
     order by i.place collate "C" limit ${page.limit}`.execute(db);
  return await completeItems(db, merchantId, rows);
}

export type DeskCounts = Readonly<Partial<Record<DeskItemKind, RowsAndYen>>>;

/** Open items by kind, in rows and in yen as sent (of strays: as returned). */
export async function countDeskItems(
  db: Db,
  merchantId: number,
  filter: DeskFilter,
): Promise<DeskCounts> {
  const { rows } = await sql<RowsAndYen & { kind: DeskItemKind }>`
    select i.kind, count(*)::int as rows, coalesce(sum(i."amountYen"), 0)::float8 as yen
      from (${openItems(merchantId)}) i where ${filterItems(filter)} group by i.kind`.execute(db);
  return Object.fromEntries(rows.map(({ kind, rows: count, yen }) => [kind, { rows: count, yen }]));
}

/** Files whose answer has not come, and their lines: they wait, nothing is wrong with them. */
export async function countWaiting(
  db: Db,
  merchantId: number,
  month: string | null,
): Promise<RowsAndYen & { files: number }> {
  const { rows } = await sql<RowsAndYen & { files: number }>`
    select count(*)::int as files, coalesce(sum(e.records), 0)::int as rows,
           coalesce(sum(e.amount_yen), 0)::float8 as yen
      from exchanges e
     where e.merchant_id = ${merchantId}
       and e.stage in ('handing_over', 'awaiting_result', 'reconciling', 'unknown')
       and (${month}::text is null or e.billing_month = ${month})
       and not exists (select from result_files f where f.exchange_id = e.id)`.execute(db);
  return rows[0] ?? { files: 0, rows: 0, yen: 0 };
}

/** The named items, open or not; names that are none, and items of closed months, are absent. */
export async function findDeskItems(
  db: Db,
  merchantId: number,
  items: readonly string[],
): Promise<ReadonlyMap<string, FoundItem>> {
  const names = items.flatMap((item) => parseDeskItem(item) ?? []);
  const rows = [
    ...(await findLines(db, merchantId, names.filter(isLine))),
    ...(await findStrays(db, merchantId, names.filter(isStray))),
    ...(await findContradictions(db, merchantId, names.filter(isContradiction))),
  ];
  const found = await completeItems(db, merchantId, rows);
  return new Map(found.map((item) => [item.item, item]));
}

type Named<Source extends DeskItemName['source']> = Extract<DeskItemName, { source: Source }>;
const isLine = (name: DeskItemName): name is Named<'line'> => name.source === 'line';
const isStray = (name: DeskItemName): name is Named<'stray'> => name.source === 'stray';
const isContradiction = (name: DeskItemName): name is Named<'contradiction'> =>
  name.source === 'contradiction';

async function findLines(
  db: Db,
  merchantId: number,
  names: readonly Named<'line'>[],
): Promise<ItemRow[]> {
  if (names.length === 0) return [];
  const scope = sql`(e.billing_month, e.kind, e.number, l.line_number) in (
    select * from unnest(${names.map((name) => name.exchange.billingMonth)}::text[],
                         ${names.map((name) => name.exchange.kind)}::text[],
                         ${names.map((name) => name.exchange.number)}::int[],
                         ${names.map((name) => name.line)}::int[]))`;
  const { rows } = await sql<ItemRow>`
    select ${deskColumns} from (${deskLines(merchantId, scope)}) i`.execute(db);
  return rows;
}

async function findStrays(
  db: Db,
  merchantId: number,
  names: readonly Named<'stray'>[],
): Promise<ItemRow[]> {
  if (names.length === 0) return [];
  const scope = sql`(e.billing_month, e.kind, e.number, s.round, s.result_line) in (
    select * from unnest(${names.map((name) => name.exchange.billingMonth)}::text[],
                         ${names.map((name) => name.exchange.kind)}::text[],
                         ${names.map((name) => name.exchange.number)}::int[],
                         ${names.map((name) => name.round)}::int[],
                         ${names.map((name) => name.resultLine)}::int[]))`;
  const { rows } = await sql<ItemRow>`
    select ${deskColumns} from (${deskStrays(merchantId, scope)}) i`.execute(db);
  return rows;
}

async function findContradictions(
  db: Db,
  merchantId: number,
  names: readonly Named<'contradiction'>[],
): Promise<ItemRow[]> {
  if (names.length === 0) return [];
  const scope = sql`(cy.billing_month, c.order_number, x.n, coalesce(x.k, 0), x.received) in (
    select * from unnest(${names.map((name) => name.month)}::text[],
                         ${names.map((name) => name.orderNumber)}::text[],
                         ${names.map((name) => name.n)}::int[],
                         ${names.map((name) => name.k)}::int[],
                         ${names.map((name) => name.received)}::text[]))`;
  const { rows } = await sql<ItemRow>`
    select ${deskColumns} from (${deskContradictions(merchantId, scope)}) i`.execute(db);
  return rows;
}

type ItemRow = Omit<FoundItem, 'exchange' | 'knownIn' | 'inquiry'> & {
  readonly exchangeMonth: string | null;
  readonly exchangeKind: ExchangeKind | null;
  readonly exchangeNumber: number | null;
};

/** Adds what only some items have: where else an order was sent, and who has asked the PSP. */
async function completeItems(
  db: Db,
  merchantId: number,
  rows: readonly ItemRow[],
): Promise<FoundItem[]> {
  const strayOrders = rows.flatMap((row) => (row.kind === 'stray' ? (row.orderNumber ?? []) : []));
  const known = await findKnownOrders(db, merchantId, strayOrders);
  const inquiries = await findInquiries(
    db,
    merchantId,
    rows.map(({ item }) => item),
  );
  return rows.map(({ exchangeMonth, exchangeKind, exchangeNumber, ...row }) => ({
    ...row,
    exchange:
      exchangeMonth === null || exchangeKind === null || exchangeNumber === null
        ? null
        : { billingMonth: exchangeMonth, kind: exchangeKind, number: exchangeNumber },
    knownIn: row.kind === 'stray' ? (known.get(row.orderNumber ?? '') ?? null) : null,
    inquiry: row.open ? (inquiries.get(row.item) ?? null) : null,
  }));
}

/** The files that carried each order; an order that we do not bill is absent. */
async function findKnownOrders(
  db: Db,
  merchantId: number,
  orderNumbers: readonly string[],
): Promise<ReadonlyMap<string, ExchangeName[]>> {
  if (orderNumbers.length === 0) return new Map();
  const { rows } = await sql<{ orderNumber: string } & { files: ExchangeName[] | null }>`
    select c.order_number as "orderNumber",
           (select jsonb_agg(jsonb_build_object('billingMonth', e.billing_month, 'kind', e.kind,
                                                'number', e.number) order by e.id)
              from exchanges e
             where e.id in (select a.exchange_id from attempts a where a.charge_id = c.id
                            union select d.exchange_id from endings d where d.charge_id = c.id))
             as files
      from charges c
     where c.merchant_id = ${merchantId} and c.order_number = any(${orderNumbers})`.execute(db);
  const known = new Map<string, ExchangeName[]>();
  for (const { orderNumber, files } of rows) {
    known.set(orderNumber, [...(known.get(orderNumber) ?? []), ...(files ?? [])]);
  }
  return known;
}

async function findInquiries(db: Db, merchantId: number, items: readonly string[]) {
  if (items.length === 0) return new Map<string, NonNullable<DeskItem['inquiry']>>();
  const { rows } = await sql<NonNullable<DeskItem['inquiry']> & { item: string }>`
    select distinct on (q.item) q.item, d.actor, q.reason, q.decided_at as at
      from desk_decisions q join decisions d on d.id = q.decision_id
     where q.merchant_id = ${merchantId} and q.action = 'inquire' and q.item = any(${items})
     order by q.item, q.decision_id desc`.execute(db);
  return new Map(rows.map(({ item, ...inquiry }) => [item, inquiry]));
}

/** Who settled the named items at the desk, the latest decision of each. */
export async function findDeskDecisions(
  db: Db,
  merchantId: number,
  items: readonly string[],
): Promise<ReadonlyMap<string, EarlierDecision & { reason: string }>> {
  if (items.length === 0) return new Map();
  const { rows } = await sql<EarlierDecision & { item: string; reason: string }>`
    select distinct on (q.item) q.item, q.action, d.actor, q.reason,
           q.decided_at as "decidedAt"
      from desk_decisions q join decisions d on d.id = q.decision_id
     where q.merchant_id = ${merchantId} and q.action <> 'inquire' and q.item = any(${items})
     order by q.item, q.decision_id desc`.execute(db);
  return new Map(rows.map(({ item, ...decision }) => [item, decision]));
}
