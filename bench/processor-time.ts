import { readdirSync, readFileSync } from 'node:fs';

/** Ticks of Linux, of which a second has a hundred. */
const ticksPerSecond = 100;

/**
 * Processor time that these processes and their children have taken, those that have ended included:
 * on a busy machine it says more than the clock. Linux only; elsewhere NaN.
 */
export function processorSeconds(pids: readonly number[]): number {
  const stats = readStats();
  if (stats === undefined) return Number.NaN;
  const wanted = new Set(pids);
  // Children of children too: a launcher stands between us and what it starts.
  for (let size = 0; size < wanted.size; ) {
    size = wanted.size;
    for (const [pid, { parent }] of stats) if (wanted.has(parent)) wanted.add(pid);
  }
  const ticks = [...wanted].map((pid) => stats.get(pid)?.ticks ?? 0);
  return ticks.reduce((sum, each) => sum + each, 0) / ticksPerSecond;
}

function readStats(): Map<number, { parent: number; ticks: number }> | undefined {
  const stats = new Map<number, { parent: number; ticks: number }>();
  try {
    for (const name of readdirSync('/proc')) {
      if (!/^\d+$/.test(name)) continue;
      const stat = readStat(Number(name));
      if (stat !== undefined) stats.set(Number(name), stat);
    }
  } catch {
    return undefined;
  }
  return stats;
}

function readStat(pid: number): { parent: number; ticks: number } | undefined {
  try {
    // Behind the name in parentheses: state, parent, …; utime, stime, and those of ended children.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    const ticks = fields.slice(11, 15).reduce((sum, each) => sum + Number(each), 0);
    return { parent: Number(fields[1]), ticks };
  } catch {
    // It has just ended.
    return undefined;
  }
}

/** Forgets the most memory that a process has held, so that what came before is not counted. */
export const peakMemoryReset = '5';

/** Linux tells the most a running process has held; elsewhere nobody does: NaN, which fails a limit. */
export function peakMb(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
  } catch {
    return Number.NaN;
  }
}
