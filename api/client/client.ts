import type { Contract, RouteName } from '../contract.ts';
import { noAnswer, readProblem } from './api-problem.ts';
import type { CallAnswer, CallInput } from './call.ts';
import type { RouteSketch } from './route-sketch.ts';

/** A file that the API sent. */
export interface Downloaded {
  readonly name: string;
  readonly content: Blob;
}

export interface OpenDownload {
  readonly name: string;
  readonly content: ReadableStream<Uint8Array>;
}

/**
 * The whole API by the names of its routes, typed by the contract. Nobody writes an address: a route
 * that changes does not compile where it is called.
 */
export interface ApiClient {
  /**
   * @param key of an act: the same for the same intention, however often it is sent
   * @throws ApiProblem
   */
  call<Name extends RouteName>(
    name: Name,
    input: CallInput<Contract[Name]>,
    more?: { readonly key?: string; readonly signal?: AbortSignal },
  ): Promise<CallAnswer<Contract[Name]>>;
  /** The whole of it at once. @throws ApiProblem */
  download<Name extends RouteName>(
    name: Name,
    input: CallInput<Contract[Name]>,
  ): Promise<Downloaded>;
  /**
   * As it comes, for files larger than memory; it breaks off with an error when the server does.
   * @throws ApiProblem
   */
  openDownload<Name extends RouteName>(
    name: Name,
    input: CallInput<Contract[Name]>,
  ): Promise<OpenDownload>;
}

export interface ClientOptions {
  readonly routes: Readonly<Record<RouteName, RouteSketch>>;
  /** Without a slash at its end; empty in a browser. */
  readonly baseUrl: string;
  readonly fetch: typeof globalThis.fetch;
  /** Who calls: asked before each call. */
  readonly headers: (route: RouteSketch) => Readonly<Record<string, string>>;
  /** Told of every 401: the session has ended. */
  readonly onUnauthenticated?: (route: RouteSketch) => void;
  /** Ends whatever is under way. */
  readonly signal?: AbortSignal;
  /** Between two looks at an act that the workflow is still at. */
  readonly pauseMs?: number;
  /** How often such an act is asked for again: by default for ten minutes at the least. */
  readonly asksAgain?: number;
}

/** A call without its types: what every route is made of. */
interface PlainInput {
  readonly params?: Readonly<Record<string, string | number>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

export function createClient(options: ClientOptions): ApiClient {
  const { routes, pauseMs = 500, asksAgain = 60 } = options;
  const send = async (
    route: RouteSketch,
    input: PlainInput,
    more: { readonly key?: string; readonly signal?: AbortSignal },
  ): Promise<Response> => {
    const { body, headers } = writeBody(input.body);
    const signal = more.signal ?? options.signal;
    const response = await options
      .fetch(options.baseUrl + addressOf(route, input), {
        method: route.method.toUpperCase(),
        headers: {
          ...headers,
          ...options.headers(route),
          ...(more.key === undefined ? {} : { 'idempotency-key': more.key }),
        },
        ...(body === undefined ? {} : { body }),
        ...(signal === undefined ? {} : { signal }),
      })
      .catch((error: unknown) => {
        if (signal?.aborted) throw error;
        throw noAnswer();
      });
    if (response.ok) return response;
    const problem = await readProblem(response);
    if (problem.status === 401) options.onUnauthenticated?.(route);
    throw problem;
  };
  return {
    async call<Name extends RouteName>(
      name: Name,
      input: CallInput<Contract[Name]>,
      more: { readonly key?: string; readonly signal?: AbortSignal } = {},
    ) {
      const route = routes[name];
      for (let left = asksAgain; ; left -= 1) {
        const response = await send(route, input as PlainInput, more);
        const answer: unknown = response.status === 204 ? undefined : await response.json();
        // The server has checked it against the contract before it left.
        if (!route.keyed || response.status !== 202 || !isAccepted(answer)) {
          return answer as CallAnswer<Contract[Name]>;
        }
        if (left === 0) throw noAnswer();
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    },
    async download(name, input) {
      const response = await send(routes[name], input as PlainInput, {});
      return { name: nameOf(response), content: await response.blob() };
    },
    async openDownload(name, input) {
      const response = await send(routes[name], input as PlainInput, {});
      return { name: nameOf(response), content: response.body ?? new Blob([]).stream() };
    },
  };
}

/** The workflow has it and is still at it. */
function isAccepted(answer: unknown): boolean {
  return typeof answer === 'object' && answer !== null && 'accepted' in answer;
}

/**
 * The path with its parameters and query.
 * @throws RangeError for a parameter that leads elsewhere: no escape keeps `..` from being taken as a step up
 */
export function addressOf(route: Pick<RouteSketch, 'path'>, input: PlainInput): string {
  const path = route.path.replace(/:(\w+)/g, (_, name: string) => {
    const value = String(input.params?.[name] ?? '');
    if (['', '.', '..'].includes(value)) {
      throw new RangeError(`${name} is ${value || 'empty'}: that is no part of an address`);
    }
    return encodeURIComponent(value);
  });
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(input.query ?? {})) {
    if (value === undefined || value === null || value === '') continue;
    for (const one of Array.isArray(value) ? value : [value]) query.append(name, String(one));
  }
  return query.size === 0 ? path : `${path}?${query}`;
}

function writeBody(body: unknown): {
  readonly body?: NonNullable<RequestInit['body']>;
  readonly headers: Readonly<Record<string, string>>;
} {
  if (body === undefined) return { headers: {} };
  if (body instanceof Blob || body instanceof Uint8Array) {
    return {
      body: body as NonNullable<RequestInit['body']>,
      headers: { 'content-type': 'application/octet-stream' },
    };
  }
  return { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
}

/** As Content-Disposition names it; RFC 5987 where the name is not ASCII. */
function nameOf(response: Response): string {
  const header = response.headers.get('content-disposition') ?? '';
  const encoded = /filename\*=UTF-8''([^;]+)/i.exec(header)?.[1];
  if (encoded !== undefined) return decodeURIComponent(encoded);
  return /filename="?([^";]+)"?/i.exec(header)?.[1] ?? 'download';
}
