import { randomInt } from 'node:crypto';
import { chmodSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const host = '127.0.0.1';

async function listen(port: number): Promise<Server | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined));
    server.listen({ host, port, exclusive: true }, () => resolve(server));
  });
}

async function close(server: Server): Promise<void> {
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has no port');
  return address.port;
}

/** Whether nothing listens on this port of the loopback address. */
export async function isPortFree(port: number): Promise<boolean> {
  const server = await listen(port);
  if (server) await close(server);
  return server !== undefined;
}

/** Below the ports that systems give to whoever asks for any (Linux: from 32768): nobody meets there. */
const range = { from: 20_000, to: 32_000 } as const;
/** Ports are reserved here among all stacks of the machine, whoever runs them. */
const reservations = join(tmpdir(), 'tsukigime-ports');
/** As long as servers need to listen on what was chosen for them; then listening itself shows it. */
const RESERVED_MS = 120_000;
/** Of thousands of ports nearly all are free: more tries mean that something else is wrong. */
const TRIES = 200;

/**
 * Takes a port for this stack until its server listens: two stacks that start at once find the same
 * ports free. Nothing releases it; it lapses.
 *
 * @returns false when another one has it
 */
function reserve(port: number): boolean {
  const path = join(reservations, String(port));
  try {
    // For every user of the machine, as /tmp itself.
    if (mkdirSync(reservations, { recursive: true }) !== undefined) {
      chmodSync(reservations, 0o1777);
    }
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0);
    if (age < RESERVED_MS) return false;
    rmSync(path, { force: true });
    writeFileSync(path, `${process.pid}\n`, { flag: 'wx' });
    return true;
  } catch (error) {
    // Somebody was faster. Where nothing can be reserved, the port is free for all we know.
    return (error as NodeJS.ErrnoException).code !== 'EEXIST';
  }
}

async function takeAny(): Promise<Server | undefined> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const port = randomInt(range.from, range.to);
    const server = await listen(port);
    if (server === undefined) continue;
    if (reserve(port)) return server;
    await close(server);
  }
  return undefined;
}

/**
 * Chooses a free loopback port for each name, all different, and different from what another stack of
 * this machine has just chosen. A preferred port (the one of the last run) is taken again when it is
 * free, so that bookmarks of the Web UI go on working.
 */
export async function choosePorts<Name extends string>(
  names: readonly Name[],
  preferred: Readonly<Record<string, number>> = {},
): Promise<Record<Name, number>> {
  // All are held open until the last is chosen: a port let go could be given out a second time.
  const held = new Map<Name, Server>();
  try {
    for (const name of names) {
      const wish = preferred[name];
      const server = (wish === undefined ? undefined : await listen(wish)) ?? (await takeAny());
      if (!server) throw new Error(`No free port on ${host} for ${name}`);
      held.set(name, server);
    }
    return Object.fromEntries([...held].map(([name, server]) => [name, portOf(server)])) as Record<
      Name,
      number
    >;
  } finally {
    await Promise.all([...held.values()].map(close));
  }
}
