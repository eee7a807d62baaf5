import { type RawBuilder, sql } from 'kysely';
import { type BillingMonth, nextBillingMonth } from '../../billing/billing-month.ts';
import type {
  RefreshCounts,
  RefreshOutcome,
  RefreshQuarantineReason,
  RefreshVerdict,
} from '../../billing/card-refresh.ts';
import type { RefreshResultLayout } from '../../billing/card-refresh-settings.ts';
import type { Db, Trx } from '../database.ts';
import { refreshStatistics } from '../statistics.ts';

/** The how-manieth reading this file is, or that it was read before under the same layout. */
export type NextRefreshFile =
  | { readonly kind: 'known'; readonly n: number }
  | { readonly kind: 'next'; readonly n: number };

/** The caller holds the merchant's lock. */
export async function nextRefreshFile(
  trx: Db,
  merchantId: number,
  of: { readonly refreshId: number; readonly fileId: number; readonly layoutKey: string },
): Promise<NextRefreshFile> {
  const { rows } = await sql<{ known: number | null; next: number }>`
    select max(n) filter (where file_id = ${of.fileId} and layout_key = ${of.layoutKey}) as known,
           coalesce(max(n), 0) + 1 as next
      from refresh_result_files
     where merchant_id = ${merchantId} and refresh_id = ${of.refreshId}`.execute(trx);
  const [row] = rows;
  if (row === undefined) throw new Error('an aggregate always yields a row');
  return row.known === null ? { kind: 'next', n: row.next } : { kind: 'known', n: row.known };
}

interface OfRefreshFile {
  readonly refreshId: number;
  readonly month: BillingMonth;
  readonly n: number;
  /** Which columns tell the card of a row. */
  readonly layout: Pick<RefreshResultLayout, 'freeText' | 'cardSequence'>;
}

/** How the rows of a staged result were classified. */
export interface ClassifiedRefresh {
  readonly lines: number;
  readonly merged: number;
  readonly quarantined: Readonly<Partial<Record<RefreshQuarantineReason, number>>>;
}

/**
 * Finds the card of every staged row and judges it, as `judgeRefreshResult` does (the rule's words:
 * billing/card-refresh-judgement.ts), into a temporary table. Nothing is changed yet.
 */
export async function classifyRefreshStage(
  trx: Trx,
  merchantId: number,
  of: OfRefreshFile,
): Promise<ClassifiedRefresh> {
  await sql`set local work_mem = '128MB'`.execute(trx);
  await sql`analyze staged_refresh (line, target_line)`.execute(trx);
  await judgeStage(trx, merchantId, of);
  await quarantineDoubles(trx);
  const { rows } = await sql<{ fault: RefreshQuarantineReason | null; lines: number }>`
    select fault, count(*)::int as lines from judged_refresh group by fault`.execute(trx);
  const quarantined: Partial<Record<RefreshQuarantineReason, number>> = {};
  let merged = 0;
  for (const { fault, lines } of rows) {
    if (fault === null) merged = lines;
    else quarantined[fault] = lines;
  }
  return { lines: rows.reduce((sum, row) => sum + row.lines, 0), merged, quarantined };
}

/** The target `t` of a staged row `s`: by its 自由項目, else by what the member and the sequence tell. */
function targetOf({ refreshId, layout }: OfRefreshFile): RawBuilder<unknown> {
  const own = sql`t.refresh_id = ${refreshId} and s.fault is null`;
  const sameSequence = layout.cardSequence === null ? sql`true` : sql`t.card_sequence = s.sequence`;
  if (layout.freeText !== null) {
    return sql`left join refresh_targets t
      on ${own} and t.line = s.target_line and t.member_id = s.member_id and ${sameSequence}`;
  }
  const keys = layout.cardSequence === null ? sql`member_id` : sql`member_id, card_sequence`;
  // A key that several cards have tells nothing.
  return sql`left join (
      select * from refresh_targets where refresh_id = ${refreshId} and line in (
        select min(line) from refresh_targets where refresh_id = ${refreshId}
         group by ${keys} having count(*) = 1)) t
      on ${own} and t.member_id = s.member_id and ${sameSequence}`;
}

/**
 * What earlier files of the refresh said of a target `t`: its newest verdict `p`, and what they made of
 * the card `a`.
 */
const earlier = (refreshId: number) => sql`
  left join (select distinct on (line) line, verdict from refresh_results
              where refresh_id = ${refreshId} order by line, n desc) p on p.line = t.line
  left join (select distinct on (line) line, last_digits_after, expiry_after from refresh_results
              where refresh_id = ${refreshId} and last_digits_after is not null
              order by line, n desc) a on a.line = t.line`;

/** Every staged row with its target, what was asked, what we kept, and what the card is now. */
function matchedRows(merchantId: number, of: OfRefreshFile): RawBuilder<unknown> {
  const corrects = of.n > 1;
  const kept = corrects
    ? sql`coalesce(a.last_digits_after, t.last_digits) as kept_digits,
          coalesce(a.expiry_after, t.expiry) as kept_expiry, p.verdict as said_before`
    : sql`t.last_digits as kept_digits, t.expiry as kept_expiry, null::smallint as said_before`;
  const isOlder = sql`(t.line is not null and s.verdict = 0 and s.expiry < t.expiry)`;
  return sql`
    select s.line as result_line, s.member_id, s.verdict, s.last_digits, s.expiry,
           t.line, t.card_id, t.last_digits as asked_digits, t.expiry as asked_expiry, ${kept},
           k.last_digits as card_digits, k.expiry as card_expiry,
           (k.id is null or k.deleted_at is not null) as gone,
           case when s.fault is not null then s.fault when t.line is null then 'unmatched'
                when ${isOlder} then 'bad_data' end as fault,
           case when s.fault is not null then s.field when ${isOlder} then '新有効期限' end as field
      from staged_refresh s
      ${targetOf(of)}
      left join cards k on k.id = t.card_id and k.merchant_id = ${merchantId}
      ${corrects ? earlier(of.refreshId) : sql``}`;
}

async function judgeStage(trx: Trx, merchantId: number, of: OfRefreshFile): Promise<void> {
  const isNewNumber = sql`
    (verdict = 0 and last_digits is not null
     and right(last_digits, length(asked_digits)) <> asked_digits
     and right(asked_digits, length(last_digits)) <> last_digits)`;
  // Compared by column: a comparison of rows costs more, a million times.
  await sql`
    create temp table judged_refresh on commit drop as
    select result_line, member_id, fault, field, line, card_id, verdict, outcome,
           coalesce(card_digits, kept_digits) as digits_before,
           coalesce(card_expiry, kept_expiry) as expiry_before, wanted_digits, wanted_expiry,
           moves, (said_before is null or said_before <> verdict or moves) as news
      from (
        select *, outcome not in ('card_gone', 'card_changed')
                    and (wanted_digits <> card_digits or wanted_expiry <> card_expiry) as moves
          from (
            select *,
                   case when gone then 'card_gone'
                        when right(card_digits, 3) <> right(kept_digits, 3)
                          or card_expiry > kept_expiry then 'card_changed'
                        when verdict <> 0 then 'refused'
                        when wanted_expiry <= ${nextBillingMonth(of.month)} then 'no_newer_data'
                        when ${isNewNumber} or expiry <> asked_expiry then 'renewed'
                        else 'valid' end as outcome
              from (
                select *,
                       case when ${isNewNumber} then last_digits
                            when kept_digits = asked_digits then card_digits
                            else asked_digits end as wanted_digits,
                       case when verdict = 0 and expiry is not null then expiry
                            when kept_expiry = asked_expiry then card_expiry
                            else asked_expiry end as wanted_expiry
                  from (${matchedRows(merchantId, of)}) matched) wanted) judged) moved`.execute(
    trx,
  );
}

/**
 * Rows of one card: where they say the same, the first counts; where they do not, nobody can tell which
 * is right, and none does.
 */
async function quarantineDoubles(trx: Trx): Promise<void> {
  await sql`
    with several as (
      select line from judged_refresh where fault is null group by line having count(*) > 1
    ), doubled as (
      select line, min(result_line) as first,
             min(verdict) = max(verdict) and min(wanted_digits) = max(wanted_digits)
               and min(wanted_expiry) = max(wanted_expiry) as same
        from judged_refresh where fault is null and line in (select line from several)
       group by line)
    update judged_refresh j set fault = 'doubled'
      from doubled d
     where j.line = d.line and j.fault is null
       and (not d.same or j.result_line <> d.first)`.execute(trx);
}

/** Writes what was classified into the record and brings the cards up to date, each at most once. */
export async function mergeRefreshStage(
  trx: Trx,
  merchantId: number,
  of: OfRefreshFile & {
    readonly classified: ClassifiedRefresh;
    readonly fileId: number;
    readonly layoutKey: string;
    readonly now: string;
  },
): Promise<RefreshCounts> {
  const { refreshId, n, classified, now } = of;
  const head = sql`${refreshId}::bigint`;
  const inserted = await sql`
    insert into refresh_results (refresh_id, line, n, merchant_id, card_id, result_line, verdict,
      outcome, last_digits_before, expiry_before, last_digits_after, expiry_after)
    select ${head}, line, ${n}::int, ${merchantId}::bigint, card_id, result_line, verdict, outcome,
           digits_before, expiry_before, case when moves then wanted_digits end,
           case when moves then wanted_expiry end
      from judged_refresh where fault is null and news`.execute(trx);
  await sql`
    insert into refresh_quarantine (refresh_id, n, result_line, merchant_id, reason, field, member_id)
    select ${head}, ${n}::int, result_line, ${merchantId}::bigint, fault, field, member_id
      from judged_refresh where fault is not null order by result_line`.execute(trx);
  await sql`
    update cards k set last_digits = j.wanted_digits, expiry = j.wanted_expiry, updated_at = ${now}
      from judged_refresh j
     where j.fault is null and j.moves
       and k.id = j.card_id and k.merchant_id = ${merchantId}`.execute(trx);
  const news = Number(inserted.numAffectedRows ?? 0n);
  await refreshStatistics(trx, news, ['refresh_results']);
  const counts = await countRefresh(trx, merchantId, { refreshId, classified, news });
  const { lines, merged, quarantined, missing } = counts;
  await trx
    .insertInto('refresh_result_files')
    .values({
      ...{ refresh_id: refreshId, n, merchant_id: merchantId, file_id: of.fileId },
      ...{ layout_key: of.layoutKey, read_at: now, lines, merged, news, quarantined, missing },
      counts: JSON.stringify({ ...counts, byReason: classified.quarantined }),
    })
    .execute();
  return counts;
}

async function countRefresh(
  trx: Trx,
  merchantId: number,
  of: {
    readonly refreshId: number;
    readonly classified: ClassifiedRefresh;
    readonly news: number;
  },
): Promise<RefreshCounts> {
  const { refreshId, classified, news } = of;
  const { rows } = await sql<{ outcome: RefreshOutcome; verdict: RefreshVerdict; cards: number }>`
    select outcome, verdict, count(*)::int as cards from (
      select distinct on (line) outcome, verdict from refresh_results
       where merchant_id = ${merchantId} and refresh_id = ${refreshId}
       order by line, n desc) newest
     group by outcome, verdict`.execute(trx);
  const {
    rows: [total],
  } = await sql<{ targets: number }>`
    select count(*)::int as targets from refresh_targets
     where merchant_id = ${merchantId} and refresh_id = ${refreshId}`.execute(trx);
  const cards = (outcome: RefreshOutcome, verdict?: RefreshVerdict) =>
    rows
      .filter((row) => row.outcome === outcome && (verdict ?? row.verdict) === row.verdict)
      .reduce((sum, row) => sum + row.cards, 0);
  const judged = rows.reduce((sum, row) => sum + row.cards, 0);
  const targets = total?.targets ?? 0;
  return {
    targets,
    lines: classified.lines,
    merged: classified.merged,
    news,
    quarantined: classified.lines - classified.merged,
    missing: targets - judged,
    renewed: cards('renewed'),
    valid: cards('valid'),
    noNewerData: cards('no_newer_data'),
    cardChanged: cards('card_changed'),
    cardGone: cards('card_gone'),
    invalid: cards('refused', 1),
    mismatched: cards('refused', 2),
    inputErrors: cards('refused', 3),
  };
}
