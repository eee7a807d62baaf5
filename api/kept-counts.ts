/**
 * Counts over a million charges take seconds, and every page that shows a month asks for them every few
 * seconds. So those of large months are counted once for all who ask at the same time, and kept for a
 * while: ten times what they took, a minute at most, or as long again where that is longer. Whoever asks in the
 * ten minutes after that has them counted anew, and does not wait for it: the ones from before answer until
 * then. What somebody does through this API makes those count no more; what a workflow does, or another API,
 * is seen when that while is over. Small months are counted each time.
 */
export interface KeptCounts {
  /**
   * @param name of what is counted, with all that it depends on
   * @param large whether keeping is worth it: see `isLargeMonth`
   */
  of<T>(merchantId: number, name: string, large: boolean, count: () => Promise<T>): Promise<T>;
  /** The same for whoever does not wait: null where nothing has been counted that could be told. */
  ifKnown<T>(
    merchantId: number,
    name: string,
    large: boolean,
    count: () => Promise<T>,
  ): Promise<T | null>;
  /** After an act: what was counted before it, or is being counted, counts no more. */
  forget(merchantId: number): void;
}

const keptTimes = 10;
const keptMs = 60_000;
const answersMs = 10 * 60_000;
const counting = Number.POSITIVE_INFINITY;

interface Kept {
  readonly counted: Promise<unknown>;
  /** By `nowMs`; `counting` while it is being counted. */
  untilMs: number;
  /** What answers while it is being counted. */
  before: Promise<unknown> | null;
}

/** @param nowMs a clock that never goes back */
export function createKeptCounts(nowMs: () => number): KeptCounts {
  const merchants = new Map<number, Map<string, Kept>>();

  function countAnew<T>(names: Map<string, Kept>, name: string, count: () => Promise<T>) {
    const startedMs = nowMs();
    const before = names.get(name)?.counted ?? null;
    const kept: Kept = { counted: count(), untilMs: counting, before };
    names.set(name, kept);
    kept.counted.then(
      () => {
        const tookMs = nowMs() - startedMs;
        kept.before = null;
        kept.untilMs = nowMs() + Math.min(Math.max(keptMs, tookMs), keptTimes * tookMs);
      },
      // Whoever asked is told; the next one tries again.
      () => names.delete(name),
    );
    return kept;
  }

  function namesOf(merchantId: number): Map<string, Kept> {
    const names = merchants.get(merchantId) ?? new Map<string, Kept>();
    merchants.set(merchantId, names);
    for (const [old, { untilMs }] of names) {
      if (untilMs + answersMs <= nowMs()) names.delete(old);
    }
    return names;
  }

  const counts: KeptCounts = {
    async of<T>(merchantId: number, name: string, large: boolean, count: () => Promise<T>) {
      if (!large) return await count();
      const names = namesOf(merchantId);
      const found = names.get(name);
      const kept = found && found.untilMs > nowMs() ? found : countAnew(names, name, count);
      return (await (kept.before ?? kept.counted)) as T;
    },
    async ifKnown(merchantId, name, large, count) {
      const found = large ? namesOf(merchantId).get(name) : undefined;
      const isFirst = found === undefined || (found.untilMs === counting && found.before === null);
      return large && isFirst ? null : await counts.of(merchantId, name, large, count);
    },
    forget: (merchantId) => void merchants.delete(merchantId),
  };
  return counts;
}
