import { sql } from 'kysely';
import type {
  RefreshOutcome,
  RefreshQuarantineReason,
  RefreshVerdict,
  RefreshWhy,
} from '../../billing/card-refresh.ts';
import type { Db } from '../database.ts';

/** A card that a refresh asked about, and what was said of it last. */
export interface RefreshedCard {
  /** Line of the request. */
  readonly line: number;
  /** The number in US-00010000. */
  readonly customerId: number;
  readonly customerNumber: string;
  readonly memberId: string;
  readonly sequence: string;
  /** As it was when it was asked about. */
  readonly lastDigits: string;
  readonly expiry: string;
  readonly why: RefreshWhy;
  /** Null: no result has said anything of it. */
  readonly verdict: RefreshVerdict | null;
  readonly outcome: RefreshOutcome | null;
  readonly lastDigitsAfter: string | null;
  readonly expiryAfter: string | null;
  readonly resultLine: number | null;
}

/** The cards of a refresh by the lines of its request, a page at a time. */
export async function listRefreshedCards(
  db: Db,
  merchantId: number,
  page: {
    readonly month: string;
    readonly verdict: RefreshVerdict | 'none' | null;
    readonly after: number;
    readonly limit: number;
  },
): Promise<RefreshedCard[]> {
  const { rows } = await sql<RefreshedCard>`
    select t.line, t.customer_id as "customerId", u.customer_number as "customerNumber",
           t.member_id as "memberId", t.card_sequence as sequence, t.last_digits as "lastDigits",
           t.expiry, t.why, r.verdict, r.outcome, r.last_digits_after as "lastDigitsAfter",
           r.expiry_after as "expiryAfter", r.result_line as "resultLine"
      from card_refreshes m
      join refresh_targets t on t.refresh_id = m.id
      join customers u on u.merchant_id = t.merchant_id and u.customer_id = t.customer_id
      left join lateral (select * from refresh_results x
                          where x.refresh_id = t.refresh_id and x.line = t.line
                          order by x.n desc limit 1) r on true
     where m.merchant_id = ${merchantId} and m.month = ${page.month} and t.line > ${page.after}
       and (${page.verdict}::text is null
            or coalesce(r.verdict::text, 'none') = ${page.verdict}::text)
     order by t.line limit ${page.limit}`.execute(db);
  return rows;
}

/** A line of a result that changed no card. */
export interface QuarantinedLine {
  /** Which result file of the refresh. */
  readonly n: number;
  readonly resultLine: number;
  readonly reason: RefreshQuarantineReason;
  readonly field: string | null;
  readonly memberId: string | null;
  readonly sha256: string;
}

export async function listRefreshQuarantine(
  db: Db,
  merchantId: number,
  page: {
    readonly month: string;
    readonly after: { readonly n: number; readonly resultLine: number };
    readonly limit: number;
  },
): Promise<QuarantinedLine[]> {
  const { rows } = await sql<QuarantinedLine>`
    select q.n, q.result_line as "resultLine", q.reason, q.field, q.member_id as "memberId",
           f.sha256
      from card_refreshes m
      join refresh_quarantine q on q.refresh_id = m.id
      join refresh_result_files r on r.refresh_id = q.refresh_id and r.n = q.n
      join files f on f.id = r.file_id
     where m.merchant_id = ${merchantId} and m.month = ${page.month}
       and (q.n, q.result_line) > (${page.after.n}, ${page.after.resultLine})
     order by q.n, q.result_line limit ${page.limit}`.execute(db);
  return rows;
}
