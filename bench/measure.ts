import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import type { openPool } from '../db/database.ts';
import type { Measurement } from './results.ts';

/** What a process of its own did and cost: so that its memory is its own. */
export interface Measured {
  readonly seconds: number;
  /** Processor time of the process and its Postgres backends: on a busy machine it says more. */
  readonly cpuSeconds: number;
  readonly peakMb: number;
}

const maxPeakMb = 512;

/** Runs a bench file again, as a job: it reads what to do from its standard input. */
export async function measure(file: string, job: object): Promise<Measured> {
  const child = spawn(process.execPath, ['--import', 'tsx', file, 'job'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  // By standard input: what it holds is secret, and a command line is not.
  child.stdin.end(JSON.stringify(job));
  return JSON.parse(await text(child.stdout)) as Measured;
}

/** What the job says at its end, to `measure`. */
export function report(timed: Omit<Measured, 'peakMb'>): void {
  const peakMb = Math.round(process.resourceUsage().maxRSS / 1024);
  console.log(JSON.stringify({ ...timed, peakMb }));
}

export async function timed(
  pool: ReturnType<typeof openPool>,
  work: () => Promise<void>,
): Promise<Omit<Measured, 'peakMb'>> {
  const backends = async () => {
    const { rows } = await pool.query<{ pid: number }>(
      `select pid from pg_stat_activity
        where datname = current_database() and application_name = 'tsukigime'`,
    );
    // Fields 14 and 15 of the line: ticks of a hundredth of a second, behind a name in parentheses.
    const ticks = rows.map(({ pid }) => {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      return Number(fields[11]) + Number(fields[12]);
    });
    return ticks.reduce((sum, each) => sum + each, 0) / 100;
  };
  const before = await backends();
  const cpu = process.cpuUsage();
  const started = performance.now();
  await work();
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { seconds, cpuSeconds: (user + system) / 1e6 + (await backends()) - before };
}

/** A line of a result, and whether it broke a limit. */
export interface Judged {
  readonly line: Measurement['measured'][number];
  readonly broken: boolean;
}

/** What `judge` said of each, as a measurement has it. */
export function linesOf(judged: readonly Judged[]): Pick<Measurement, 'measured' | 'broken'> {
  return {
    measured: judged.map(({ line }) => line),
    broken: judged.flatMap(({ line, broken }) => (broken ? [String(line.what)] : [])),
  };
}

/** Prints what was measured, against the floor. */
export function judge(what: string, of: Measured, floor: Measured, limit: number): Judged {
  const [ratio, cpuRatio] = [of.seconds / floor.seconds, of.cpuSeconds / floor.cpuSeconds];
  const broken = ratio > limit || of.peakMb > maxPeakMb;
  console.log(
    `${what}: ${of.seconds.toFixed(1)} s, ${ratio.toFixed(2)} x (processor ${of.cpuSeconds.toFixed(1)} s, ${cpuRatio.toFixed(2)} x), ${of.peakMb} MB, ${broken ? 'FAILED' : 'ok'}`,
  );
  const line = {
    what,
    seconds: of.seconds,
    'of the floor': ratio,
    'processor seconds': of.cpuSeconds,
    'processor, of the floor': cpuRatio,
    'peak MB': of.peakMb,
  };
  return { line, broken };
}
