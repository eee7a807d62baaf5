import type { ColumnType } from 'kysely';
import type { Fact, Id, Instant, Json, Kept, OptionalFact } from './column-types.ts';

/** Tables of carrier-payment results and their deliveries, as db/tables.ts has those of the rest. */

export interface CarrierCallsTable {
  id: Id;
  merchant_id: Fact<number>;
  public_id: Fact<string>;
  received_at: Instant;
  method: Fact<'GET' | 'POST'>;
  content_type: OptionalFact<string | null>;
  source_address: Fact<string>;
  /** Both null where a card number was found. */
  query: OptionalFact<Buffer | null>;
  body: OptionalFact<Buffer | null>;
  card_number_found: Fact<boolean>;
}
export interface CarrierResultsTable {
  id: Id;
  merchant_id: Fact<number>;
  public_id: Fact<string>;
  ip_code: Fact<string>;
  order_number: Fact<string>;
  version: Fact<number>;
  parameters_sha256: Fact<string>;
  call_id: Fact<number>;
  encoding: Fact<'cp932' | 'utf-8'>;
  /** `[name, value]` pairs in the order of the call, decoded. */
  parameters: Json;
  result: Fact<string>;
  carrier: OptionalFact<string | null>;
  amount_yen: OptionalFact<number | null>;
  /** Digits only. */
  phone: OptionalFact<string | null>;
  email: OptionalFact<string | null>;
  send_id: OptionalFact<string | null>;
  send_point: OptionalFact<string | null>;
  received_at: Instant;
}
export type CarrierVerdict = 'new' | 'duplicate' | 'unusable' | 'card_number';
export interface CarrierVerdictsTable {
  call_id: Fact<number>;
  merchant_id: Fact<number>;
  verdict: Fact<CarrierVerdict>;
  result_id: OptionalFact<number | null>;
  findings: Json;
  judged_at: Instant;
}

export type EndpointEncoding = 'as_received' | 'cp932' | 'utf-8';
export type EndpointState = 'active' | 'paused' | 'retired';
export interface DeliveryEndpointsTable {
  id: Id;
  merchant_id: Fact<number>;
  slug: Fact<string>;
  url: string;
  secret_name: string;
  encoding: EndpointEncoding;
  back_off_seconds: number[];
  timeout_ms: number;
  concurrency: number;
  circuit_failures: number;
  circuit_pause_seconds: number;
  state: Kept<EndpointState>;
  version: Kept<number>;
  failures_in_a_row: Kept<number>;
  circuit_open_until: ColumnType<
    string | null,
    string | Date | null | undefined,
    string | Date | null
  >;
  created_at: Instant;
  kind: ColumnType<'carrier' | 'webhook', 'carrier' | 'webhook' | undefined, never>;
  /** Of a webhook: what it wants to be told. */
  events: ColumnType<string[] | null, string[] | null | undefined, string[]>;
  secret_overlap_hours: Kept<number>;
}
export type DeliveryState = 'due' | 'delivered' | 'failed' | 'settled';
export interface DeliveriesTable {
  id: Id;
  merchant_id: Fact<number>;
  public_id: OptionalFact<string>;
  endpoint_id: Fact<number>;
  /** One of the two. */
  result_id: OptionalFact<number | null>;
  event_id: OptionalFact<number | null>;
  ordering_key: Fact<string>;
  state: Kept<DeliveryState>;
  attempt: Kept<number>;
  tries_left: number;
  due_at: ColumnType<string, string | Date, string | Date>;
  /** The desk's act by which it is sent again; its edited parameters go instead of the original. */
  act_id: ColumnType<number | null, number | null | undefined, number | null>;
  /** Of a webhook: the decision by which it is sent again. */
  resent_by: ColumnType<number | null, number | null | undefined, number | null>;
  created_at: Instant;
}
export type DeliveryOutcome =
  | 'delivered'
  | 'refused'
  | 'timed_out'
  | 'not_connected'
  | 'cut_off'
  | 'not_sent';
export interface DeliveryAttemptsTable {
  delivery_id: Fact<number>;
  attempt: Fact<number>;
  merchant_id: Fact<number>;
  outcome: Fact<DeliveryOutcome>;
  status: OptionalFact<number | null>;
  answer_start: OptionalFact<string | null>;
  duration_ms: Fact<number>;
  act_id: OptionalFact<number | null>;
  ended_at: Instant;
}
export interface SendErrorsTable {
  id: Id;
  merchant_id: Fact<number>;
  public_id: OptionalFact<string>;
  delivery_id: Fact<number>;
  /** The attempt after which it was given up. */
  attempt: Fact<number>;
  failed_at: Instant;
}
export interface SendErrorActsTable {
  id: Id;
  send_error_id: Fact<number>;
  merchant_id: Fact<number>;
  act: Fact<'resend' | 'settle'>;
  /** Edited `[name, value]` pairs; null = the original parameters. */
  parameters: ColumnType<unknown, string | null | undefined, never>;
  decision_id: Fact<number>;
  acted_at: Instant;
}

export interface SendErrorDigestsTable {
  endpoint_id: Fact<number>;
  up_to_error_id: Fact<number>;
  merchant_id: Fact<number>;
  posted_at: Instant;
}

export interface CarrierResendTasksTable {
  id: Id;
  public_id: OptionalFact<string>;
  merchant_id: Fact<number>;
  mail_id: Fact<number>;
  n: Fact<number>;
  ip_code: OptionalFact<string | null>;
  order_number: Fact<string>;
  failed_at: Instant;
  opened_at: Instant;
}

export interface CarrierResendClosingsTable {
  task_id: Fact<number>;
  merchant_id: Fact<number>;
  decision_id: Fact<number>;
  closed_at: Instant;
}

export interface CarrierTables {
  carrier_calls: CarrierCallsTable;
  carrier_results: CarrierResultsTable;
  carrier_verdicts: CarrierVerdictsTable;
  delivery_endpoints: DeliveryEndpointsTable;
  deliveries: DeliveriesTable;
  delivery_attempts: DeliveryAttemptsTable;
  send_errors: SendErrorsTable;
  send_error_acts: SendErrorActsTable;
  send_error_digests: SendErrorDigestsTable;
  carrier_resend_tasks: CarrierResendTasksTable;
  carrier_resend_closings: CarrierResendClosingsTable;
}
