import { parseBusinessDate, parseJstInstant } from '../billing/business-date.ts';
import { readConfig } from '../config.ts';
import { type Db, openDatabase } from '../db/database.ts';
import { findMerchant } from '../db/queries/merchants.ts';
import { findRunningStack } from '../stack/running-stack.ts';
import { connectTemporal } from '../temporal/client.ts';
import type { ClockStep } from '../workers/clock-advance.ts';
import { ClockAdvanceError } from '../workers/clock-advance-error.ts';
import { advanceMerchantClock } from '../workers/merchant-clock.ts';
import { readActor } from './record-access.ts';

export interface ClockAdvanceCommand {
  readonly merchant: string;
  readonly days?: number;
  readonly to?: string;
  readonly step?: 'day';
  readonly json?: boolean;
}

const dayMs = 86_400_000;
/** What the operator did wrong, in contrast to what did not work. */
const refusals: readonly string[] = ['unknown_merchant', 'real_merchant', 'not_ahead'];

class UsageError extends Error {
  override name = 'UsageError';
}

/**
 * `tsukigime clock advance`: moves the business clock of a sandbox merchant, step by step.
 * @returns the exit code: 0 when the target was reached, 1 when it was not, 2 for a command that
 *   cannot be carried out at all.
 */
export async function runClockAdvance(command: ClockAdvanceCommand): Promise<number> {
  try {
    await advance(command);
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    if (error instanceof ClockAdvanceError) return refusals.includes(error.problem) ? 2 : 1;
    return error instanceof UsageError ? 2 : 1;
  }
}

async function advance(command: ClockAdvanceCommand): Promise<void> {
  if ((command.days === undefined) === (command.to === undefined)) {
    throw new UsageError('Give either --days <n> or --to <instant>.');
  }
  const stack = findRunningStack(readConfig());
  const { appDatabaseUrl, temporalAddress, payloadKeys: keys } = stack;
  if (appDatabaseUrl === undefined || temporalAddress === undefined || keys === undefined) {
    throw new UsageError(
      'Postgres or Temporal is not running: start `tsukigime up` first, or give ' +
        'TSUKIGIME_DATABASE_URL_APP, TEMPORAL_ADDRESS and TSUKIGIME_PAYLOAD_KEYS.',
    );
  }
  const db = openDatabase(appDatabaseUrl, { maxConnections: 2 });
  try {
    const target = await targetOf(db, command);
    const client = await connectTemporal({
      address: temporalAddress,
      namespace: stack.temporalNamespace,
      access: stack.temporalAccess,
      keys,
    });
    try {
      const result = await advanceMerchantClock({
        db,
        client,
        merchant: command.merchant,
        target,
        actor: readActor(),
        realNowMs: Date.now,
        ...(command.step === 'day' ? { maxStepMs: dayMs } : {}),
        ...(command.json ? {} : { onStep: printStep }),
      });
      if (command.json) console.log(JSON.stringify(result));
      else console.log(`The clock of ${command.merchant} shows ${inJapan(result.to)}.`);
    } finally {
      await client.connection.close();
    }
  } finally {
    await db.destroy();
  }
}

/** An instant, a date or a Japanese date and time; a date alone is its midnight in Japan. */
async function targetOf(db: Db, command: ClockAdvanceCommand): Promise<string> {
  const { days, to } = command;
  if (days !== undefined) {
    const merchant = await findMerchant(db, command.merchant);
    return new Date(Date.now() + (merchant?.clockOffsetMs ?? 0) + days * dayMs).toISOString();
  }
  const text = to ?? '';
  const zoned = /(Z|[+-]\d\d:\d\d)$/.test(text) ? new Date(text) : null;
  if (zoned !== null && !Number.isNaN(zoned.getTime())) return zoned.toISOString();
  const date = parseBusinessDate(text);
  const instant = parseJstInstant(date === null ? text : `${date} 00:00:00`);
  if (instant === null) {
    throw new UsageError('--to is a date (2026-12-01, midnight in Japan) or an ISO-8601 instant.');
  }
  return instant;
}

function printStep({ at, due, openWorkflows }: ClockStep): void {
  const what = due.length > 0 ? due.join(', ') : `nothing due; ${openWorkflows} open`;
  console.log(`${inJapan(at)}  ${what}`);
}

/** The instant as clocks in Japan show it. */
function inJapan(instant: string): string {
  const shifted = new Date(Date.parse(instant) + 9 * 3_600_000).toISOString();
  return `${shifted.slice(0, 10)} ${shifted.slice(11, 19)} JST`;
}
