import type { ColumnType } from 'kysely';
import type {
  Fact,
  Instant,
  Json,
  LaterInstant,
  OpenId,
  OptionalFact,
  OptionalInstant,
} from './column-types.ts';

/** The tables of files that go to a PSP and come back, and of orders kept out of them; see tables.ts. */

export type ExchangeKind = 'auth' | 'capture' | 'retry' | 'link' | 'refresh';
export type ExchangeTransport = 'portal' | 'telegram' | 'sftp';
export type ExchangeStage =
  | 'built'
  | 'handing_over'
  | 'awaiting_result'
  | 'reconciling'
  | 'unknown'
  | 'reconciled'
  | 'rejected'
  | 'cancelled';
export interface ExchangesTable {
  id: OpenId;
  merchant_id: Fact<number>;
  cycle_id: OptionalFact<number | null>;
  billing_month: Fact<string>;
  kind: Fact<ExchangeKind>;
  number: Fact<number>;
  transport: Fact<ExchangeTransport>;
  stage: ExchangeStage;
  attention: ColumnType<boolean, boolean | undefined, boolean>;
  file_id: number;
  records: number;
  amount_yen: number;
  acceptance_number: ColumnType<string | null, string | null | undefined, string | null>;
  accepted_at: LaterInstant;
  completed_at: LaterInstant;
  /** Since when nobody knows whether the upload went through; null = never said. */
  unclear_at: LaterInstant;
  finished_at: LaterInstant;
  /** When the machine acts next; null with `attention` = never again by itself. */
  due_at: LaterInstant;
  /** What stands in the machine's way, in an operator's words. */
  note: ColumnType<string | null, string | null | undefined, string | null>;
  created_at: Instant;
}
/** A result as a look saw it in its folder. */
export interface ResultSightingsTable {
  merchant_id: Fact<number>;
  file_name: Fact<string>;
  bytes: Fact<number>;
  mark: Fact<string>;
  seen_at: Instant;
}
export interface SendsTable {
  exchange_id: Fact<number>;
  send_number: Fact<number>;
  merchant_id: Fact<number>;
  intended_at: Instant;
  deadline: OptionalInstant;
}
export interface SendAnswersTable {
  exchange_id: Fact<number>;
  send_number: Fact<number>;
  merchant_id: Fact<number>;
  answer: Fact<'accepted' | 'rejected' | 'not_sent'>;
  acceptance_number: OptionalFact<string | null>;
  decision_id: OptionalFact<number | null>;
  recorded_at: Instant;
}
export interface FormatErrorsTable {
  exchange_id: Fact<number>;
  send_number: Fact<number>;
  i: Fact<number>;
  merchant_id: Fact<number>;
  part: Fact<'header' | 'data' | 'trailer'>;
  line: OptionalFact<number | null>;
  item: Fact<string>;
  content: Fact<string>;
}
export interface FileLinesTable {
  exchange_id: Fact<number>;
  line_number: Fact<number>;
  merchant_id: Fact<number>;
  charge_id: Fact<number>;
  n: Fact<number>;
  k: OptionalFact<number | null>;
  order_number: Fact<string>;
  yen: Fact<number>;
}
export interface ResultFilesTable {
  exchange_id: Fact<number>;
  round: Fact<number>;
  merchant_id: Fact<number>;
  file_id: Fact<number>;
  findings: Json;
  ingested_at: Instant;
}
export type ResultVerdict = 'ok' | 'ng' | 'unknown' | 'quarantined';
export interface ResultLinesTable {
  exchange_id: Fact<number>;
  round: Fact<number>;
  line_number: Fact<number>;
  merchant_id: Fact<number>;
  verdict: Fact<ResultVerdict>;
  result_line: OptionalFact<number | null>;
  response_code: OptionalFact<string | null>;
  response_detail: OptionalFact<string | null>;
  payment_id: OptionalFact<string | null>;
  processed_at: OptionalInstant;
  reasons: ColumnType<unknown, string | undefined, never>;
}
export interface ResultStraysTable {
  exchange_id: Fact<number>;
  round: Fact<number>;
  result_line: Fact<number>;
  merchant_id: Fact<number>;
  order_number: OptionalFact<string | null>;
  yen: OptionalFact<number | null>;
  reasons: Json;
}

export interface OrderHoldsTable {
  merchant_id: Fact<number>;
  order_number: Fact<string>;
  /** The how-manieth hold of this order number, from 1. */
  n: Fact<number>;
  cycle_id: Fact<number>;
  decision_id: Fact<number>;
  held_at: Instant;
}
export interface OrderHoldReleasesTable {
  merchant_id: Fact<number>;
  order_number: Fact<string>;
  n: Fact<number>;
  decision_id: Fact<number>;
  released_at: Instant;
}
/** A view: holds without a release. Nothing is inserted into it. */
export interface OpenOrderHoldsView {
  merchant_id: ColumnType<number, never, never>;
  order_number: ColumnType<string, never, never>;
  n: ColumnType<number, never, never>;
  cycle_id: ColumnType<number, never, never>;
  decision_id: ColumnType<number, never, never>;
  held_at: ColumnType<string, never, never>;
}

export interface ExchangeTables {
  exchanges: ExchangesTable;
  result_sightings: ResultSightingsTable;
  sends: SendsTable;
  send_answers: SendAnswersTable;
  format_errors: FormatErrorsTable;
  file_lines: FileLinesTable;
  result_files: ResultFilesTable;
  result_lines: ResultLinesTable;
  result_strays: ResultStraysTable;
  order_holds: OrderHoldsTable;
  order_hold_releases: OrderHoldReleasesTable;
  open_order_holds: OpenOrderHoldsView;
}
