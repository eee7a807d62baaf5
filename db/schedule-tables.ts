import type { Fact, Instant } from './column-types.ts';

/** Tables about what starts by itself, as db/tables.ts has those of the rest. */

export interface ScheduleDecisionsTable {
  merchant_id: Fact<number>;
  what: Fact<'cycle' | 'refresh' | 'retention'>;
  n: Fact<number>;
  paused: Fact<boolean>;
  actor: Fact<string>;
  reason: Fact<string>;
  decided_at: Instant;
}

export interface ScheduleTables {
  schedule_decisions: ScheduleDecisionsTable;
}
