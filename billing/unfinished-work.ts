import type { CycleStage } from './cycle.ts';
import type { ExchangeName } from './exchange.ts';

/** What of a merchant a workflow must be at work on. */
export interface UnfinishedWork {
  readonly cycles: readonly {
    readonly billingMonth: string;
    readonly startedBy: string;
    readonly scope: 'all' | 'chosen';
    readonly stage: CycleStage;
  }[];
  readonly exchanges: readonly ExchangeName[];
  /** Dry runs that have not said what they came to. */
  readonly dryRuns: readonly { readonly billingMonth: string; readonly n: number }[];
  /** Numbers of imports that are held or run. */
  readonly importNumbers: readonly number[];
  /** Numbers of card migrations that are not over. */
  readonly migrationNumbers: readonly number[];
  /** Months of card refreshes that are not finished. */
  readonly refreshMonths: readonly string[];
  /** Slugs of delivery endpoints whose queue is not empty. */
  readonly endpoints: readonly string[];
  /** Declined charges have, or are about to have, cases. */
  readonly ngDesk: boolean;
  readonly mails: boolean;
  readonly mailbox: boolean;
}
