import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * A process that is told apart from a later one with the same number: PIDs are reused, so killing
 * by PID alone could end a stranger's process.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in the operating system's own words; only compared, never parsed. */
  readonly startToken: string;
}

/** The identity of a running process, or undefined when none has this PID (a zombie counts as none). */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  const startToken = process.platform === 'linux' ? readLinuxStart(pid) : readPosixStart(pid);
  return startToken === undefined ? undefined : { pid, startToken };
}

export function isRunning(identity: ProcessIdentity): boolean {
  return identifyProcess(identity.pid)?.startToken === identity.startToken;
}

/** The command line with spaces between, or '' when it cannot be read. */
export function readCommandLine(pid: number): string {
  try {
    if (process.platform === 'linux') {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    }
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return '';
  }
}

function readLinuxStart(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // proc(5): the second field is the name in parentheses and may itself hold spaces.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const state = fields[0];
    const startTicks = fields[19];
    if (state === 'Z' || state === 'X' || startTicks === undefined) return undefined;
    // Ticks count from boot, so the same pair can come back after a reboot.
    const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${bootId} ${startTicks}`;
  } catch {
    return undefined;
  }
}

function readPosixStart(pid: number): string | undefined {
  try {
    const line = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
    const [state = '', ...started] = line.split(/\s+/);
    return line === '' || state.startsWith('Z') ? undefined : started.join(' ');
  } catch {
    return undefined;
  }
}
