import { setHandler } from '@temporalio/workflow';
import type { Clock } from './clock.ts';
import { rowChanged } from './messages.ts';

/** Wakes a workflow when something it waits for may have changed; it then reads its rows again. */
export interface Bell {
  ring(): void;
  /** Whether it has rung since the last wait: then a workflow that was about to end goes on. */
  hasRung(): boolean;
  /** What rang so far is seen by the look at the rows that begins now. */
  heed(): void;
  /** How often others have rung it. */
  rings(): number;
  /** Whether a change of this kind was told since this was last asked. */
  hears(kind: string): boolean;
  /**
   * Waits until the bell rings, or has rung since the last wait, or the instant has come.
   *
   * @param until ISO instant on the business clock; null = no limit.
   */
  waits(until: string | null, purpose: string): Promise<void>;
  /** Like `waits`, but at most so long. */
  pauses(durationMs: number, purpose: string): Promise<void>;
}

/** Call it once, before the first activity: another workflow's report may come at any time. */
export function hangBell(clock: Clock): Bell {
  let rung = false;
  let rings = 0;
  const heard = new Set<string>();
  setHandler(rowChanged, ({ kind }) => {
    rung = true;
    rings += 1;
    heard.add(kind);
  });
  return {
    ring: () => {
      rung = true;
    },
    hasRung: () => rung,
    heed: () => {
      rung = false;
    },
    rings: () => rings,
    hears: (kind) => heard.delete(kind),
    async waits(until, purpose) {
      await clock.until(until, () => rung, purpose);
      rung = false;
    },
    async pauses(durationMs, purpose) {
      await clock.after(durationMs, () => rung, purpose);
      rung = false;
    },
  };
}

/**
 * Whether a workflow that has nothing to do may end: nothing runs, and nobody has rung since it last
 * looked. Who rings later starts it anew: the server takes no end while a signal is unread.
 */
export async function mayEnd(clock: Clock, bell: Bell): Promise<boolean> {
  await clock.quiet();
  if (!bell.hasRung()) return true;
  await bell.waits(null, '');
  return false;
}
