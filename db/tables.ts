import type { ColumnType, JSONColumnType } from 'kysely';
import type { AccessTables } from './access-tables.ts';
import type { CardLockTables } from './card-lock-tables.ts';
import type { CarrierTables } from './carrier-tables.ts';
import type {
  Fact,
  Id,
  Instant,
  Json,
  Kept,
  LaterInstant,
  OpenId,
  OptionalFact,
} from './column-types.ts';
import type { CorrectionTables } from './correction-tables.ts';
import type { ExchangeTables } from './exchange-tables.ts';
import type { ImportTables } from './import-tables.ts';
import type { InquiryTables } from './inquiry-tables.ts';
import type { MailTables } from './mail-tables.ts';
import type { MigrationTables } from './migration-tables.ts';
import type { MoneyTables } from './money-tables.ts';
import type { NgTables } from './ng-tables.ts';
import type { OrderTables } from './order-tables.ts';
import type { OutsideTables } from './outside-tables.ts';
import type { PreviewTables } from './preview-tables.ts';
import type { ReconciliationTables } from './reconciliation-tables.ts';
import type { RefreshTables } from './refresh-tables.ts';
import type { ScheduleTables } from './schedule-tables.ts';
import type { WebhookTables } from './webhook-tables.ts';

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
  /** When it came to its stage; null = when it was started, or before this was kept. */
  stage_since: LaterInstant;
  stage_changes: Kept<number>;
}

export interface Database
  extends AccessTables,
    CardLockTables,
    CarrierTables,
    CorrectionTables,
    ExchangeTables,
    ImportTables,
    MailTables,
    MigrationTables,
    MoneyTables,
    NgTables,
    InquiryTables,
    ReconciliationTables,
    RefreshTables,
    OrderTables,
    OutsideTables,
    PreviewTables,
    ScheduleTables,
    WebhookTables {
  merchants: MerchantsTable;
  merchant_settings: MerchantSettingsTable;
  audit_entries: AuditEntriesTable;
  decisions: DecisionsTable;
  files: FilesTable;
  file_chunks: FileChunksTable;
  cycles: CyclesTable;
}
