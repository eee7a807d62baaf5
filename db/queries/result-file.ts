import { sql } from 'kysely';
import type { ExchangeName, ResultSummary } from '../../billing/exchange.ts';
import type {
  AuthorizationOutcome,
  CaptureResult,
  FieldReason,
  LineVerdict,
} from '../../billing/result-merge.ts';
import type { Db } from '../database.ts';

/** The round in which this file was ingested, if it was. */
export async function findResultRound(
  db: Db,
  merchantId: number,
  of: { exchangeId: number; fileId: number },
): Promise<number | undefined> {
  const row = await db
    .selectFrom('result_files')
    .select('round')
    .where('merchant_id', '=', merchantId)
    .where('exchange_id', '=', of.exchangeId)
    .where('file_id', '=', of.fileId)
    .executeTakeFirst();
  return row?.round;
}

/** Another exchange of the merchant that has taken this very file as its result. */
export async function findExchangeOfResult(
  db: Db,
  merchantId: number,
  of: { exchangeId: number; fileId: number },
): Promise<ExchangeName | undefined> {
  return await db
    .selectFrom('result_files as f')
    .innerJoin('exchanges as e', 'e.id', 'f.exchange_id')
    .select(['e.billing_month as billingMonth', 'e.kind', 'e.number'])
    .where('f.merchant_id', '=', merchantId)
    .where('f.file_id', '=', of.fileId)
    .where('f.exchange_id', '!=', of.exchangeId)
    .limit(1)
    .executeTakeFirst();
}

/** Adds a round; the caller holds the merchant's lock. */
export async function insertResultFile(
  db: Db,
  merchantId: number,
  file: { exchangeId: number; fileId: number; findings: unknown; now: string },
): Promise<number> {
  const { rows } = await sql<{ round: number }>`
    insert into result_files (exchange_id, round, merchant_id, file_id, findings, ingested_at)
    select ${file.exchangeId}, coalesce(max(round), 0) + 1, ${merchantId}, ${file.fileId},
           ${JSON.stringify(file.findings)}::jsonb, ${file.now}
      from result_files where exchange_id = ${file.exchangeId}
    returning round`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error('an aggregate always yields a row');
  return row.round;
}

/**
 * Lines of an exchange that have no definite outcome or ending result on record. Of one that is
 * reconciled there are none: facts stay.
 */
const unsettledLines = (exchangeId: number) => sql`
  select l.* from file_lines l
   where l.exchange_id = ${exchangeId}
     and (select e.stage from exchanges e where e.id = ${exchangeId}) <> 'reconciled'
     and not exists (select from outcomes o where l.k is null
                        and o.charge_id = l.charge_id and o.n = l.n)
     and not exists (select from ending_results r
                      where r.charge_id = l.charge_id and r.n = l.n and r.k = l.k)`;

export async function countUnsettled(
  db: Db,
  merchantId: number,
  exchangeId: number,
): Promise<number> {
  const { rows } = await sql<{ unsettled: number }>`
    select count(*)::int as unsettled from (${unsettledLines(exchangeId)}) l
     where l.merchant_id = ${merchantId}`.execute(db);
  return rows[0]?.unsettled ?? 0;
}

/** The latest round of an exchange, counted; undefined before the first result. */
export async function summarizeResult(
  db: Db,
  merchantId: number,
  exchangeId: number,
): Promise<ResultSummary | undefined> {
  const { rows } = await sql<{
    round: number;
    verdict: LineVerdict;
    rows: number;
    yen: number;
    strays: number;
    unsettled: number;
  }>`
    with latest as (
      select max(round) as round from result_files
       where merchant_id = ${merchantId} and exchange_id = ${exchangeId}
    ), lines as (
      select line_number, verdict, null::integer as yen from result_lines
       where merchant_id = ${merchantId} and exchange_id = ${exchangeId}
         and round = (select round from latest)
      union all
      select line_number, null, yen from file_lines
       where merchant_id = ${merchantId} and exchange_id = ${exchangeId}
    ), judged as (
      -- Brought together by grouping: a join of lines that Postgres has not counted yet may compare each
      -- with every other.
      select max(verdict) as verdict, max(yen) as yen from lines group by line_number
    )
    select (select round from latest) as round, verdict, count(*)::int as rows, sum(yen)::float8 as yen,
           (select count(*)::int from result_strays s
             where s.exchange_id = ${exchangeId} and s.round = (select round from latest)) as strays,
           (select count(*)::int from (${unsettledLines(exchangeId)}) u) as unsettled
      from judged where verdict is not null
     group by verdict`.execute(db);
  const [first] = rows;
  if (first === undefined) return undefined;
  const of = (verdict: LineVerdict) => {
    const row = rows.find((candidate) => candidate.verdict === verdict);
    return { rows: row?.rows ?? 0, yen: row?.yen ?? 0 };
  };
  const sent = await db
    .selectFrom('exchanges')
    .select(['records as rows', 'amount_yen as yen'])
    .where('merchant_id', '=', merchantId)
    .where('id', '=', exchangeId)
    .executeTakeFirstOrThrow();
  return {
    round: first.round,
    sent,
    ok: of('ok'),
    ng: of('ng'),
    unknown: of('unknown'),
    quarantined: of('quarantined'),
    strays: first.strays,
    unsettled: first.unsettled,
  };
}

export interface ResultLine {
  readonly lineNumber: number;
  readonly orderNumber: string;
  readonly amountYen: number;
  readonly verdict: LineVerdict;
  readonly resultLine: number | null;
  readonly responseCode: string | null;
  readonly responseDetail: string | null;
  readonly processedAt: string | null;
  /** Per field: what was sent and what came back. */
  readonly reasons: readonly FieldReason[];
  /** What is on record for it, whoever said so; null = it still has to be settled. */
  readonly settled: AuthorizationOutcome | CaptureResult | null;
}

/** Lines of the latest round in the file's order, a page at a time. */
export async function listResultLines(
  db: Db,
  merchantId: number,
  page: {
    exchangeId: number;
    verdict?: LineVerdict | undefined;
    afterLine: number;
    limit: number;
  },
): Promise<ResultLine[]> {
  const { rows } = await sql<ResultLine>`
    select r.line_number as "lineNumber", l.order_number as "orderNumber", l.yen as "amountYen",
           r.verdict, r.result_line as "resultLine", r.response_code as "responseCode",
           r.response_detail as "responseDetail", r.processed_at as "processedAt", r.reasons,
           case when l.k is null then o.outcome else e.result end as settled
      from result_lines r
      join file_lines l on l.exchange_id = r.exchange_id and l.line_number = r.line_number
      left join outcomes o on o.charge_id = l.charge_id and o.n = l.n and l.k is null
      left join ending_results e on e.charge_id = l.charge_id and e.n = l.n and e.k = l.k
     where r.merchant_id = ${merchantId} and r.exchange_id = ${page.exchangeId}
       and r.round = (select max(round) from result_files where exchange_id = ${page.exchangeId})
       and (${page.verdict ?? null}::text is null or r.verdict = ${page.verdict ?? null})
       and r.line_number > ${page.afterLine}
     order by r.line_number limit ${page.limit}`.execute(db);
  return rows;
}

/** Something about a result file as a whole: truncated, a trailer that counts wrongly. */
export interface ResultFinding {
  readonly line: number;
  readonly nameJa: string;
  readonly value: string;
  readonly code: string;
  readonly ja: string;
  readonly en: string;
}

/** What was wrong with the latest result file itself; empty before the first. */
export async function listResultFindings(
  db: Db,
  merchantId: number,
  exchangeId: number,
): Promise<readonly ResultFinding[]> {
  const row = await db
    .selectFrom('result_files')
    .select('findings')
    .where('merchant_id', '=', merchantId)
    .where('exchange_id', '=', exchangeId)
    .orderBy('round', 'desc')
    .limit(1)
    .executeTakeFirst();
  return (row?.findings ?? []) as readonly ResultFinding[];
}

export interface ResultStray {
  readonly resultLine: number;
  readonly orderNumber: string | null;
  readonly amountYen: number | null;
  readonly reasons: readonly FieldReason[];
}

export async function listResultStrays(
  db: Db,
  merchantId: number,
  exchangeId: number,
): Promise<ResultStray[]> {
  const { rows } = await sql<ResultStray>`
    select result_line as "resultLine", order_number as "orderNumber", yen as "amountYen", reasons
      from result_strays
     where merchant_id = ${merchantId} and exchange_id = ${exchangeId}
       and round = (select max(round) from result_files where exchange_id = ${exchangeId})
     order by result_line limit 1000`.execute(db);
  return rows;
}
