import { join } from 'node:path';
import type { DemoCommand } from '../sandbox/demo/demo.ts';

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
  const sandbox = await loadSandbox(() => import('../sandbox/run-sandbox.ts'));
  if (sandbox === null) return 2;
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

/** `npm run demo`, which plays shop, Paygent and operator. Gives the exit code. */
export async function runSandboxDemo(options: DemoCommand): Promise<number> {
  const demo = await loadSandbox(() => import('../sandbox/demo/demo.ts'));
  return demo === null ? 2 : await demo.runDemo(options);
}

/** The production image has no sandbox: says so and gives null there. */
async function loadSandbox<Module>(load: () => Promise<Module>): Promise<Module | null> {
  try {
    return await load();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'ERR_MODULE_NOT_FOUND' || !/[/\\]sandbox[/\\]/.test(message)) throw error;
    console.error('The sandbox is not part of this installation: run it from a git checkout.');
    return null;
  }
}
