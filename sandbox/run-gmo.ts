import { startGmoSandbox } from './gmo/server.ts';

export interface GmoArguments {
  /** 0 takes a free one. */
  readonly port: number;
  readonly dataDir: string;
  /** ISO instant in UTC to hold the clock at; undefined = feed the machine's time every second. */
  readonly now: string | undefined;
}

/** Runs the simulated card refresh of GMO until SIGTERM or SIGINT. */
export async function runGmo({ port, dataDir, now }: GmoArguments): Promise<void> {
  const gmo = await startGmoSandbox({ port, dataDir });
  gmo.feedClock(now ?? new Date().toISOString());
  const feeding =
    now === undefined ? setInterval(() => gmo.feedClock(new Date().toISOString()), 1_000) : null;
  process.stdout.write(`sandbox gmo ready ${gmo.url}\n`);
  await new Promise<void>((resolve) => {
    process.once('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
  });
  if (feeding !== null) clearInterval(feeding);
  await gmo.stop();
}
