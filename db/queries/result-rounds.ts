import { sql } from 'kysely';
import type { RowsAndYen } from '../../billing/cycle.ts';
import type { FieldReason, LineVerdict } from '../../billing/result-merge.ts';
import type { Db } from '../database.ts';

/** What a result file said of one sent line, or that it was the file of a stray. */
export interface ResultRound {
  readonly round: number;
  readonly ingestedAt: string;
  readonly fileName: string;
  readonly sha256: string;
  readonly verdict: LineVerdict | null;
  readonly resultLine: number | null;
  readonly responseCode: string | null;
  readonly responseDetail: string | null;
  readonly reasons: readonly FieldReason[];
}

/** Every result of an exchange, the first one first, with what it said of a line (null: of none). */
export async function listResultRounds(
  db: Db,
  merchantId: number,
  of: { exchangeId: number; line: number | null },
): Promise<ResultRound[]> {
  const { rows } = await sql<ResultRound>`
    select f.round, f.ingested_at as "ingestedAt", s.name as "fileName", s.sha256, r.verdict,
           r.result_line as "resultLine", r.response_code as "responseCode",
           r.response_detail as "responseDetail", coalesce(r.reasons, '[]'::jsonb) as reasons
      from result_files f
      join files s on s.id = f.file_id
      left join result_lines r on r.exchange_id = f.exchange_id and r.round = f.round
                              and r.line_number = ${of.line}
     where f.merchant_id = ${merchantId} and f.exchange_id = ${of.exchangeId}
     order by f.round`.execute(db);
  return rows;
}

/** A line of which a later result says something else than the one before. */
export interface ResultChange {
  readonly lineNumber: number;
  readonly orderNumber: string;
  readonly amountYen: number;
  readonly before: { readonly verdict: LineVerdict; readonly reasons: readonly FieldReason[] };
  readonly after: { readonly verdict: LineVerdict; readonly reasons: readonly FieldReason[] };
}

const changed = (merchantId: number, of: { exchangeId: number; round: number }) => sql`
  select l.line_number, l.order_number, l.yen, a.verdict as before, a.reasons as before_reasons,
         b.verdict as after, b.reasons as after_reasons
    from result_lines b
    join result_lines a on a.exchange_id = b.exchange_id and a.round = b.round - 1
                       and a.line_number = b.line_number
    join file_lines l on l.exchange_id = b.exchange_id and l.line_number = b.line_number
   where b.merchant_id = ${merchantId} and b.exchange_id = ${of.exchangeId}
     and b.round = ${of.round}
     and (a.verdict, a.response_code, a.response_detail, a.reasons)
         is distinct from (b.verdict, b.response_code, b.response_detail, b.reasons)`;

/** What a result changed against the one before it, by verdict, in rows and in yen. */
export async function countResultChanges(
  db: Db,
  merchantId: number,
  of: { exchangeId: number; round: number },
): Promise<(RowsAndYen & { before: LineVerdict; after: LineVerdict })[]> {
  const { rows } = await sql<RowsAndYen & { before: LineVerdict; after: LineVerdict }>`
    select before, after, count(*)::int as rows, sum(yen)::float8 as yen
      from (${changed(merchantId, of)}) c group by before, after order by before, after`.execute(
    db,
  );
  return rows;
}

/** The lines of that difference in the file's order, a page at a time. */
export async function listResultChanges(
  db: Db,
  merchantId: number,
  page: { exchangeId: number; round: number; afterLine: number; limit: number },
): Promise<ResultChange[]> {
  const { rows } = await sql<ResultChange>`
    select line_number as "lineNumber", order_number as "orderNumber", yen as "amountYen",
           jsonb_build_object('verdict', before, 'reasons', before_reasons) as before,
           jsonb_build_object('verdict', after, 'reasons', after_reasons) as after
      from (${changed(merchantId, page)}) c
     where line_number > ${page.afterLine} order by line_number limit ${page.limit}`.execute(db);
  return rows;
}
