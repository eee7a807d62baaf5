import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

/** Where the simulated operator sits: an API, a token and a merchant. */
export interface OperatorDesk {
  readonly apiUrl: string;
  readonly token: string;
  readonly merchant: string;
  /** Ends the day: what had no answer yet is given up instead of repeated. */
  readonly signal?: AbortSignal;
}

/** The API refused; the message is what the operator reads. */
export class ApiRefusal extends Error {
  override readonly name = 'ApiRefusal';
  readonly status: number;
  /** Slug of the problem. */
  readonly problem: string;

  constructor(status: number, problem: string, detail: string) {
    super(`${status} ${problem}: ${detail}`);
    this.status = status;
    this.problem = problem;
  }
}

/** How long a request without a clear answer is repeated: longer than a worker's restart. */
export const PATIENCE_MS = 120_000;
const PAUSE_MS = 300;

interface Request {
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly json?: unknown;
  readonly bytes?: Uint8Array;
  readonly idempotencyKey?: string;
}

/** One request, repeated while the answer is "not now" (503), "still at it" (202) or none at all. */
export async function call(
  desk: OperatorDesk,
  path: string,
  request: Request = {},
): Promise<Response> {
  const deadline = performance.now() + PATIENCE_MS;
  const { method = 'GET', json, bytes, idempotencyKey } = request;
  const headers: Record<string, string> = { authorization: `Bearer ${desk.token}` };
  if (json !== undefined) headers['content-type'] = 'application/json';
  if (bytes !== undefined) headers['content-type'] = 'text/csv';
  if (idempotencyKey !== undefined) headers['idempotency-key'] = idempotencyKey;
  for (;;) {
    const response = await fetch(`${desk.apiUrl}/v1/merchants/${desk.merchant}${path}`, {
      method,
      headers,
      signal: desk.signal ?? null,
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
      ...(bytes === undefined ? {} : { body: new Uint8Array(bytes) }),
    }).catch((error: Error) => error);
    desk.signal?.throwIfAborted();
    const again =
      response instanceof Error ||
      response.status === 503 ||
      response.status === 429 ||
      (response.status === 202 && idempotencyKey !== undefined);
    if (!again) return response.ok ? response : await refuse(response);
    if (performance.now() > deadline) {
      throw response instanceof Error ? response : await refuse(response);
    }
    await pause(desk);
  }
}

export const pause = ({ signal }: OperatorDesk) => sleep(PAUSE_MS, undefined, signal && { signal });

async function refuse(response: Response): Promise<never> {
  const problem = (await response.json()) as {
    type?: string;
    detail?: string;
    errors?: { path: string; message: string }[];
  };
  const slug = String(problem.type).replace('urn:tsukigime:problem:', '');
  const places = (problem.errors ?? []).map(({ path, message }) => `${path}: ${message}`);
  throw new ApiRefusal(response.status, slug, [problem.detail ?? '', ...places].join('\n  '));
}

/** The same act always has the same key, so that a repetition can never be a second act. */
function keyOf(...parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 40);
}

export async function act<Result>(
  desk: OperatorDesk,
  path: string,
  json?: unknown,
): Promise<Result> {
  const request = { method: 'POST', idempotencyKey: keyOf(desk.merchant, path, json) } as const;
  const response = await call(desk, path, json === undefined ? request : { ...request, json });
  return (await response.json()) as Result;
}

export async function read<Result>(desk: OperatorDesk, path: string): Promise<Result> {
  return (await (await call(desk, path)).json()) as Result;
}
