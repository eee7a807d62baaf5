import type { CorrectionKind } from '../billing/correction.ts';
import type { Fact, Id, Instant, OptionalFact } from './column-types.ts';

/** What became known of months after they were closed. */

export interface CorrectionsTable {
  id: Id;
  merchant_id: Fact<number>;
  cycle_id: Fact<number>;
  n: Fact<number>;
  kind: Fact<CorrectionKind>;
  order_number: OptionalFact<string | null>;
  yen: OptionalFact<number | null>;
  reason: Fact<string>;
  exchange_id: OptionalFact<number | null>;
  file_id: OptionalFact<number | null>;
  recorded: OptionalFact<string | null>;
  received: OptionalFact<string | null>;
  decision_id: Fact<number>;
  recorded_at: Instant;
}
export interface CorrectionAcknowledgementsTable {
  correction_id: Fact<number>;
  merchant_id: Fact<number>;
  decision_id: Fact<number>;
  acknowledged_at: Instant;
}
/** Written by the database when a month closes. */
export interface ClosedMonthsTable {
  cycle_id: Fact<number>;
  merchant_id: Fact<number>;
  first_charge_id: Fact<number | null>;
  last_charge_id: Fact<number | null>;
}

export interface CorrectionTables {
  corrections: CorrectionsTable;
  correction_acknowledgements: CorrectionAcknowledgementsTable;
  closed_months: ClosedMonthsTable;
}
