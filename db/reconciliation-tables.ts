import type { Fact, Instant, OptionalFact } from './column-types.ts';

/** What people decided about results that no file settled; see tables.ts. */

export interface StraySettlementsTable {
  exchange_id: Fact<number>;
  round: Fact<number>;
  result_line: Fact<number>;
  merchant_id: Fact<number>;
  order_number: OptionalFact<string | null>;
  yen: OptionalFact<number | null>;
  /** For the how-manieth time the order and amount stand in the result, from 1. */
  occurrence: Fact<number>;
  action: Fact<'acknowledge' | 'other_file'>;
  decision_id: Fact<number>;
  settled_at: Instant;
}
export interface DeskDecisionsTable {
  decision_id: Fact<number>;
  /** Public ID of the item. */
  item: Fact<string>;
  merchant_id: Fact<number>;
  action: Fact<string>;
  reason: Fact<string>;
  decided_at: Instant;
}

export interface ReconciliationTables {
  stray_settlements: StraySettlementsTable;
  desk_decisions: DeskDecisionsTable;
}
