import { createServer, type Server } from 'node:net';

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

/**
 * Chooses a free loopback port for each name, all different. A preferred port (the one of the last
 * run) is taken again when it is free, so that bookmarks of the Web UI go on working.
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
      const server = (wish === undefined ? undefined : await listen(wish)) ?? (await listen(0));
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
