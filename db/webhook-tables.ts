import type { Fact, Id, Instant, Json, OptionalFact } from './column-types.ts';

/** What the shop's systems are told; triggers write all of it but test events (migration 35). */

export interface WebhookEventsTable {
  id: Id;
  merchant_id: Fact<number>;
  public_id: OptionalFact<string>;
  type: Fact<string>;
  /** Of the one fact that it tells. */
  key: Fact<string>;
  /** Events of one subject are delivered in their order. */
  subject: Fact<string>;
  data: Json;
  occurred_at: Instant;
  cycle_id: OptionalFact<number | null>;
  exchange_id: OptionalFact<number | null>;
  decision_id: OptionalFact<number | null>;
}

export interface WebhookTables {
  webhook_events: WebhookEventsTable;
}
