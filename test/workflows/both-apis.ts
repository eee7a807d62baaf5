import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { apiReadyLine } from '../../cli/api.ts';
import { inheritedEnvironment } from '../../config.ts';

const entry = fileURLToPath(new URL('../../cli/tsukigime.js', import.meta.url));

/** Two API processes behind one address. */
export interface BothApis {
  readonly url: string;
  /** How each of the two answered an act that reached both in the same moment. */
  readonly doubleClicks: [number, number][];
  /** How many other requests each has served. */
  readonly served: [number, number];
  stop(): Promise<void>;
}

/**
 * `tsukigime api` twice, as production runs it. Requests go to the two in turn; an act with its key goes
 * to both at once, as a double click behind a load balancer does.
 */
export async function startBothApis(environment: Record<string, string>): Promise<BothApis> {
  const started = await Promise.all([startApi(environment), startApi(environment)]);
  const doubleClicks: [number, number][] = [];
  const served: [number, number] = [0, 0];
  let turn: 0 | 1 = 0;
  const front = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const { host: _host, connection: _connection, ...headers } = request.headers;
    const forward = (to: 0 | 1) =>
      fetch(`${started[to].url}${request.url}`, {
        method: request.method ?? 'GET',
        headers: headers as Record<string, string>,
        ...(pieces.length === 0 ? {} : { body: Buffer.concat(pieces) }),
      });
    turn = turn === 0 ? 1 : 0;
    try {
      let answer: Response;
      if (headers['idempotency-key'] !== undefined) {
        const both = await Promise.all([forward(0), forward(1)]);
        doubleClicks.push([both[0].status, both[1].status]);
        answer = both[turn];
      } else {
        served[turn] += 1;
        answer = await forward(turn);
      }
      const bytes = Buffer.from(await answer.arrayBuffer());
      const type = answer.headers.get('content-type');
      response.writeHead(answer.status, type === null ? {} : { 'content-type': type });
      response.end(bytes);
    } catch {
      response.destroy();
    }
  });
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
  return {
    url: `http://127.0.0.1:${(front.address() as AddressInfo).port}`,
    doubleClicks,
    served,
    async stop() {
      front.closeAllConnections();
      front.close();
      for (const { child } of started) child.kill('SIGTERM');
      await Promise.all(started.map(({ exited }) => exited));
    },
  };
}

async function startApi(environment: Record<string, string>) {
  const child: ChildProcess = spawn(process.execPath, [entry, 'api'], {
    env: { ...inheritedEnvironment(), API_PORT: '0', LOG_LEVEL: 'silent', ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  if (child.stdout === null) throw new Error('the API has no standard output');
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith(apiReadyLine)) {
      return { child, exited, url: line.slice(apiReadyLine.length).trim() };
    }
  }
  throw new Error('the API ended before it was ready');
}
