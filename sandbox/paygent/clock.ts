import type { Desk } from './desk.ts';
import { processDueUploads } from './processing.ts';
import { Refusal } from './refusal.ts';

/**
 * The sandbox's time. It never looks at a wall clock: whoever plays with it says what time it is,
 * and everything that falls due up to then happens at its own instant.
 */

/** The current instant (ISO-8601 UTC); refuses when nobody has set the clock yet. */
export function readClock(desk: Desk): string {
  if (desk.state.now !== null) return desk.state.now;
  throw new Refusal(
    409,
    'clock_not_set',
    '時計がまだ合わされていません。PUT /clock に {"now": "2026-11-22T00:00:00Z"} の形で時刻を送ってください。',
  );
}

/** Reads an instant with its zone; null for anything else. */
export function parseInstant(text: unknown): string | null {
  if (typeof text !== 'string' || !/^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)$/.test(text)) {
    return null;
  }
  const milliseconds = Date.parse(text);
  return Number.isNaN(milliseconds) ? null : new Date(milliseconds).toISOString();
}

/**
 * Moves the clock forward, working off what falls due on the way. An instant before the current
 * one changes nothing: time does not run backwards at a PSP.
 *
 * @param kept whether the instant survives a restart. Time that is fed every second need not: the
 * feeder tells it again, and the journal stays small.
 */
export async function moveClock(desk: Desk, now: string, kept = true): Promise<void> {
  await desk.inTurn(async () => {
    await processDueUploads(desk, now);
    if (desk.state.now !== null && now <= desk.state.now) return;
    if (kept) desk.commit({ type: 'clock', now });
    else desk.note({ type: 'clock', now });
  });
}
