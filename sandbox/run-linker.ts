import { startLinkerSandbox } from './linker/server.ts';

export interface LinkerArguments {
  /** 0 takes a free one. */
  readonly port: number;
  readonly dataDir: string;
  /** ISO instant in UTC to hold the clock at; undefined = feed the machine's time every second. */
  readonly now: string | undefined;
}

/** Runs the simulated PSP that links cards, until SIGTERM or SIGINT. */
export async function runLinker({ port, dataDir, now }: LinkerArguments): Promise<void> {
  const linker = await startLinkerSandbox({ port, dataDir });
  linker.feedClock(now ?? new Date().toISOString());
  const feeding =
    now === undefined ? setInterval(() => linker.feedClock(new Date().toISOString()), 1_000) : null;
  process.stdout.write(`sandbox linker ready ${linker.url}\n`);
  await new Promise<void>((resolve) => {
    process.once('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
  });
  if (feeding !== null) clearInterval(feeding);
  await linker.stop();
}
