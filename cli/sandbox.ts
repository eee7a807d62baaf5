import { join } from 'node:path';

export interface SandboxPaygentOptions {
  /** Port on loopback; without it a free one. */
  readonly port?: number;
  readonly dataDir?: string;
  /** `host:port` of the mail server for completion mails. */
  readonly smtp?: string;
  /** Instant to hold the clock at; without it the machine's time is fed. */
  readonly now?: string;
}

/** Runs the simulated Paygent until Ctrl-C. Gives the exit code. */
export async function runSandboxPaygent(options: SandboxPaygentOptions): Promise<number> {
  const sandbox = await loadSandbox();
  if (sandbox === null) {
    console.error('The sandbox is not part of this installation: run it from a git checkout.');
    return 2;
  }
  const now = options.now === undefined ? undefined : Date.parse(options.now);
  const smtp = options.smtp === undefined ? undefined : sandbox.parseSmtpAddress(options.smtp);
  if (Number.isNaN(now) || smtp === null) {
    const argument =
      smtp === null ? '--smtp takes host:port' : '--now takes an ISO instant with zone';
    console.error(
      `${argument}, such as ${smtp === null ? '127.0.0.1:1025' : '2026-11-25T00:00:00Z'}.`,
    );
    return 2;
  }
  await sandbox.runSandbox({
    port: options.port ?? 0,
    dataDir: options.dataDir ?? join('.tsukigime', 'sandbox', 'paygent'),
    smtp,
    now: now === undefined ? undefined : new Date(now).toISOString(),
    realTime: now === undefined,
  });
  return 0;
}

/** The production image has no sandbox: null there. */
async function loadSandbox(): Promise<typeof import('../sandbox/run-sandbox.ts') | null> {
  try {
    return await import('../sandbox/run-sandbox.ts');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_MODULE_NOT_FOUND' && message.includes('sandbox/run-sandbox')) return null;
    throw error;
  }
}
