import type { ExchangeName } from '../billing/exchange.ts';

/** The workflows that activities start and wake, by name; the worker says how. */
export interface WorkflowStarts {
  /** Starts an exchange's workflow, or leaves the one that runs. */
  startExchange(
    merchant: { slug: string; clockOffsetMs: number },
    exchange: ExchangeName,
  ): Promise<void>;
  /** Tells a month's cycle that a row it waits for has changed; a cycle that ended is left alone. */
  wakeCycle(merchant: string, billingMonth: string, changed: string): Promise<void>;
}
