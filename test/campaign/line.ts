import { connect, createServer, type Socket } from 'node:net';

/** The line between our processes and a server, which a test can cut and mend. */
export interface Line {
  /** The same server by way of this line. */
  through(serverUrl: string): string;
  /** Cuts all connections and refuses new ones; resolves when `refusals` were turned away. */
  cutUntilMissed(refusals: number): Promise<void>;
  /** Cuts all connections and turns away the next that come, whenever they come. */
  refuseNext(refusals: number): void;
  /** How many were turned away so far. */
  readonly refused: number;
  close(): Promise<void>;
}

export async function openLine(): Promise<Line> {
  let target = { host: '127.0.0.1', port: 0 };
  const sockets = new Set<Socket>();
  let refused = 0;
  let refusing = 0;
  let onRefusal: (() => void) | undefined;
  const server = createServer((near) => {
    if (onRefusal !== undefined || refusing > 0) {
      refused += 1;
      near.resetAndDestroy();
      if (onRefusal === undefined) refusing -= 1;
      onRefusal?.();
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
    through(serverUrl) {
      const url = new URL(serverUrl);
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
    refuseNext(refusals) {
      refusing += refusals;
      cut();
    },
    get refused() {
      return refused;
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      cut();
      await closed;
    },
  };
}
