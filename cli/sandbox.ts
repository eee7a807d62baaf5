import { join } from 'node:path';
import type { DemoCommand } from '../sandbox/demo/demo.ts';

export interface SandboxOptions {
  /** Port on loopback; without it a free one. */
  readonly port?: number;
  readonly dataDir?: string;
  /** `host:port` of the mail server for the mails of Paygent or ZEUS. */
  readonly smtp?: string;
  /** Instant to hold the clock at; without it the machine's time is fed. */
  readonly now?: string;
}

/** Runs the simulated Paygent until Ctrl-C. Gives the exit code. */
export async function runSandboxPaygent(options: SandboxOptions): Promise<number> {
  const sandbox = await loadSandbox(() => import('../sandbox/run-sandbox.ts'));
  const places = sandbox && readPlaces(options, sandbox.parseSmtpAddress);
  if (!sandbox || !places) return 2;
  const { now, ...place } = places;
  const dataDir = options.dataDir ?? join('.tsukigime', 'sandbox', 'paygent');
  await sandbox.runSandbox({ ...place, dataDir, now, realTime: now === undefined });
  return 0;
}

/** Runs the simulated ZEUS, and a shop that takes carrier results, until Ctrl-C. */
export async function runSandboxZeus(options: SandboxOptions): Promise<number> {
  const [addresses, zeus] = await Promise.all([
    loadSandbox(() => import('../sandbox/run-sandbox.ts')),
    loadSandbox(() => import('../sandbox/run-zeus.ts')),
  ]);
  const places = addresses && readPlaces(options, addresses.parseSmtpAddress);
  if (!zeus || !places) return 2;
  const dataDir = options.dataDir ?? join('.tsukigime', 'sandbox', 'zeus');
  await zeus.runZeus({ ...places, dataDir });
  return 0;
}

/** Runs the simulated card refresh of GMO until Ctrl-C. */
export async function runSandboxGmo(options: Omit<SandboxOptions, 'smtp'>): Promise<number> {
  const [addresses, gmo] = await Promise.all([
    loadSandbox(() => import('../sandbox/run-sandbox.ts')),
    loadSandbox(() => import('../sandbox/run-gmo.ts')),
  ]);
  const places = addresses && readPlaces(options, addresses.parseSmtpAddress);
  if (!gmo || !places) return 2;
  const dataDir = options.dataDir ?? join('.tsukigime', 'sandbox', 'gmo');
  await gmo.runGmo({ port: places.port, dataDir, now: places.now });
  return 0;
}

/** Runs the simulated PSP that links cards of an old cart until Ctrl-C. */
export async function runSandboxLinker(options: Omit<SandboxOptions, 'smtp'>): Promise<number> {
  const [addresses, linker] = await Promise.all([
    loadSandbox(() => import('../sandbox/run-sandbox.ts')),
    loadSandbox(() => import('../sandbox/run-linker.ts')),
  ]);
  const places = addresses && readPlaces(options, addresses.parseSmtpAddress);
  if (!linker || !places) return 2;
  const dataDir = options.dataDir ?? join('.tsukigime', 'sandbox', 'linker');
  await linker.runLinker({ port: places.port, dataDir, now: places.now });
  return 0;
}

interface SmtpAddress {
  readonly host: string;
  readonly port: number;
}

/** What the simulations are told by their options; null when they cannot be read, which is said. */
function readPlaces(
  options: SandboxOptions,
  parseSmtpAddress: (text: string) => SmtpAddress | null,
): { port: number; smtp: SmtpAddress | undefined; now: string | undefined } | null {
  const now = options.now === undefined ? undefined : Date.parse(options.now);
  const smtp = options.smtp === undefined ? undefined : parseSmtpAddress(options.smtp);
  if (Number.isNaN(now) || smtp === null) {
    const argument =
      smtp === null ? '--smtp takes host:port' : '--now takes an ISO instant with zone';
    console.error(
      `${argument}, such as ${smtp === null ? '127.0.0.1:1025' : '2026-11-25T00:00:00Z'}.`,
    );
    return null;
  }
  return {
    port: options.port ?? 0,
    smtp,
    now: now === undefined ? undefined : new Date(now).toISOString(),
  };
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
