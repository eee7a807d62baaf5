import type { Fact, Id, Instant, Json, OptionalFact } from './column-types.ts';

/** The tables of previews and of what became of them; see tables.ts. */

export interface PreviewTables {
  previews: {
    id: Id;
    merchant_id: Fact<number>;
    billing_month: Fact<string>;
    n: Fact<number>;
    kind: Fact<'run' | 'dry_run'>;
    file_id: OptionalFact<number | null>;
    requesters: Fact<string[]>;
    request_key: OptionalFact<string | null>;
    requested_at: Instant;
  };
  preview_results: {
    preview_id: Fact<number>;
    merchant_id: Fact<number>;
    trouble: OptionalFact<string | null>;
    settings_version: OptionalFact<number | null>;
    selection_id: OptionalFact<number | null>;
    run_ids: OptionalFact<number[]>;
    sha256: OptionalFact<string | null>;
    charges: OptionalFact<number | null>;
    amount_yen: OptionalFact<number | null>;
    summary: Json;
    computed_at: Instant;
  };
  preview_findings: {
    preview_id: Fact<number>;
    kind: Fact<string>;
    i: Fact<number>;
    merchant_id: Fact<number>;
    order_number: Fact<string>;
    customer_number: Fact<string>;
    amount_yen: OptionalFact<number | null>;
    last_order_number: OptionalFact<string | null>;
    last_yen: OptionalFact<number | null>;
    detail: OptionalFact<string | null>;
  };
  clearances: {
    preview_id: Fact<number>;
    merchant_id: Fact<number>;
    cycle_id: Fact<number>;
    verdict: Fact<'not_needed' | 'approved' | 'rejected'>;
    settings_version: Fact<number>;
    decision_id: OptionalFact<number | null>;
    cleared_at: Instant;
  };
  charge_clearances: {
    charge_id: Fact<number>;
    preview_id: Fact<number>;
    merchant_id: Fact<number>;
  };
  run_withdrawals: {
    run_id: Fact<number>;
    merchant_id: Fact<number>;
    decision_id: Fact<number>;
    withdrawn_at: Instant;
  };
}
