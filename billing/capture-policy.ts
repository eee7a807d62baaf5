import { type BusinessDate, businessDateOf, startOfBusinessDate } from './business-date.ts';

/**
 * When an authorized charge is captured: at once, when all its goods have been shipped (全商品発送日 is
 * known), or when an operator ticks it. Whatever the policy, an operator may ask for a capture.
 */
export const CAPTURE_POLICIES = ['immediate', 'on-shipment', 'manual'] as const;
export type CapturePolicy = (typeof CAPTURE_POLICIES)[number];

/** What may be captured, and what has been so far. */
export interface CaptureFacts {
  readonly policy: CapturePolicy;
  /** Time of day of the capture waves, JST, `HH:MM`. */
  readonly waveAt: string;
  /** Authorized charges that the policy or a person lets go. */
  readonly ready: number;
  /** Of those, charges for which a person asked. */
  readonly requested: number;
  /** When the latest capture file of the month was built; null = none yet. */
  readonly lastWaveAt: string | null;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * When the charges that are ready leave: shipments come in all day long, and every file is work for
 * people, so that they leave together, once a day at most. At once where the policy waits for nothing
 * or a person asked.
 *
 * @returns an instant, `now` or earlier when they are due; null when nothing is ready
 */
export function nextCaptureWave(facts: CaptureFacts, now: string): string | null {
  if (facts.ready === 0) return null;
  if (facts.policy !== 'on-shipment' || facts.requested > 0) return now;
  const latest = latestWaveTime(facts.waveAt, now);
  if (facts.lastWaveAt === null || Date.parse(facts.lastWaveAt) < Date.parse(latest)) return now;
  return new Date(Date.parse(latest) + DAY_MS).toISOString();
}

/** The last instant, up to `now`, at which the clock in Japan showed this time of day. */
function latestWaveTime(timeOfDay: string, now: string): string {
  const today: BusinessDate = businessDateOf(now);
  const [hours, minutes] = timeOfDay.split(':').map(Number) as [number, number];
  const atMs = Date.parse(startOfBusinessDate(today)) + (hours * 60 + minutes) * 60_000;
  return new Date(atMs <= Date.parse(now) ? atMs : atMs - DAY_MS).toISOString();
}
