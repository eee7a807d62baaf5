import type { ExchangeFacts, ExchangeName } from '../billing/exchange.ts';

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

/**
 * Whom an act on a file is told once it is committed: nobody or the file's month, for a file that has left
 * once operators have handed over the month's others, too. `turns`: the month, and whether it may be
 * another file's turn now.
 */
export type Tells = 'nobody' | 'month_once_all_left' | 'month' | 'turns';

/** An operator's act on one exchange. */
export interface OfExchange extends ReadExchange {
  readonly workflowId: string;
  readonly act: Act;
  /** Left out by runs of older versions, which see to it themselves. */
  readonly tells?: Tells;
}

/** How the row of a file is after an act. */
export interface FactsAfterAct extends ExchangeFacts {
  /** Whether all were told who were to be; missing where nobody was to be, or an older worker did it. */
  readonly told?: boolean;
  /** Whether files wait whose turn may have come by it. */
  readonly othersWait?: boolean;
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
