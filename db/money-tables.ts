import type { ColumnType } from 'kysely';
import type { ChargeState } from '../billing/charge.ts';
import type { Fact, Id, Instant, OpenId, OptionalFact, OptionalInstant } from './column-types.ts';

/** The record of money: what each charge is made of, was asked for and came to. */

export interface ChargesTable {
  id: OpenId;
  merchant_id: Fact<number>;
  cycle_id: Fact<number>;
  order_number: Fact<string>;
  identity_month: OptionalFact<string>;
  customer_number: Fact<string>;
  previous_order_number: Fact<string>;
  position: Fact<number>;
  created_at: Instant;
  collection_id: OptionalFact<number | null>;
  record: OptionalFact<number | null>;
  preview_id: OptionalFact<number | null>;
}
export interface ShipmentsTable {
  charge_id: Fact<number>;
  merchant_id: Fact<number>;
  shipped_on: Fact<string>;
  collection_id: OptionalFact<number | null>;
  decision_id: OptionalFact<number | null>;
  recorded_at: Instant;
}
export interface CaptureRequestsTable {
  charge_id: Fact<number>;
  n: Fact<number>;
  merchant_id: Fact<number>;
  decision_id: Fact<number>;
  requested_at: Instant;
  /** Null: the authorized amount. */
  amount_yen: OptionalFact<number | null>;
}
export interface AuthorizationRequestsTable {
  charge_id: Fact<number>;
  n: Fact<number>;
  merchant_id: Fact<number>;
  kind: Fact<'retry' | 'again'>;
  decision_id: OptionalFact<number | null>;
  requested_at: Instant;
}
export interface ChargeItemsTable {
  charge_id: Fact<number>;
  origin_charge_id: Fact<number>;
  merchant_id: Fact<number>;
  yen: Fact<number>;
}
export type AttemptKind = 'authorization' | 'carried_over' | 'cancelled' | 'given_up' | 'released';
export interface AttemptsTable {
  charge_id: Fact<number>;
  n: Fact<number>;
  merchant_id: Fact<number>;
  kind: Fact<AttemptKind>;
  exchange_id: OptionalFact<number | null>;
  amount_yen: Fact<number>;
  decision_id: OptionalFact<number | null>;
  claimed_at: Instant;
}
export type Outcome = 'ok' | 'declined' | 'rejected' | 'not_sent';
export interface OutcomesTable {
  charge_id: Fact<number>;
  n: Fact<number>;
  merchant_id: Fact<number>;
  outcome: Fact<Outcome>;
  response_code: OptionalFact<string | null>;
  response_detail: OptionalFact<string | null>;
  payment_id: OptionalFact<string | null>;
  processed_at: OptionalInstant;
  capture_before: OptionalInstant;
  exchange_id: OptionalFact<number | null>;
  decision_id: OptionalFact<number | null>;
  recorded_at: Instant;
}
export type EndingKind = 'capture' | 'void' | 'expired';
export interface EndingsTable {
  charge_id: Fact<number>;
  n: Fact<number>;
  k: Fact<number>;
  merchant_id: Fact<number>;
  kind: Fact<EndingKind>;
  amount_yen: Fact<number>;
  exchange_id: OptionalFact<number | null>;
  decision_id: OptionalFact<number | null>;
  claimed_at: Instant;
}
export type EndingResult = 'captured' | 'voided' | 'refused' | 'not_sent';
export interface EndingResultsTable {
  charge_id: Fact<number>;
  n: Fact<number>;
  k: Fact<number>;
  merchant_id: Fact<number>;
  result: Fact<EndingResult>;
  response_code: OptionalFact<string | null>;
  response_detail: OptionalFact<string | null>;
  processed_at: OptionalInstant;
  exchange_id: OptionalFact<number | null>;
  decision_id: OptionalFact<number | null>;
  recorded_at: Instant;
}
export interface ContradictionsTable {
  id: Id;
  merchant_id: Fact<number>;
  charge_id: Fact<number>;
  n: Fact<number>;
  k: OptionalFact<number | null>;
  exchange_id: OptionalFact<number | null>;
  recorded: Fact<string>;
  received: Fact<string>;
  detail: OptionalFact<string | null>;
  recorded_at: Instant;
}
export interface ContradictionSettlementsTable {
  contradiction_id: Fact<number>;
  merchant_id: Fact<number>;
  decision_id: Fact<number>;
  settled_at: Instant;
}

/** A view: what each charge is, told from its facts. Nothing is inserted into it. */
export interface ChargeStatesView {
  charge_id: ColumnType<number, never, never>;
  merchant_id: ColumnType<number, never, never>;
  cycle_id: ColumnType<number, never, never>;
  order_number: ColumnType<string, never, never>;
  customer_number: ColumnType<string, never, never>;
  position: ColumnType<number, never, never>;
  state: ColumnType<ChargeState, never, never>;
  /** The latest attempt, null when there is none. */
  n: ColumnType<number | null, never, never>;
  /** The latest ending of that attempt, null when there is none. */
  k: ColumnType<number | null, never, never>;
  /** The sum of the charge's items. */
  amount_yen: ColumnType<number, never, never>;
  captured_yen: ColumnType<number, never, never>;
  response_code: ColumnType<string | null, never, never>;
  response_detail: ColumnType<string | null, never, never>;
  capture_before: ColumnType<string | null, never, never>;
}

export interface MoneyTables {
  shipments: ShipmentsTable;
  capture_requests: CaptureRequestsTable;
  authorization_requests: AuthorizationRequestsTable;
  charges: ChargesTable;
  charge_items: ChargeItemsTable;
  attempts: AttemptsTable;
  outcomes: OutcomesTable;
  endings: EndingsTable;
  ending_results: EndingResultsTable;
  contradictions: ContradictionsTable;
  contradiction_settlements: ContradictionSettlementsTable;
  charge_states: ChargeStatesView;
}
