import { type Config, readConfig } from '../config.ts';
import { type Finding, inspectStack } from '../stack/inspection.ts';

export interface DoctorOptions {
  readonly json?: boolean;
}

/**
 * `tsukigime doctor`: says for every part whether it is as it must be, and what to do if not.
 * @returns the exit code: 0 when all is well, 1 when anything is not.
 */
export async function runDoctor(options: DoctorOptions = {}): Promise<number> {
  return reportFindings(await examine(inspectStack), options);
}

/** Prints what was found. @returns the exit code: 0 when all is well, 1 when anything is not. */
export function reportFindings(findings: readonly Finding[], options: DoctorOptions): number {
  const healthy = findings.every((finding) => finding.ok);
  if (options.json) {
    console.log(JSON.stringify({ ok: healthy, findings }, null, 2));
  } else {
    for (const { ok, part, text, remedy } of findings) {
      console.log(`${ok ? 'OK     ' : 'PROBLEM'}  ${part}: ${text}`);
      if (remedy) console.log(`         → ${remedy}`);
    }
    console.log(healthy ? 'All is well.' : 'Something needs you: see the lines marked PROBLEM.');
  }
  return healthy ? 0 : 1;
}

/** Settings that cannot be read are a finding too. */
export async function examine(inspect: (config: Config) => Promise<Finding[]>): Promise<Finding[]> {
  let config: Config;
  try {
    config = readConfig();
  } catch (error) {
    return [
      {
        part: 'Settings',
        ok: false,
        text: error instanceof Error ? error.message : String(error),
        remedy: 'Correct these variables; README lists them all.',
      },
    ];
  }
  return await inspect(config);
}
