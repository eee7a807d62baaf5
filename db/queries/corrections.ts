import { sql } from 'kysely';
import type { CorrectionKind } from '../../billing/correction.ts';
import type { RowsAndYen } from '../../billing/cycle.ts';
import type { ExchangeKind } from '../../billing/exchange.ts';
import type { Db, Trx } from '../database.ts';

/** An event that became known of a month after it was closed. */
export interface Correction {
  readonly month: string;
  /** Within the month, from 1. */
  readonly number: number;
  readonly kind: CorrectionKind;
  readonly orderNumber: string | null;
  readonly yen: number | null;
  readonly reason: string;
  /** The file that a late result answers. */
  readonly file: { readonly kind: ExchangeKind; readonly number: number } | null;
  /** What a late result contradicts, and what it says. */
  readonly recorded: string | null;
  readonly received: string | null;
  readonly recordedAt: string;
  readonly recordedBy: string;
  /** Null while nobody has looked after it. */
  readonly acknowledged: {
    readonly at: string;
    readonly by: string;
    readonly reason: string | null;
  } | null;
}

/** Newest month first, within it the newest correction first; a page at a time. */
export async function listCorrections(
  db: Db,
  merchantId: number,
  page: {
    readonly month: string | null;
    /** Only those that nobody has acknowledged (or that somebody has); null = all. */
    readonly open: boolean | null;
    /** The last one of the page before. */
    readonly after: { readonly month: string; readonly number: number } | null;
    readonly limit: number;
  },
): Promise<Correction[]> {
  const { rows } = await sql<Correction>`
    select y.billing_month as month, c.n as number, c.kind, c.order_number as "orderNumber", c.yen,
           c.reason, c.recorded, c.received, c.recorded_at as "recordedAt", d.actor as "recordedBy",
           case when x.id is not null
             then jsonb_build_object('kind', x.kind, 'number', x.number) end as file,
           case when k.correction_id is not null then jsonb_build_object('by', kd.actor,
             'reason', kd.reason, 'at', to_char(k.acknowledged_at at time zone 'UTC',
             'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) end as acknowledged
      from corrections c
      join cycles y on y.id = c.cycle_id
      join decisions d on d.id = c.decision_id
      left join exchanges x on x.id = c.exchange_id
      left join correction_acknowledgements k on k.correction_id = c.id
      left join decisions kd on kd.id = k.decision_id
     where c.merchant_id = ${merchantId}
       and (${page.month}::text is null or y.billing_month = ${page.month})
       and (${page.open}::boolean is null or (k.correction_id is null) = ${page.open})
       and (${page.after === null}
            or (y.billing_month, c.n) < (${page.after?.month ?? ''}, ${page.after?.number ?? 0}::int))
     order by y.billing_month desc, c.n desc limit ${page.limit}`.execute(db);
  return rows;
}

/** How many corrections of a month nobody has acknowledged. */
export async function countOpenCorrections(
  db: Db,
  merchantId: number,
  cycleId: number,
): Promise<number> {
  const { rows } = await sql<{ open: number }>`
    select count(*)::int as open from corrections c
     where c.merchant_id = ${merchantId} and c.cycle_id = ${cycleId}
       and not exists (select from correction_acknowledgements k where k.correction_id = c.id)
    `.execute(db);
  return rows[0]?.open ?? 0;
}

/** The number of the correction that a decision recorded. */
export async function findCorrectionOf(
  db: Trx,
  merchantId: number,
  decisionId: number,
): Promise<number | undefined> {
  const row = await db
    .selectFrom('corrections')
    .select('n')
    .where('merchant_id', '=', merchantId)
    .where('decision_id', '=', decisionId)
    .executeTakeFirst();
  return row?.n;
}

/** What a closed month captured of an order; undefined when it has no charge of it. */
export async function findCapturedYen(
  db: Db,
  merchantId: number,
  of: { cycleId: number; orderNumber: string },
): Promise<number | undefined> {
  const row = await db
    .selectFrom('charge_states')
    .select('captured_yen')
    .where('merchant_id', '=', merchantId)
    .where('cycle_id', '=', of.cycleId)
    .where('order_number', '=', of.orderNumber)
    .executeTakeFirst();
  return row?.captured_yen;
}

/**
 * Records what a person reports. The caller holds the merchant's lock.
 *
 * @returns its number within the month
 */
export async function insertCorrection(
  db: Trx,
  merchantId: number,
  correction: {
    readonly cycleId: number;
    readonly kind: CorrectionKind;
    readonly orderNumber: string | null;
    readonly yen: number | null;
    readonly reason: string;
    readonly decisionId: number;
    readonly now: string;
  },
): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    insert into corrections (merchant_id, cycle_id, n, kind, order_number, yen, reason, decision_id,
                             recorded_at)
    select ${merchantId}, ${correction.cycleId}, ${nextNumber(correction.cycleId)},
           ${correction.kind}, ${correction.orderNumber}, ${correction.yen}::bigint,
           ${correction.reason}, ${correction.decisionId}, ${correction.now}
    returning n`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error('an insert yields its row');
  return row.n;
}

const nextNumber = (cycleId: number) =>
  sql`coalesce((select max(n) from corrections where cycle_id = ${cycleId}), 0) + 1`;

/** A row of a late result that differs from the record. */
export interface LateResultRow {
  readonly orderNumber: string | null;
  readonly yen: number | null;
  /** Null: the file sent no such order. */
  readonly recorded: string | null;
  readonly received: string;
  readonly reason: string;
}

/**
 * Records what a late result says against the record, each line and answer once for ever. The caller
 * holds the merchant's lock.
 *
 * @returns what is new, and the number of the first of them
 */
export async function insertLateResults(
  db: Trx,
  merchantId: number,
  of: {
    readonly cycleId: number;
    readonly exchangeId: number;
    readonly fileId: number;
    readonly decisionId: number;
    readonly now: string;
  },
  late: readonly LateResultRow[],
): Promise<{ rows: number; yen: number; first: number }> {
  const { rows } = await sql<{ rows: number; yen: number; first: number }>`
    with told as (
      select distinct on (order_number, received) u.*
        from unnest(${late.map((row) => row.orderNumber)}::text[],
                    ${late.map((row) => row.yen)}::bigint[],
                    ${late.map((row) => row.recorded)}::text[],
                    ${late.map((row) => row.received)}::text[],
                    ${late.map((row) => row.reason)}::text[])
             with ordinality as u (order_number, yen, recorded, received, reason, i)
       order by order_number, received, i
    ), fresh as (
      select t.*, row_number() over (order by t.i) as place from told t
       where not exists (select from corrections c where c.exchange_id = ${of.exchangeId}
                           and c.kind = 'late_result' and c.received = t.received
                           and c.order_number is not distinct from t.order_number)
    ), recorded as (
      insert into corrections (merchant_id, cycle_id, n, kind, order_number, yen, reason,
                               exchange_id, file_id, recorded, received, decision_id, recorded_at)
      select ${merchantId}, ${of.cycleId}, ${nextNumber(of.cycleId)} - 1 + f.place, 'late_result',
             f.order_number, f.yen, f.reason, ${of.exchangeId}, ${of.fileId}, f.recorded,
             f.received, ${of.decisionId}, ${of.now}
        from fresh f
      returning n, yen
    )
    select count(*)::int as rows, coalesce(sum(yen), 0)::float8 as yen,
           coalesce(min(n), 0)::int as first from recorded`.execute(db);
  return rows[0] ?? { rows: 0, yen: 0, first: 0 };
}

/** What one decision recorded, however often it was carried out. */
export async function sumCorrectionsOf(
  db: Trx,
  merchantId: number,
  decisionId: number,
): Promise<RowsAndYen> {
  const { rows } = await sql<RowsAndYen>`
    select count(*)::int as rows, coalesce(sum(yen), 0)::float8 as yen from corrections
     where merchant_id = ${merchantId} and decision_id = ${decisionId}`.execute(db);
  return rows[0] ?? { rows: 0, yen: 0 };
}

/**
 * A person has looked after a correction. The caller holds the merchant's lock.
 *
 * @returns `unknown` when the month has none of that number, `before` when it was acknowledged
 */
export async function acknowledgeCorrection(
  db: Trx,
  merchantId: number,
  of: { cycleId: number; number: number; decisionId: number; now: string },
): Promise<'acknowledged' | 'before' | 'unknown'> {
  const correction = await db
    .selectFrom('corrections as c')
    .leftJoin('correction_acknowledgements as k', 'k.correction_id', 'c.id')
    .select(['c.id', 'k.correction_id as known'])
    .where('c.merchant_id', '=', merchantId)
    .where('c.cycle_id', '=', of.cycleId)
    .where('c.n', '=', of.number)
    .executeTakeFirst();
  if (correction === undefined) return 'unknown';
  if (correction.known !== null) return 'before';
  await db
    .insertInto('correction_acknowledgements')
    .values({
      correction_id: correction.id,
      merchant_id: merchantId,
      decision_id: of.decisionId,
      acknowledged_at: of.now,
    })
    .execute();
  return 'acknowledged';
}

/** A month's corrections by kind, for its report. */
export async function countCorrections(
  db: Db,
  merchantId: number,
  cycleId: number,
): Promise<{ kind: CorrectionKind; rows: number; yen: number; open: number }[]> {
  const { rows } = await sql<{ kind: CorrectionKind; rows: number; yen: number; open: number }>`
    select c.kind, count(*)::int as rows, coalesce(sum(c.yen), 0)::float8 as yen,
           count(*) filter (where k.correction_id is null)::int as open
      from corrections c left join correction_acknowledgements k on k.correction_id = c.id
     where c.merchant_id = ${merchantId} and c.cycle_id = ${cycleId}
     group by c.kind order by c.kind`.execute(db);
  return rows;
}
