import type { ColumnType, JSONColumnType } from 'kysely';
import type { ChargeState } from '../billing/charge.ts';
import type { CarrierTables } from './carrier-tables.ts';
import type {
  Fact,
  Id,
  Instant,
  Json,
  LaterInstant,
  OpenId,
  OptionalFact,
  OptionalInstant,
} from './column-types.ts';
import type { ExchangeTables } from './exchange-tables.ts';
import type { ImportTables } from './import-tables.ts';
import type { MailTables } from './mail-tables.ts';
import type { OrderTables } from './order-tables.ts';
import type { OutsideTables } from './outside-tables.ts';

export type { ExchangeKind, ExchangeStage, ResultVerdict } from './exchange-tables.ts';

/**
 * The tables as TypeScript sees them; the migrations are the authority. `never` in the third place
 * of a ColumnType is the record's first rule, facts are inserted and not updated, said to the
 * compiler; the database says it again by grants.
 */

export interface MerchantsTable {
  id: Id;
  slug: Fact<string>;
  name: string;
  kind: Fact<'real' | 'sandbox'>;
  clock_offset_ms: ColumnType<number, number | undefined, number>;
  created_at: Instant;
}
export interface MerchantSettingsTable {
  merchant_id: Fact<number>;
  version: Fact<number>;
  settings: JSONColumnType<Record<string, unknown>, string, never>;
  actor: Fact<string>;
  reason: OptionalFact<string | null>;
  recorded_at: Instant;
}
export interface TokensTable {
  id: Id;
  token_hash: Fact<Buffer>;
  actor: Fact<string>;
  role: Fact<'viewer' | 'operator' | 'approver' | 'admin'>;
  all_merchants: Fact<boolean>;
  created_at: Instant;
  expires_at: OptionalInstant;
  revoked_at: LaterInstant;
}
export interface TokenMerchantsTable {
  token_id: Fact<number>;
  merchant_id: Fact<number>;
}
export interface AuditEntriesTable {
  chain_id: Fact<number>;
  n: Fact<number>;
  entry: Fact<string>;
  previous_hash: Fact<Buffer>;
  hash: Fact<Buffer>;
  recorded_at: Instant;
}
export interface DecisionsTable {
  id: Id;
  merchant_id: Fact<number>;
  idempotency_key: Fact<string>;
  workflow_id: Fact<string>;
  act: Fact<string>;
  body: Json;
  actor: Fact<string>;
  reason: OptionalFact<string | null>;
  decided_at: Instant;
}

export interface FilesTable {
  id: OpenId;
  merchant_id: Fact<number>;
  sha256: Fact<string>;
  name: Fact<string>;
  kind: Fact<string>;
  direction: Fact<'inbound' | 'outbound'>;
  bytes: Fact<number>;
  chunks: Fact<number>;
  stored_at: Instant;
  stored_by: Fact<string>;
}
export interface FileChunksTable {
  file_id: Fact<number>;
  n: Fact<number>;
  key_id: Fact<string>;
  iv: Fact<Buffer>;
  data: Fact<Buffer>;
}
/** Stages of a billing cycle; also the values of the search attribute `Stage`. */
export type CycleStage =
  | 'collecting'
  | 'previewing'
  | 'awaiting_approval'
  | 'handing_over'
  | 'awaiting_result'
  | 'reconciling'
  | 'capturing'
  | 'working_ng'
  | 'closing'
  | 'closed'
  | 'stopped';
export interface CyclesTable {
  id: Id;
  merchant_id: Fact<number>;
  billing_month: Fact<string>;
  stage: CycleStage;
  attention: ColumnType<boolean, boolean | undefined, boolean>;
  started_at: Instant;
  started_by: Fact<string>;
  closed_at: LaterInstant;
  /** Why the latest step was refused; null when nothing stands in the way. */
  trouble: ColumnType<string | null, string | null | undefined, string | null>;
  scope: OptionalFact<'all' | 'chosen'>;
  attention_since: LaterInstant;
}

export interface ChargesTable {
  id: OpenId;
  merchant_id: Fact<number>;
  cycle_id: Fact<number>;
  order_number: Fact<string>;
  identity_month: OptionalFact<string>;
  customer_number: Fact<string>;
  previous_order_number: Fact<string>;
  position: Fact<number>;
  created_at: Instant;
  collection_id: OptionalFact<number | null>;
  record: OptionalFact<number | null>;
}
export interface ShipmentsTable {
  charge_id: Fact<number>;
  merchant_id: Fact<number>;
  shipped_on: Fact<string>;
  collection_id: OptionalFact<number | null>;
  decision_id: OptionalFact<number | null>;
  recorded_at: Instant;
}
export interface CaptureRequestsTable {
  charge_id: Fact<number>;
  n: Fact<number>;
  merchant_id: Fact<number>;
  decision_id: Fact<number>;
  requested_at: Instant;
}
export interface AuthorizationRequestsTable {
  charge_id: Fact<number>;
  n: Fact<number>;
  merchant_id: Fact<number>;
  kind: Fact<'retry' | 'again'>;
  decision_id: OptionalFact<number | null>;
  requested_at: Instant;
}
export interface ChargeItemsTable {
  charge_id: Fact<number>;
  origin_charge_id: Fact<number>;
  merchant_id: Fact<number>;
  yen: Fact<number>;
}
export type AttemptKind = 'authorization' | 'carried_over' | 'cancelled' | 'given_up' | 'released';
export interface AttemptsTable {
  charge_id: Fact<number>;
  n: Fact<number>;
  merchant_id: Fact<number>;
  kind: Fact<AttemptKind>;
  exchange_id: OptionalFact<number | null>;
  amount_yen: Fact<number>;
  decision_id: OptionalFact<number | null>;
  claimed_at: Instant;
}
export type Outcome = 'ok' | 'declined' | 'rejected' | 'not_sent';
export interface OutcomesTable {
  charge_id: Fact<number>;
  n: Fact<number>;
  merchant_id: Fact<number>;
  outcome: Fact<Outcome>;
  response_code: OptionalFact<string | null>;
  response_detail: OptionalFact<string | null>;
  payment_id: OptionalFact<string | null>;
  processed_at: OptionalInstant;
  capture_before: OptionalInstant;
  exchange_id: OptionalFact<number | null>;
  decision_id: OptionalFact<number | null>;
  recorded_at: Instant;
}
export type EndingKind = 'capture' | 'void' | 'expired';
export interface EndingsTable {
  charge_id: Fact<number>;
  n: Fact<number>;
  k: Fact<number>;
  merchant_id: Fact<number>;
  kind: Fact<EndingKind>;
  amount_yen: Fact<number>;
  exchange_id: OptionalFact<number | null>;
  decision_id: OptionalFact<number | null>;
  claimed_at: Instant;
}
export type EndingResult = 'captured' | 'voided' | 'refused' | 'not_sent';
export interface EndingResultsTable {
  charge_id: Fact<number>;
  n: Fact<number>;
  k: Fact<number>;
  merchant_id: Fact<number>;
  result: Fact<EndingResult>;
  response_code: OptionalFact<string | null>;
  response_detail: OptionalFact<string | null>;
  processed_at: OptionalInstant;
  exchange_id: OptionalFact<number | null>;
  decision_id: OptionalFact<number | null>;
  recorded_at: Instant;
}
export interface ContradictionsTable {
  id: Id;
  merchant_id: Fact<number>;
  charge_id: Fact<number>;
  n: Fact<number>;
  k: OptionalFact<number | null>;
  exchange_id: OptionalFact<number | null>;
  recorded: Fact<string>;
  received: Fact<string>;
  detail: OptionalFact<string | null>;
  recorded_at: Instant;
}
export interface ContradictionSettlementsTable {
  contradiction_id: Fact<number>;
  merchant_id: Fact<number>;
  decision_id: Fact<number>;
  settled_at: Instant;
}

/** A view: what each charge is, told from its facts. Nothing is inserted into it. */
export interface ChargeStatesView {
  charge_id: ColumnType<number, never, never>;
  merchant_id: ColumnType<number, never, never>;
  cycle_id: ColumnType<number, never, never>;
  order_number: ColumnType<string, never, never>;
  customer_number: ColumnType<string, never, never>;
  position: ColumnType<number, never, never>;
  state: ColumnType<ChargeState, never, never>;
  /** The latest attempt, null when there is none. */
  n: ColumnType<number | null, never, never>;
  /** The latest ending of that attempt, null when there is none. */
  k: ColumnType<number | null, never, never>;
  /** The sum of the charge's items. */
  amount_yen: ColumnType<number, never, never>;
  captured_yen: ColumnType<number, never, never>;
  response_code: ColumnType<string | null, never, never>;
  response_detail: ColumnType<string | null, never, never>;
  capture_before: ColumnType<string | null, never, never>;
}

export interface Database
  extends CarrierTables,
    ExchangeTables,
    ImportTables,
    MailTables,
    OrderTables,
    OutsideTables {
  merchants: MerchantsTable;
  merchant_settings: MerchantSettingsTable;
  tokens: TokensTable;
  token_merchants: TokenMerchantsTable;
  audit_entries: AuditEntriesTable;
  decisions: DecisionsTable;
  files: FilesTable;
  file_chunks: FileChunksTable;
  cycles: CyclesTable;
  shipments: ShipmentsTable;
  capture_requests: CaptureRequestsTable;
  authorization_requests: AuthorizationRequestsTable;
  charges: ChargesTable;
  charge_items: ChargeItemsTable;
  attempts: AttemptsTable;
  outcomes: OutcomesTable;
  endings: EndingsTable;
  ending_results: EndingResultsTable;
  contradictions: ContradictionsTable;
  contradiction_settlements: ContradictionSettlementsTable;
  charge_states: ChargeStatesView;
}
