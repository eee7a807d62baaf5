import type { Fact, Id, Instant, OpenId, OptionalFact, OptionalInstant } from './column-types.ts';

/** The tables of orders as collected, who was selected and which runs bill them; see tables.ts. */

export interface OrderCollectionsTable {
  id: OpenId;
  merchant_id: Fact<number>;
  cycle_id: Fact<number>;
  n: Fact<number>;
  file_id: Fact<number>;
  settings_version: Fact<number>;
  encoding: Fact<string>;
  records: Fact<number>;
  quarantined: Fact<number>;
  collected_at: Instant;
  complete: Fact<boolean>;
  added: Fact<number>;
  changed: Fact<number>;
  unchanged: Fact<number>;
  gone: Fact<number>;
}

export interface OrderAbsencesTable {
  collection_id: Fact<number>;
  order_number: Fact<string>;
  merchant_id: Fact<number>;
  cycle_id: Fact<number>;
  gone: Fact<boolean>;
}

export interface OrdersTable {
  collection_id: Fact<number>;
  record: Fact<number>;
  line: Fact<number>;
  merchant_id: Fact<number>;
  order_number: Fact<string>;
  customer_number: Fact<string>;
  ordered_at: OptionalInstant;
  payment_method: Fact<string>;
  cycle_count: OptionalFact<number | null>;
  previous_order_number: OptionalFact<string | null>;
  amount_yen: Fact<number>;
  shipment: Fact<'unknown' | 'unshipped' | 'shipped'>;
  shipped_on: OptionalFact<string | null>;
  status: Fact<string>;
  customer_name: Fact<string>;
  email: Fact<string>;
  phone: Fact<string>;
  exclusion: OptionalFact<string | null>;
  cycle_id: Fact<number>;
  version: OptionalFact<number>;
}

export interface QuarantinedOrdersTable {
  collection_id: Fact<number>;
  record: Fact<number>;
  line: Fact<number>;
  merchant_id: Fact<number>;
  order_number: OptionalFact<string | null>;
  column_name: OptionalFact<string | null>;
  value: OptionalFact<string | null>;
  reason_code: Fact<string>;
  reason_ja: Fact<string>;
  reason_en: Fact<string>;
  cycle_id: Fact<number>;
  version: OptionalFact<number | null>;
}

export interface SelectionsTable {
  id: OpenId;
  merchant_id: Fact<number>;
  cycle_id: Fact<number>;
  n: Fact<number>;
  collection_id: Fact<number>;
  selected_at: Instant;
}

export interface SelectionRowsTable {
  selection_id: Fact<number>;
  record: Fact<number>;
  merchant_id: Fact<number>;
  order_number: OptionalFact<string | null>;
  amount_yen: OptionalFact<number | null>;
  verdict: Fact<'selected' | 'excluded' | 'quarantined'>;
  reason: OptionalFact<string | null>;
  charge_id: OptionalFact<number | null>;
  cycle_id: Fact<number>;
  collection_id: Fact<number>;
  version: OptionalFact<number | null>;
  n: OptionalFact<number>;
}

export interface RunsTable {
  id: Id;
  merchant_id: Fact<number>;
  cycle_id: Fact<number>;
  n: Fact<number>;
  scope: Fact<'all' | 'chosen'>;
  /** How many were chosen. */
  orders: OptionalFact<number | null>;
  decision_id: OptionalFact<number | null>;
  opened_at: Instant;
}

export interface RunOrdersTable {
  run_id: Fact<number>;
  order_number: Fact<string>;
  merchant_id: Fact<number>;
}

export interface RunPlansTable {
  run_id: Fact<number>;
  merchant_id: Fact<number>;
  selection_id: Fact<number>;
  charges: Fact<number>;
  planned_at: Instant;
}

export interface OrderTables {
  order_collections: OrderCollectionsTable;
  order_absences: OrderAbsencesTable;
  orders: OrdersTable;
  quarantined_orders: QuarantinedOrdersTable;
  selections: SelectionsTable;
  selection_rows: SelectionRowsTable;
  /** A view of the selection rows that hold today. Nothing is inserted into it. */
  order_verdicts: SelectionRowsTable;
  runs: RunsTable;
  run_orders: RunOrdersTable;
  run_plans: RunPlansTable;
}
