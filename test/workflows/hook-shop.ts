import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** A call of a webhook, as the shop saw it. */
export interface HookCall {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly event: {
    readonly id: string;
    readonly type: string;
    readonly data: Readonly<Record<string, unknown>>;
  };
}

export interface HookShop {
  readonly url: string;
  readonly calls: HookCall[];
  /** What the next calls are answered with, one each; null = nothing, ever. Then 200. */
  readonly answers: (number | null)[];
  stop(): Promise<void>;
}

/** A shop's own system: it notes what it is told and answers as it is bidden. */
export async function openHookShop(): Promise<HookShop> {
  const calls: HookCall[] = [];
  const answers: (number | null)[] = [];
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const body = Buffer.concat(pieces);
    calls.push({ headers: request.headers, body, event: JSON.parse(body.toString()) });
    const answer = answers.shift();
    if (answer === null) return;
    response.writeHead(answer ?? 200).end(answer === undefined ? 'taken' : 'out of order');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/tsukigime`,
    calls,
    answers,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

type IsFromTsukigime = (
  header: string,
  body: Buffer,
  secret: string,
  nowSeconds?: number,
) => boolean;

/** The function that docs/webhooks.md gives to shops, as it stands there. */
export async function loadDocumentedCheck(): Promise<IsFromTsukigime> {
  const page = await readFile(
    fileURLToPath(new URL('../../docs/webhooks.md', import.meta.url)),
    'utf8',
  );
  const [, code] = /```js\n(.*?)```/s.exec(page) ?? [];
  if (code === undefined) throw new Error('docs/webhooks.md shows no check');
  const folder = await mkdtemp(join(tmpdir(), 'tsukigime-hook-'));
  try {
    await writeFile(join(folder, 'check.mjs'), code);
    const module = await import(pathToFileURL(join(folder, 'check.mjs')).href);
    return (module as { isFromTsukigime: IsFromTsukigime }).isFromTsukigime;
  } finally {
    await rm(folder, { recursive: true });
  }
}
