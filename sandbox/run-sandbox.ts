import { type PaygentSandbox, startPaygentSandbox } from './paygent/server.ts';

export interface SandboxArguments {
  /** 0 takes a free one. */
  readonly port: number;
  readonly dataDir: string;
  readonly smtp: { readonly host: string; readonly port: number } | undefined;
  /** ISO instant in UTC to set the clock to at the start. */
  readonly now: string | undefined;
  /** Feed the sandbox the machine's time every second: for playing by hand. */
  readonly realTime: boolean;
}

/** The line that says that the sandbox listens, with its address in the first group. */
export const readyPattern = /sandbox paygent ready (http:\S+)/;

/** Runs the sandbox until SIGTERM or SIGINT. */
export async function runSandbox(options: SandboxArguments): Promise<void> {
  const { port, dataDir, smtp, now, realTime } = options;
  const sandbox = await startPaygentSandbox({ port, dataDir, smtp });
  if (now) await sandbox.feedClock(now);
  const stopFeeding = realTime ? feedRealTime(sandbox) : () => {};
  process.stdout.write(`sandbox paygent ready ${sandbox.url}\n`);
  process.stdout.write(`open ${sandbox.url}/ in a browser to use the portal by hand\n`);
  await new Promise<void>((resolve) => {
    process.once('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
  });
  stopFeeding();
  await sandbox.stop();
}

/** This process is the caller whose time the sandbox takes. */
function feedRealTime(sandbox: PaygentSandbox): () => void {
  const feed = (): void => {
    sandbox.feedClock(new Date().toISOString()).catch((error: unknown) => console.error(error));
  };
  feed();
  const timer = setInterval(feed, 1000);
  return () => clearInterval(timer);
}

/** Reads `127.0.0.1:1025`; null for anything else. */
export function parseSmtpAddress(text: string): { host: string; port: number } | null {
  const match = /^([^:]+):(\d+)$/.exec(text);
  return match?.[1] ? { host: match[1], port: Number(match[2]) } : null;
}
