import type {
  CustomerChoice,
  MigrationStage,
  RoundState,
  RowVerdict,
} from '../billing/card-migration.ts';
import type { CardBrand, CardService } from '../billing/card-service.ts';
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

/** Tables of card migrations, as db/tables.ts has those of the rest. */

export interface MigrationTables {
  card_migrations: {
    id: Id;
    merchant_id: Fact<number>;
    number: Fact<number>;
    service: Fact<CardService>;
    old_service: Fact<string>;
    scope: Json;
    follows_id: OptionalFact<number | null>;
    rehearsal: Fact<boolean>;
    request_key: Fact<string>;
    stage: MigrationStage;
    waits_since: Kept<string>;
    due_at: LaterInstant;
    note: Kept<string | null>;
    started_at: Instant;
    started_by: Fact<string>;
    finished_at: LaterInstant;
  };
  migration_acknowledgements: {
    id: Id;
    merchant_id: Fact<number>;
    migration_id: Fact<number>;
    check_name: Fact<string>;
    on_date: OptionalFact<string | null>;
    acknowledged_at: Instant;
    acknowledged_by: Fact<string>;
  };
  migration_customer_decisions: {
    id: Id;
    merchant_id: Fact<number>;
    migration_id: Fact<number>;
    customer_id: Fact<number>;
    choice: Fact<CustomerChoice>;
    card_id: OptionalFact<number | null>;
    card_ids: Fact<number[]>;
    decided_at: Instant;
    decided_by: Fact<string>;
  };
  migration_link_files: {
    id: OpenId;
    merchant_id: Fact<number>;
    migration_id: Fact<number>;
    n: Fact<number>;
    file_id: Fact<number>;
    file_name: Fact<string>;
    customers: Fact<number>;
    settings_version: Fact<number>;
    released_at: Instant;
    released_by: Fact<string>;
  };
  migration_customers: {
    link_file_id: Fact<number>;
    customer_id: Fact<number>;
    merchant_id: Fact<number>;
  };
  migration_hand_overs: {
    link_file_id: Fact<number>;
    merchant_id: Fact<number>;
    way: Fact<'person' | 'sftp'>;
    handed_over_at: Instant;
    handed_over_by: Fact<string>;
  };
  migration_rounds: {
    id: Id;
    merchant_id: Fact<number>;
    migration_id: Fact<number>;
    link_file_id: Fact<number>;
    n: Fact<number>;
    file_id: Fact<number>;
    file_name: Fact<string>;
    addition: Fact<boolean>;
    state: RoundState;
    import_id: Kept<number | null>;
    lines: Kept<number>;
    imported: Kept<number>;
    failed: Kept<number>;
    quarantined: Kept<number>;
    settings_version: Kept<number | null>;
    coverage: Kept<unknown>;
    trouble: Kept<string | null>;
    taken_at: Instant;
    taken_by: Fact<string>;
    finished_at: LaterInstant;
    superseded_at: LaterInstant;
  };
  migration_rows: {
    round_id: Fact<number>;
    line: Fact<number>;
    merchant_id: Fact<number>;
    record: OptionalFact<number | null>;
    customer_id: OptionalFact<number | null>;
    verdict: Fact<RowVerdict>;
    columns: Fact<(string | null)[]>;
    errors: Fact<string[]>;
  };
  migration_card_changes: {
    round_id: Fact<number>;
    card_id: Fact<number>;
    merchant_id: Fact<number>;
    created: Fact<boolean>;
    last_digits: Fact<string | null>;
    brand: Fact<CardBrand | null>;
    holder: Kept<string | null>;
    send_id: Fact<string | null>;
    sequence: Fact<string | null>;
    expiry: Fact<string | null>;
    auth_key_id: Kept<string | null>;
    auth_key_iv: Kept<Buffer | null>;
    auth_key_data: Kept<Buffer | null>;
    import_id: Fact<number | null>;
    updated_at: Fact<string | null>;
    deleted_at: Fact<string | null>;
  };
  migration_acceptances: {
    migration_id: Fact<number>;
    merchant_id: Fact<number>;
    coverage: Json;
    accepted_at: Instant;
    accepted_by: Fact<string>;
  };
  migration_scope: {
    migration_id: Fact<number>;
    merchant_id: Fact<number>;
    customer_id: Fact<number>;
  };
  migration_results: {
    migration_id: Fact<number>;
    merchant_id: Fact<number>;
    round_id: Fact<number>;
    round: Fact<number>;
    line: Fact<number>;
    record: Fact<number | null>;
    customer_id: Fact<number | null>;
    result: Fact<'imported' | 'failed' | 'quarantined'>;
    columns: Fact<(string | null)[]>;
    errors: Fact<string[]>;
  };
}
