import type { GeneratedAlways } from 'kysely';
import type { LockMismatch } from '../billing/card-lock.ts';
import type { CardService } from '../billing/card-service.ts';
import type { Fact, Instant, OptionalFact } from './column-types.ts';

/** Cards that the refresh refused, and what let them go. */
export interface CardLockTables {
  card_locks: CardLocksTable;
  open_card_locks: CardLocksTable;
  billing_card_locks: CardLocksTable;
  locked_charges: {
    merchant_id: Fact<number>;
    lock_id: Fact<number>;
    cycle_id: Fact<number>;
    charge_id: Fact<number>;
  };
  card_unlocks: {
    lock_id: Fact<number>;
    merchant_id: Fact<number>;
    how: Fact<'replaced' | 'override'>;
    import_id: OptionalFact<number | null>;
    override_id: OptionalFact<number | null>;
    unlocked_at: Instant;
  };
  card_lock_overrides: {
    id: GeneratedAlways<number>;
    merchant_id: Fact<number>;
    lock_id: Fact<number>;
    n: Fact<number>;
    mismatch: Fact<LockMismatch>;
    evidence_file_id: Fact<number>;
    reason: Fact<string>;
    requested_by: Fact<string>;
    requested_at: Instant;
  };
  card_lock_override_answers: {
    override_id: Fact<number>;
    merchant_id: Fact<number>;
    answer: Fact<'approved' | 'rejected'>;
    reason: Fact<string>;
    answered_by: Fact<string>;
    answered_at: Instant;
  };
}

interface CardLocksTable {
  id: GeneratedAlways<number>;
  merchant_id: Fact<number>;
  number: Fact<number>;
  card_id: Fact<number>;
  n: Fact<number>;
  customer_id: Fact<number>;
  customer_number: Fact<string>;
  service: Fact<CardService>;
  last_digits: Fact<string>;
  expiry: Fact<string>;
  refresh_id: Fact<number>;
  line: Fact<number>;
  result_n: Fact<number>;
  result_line: Fact<number>;
  verdict: Fact<1 | 2 | 3>;
  locked_at: Instant;
}
