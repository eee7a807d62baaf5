import { sql } from 'kysely';
import type { RowsAndYen } from '../../billing/cycle.ts';
import type { DeclineClass } from '../../billing/decline.ts';
import type { NgNextStep, NgOutcome, NgRecovery } from '../../billing/ng-case.ts';
import type { Db } from '../database.ts';

/** What the NG desk has done: cases that were opened in a span of days, in rows and yen. */
export interface NgReport {
  /** Every case by class and by what became of it; outcome null: still open. */
  readonly byClass: (RowsAndYen & {
    readonly class: DeclineClass;
    readonly outcome: NgOutcome | null;
  })[];
  /** What brought money in, by the day in Japan on which the case was closed. */
  readonly recovered: (RowsAndYen & {
    readonly on: string;
    readonly by: NgRecovery;
  })[];
  /** Open cases of whatever day, by what comes next. */
  readonly openBySteps: (RowsAndYen & { readonly nextStep: NgNextStep })[];
  /** Open cases of whatever day, by their age in days; the last has no end. */
  readonly ageing: (RowsAndYen & {
    readonly fromDays: number;
    readonly toDays: number | null;
  })[];
}

/** First days of the spans of age; each ends before the next begins. */
const AGE_SPANS = [0, 4, 8, 15, 31, 61] as const;

const lastDays = AGE_SPANS.map((_, index) => {
  const next = AGE_SPANS[index + 1];
  return next === undefined ? null : next - 1;
});

export async function readNgReport(
  db: Db,
  merchantId: number,
  of: {
    /** Dates in Japan, both included. */
    readonly from: string;
    readonly to: string;
    readonly month: string | null;
    readonly now: string;
  },
): Promise<NgReport> {
  const ofMonth = sql`(${of.month}::text is null
    or exists (select from cycles m where m.id = k.cycle_id and m.billing_month = ${of.month}))`;
  const within = (column: 'opened_at' | 'closed_at') =>
    sql`(${sql.ref(`k.${column}`)} at time zone 'Asia/Tokyo')::date between ${of.from}::date and ${of.to}::date`;
  const { rows: byClass } = await sql<NgReport['byClass'][number]>`
    select k.class, k.outcome, count(*)::int as rows, sum(k.amount_yen)::float8 as yen
      from ng_cases k
     where k.merchant_id = ${merchantId} and ${ofMonth} and ${within('opened_at')}
     group by 1, 2 order by 1, 2 nulls first`.execute(db);
  const { rows: recovered } = await sql<NgReport['recovered'][number]>`
    select (k.closed_at at time zone 'Asia/Tokyo')::date as on, k.recovered_by as by,
           count(*)::int as rows, sum(k.amount_yen)::float8 as yen
      from ng_cases k
     where k.merchant_id = ${merchantId} and ${ofMonth} and k.recovered_by is not null
       and ${within('closed_at')}
     group by 1, 2 order by 1, 2`.execute(db);
  const { rows: openBySteps } = await sql<NgReport['openBySteps'][number]>`
    select k.next_step as "nextStep", count(*)::int as rows, sum(k.amount_yen)::float8 as yen
      from ng_cases k
     where k.merchant_id = ${merchantId} and ${ofMonth} and k.closed_at is null
     group by 1 order by 2 desc, 1`.execute(db);
  const { rows: ageing } = await sql<NgReport['ageing'][number]>`
    select u.from_days as "fromDays", u.to_days as "toDays", count(k.id)::int as rows,
           coalesce(sum(k.amount_yen), 0)::float8 as yen
      from unnest(${[...AGE_SPANS]}::int[],
                  ${lastDays}::int[]) as u (from_days, to_days)
      left join (select k.id, k.amount_yen,
                        (${of.now}::timestamptz at time zone 'Asia/Tokyo')::date
                        - (k.opened_at at time zone 'Asia/Tokyo')::date as age
                   from ng_cases k
                  where k.merchant_id = ${merchantId} and ${ofMonth} and k.closed_at is null) k
        on k.age >= u.from_days and k.age <= coalesce(u.to_days, 100000)
     group by 1, 2 order by 1`.execute(db);
  return { byClass, recovered, openBySteps, ageing };
}
