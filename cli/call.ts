import { randomUUID } from 'node:crypto';
import { open, readFile, unlink } from 'node:fs/promises';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { ApiProblem } from '../api/client/api-problem.ts';
import { createClient } from '../api/client/client.ts';
import { contractRoutes } from '../api/client/contract-routes.ts';
import type { RouteContract } from '../api/contract/route.ts';
import { contract, type RouteName } from '../api/contract.ts';
import { readConfig } from '../config.ts';
import { runReporting, UnusableInputError } from './unusable-input.ts';

export interface CallCommand {
  readonly route: string;
  /** `name=value`, of the path or the query; a name given again makes a list. */
  readonly values: readonly string[];
  readonly body?: string;
  readonly file?: string;
  readonly key?: string;
  readonly out?: string;
}

/**
 * `tsukigime call`: any route of an API anywhere, as the token's owner: TSUKIGIME_URL, TSUKIGIME_TOKEN.
 * @returns the exit code: 0, 2 for what the API refuses or cannot be called at all, 1 when no answer came.
 */
export function runCall(command: CallCommand): Promise<number> {
  return runReporting(async () => {
    const { name, route } = findRoute(command.route);
    const { url, token } = readPlace();
    const input = { ...sortValues(route, command.values), ...(await readBody(route, command)) };
    const client = createClient({
      ...{ routes: contractRoutes, baseUrl: url, fetch: fetchHere },
      headers: () => (token === undefined ? {} : { authorization: `Bearer ${token}` }),
    });
    const key = route.idempotencyKey === undefined ? undefined : (command.key ?? randomUUID());
    // Whoever gets no answer repeats the call with it.
    if (key !== undefined) console.error(`--key ${key}`);
    try {
      if (isDownload(route)) {
        const { name: fileName, content } = await client.openDownload(name, input as never);
        // A name that the server gives leads to no other folder.
        await save(command.out ?? basename(fileName), content as ReadableStream);
        return 0;
      }
      const answer: unknown = await client.call(name, input as never, key ? { key } : {});
      if (answer !== undefined) console.log(JSON.stringify(answer, null, 2));
      return 0;
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      if (error.status >= 300 && error.status < 400) throw forwarded();
      console.error(`${error.slug}: ${error.detail}`);
      for (const { path, message } of error.errors) console.error(`  ${path}: ${message}`);
      return error.passes ? 1 : 2;
    }
  });
}

/** `tsukigime call --list`: every route by its name. */
export async function runCallList(): Promise<number> {
  for (const [name, route] of Object.entries(contract) as [RouteName, RouteContract][]) {
    const { method, path, summary } = route;
    console.log(`${name}  ${method.toUpperCase()} ${path}  ${summary.ja}`);
  }
  return 0;
}

function findRoute(text: string): { name: RouteName; route: RouteContract } {
  if (!Object.hasOwn(contract, text)) {
    throw new UnusableInputError(
      `there is no route ${text}; see: tsukigime call --list`,
      'この名前のAPIはありません',
    );
  }
  const name = text as RouteName;
  return { name, route: contract[name] };
}

function readPlace(): { url: string; token: string | undefined } {
  const { apiUrl: url, apiToken: token } = readConfig();
  if (url === undefined) {
    throw new UnusableInputError('TSUKIGIME_URL is not set', '接続先が設定されていません');
  }
  const { protocol, hostname } = new URL(url);
  const isHere = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  if (protocol === 'http:' && !isHere && token !== undefined) {
    throw new UnusableInputError(
      'TSUKIGIME_URL is http: the token would travel readable',
      'https のアドレスを指定してください',
    );
  }
  return { url, token };
}

function sortValues(route: RouteContract, values: readonly string[]) {
  const params: Record<string, string> = {};
  const query: Record<string, string[]> = {};
  for (const value of values) {
    const [, name = '', text = ''] = /^(\w+)=(.*)$/s.exec(value) ?? [];
    if (route.params !== undefined && name in route.params.shape) {
      if (['', '.', '..'].includes(text)) {
        throw new UnusableInputError(`${value}: names nothing`, '指定できない値です');
      }
      params[name] = text;
    } else if (route.query !== undefined && name in route.query.shape) {
      query[name] = [...(query[name] ?? []), text];
    } else {
      const known = Object.keys({ ...route.params?.shape, ...route.query?.shape });
      throw new UnusableInputError(
        `${value}: this route takes ${known.map((each) => `${each}=…`).join(', ') || 'no values'}`,
        '指定できない値です',
      );
    }
  }
  const missing = Object.keys(route.params?.shape ?? {}).filter(
    (name) => params[name] === undefined,
  );
  if (missing.length > 0) {
    throw new UnusableInputError(`${missing.join(', ')} is missing`, '値が足りません');
  }
  return { params, query };
}

async function readBody(
  route: RouteContract,
  { body, file }: CallCommand,
): Promise<{ readonly body?: unknown }> {
  if (route.body === undefined) {
    if ((body ?? file) === undefined) return {};
    throw new UnusableInputError('this route takes no body', '本文は指定できません');
  }
  const bytes = file === undefined ? undefined : await readInput(file);
  if (route.body.kind === 'raw') {
    if (bytes !== undefined) return { body: new Uint8Array(bytes) };
    throw new UnusableInputError('this route takes --file', 'ファイルを指定してください');
  }
  const text = body ?? bytes?.toString('utf8') ?? '{}';
  try {
    return { body: JSON.parse(text) as unknown };
  } catch {
    throw new UnusableInputError('the body is not JSON', '本文がJSONではありません');
  }
}

async function readInput(file: string): Promise<Buffer> {
  return await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new UnusableInputError(`${file}: ${error.code}`, 'ファイルを読めません');
  });
}

function isDownload({ responses }: RouteContract): boolean {
  return ['text', 'bytes'].includes(responses[200]?.kind ?? '');
}

/** Follows nobody elsewhere: an address that forwards a call would be sent its body, orders and all. */
const fetchHere: typeof globalThis.fetch = (input, init) =>
  fetch(input, { ...init, redirect: 'manual' });

function forwarded(): UnusableInputError {
  return new UnusableInputError(
    'TSUKIGIME_URL forwards to another address: nothing was sent there; name that one if it is yours',
    '別のアドレスへ転送されました。そこへは送信していません。TSUKIGIME_URL を確かめてください',
  );
}

/** `-` is standard output; a file that is there stays, and of one that breaks off nothing does. */
async function save(path: string, content: ReadableStream): Promise<void> {
  if (path === '-') {
    await pipeline(Readable.fromWeb(content), process.stdout, { end: false });
    return;
  }
  const file = await open(path, 'wx', 0o600).catch(async (error: NodeJS.ErrnoException) => {
    await content.cancel();
    throw new UnusableInputError(`${path}: ${error.code}`, 'ファイルに書き込めません');
  });
  const target = file.createWriteStream();
  try {
    await pipeline(Readable.fromWeb(content), target);
  } catch (error) {
    await unlink(path);
    throw error;
  }
  console.error(`${path}: ${target.bytesWritten} bytes`);
}
