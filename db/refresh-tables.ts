import type { ColumnType, GeneratedAlways, JSONColumnType } from 'kysely';
import type {
  RefreshCounts,
  RefreshOutcome,
  RefreshQuarantineReason,
  RefreshStage,
  RefreshVerdict,
  RefreshWhy,
} from '../billing/card-refresh.ts';
import type { Fact, Instant, Kept, LaterInstant, OptionalFact } from './column-types.ts';

/** Tables of the monthly card refresh, as db/tables.ts has those of the rest. */
export interface RefreshTables {
  card_refreshes: {
    id: GeneratedAlways<number>;
    merchant_id: Fact<number>;
    month: Fact<string>;
    stage: ColumnType<RefreshStage, RefreshStage, RefreshStage>;
    attention: Kept<boolean>;
    note: Kept<string | null>;
    started_at: Instant;
    started_by: Fact<string>;
    request_at: ColumnType<string, string | Date, string | Date>;
    due_at: LaterInstant;
    unclear_at: LaterInstant;
    first: Kept<boolean | null>;
    targets: Kept<number>;
    request_file_id: Kept<number | null>;
    sent_at: LaterInstant;
    closed_at: LaterInstant;
  };
  refresh_sends: {
    refresh_id: Fact<number>;
    n: Fact<number>;
    merchant_id: Fact<number>;
    intended_at: Instant;
  };
  refresh_send_answers: {
    refresh_id: Fact<number>;
    n: Fact<number>;
    merchant_id: Fact<number>;
    answer: Fact<'accepted' | 'not_sent'>;
    answered_at: Instant;
  };
  refresh_targets: {
    refresh_id: Fact<number>;
    line: Fact<number>;
    merchant_id: Fact<number>;
    card_id: Fact<number>;
    customer_id: Fact<number>;
    member_id: Fact<string>;
    card_sequence: Fact<string>;
    last_digits: Fact<string>;
    expiry: Fact<string>;
    why: Fact<RefreshWhy>;
  };
  refresh_result_files: {
    refresh_id: Fact<number>;
    n: Fact<number>;
    merchant_id: Fact<number>;
    file_id: Fact<number>;
    layout_key: Fact<string>;
    read_at: Instant;
    lines: Fact<number>;
    merged: Fact<number>;
    news: Fact<number>;
    quarantined: Fact<number>;
    missing: Fact<number>;
    counts: JSONColumnType<RefreshCounts, string, never>;
  };
  refresh_results: {
    refresh_id: Fact<number>;
    line: Fact<number>;
    n: Fact<number>;
    merchant_id: Fact<number>;
    card_id: Fact<number>;
    result_line: Fact<number>;
    verdict: Fact<RefreshVerdict>;
    outcome: Fact<RefreshOutcome>;
    last_digits_before: Fact<string>;
    expiry_before: Fact<string>;
    last_digits_after: OptionalFact<string | null>;
    expiry_after: OptionalFact<string | null>;
  };
  refresh_quarantine: {
    refresh_id: Fact<number>;
    n: Fact<number>;
    result_line: Fact<number>;
    merchant_id: Fact<number>;
    reason: Fact<RefreshQuarantineReason>;
    field: OptionalFact<string | null>;
    member_id: OptionalFact<string | null>;
  };
  epos_banners: {
    merchant_id: Fact<number>;
    version: Fact<number>;
    content_type: OptionalFact<'image/png' | 'image/jpeg' | 'image/gif' | null>;
    content: OptionalFact<Buffer | null>;
    set_at: Instant;
    set_by: Fact<string>;
  };
}
