import type { ColumnType, GeneratedAlways } from 'kysely';
import type { CardBrand, CardService } from '../billing/card-service.ts';
import type { ImportKind, ImportStage } from '../billing/file-import.ts';

/** Tables of customers, cards and imports, as db/tables.ts has those of the rest. */

type Fact<T> = ColumnType<T, T, never>;
type Instant = ColumnType<string, string | Date, never>;
type Changing<T> = ColumnType<T, T | undefined, T>;
type LaterInstant = ColumnType<
  string | null,
  string | Date | null | undefined,
  string | Date | null
>;

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
    settings_version: Changing<number | null>;
    encoding: Changing<string | null>;
    rows: Changing<number>;
    imported: Changing<number>;
    failed: Changing<number>;
    warned: Changing<number>;
    remarks: Changing<string[]>;
    trouble: Changing<string | null>;
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
    name: Changing<string | null>;
    kana: Changing<string | null>;
    postal_code: Changing<string | null>;
    prefecture: Changing<string | null>;
    city: Changing<string | null>;
    street: Changing<string | null>;
    building: Changing<string | null>;
    phone: Changing<string | null>;
    email: Changing<string | null>;
    gender: Changing<string | null>;
    birth_date: Changing<string | null>;
    occupation_id: Changing<number | null>;
    tag_ids: Changing<number[]>;
    newsletter: Changing<boolean | null>;
    customer_type: Changing<number | null>;
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
    holder: Changing<string | null>;
    send_id: Changing<string | null>;
    sequence: Changing<string | null>;
    expiry: string;
    auth_key_id: Changing<string | null>;
    auth_key_iv: Changing<Buffer | null>;
    auth_key_data: Changing<Buffer | null>;
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
    acknowledged_by: Changing<string | null>;
  };
  subscriptions: {
    merchant_id: Fact<number>;
    subscription_number: Fact<string>;
    customer_id: Fact<number>;
    card_id: Changing<number | null>;
    amount_yen: number;
    status: 'active' | 'paused' | 'ended';
    next_month: Changing<string | null>;
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
