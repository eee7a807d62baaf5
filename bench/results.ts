import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { checkoutDir } from '../config.ts';

/** What figures mean nothing without. */
export interface Circumstances {
  /** ISO instant. */
  readonly startedAt: string;
  readonly commit: string;
  readonly machine: string;
  readonly node: string;
  /** Processes that wanted a core when it began, over 1 and 5 minutes: 0 is an idle machine. */
  readonly load: readonly [number, number];
}

/** What a benchmark measured, a line each: its name under `what`, figures under theirs. */
export interface Measurement extends Circumstances {
  readonly title: string;
  readonly measured: readonly Readonly<Record<string, string | number>>[];
  /** Names of limits that were broken. */
  readonly broken: readonly string[];
}

/** To be asked before anything is measured: it tells the load of others, not of ours. */
export function readCircumstances(): Circumstances {
  const processors = cpus();
  const gb = Math.round(totalmem() / 1024 ** 3);
  const [one = 0, five = 0] = loadavg();
  return {
    startedAt: new Date().toISOString(),
    commit: describeCommit(),
    machine: `${processors.length} x ${processors[0]?.model.trim() ?? 'unknown'}, ${gb} GB`,
    node: process.version,
    load: [Math.round(one * 100) / 100, Math.round(five * 100) / 100],
  };
}

function describeCommit(): string {
  try {
    const args = ['-c', 'safe.directory=*', 'describe', '--always', '--dirty', '--exclude=*'];
    return execFileSync('git', args, { cwd: checkoutDir, encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}

/** Keeps the last result of one kind of measurement in `bench/results/`. @returns the path */
export function saveResult(name: string, result: object): string {
  const folder = join(checkoutDir, 'bench', 'results');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}.json`);
  writeFileSync(path, `${JSON.stringify(result, rounded, 2)}\n`);
  // As every other file of the checkout: it is committed.
  const biome = join(checkoutDir, 'node_modules', '.bin', 'biome');
  execFileSync(biome, ['format', '--write', path], { cwd: checkoutDir, stdio: 'ignore' });
  return `bench/results/${name}.json`;
}

/** Keeps what a benchmark measured; it fails when a limit was broken. */
export function saveMeasurement(name: string, measurement: Measurement): void {
  console.log(saveResult(name, measurement));
  process.exitCode = measurement.broken.length > 0 ? 1 : 0;
}

/** Nobody measures a thousandth. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Math.round(value * 1000) / 1000 : value;
}
