import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Api } from './app.ts';

export interface RunningServer {
  /** `http://host:port`, with the port that was really taken. */
  readonly url: string;
  /**
   * Turns readiness red, takes no new connection and lets running requests finish; cuts what is
   * still running after `graceMs`.
   */
  close(graceMs: number): Promise<void>;
}

/** A whole upload of the largest file over a slow line. */
const requestTimeoutMs = 30 * 60 * 1000;

/** Headers are short: who takes longer holds connections on purpose. */
const headersTimeoutMs = 20_000;

/**
 * Longer than proxies keep their connections to us (mostly 60 s): who closes first must be the one who
 * sends, or a call meets a connection that is just being closed and is lost on the way.
 */
const keepAliveTimeoutMs = 75_000;

const sweepIntervalMs = 50;

/** @throws when the port is taken (EADDRINUSE). */
export async function listen(
  api: Api,
  at: {
    readonly host: string;
    /** 0 takes a free one. */
    readonly port: number;
    /** How long a caller may take over the headers. */
    readonly headersTimeoutMs?: number;
  },
): Promise<RunningServer> {
  const headersTimeout = at.headersTimeoutMs ?? headersTimeoutMs;
  const server = createServer(
    {
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: keepAliveTimeoutMs,
      headersTimeout,
      connectionsCheckingInterval: headersTimeout / 4,
    },
    api.app,
  );
  // Who asks before a long body is answered after the checks: a refusal costs no upload.
  server.on('checkContinue', api.app);
  server.listen(at.port, at.host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const host = at.host.includes(':') ? `[${at.host}]` : at.host;
  return {
    url: `http://${host}:${port}`,
    async close(graceMs) {
      api.state.stopping = true;
      const closed = once(server, 'close');
      server.close();
      // A connection that has just answered is kept alive by its client, and would be waited for.
      const sweep = setInterval(() => server.closeIdleConnections(), sweepIntervalMs);
      const cut = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearInterval(sweep);
      clearTimeout(cut);
    },
  };
}
