import type { ColumnType } from 'kysely';
import type {
  Fact,
  Id,
  Instant,
  Kept,
  LaterInstant,
  OptionalFact,
  OptionalInstant,
} from './column-types.ts';

/** Who may do what: tokens, people, their sessions. */

/** Filled from the start, and moved on. */
type MovingInstant = ColumnType<string, string | Date, string | Date>;
type RoleName = 'viewer' | 'operator' | 'approver' | 'admin';

export interface TokensTable {
  id: Id;
  token_hash: Fact<Buffer>;
  actor: Fact<string>;
  role: Fact<RoleName>;
  all_merchants: Fact<boolean>;
  created_at: Instant;
  expires_at: OptionalInstant;
  revoked_at: LaterInstant;
  /** Null: as its role could do before rights were there. */
  export_personal_data: OptionalFact<boolean | null>;
  edit_send_parameters: OptionalFact<boolean | null>;
}
export interface TokenMerchantsTable {
  token_id: Fact<number>;
  merchant_id: Fact<number>;
}
export interface UsersTable {
  id: Id;
  login: Fact<string>;
  name: Kept<string>;
  password_hash: Kept<string>;
  password_set_at: MovingInstant;
  password_set_by: Kept<string>;
  disabled_at: LaterInstant;
  created_at: Instant;
  created_by: Fact<string>;
}
export interface UserGrantsTable {
  id: Id;
  user_id: Fact<number>;
  /** Null = everywhere. */
  merchant_id: Fact<number | null>;
  /** Null takes away what was given. */
  role: Fact<RoleName | null>;
  export_personal_data: Fact<boolean>;
  edit_send_parameters: Fact<boolean>;
  granted_at: Instant;
  granted_by: Fact<string>;
}
export interface SessionsTable {
  id: Id;
  session_hash: Fact<Buffer>;
  user_id: Fact<number>;
  device_hash: Fact<Buffer>;
  started_at: Instant;
  seen_at: MovingInstant;
  expires_at: Instant;
  ended_at: LaterInstant;
}
export interface AuditHeadsTable {
  /** A merchant, or 0: the chain of no single merchant. */
  chain_id: Fact<number>;
  day: Fact<string>;
  n: Fact<number>;
  hash: Fact<Buffer>;
  recorded_at: Instant;
}

export interface AccessTables {
  tokens: TokensTable;
  token_merchants: TokenMerchantsTable;
  users: UsersTable;
  user_grants: UserGrantsTable;
  sessions: SessionsTable;
  audit_heads: AuditHeadsTable;
}
