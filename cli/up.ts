import { join } from 'node:path';
import { ConfigError, readConfig } from '../config.ts';
import { migrateToLatest } from '../db/migrate.ts';
import type { Stack } from '../stack/bring-up.ts';
import { AlreadyRunningError } from '../stack/lock.ts';
import { startServices } from '../stack/services.ts';
import { runStackSession } from '../stack/session.ts';
import { TemporalCliMissingError } from '../stack/temporal-cli.ts';

export interface UpOptions {
  readonly fresh?: boolean;
}

const say = (text: string) => console.error(text);

/**
 * `tsukigime up`: Postgres and Temporal, migrated, worker and API on them, until Ctrl-C.
 * @returns the exit code: 0 after a wanted stop, 1 when something failed.
 */
export async function runUp(options: UpOptions = {}): Promise<number> {
  try {
    const config = readConfig();
    await runStackSession(
      { dataDir: config.dataDir, config, fresh: options.fresh ?? false, onProgress: say },
      async (stack, signal) => {
        const applied = await migrateToLatest(stack.ownerDatabaseUrl);
        if (applied.length > 0) say(`database schema: ${applied.length} migrations applied`);
        say('starting worker and API');
        await startServices(stack);
        console.log(describe(stack));
        await untilAborted(signal);
      },
    );
    say('stopped');
    return 0;
  } catch (error) {
    say(explain(error));
    return 1;
  }
}

function describe(stack: Stack): string {
  const { host: postgres, pathname } = new URL(stack.appDatabaseUrl);
  const lines = [
    ['Postgres', `${postgres}${pathname}`],
    ['Temporal', `${stack.temporalAddress} (namespace ${stack.temporalNamespace})`],
    ...(stack.temporalUiUrl ? [['Temporal UI', stack.temporalUiUrl]] : []),
    ['API', stack.urls().api ?? ''],
    ['Console', `${stack.urls().api ?? ''}/`],
    ['Logs', stack.logsDir],
    ['Ports', join(stack.dataDir, 'run.json')],
  ];
  const up = lines.map(([name = '', value]) => `  ${name.padEnd(12)} ${value}`);
  return ['Tsukigime is up:', ...up, 'Ctrl-C stops it; the data stays.'].join('\n');
}

/** Errors made for a reader are one message; anything else is a fault of ours and shows its stack. */
function explain(error: unknown): string {
  const expected = [ConfigError, AlreadyRunningError, TemporalCliMissingError];
  if (!(error instanceof Error)) return String(error);
  return expected.some((kind) => error instanceof kind)
    ? error.message
    : (error.stack ?? error.message);
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
