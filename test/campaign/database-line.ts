import { connect, createServer, type Socket } from 'node:net';

/** The line between the processes and Postgres, which a test can cut and mend. */
export interface DatabaseLine {
  /** The same database by way of this line. */
  through(databaseUrl: string): string;
  /** Cuts all connections and refuses new ones; resolves when `refusals` were turned away. */
  cutUntilMissed(refusals: number): Promise<void>;
  close(): Promise<void>;
}

export async function openDatabaseLine(): Promise<DatabaseLine> {
  let target = { host: '127.0.0.1', port: 0 };
  const sockets = new Set<Socket>();
  let onRefusal: (() => void) | undefined;
  const server = createServer((near) => {
    if (onRefusal !== undefined) {
      near.resetAndDestroy();
      onRefusal();
      return;
    }
    const far = connect(target);
    for (const socket of [near, far]) {
      sockets.add(socket);
      // A cut line is what this file is for.
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    through(databaseUrl) {
      const url = new URL(databaseUrl);
      target = { host: url.hostname, port: Number(url.port) };
      url.hostname = '127.0.0.1';
      url.port = String(port);
      return url.href;
    },
    async cutUntilMissed(refusals) {
      await new Promise<void>((resolve) => {
        let left = refusals;
        onRefusal = () => {
          left -= 1;
          if (left === 0) resolve();
        };
        cut();
      });
      onRefusal = undefined;
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      cut();
      await closed;
    },
  };
}
