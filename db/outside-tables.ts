import type { ColumnType, GeneratedAlways } from 'kysely';
import type { Fact, Instant, OptionalFact } from './column-types.ts';

/** Tables about other people's machines, as db/tables.ts has those of the rest. */

export interface MerchantSecretsTable {
  merchant_id: Fact<number>;
  name: Fact<string>;
  version: Fact<number>;
  key_id: Fact<string>;
  iv: Fact<Buffer>;
  data: Fact<Buffer>;
  set_at: Instant;
  set_by: Fact<string>;
}
export interface AllowedHostsTable {
  merchant_id: Fact<number>;
  host: Fact<string>;
  version: Fact<number>;
  allowed: Fact<boolean>;
  reason: Fact<string>;
  set_at: Instant;
  set_by: Fact<string>;
}
export interface SourceFilesTable {
  id: GeneratedAlways<number>;
  merchant_id: Fact<number>;
  cycle_id: Fact<number>;
  source: Fact<string>;
  name: Fact<string>;
  bytes: Fact<number>;
  mark: Fact<string>;
  sha256: OptionalFact<string | null>;
  fetched_at: Instant;
  refusal: ColumnType<string | null, string | null | undefined, string | null>;
  refused_settings_version: ColumnType<number | null, number | null | undefined, number | null>;
}
export interface SourceLooksTable {
  merchant_id: Fact<number>;
  looked_at: ColumnType<string, string | Date, string | Date>;
  source: string;
  seen: ColumnType<unknown, string, string>;
  error: ColumnType<string | null, string | null | undefined, string | null>;
  error_at: ColumnType<string | null, string | Date | null | undefined, string | Date | null>;
}

export interface OutsideTables {
  merchant_secrets: MerchantSecretsTable;
  allowed_hosts: AllowedHostsTable;
  source_files: SourceFilesTable;
  source_looks: SourceLooksTable;
}
