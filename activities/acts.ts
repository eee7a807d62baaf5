import type { ExchangeName } from '../billing/exchange.ts';

/** A month of a merchant, at a moment of its business clock. IDs only: rows stay in Postgres. */
export interface OfCycle {
  /** Slug. */
  readonly merchant: string;
  /** YYYY-MM. */
  readonly month: string;
  /** ISO instant. */
  readonly now: string;
}

export interface ReadExchange {
  readonly merchant: string;
  readonly exchange: ExchangeName;
  readonly now: string;
}

/** What a person decided: who, under which key, and why. */
export interface Act {
  readonly actor: string;
  readonly idempotencyKey: string;
  readonly reason: string | null;
}

/** An operator's act on one exchange. */
export interface OfExchange extends ReadExchange {
  readonly workflowId: string;
  readonly act: Act;
}

/** A merchant's desk, at a moment of its business clock. */
export interface OfNgDesk {
  /** Slug. */
  readonly merchant: string;
  /** ISO instant. */
  readonly now: string;
  /** The offset in it: a desk that slept has not heard of a clock that moved since. */
  readonly clockOffsetMs: number;
}
