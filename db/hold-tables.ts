import type { ColumnType } from 'kysely';

/** The tables of orders that a person keeps out of every file; see tables.ts. */

type Fact<T> = ColumnType<T, T, never>;
type Instant = ColumnType<string, string | Date, never>;

export interface OrderHoldsTable {
  merchant_id: Fact<number>;
  order_number: Fact<string>;
  /** The how-manieth hold of this order number, from 1. */
  n: Fact<number>;
  cycle_id: Fact<number>;
  decision_id: Fact<number>;
  held_at: Instant;
}
export interface OrderHoldReleasesTable {
  merchant_id: Fact<number>;
  order_number: Fact<string>;
  n: Fact<number>;
  decision_id: Fact<number>;
  released_at: Instant;
}
/** A view: holds without a release. Nothing is inserted into it. */
export interface OpenOrderHoldsView {
  merchant_id: ColumnType<number, never, never>;
  order_number: ColumnType<string, never, never>;
  n: ColumnType<number, never, never>;
  cycle_id: ColumnType<number, never, never>;
  decision_id: ColumnType<number, never, never>;
  held_at: ColumnType<string, never, never>;
}

export interface HoldTables {
  order_holds: OrderHoldsTable;
  order_hold_releases: OrderHoldReleasesTable;
  open_order_holds: OpenOrderHoldsView;
}
