import { inspectProduction } from '../stack/production-check.ts';
import { examine, reportFindings } from './doctor.ts';

/**
 * `tsukigime up --production-check`: says for each need of production whether it holds on the servers
 * of the environment, and what to do if not. Starts nothing.
 * @returns the exit code: 0 when all hold, 1 when anything is missing.
 */
export async function runProductionCheck(options: { readonly json?: boolean }): Promise<number> {
  return reportFindings(await examine(inspectProduction), options);
}
