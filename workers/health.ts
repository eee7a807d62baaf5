import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answersInTime, probeTimeoutMs } from '../temporal/answers-in-time.ts';
import type { WorkersState } from './worker.ts';

/** What a worker's readiness is made of; the two probes resolve when the other side answers. */
export interface WorkerProbes {
  readonly postgres: () => Promise<unknown>;
  readonly temporal: () => Promise<unknown>;
  readonly workers: () => WorkersState;
}

export interface HealthPage {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves what an orchestrator asks of a worker, under the names that the API has: `/healthz` (200 as long
 * as the process answers) and `/readyz` (200 while Postgres and Temporal answer and all queues are asked
 * for work; else, and from SIGTERM on, 503). Says nothing but these states, and has no login.
 *
 * @param address host:port; port 0 takes a free one
 * @throws when the port is taken (EADDRINUSE)
 */
export async function serveHealth(address: string, probes: WorkerProbes): Promise<HealthPage> {
  const server = createServer(async (request, response) => {
    const [status, body] = await answer(request.url, probes);
    response.writeHead(status, {
      'Content-Type': 'application/json',
      'Cache-Control': 'no-store',
    });
    response.end(JSON.stringify(body));
  });
  const [, host = '', port] = /^(.*):(\d+)$/.exec(address) ?? [];
  server.listen(Number(port), host.replace(/^\[(.*)\]$/, '$1'));
  await once(server, 'listening');
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(
  path: string | undefined,
  probes: WorkerProbes,
): Promise<[status: number, body: object]> {
  if (path === '/healthz') return [200, { alive: true }];
  if (path !== '/readyz') return [404, { found: false }];
  const [postgres, temporal] = await Promise.all([
    answersInTime(probes.postgres(), probeTimeoutMs),
    answersInTime(probes.temporal(), probeTimeoutMs),
  ]);
  const workers = probes.workers();
  const ready = postgres && temporal && workers === 'polling';
  const say = (part: boolean) => (part ? 'ok' : 'away');
  return [ready ? 200 : 503, { ready, postgres: say(postgres), temporal: say(temporal), workers }];
}
