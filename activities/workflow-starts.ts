import type { ExchangeName } from '../billing/exchange.ts';

/** The workflows that activities start and wake, by name; the worker says how. */
export interface WorkflowStarts {
  /** Starts a month's workflow, or leaves the one that runs. */
  startCycle(
    merchant: { slug: string; clockOffsetMs: number },
    billingMonth: string,
    startedBy: string,
  ): Promise<void>;
  /** Starts the workflow of a month's card refresh, or leaves the one that runs. */
  startCardRefresh(
    merchant: { readonly slug: string; readonly clockOffsetMs: number },
    month: string,
    startedBy: string,
  ): Promise<void>;
  /** Starts an exchange's workflow, or leaves the one that runs; `wakes`: has it read its row. */
  startExchange(
    merchant: { slug: string; clockOffsetMs: number },
    exchange: ExchangeName,
    how?: { readonly wakes: boolean },
  ): Promise<void>;
  /** Tells the workflow of a file that its row has changed; one that ended is left alone. */
  wakeExchange(merchant: string, exchange: ExchangeName): Promise<void>;
  /** Has an endpoint's desk look at its queue; starts it when it does not run. */
  wakeDeliveryDesk(
    merchant: { readonly slug: string; readonly clockOffsetMs: number },
    endpoint: string,
  ): Promise<void>;
  /** Tells a month's cycle that a row it waits for has changed; a cycle that ended is left alone. */
  wakeCycle(merchant: string, billingMonth: string, changed: string): Promise<void>;
  /** Has the merchant's NG desk look at its cases; starts it when it does not run. */
  wakeNgDesk(merchant: { slug: string; clockOffsetMs: number }): Promise<void>;
  /** Has the merchant's outbox looked at: after the commit of whoever posted a mail. */
  wakeMail(merchant: { slug: string; clockOffsetMs: number }): Promise<void>;
  /** Has the merchant's mailbox watched and looked at now; ends at once when none is set. */
  wakeMailbox(merchant: { slug: string; clockOffsetMs: number }): Promise<void>;
}
