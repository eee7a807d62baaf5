import type { ColumnType } from 'kysely';
import type { DeclineClass } from '../billing/decline.ts';
import type {
  LimitKind,
  NgNextStep,
  NgOutcome,
  NgRecovery,
  NgStepKind,
} from '../billing/ng-case.ts';
import type { Fact, Id, Instant, Kept, LaterInstant, OptionalFact } from './column-types.ts';

/** The tables of the NG desk; see tables.ts. */

export interface NgCasesTable {
  id: Id;
  merchant_id: Fact<number>;
  cycle_id: Fact<number>;
  charge_id: Fact<number>;
  /** Of its charge, written by a trigger. */
  order_number: ColumnType<string, never, never>;
  /** The attempt that opened it. */
  opened_n: Fact<number>;
  /** The latest declined attempt. */
  n: ColumnType<number, number, number>;
  amount_yen: Fact<number>;
  class: Kept<DeclineClass>;
  code: Kept<string | null>;
  limit_kind: Kept<LimitKind | null>;
  next_step: Kept<NgNextStep>;
  due_at: LaterInstant;
  why: Kept<string>;
  plan: ColumnType<unknown, string | undefined, string>;
  revision: Kept<number>;
  opened_at: Instant;
  outcome: Kept<NgOutcome | null>;
  recovered_by: Kept<NgRecovery | null>;
  closed_at: LaterInstant;
}
export interface NgCaseStepsTable {
  id: Id;
  case_id: Fact<number>;
  merchant_id: Fact<number>;
  kind: Fact<NgStepKind>;
  n: Fact<number>;
  /** Null: the plan. */
  decision_id: OptionalFact<number | null>;
  actor: Fact<string>;
  why: Fact<string>;
  taken_at: Instant;
}
export interface ChargeRegistrationsTable {
  charge_id: Fact<number>;
  k: Fact<number>;
  merchant_id: Fact<number>;
  /** The attempt that failed with the registration before. */
  after_n: Fact<number>;
  previous_order_number: Fact<string>;
  decision_id: Fact<number>;
  recorded_at: Instant;
}

export interface CarryOverChoicesTable {
  case_id: Fact<number>;
  k: Fact<number>;
  merchant_id: Fact<number>;
  order_number: Fact<string | null>;
  decision_id: Fact<number>;
  chosen_at: Instant;
}

export interface NgTables {
  carry_over_choices: CarryOverChoicesTable;
  ng_cases: NgCasesTable;
  ng_case_steps: NgCaseStepsTable;
  charge_registrations: ChargeRegistrationsTable;
}
