import type { ColumnType, GeneratedAlways } from 'kysely';
import type { CardBrand, CardService } from '../billing/card-service.ts';
import type { ImportKind, ImportStage } from '../billing/file-import.ts';
import type { Fact, Instant, Kept, LaterInstant } from './column-types.ts';

/** Tables of customers, cards and imports, as db/tables.ts has those of the rest. */

export interface ImportTables {
  imports: {
    id: GeneratedAlways<number>;
    merchant_id: Fact<number>;
    number: Fact<number>;
    kind: Fact<ImportKind>;
    file_id: Fact<number>;
    file_name: Fact<string>;
    request_key: Fact<string>;
    stage: ColumnType<ImportStage, ImportStage, ImportStage>;
    settings_version: Kept<number | null>;
    encoding: Kept<string | null>;
    rows: Kept<number>;
    imported: Kept<number>;
    failed: Kept<number>;
    warned: Kept<number>;
    remarks: Kept<string[]>;
    trouble: Kept<string | null>;
    registered_at: Instant;
    registered_by: Fact<string>;
    started_at: LaterInstant;
    finished_at: LaterInstant;
  };
  import_failures: {
    import_id: Fact<number>;
    record: Fact<number>;
    line: Fact<number>;
    merchant_id: Fact<number>;
    columns: Fact<(string | null)[]>;
    errors: Fact<string[]>;
  };
  import_warnings: {
    import_id: Fact<number>;
    record: Fact<number>;
    line: Fact<number>;
    merchant_id: Fact<number>;
    columns: Fact<(string | null)[]>;
    warnings: Fact<string[]>;
  };
  occupations: RegisterTable;
  customer_tags: RegisterTable;
  customers: {
    merchant_id: Fact<number>;
    customer_id: Fact<number>;
    customer_number: Fact<string>;
    name: Kept<string | null>;
    kana: Kept<string | null>;
    postal_code: Kept<string | null>;
    prefecture: Kept<string | null>;
    city: Kept<string | null>;
    street: Kept<string | null>;
    building: Kept<string | null>;
    phone: Kept<string | null>;
    email: Kept<string | null>;
    gender: Kept<string | null>;
    birth_date: Kept<string | null>;
    occupation_id: Kept<number | null>;
    tag_ids: Kept<number[]>;
    newsletter: Kept<boolean | null>;
    customer_type: Kept<number | null>;
    import_id: ColumnType<number, number, number>;
    created_at: Instant;
    updated_at: ColumnType<string, string | Date, string | Date>;
    deleted_at: LaterInstant;
    blanked_at: LaterInstant;
  };
  customer_numberings: { merchant_id: Fact<number>; last_id: number };
  cards: {
    id: GeneratedAlways<number>;
    merchant_id: Fact<number>;
    customer_id: Fact<number>;
    service: Fact<CardService>;
    identity: Fact<string>;
    last_digits: string;
    brand: CardBrand;
    holder: Kept<string | null>;
    send_id: Kept<string | null>;
    sequence: Kept<string | null>;
    expiry: string;
    auth_key_id: Kept<string | null>;
    auth_key_iv: Kept<Buffer | null>;
    auth_key_data: Kept<Buffer | null>;
    import_id: number;
    created_at: Instant;
    updated_at: ColumnType<string, string | Date, string | Date>;
    deleted_at: LaterInstant;
  };
  customer_reviews: {
    merchant_id: Fact<number>;
    customer_id: Fact<number>;
    reason: Fact<'several_cards'>;
    import_id: Fact<number>;
    flagged_at: Instant;
    acknowledged_at: LaterInstant;
    acknowledged_by: Kept<string | null>;
  };
  subscriptions: {
    merchant_id: Fact<number>;
    subscription_number: Fact<string>;
    customer_id: Fact<number>;
    card_id: Kept<number | null>;
    amount_yen: number;
    status: 'active' | 'paused' | 'ended';
    next_month: Kept<string | null>;
    created_at: Instant;
    updated_at: ColumnType<string, string | Date, string | Date>;
    deleted_at: LaterInstant;
  };
}

/** Names that a shop registers before its files may use them: 職業 and 顧客タグ. */
interface RegisterTable {
  id: GeneratedAlways<number>;
  merchant_id: Fact<number>;
  name: string;
  deleted_at: LaterInstant;
}
