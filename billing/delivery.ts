/** What became of one attempt to deliver. */
export const DELIVERY_OUTCOMES = [
  'delivered',
  'refused',
  'timed_out',
  'not_connected',
  'cut_off',
  'not_sent',
] as const;
/**
 * `delivered` 2xx · `refused` any other status · `timed_out` no answer within the time limit ·
 * `not_connected` no byte left · `cut_off` the connection ended before the answer: it may have been
 * processed · `not_sent` our side could not send it, for example for want of its secret.
 */
export type DeliveryOutcome = (typeof DELIVERY_OUTCOMES)[number];

export interface DeliveryPolicy {
  /** Seconds to wait after the first, second … failed attempt; after the last one it is given up. */
  readonly backOffSeconds: readonly number[];
  /** Failures one after the other that show the endpoint itself to be down. */
  readonly circuitFailures: number;
  /** Pause before the endpoint is tried again with a single delivery. */
  readonly circuitPauseSeconds: number;
}

/** Attempts in one round of a delivery. */
export const triesOf = (policy: Pick<DeliveryPolicy, 'backOffSeconds'>) =>
  policy.backOffSeconds.length + 1;

export type AfterAttempt =
  | { readonly state: 'delivered' }
  /** CGISendErr. */
  | { readonly state: 'failed' }
  | { readonly state: 'due'; readonly dueAt: string };

/**
 * What follows from an attempt.
 * @param triesLeft after this attempt.
 * @param now ISO instant.
 */
export function decideAfterAttempt(
  outcome: DeliveryOutcome,
  triesLeft: number,
  policy: Pick<DeliveryPolicy, 'backOffSeconds'>,
  now: string,
): AfterAttempt {
  if (outcome === 'delivered') return { state: 'delivered' };
  const { backOffSeconds } = policy;
  // A shorter schedule saved meanwhile ends the round sooner.
  const waitSeconds = backOffSeconds[Math.max(backOffSeconds.length - triesLeft, 0)];
  if (triesLeft === 0 || waitSeconds === undefined) return { state: 'failed' };
  return { state: 'due', dueAt: addSeconds(now, waitSeconds) };
}

/** Whether the endpoint can be trusted with more than one delivery. */
export interface Circuit {
  readonly failuresInARow: number;
  /** ISO instant; null = closed. After it one delivery is tried. */
  readonly openUntil: string | null;
}

/**
 * The circuit after an attempt. A refusal of one result (4xx) says nothing about the endpoint: only
 * time-outs, broken connections, 429 and 5xx count.
 */
export function circuitAfter(
  circuit: Circuit,
  attempt: { readonly outcome: DeliveryOutcome; readonly status: number | null },
  policy: Pick<DeliveryPolicy, 'circuitFailures' | 'circuitPauseSeconds'>,
  now: string,
): Circuit {
  if (!isEndpointTrouble(attempt)) return { failuresInARow: 0, openUntil: null };
  const failuresInARow = circuit.failuresInARow + 1;
  const isOpen = failuresInARow >= policy.circuitFailures;
  return {
    failuresInARow,
    openUntil: isOpen ? addSeconds(now, policy.circuitPauseSeconds) : null,
  };
}

/** Whether this is the moment at which the endpoint was first left in peace: a failed try keeps it so. */
export function hasJustOpened(before: Circuit, after: Circuit): boolean {
  return before.openUntil === null && after.openUntil !== null;
}

function isEndpointTrouble(attempt: {
  readonly outcome: DeliveryOutcome;
  readonly status: number | null;
}): boolean {
  const { outcome, status } = attempt;
  if (outcome === 'refused') return status === 429 || (status ?? 0) >= 500;
  return outcome !== 'delivered';
}

/** How many deliveries may leave now: none, one to try, or as many as one batch holds. */
export function admittedBy(circuit: Circuit, now: string, batch: number): number {
  if (circuit.openUntil === null) return batch;
  return Date.parse(circuit.openUntil) <= Date.parse(now) ? 1 : 0;
}

function addSeconds(instant: string, seconds: number): string {
  return new Date(Date.parse(instant) + seconds * 1000).toISOString();
}

/** Errors often come in flocks: the mail waits for the rest of them. */
const DIGEST_DELAY_SECONDS = 600;
/** An endpoint that is down for a day is one mail an hour at most. */
const DIGEST_INTERVAL_SECONDS = 3600;

/**
 * When operators get their mail about send errors that no mail has told yet.
 * @param firstUntoldAt null = every error is told.
 */
export function digestInstant(
  firstUntoldAt: string | null,
  lastPostedAt: string | null,
): string | null {
  if (firstUntoldAt === null) return null;
  const afterFirst = addSeconds(firstUntoldAt, DIGEST_DELAY_SECONDS);
  if (lastPostedAt === null) return afterFirst;
  // ISO instants sort as text.
  const instants = [afterFirst, addSeconds(lastPostedAt, DIGEST_INTERVAL_SECONDS)].sort();
  return instants[1] ?? afterFirst;
}
