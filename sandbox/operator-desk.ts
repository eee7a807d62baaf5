import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiProblem } from '../api/client/api-problem.ts';
import type { CallAnswer, CallInput } from '../api/client/call.ts';
import { type ApiClient, createClient, type Downloaded } from '../api/client/client.ts';
import { contractRoutes } from '../api/client/contract-routes.ts';
import type { Contract, RouteName } from '../api/contract.ts';

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

  constructor({ status, slug, detail, errors }: ApiProblem) {
    const places = errors.map(({ path, message }) => `${path}: ${message}`);
    super(`${status} ${slug}: ${[detail, ...places].join('\n  ')}`);
    this.status = status;
    this.problem = slug;
  }
}

/** How long a request without a clear answer is repeated: longer than a worker's restart. */
export const PATIENCE_MS = 120_000;
const PAUSE_MS = 300;

export const pause = ({ signal }: OperatorDesk) => sleep(PAUSE_MS, undefined, signal && { signal });

/** What a route takes besides its merchant, which is the desk's. */
type Asked<Name extends RouteName> = Omit<CallInput<Contract[Name]>, 'params'> &
  (CallInput<Contract[Name]> extends { params: infer Params }
    ? object extends Omit<Params, 'merchant'>
      ? { readonly params?: Omit<Params, 'merchant'> }
      : { readonly params: Omit<Params, 'merchant'> }
    : unknown);

/**
 * One call of a route by its name. An act has the same key whenever it is the same act, so that a
 * repetition can never be a second one; "still at it" (202) is awaited.
 *
 * @throws ApiRefusal
 */
export async function call<Name extends RouteName>(
  desk: OperatorDesk,
  name: Name,
  asked: Asked<Name>,
): Promise<CallAnswer<Contract[Name]>> {
  const more = contractRoutes[name].keyed ? { key: keyOf(desk.merchant, name, asked) } : {};
  return await telling(clientOf(desk).call(name, atDesk(desk, asked), more));
}

/** A file of the API. @throws ApiRefusal */
export async function download<Name extends RouteName>(
  desk: OperatorDesk,
  name: Name,
  asked: Asked<Name>,
): Promise<Downloaded> {
  return await telling(clientOf(desk).download(name, atDesk(desk, asked)));
}

/** The types of `Asked` are made so that this is what the route takes; the compiler cannot see it. */
function atDesk<Name extends RouteName>(
  { merchant }: OperatorDesk,
  asked: Asked<Name>,
): CallInput<Contract[Name]> {
  const { params = {}, ...rest } = asked as { readonly params?: object };
  return { ...rest, params: { ...params, merchant } } as unknown as CallInput<Contract[Name]>;
}

function clientOf(desk: OperatorDesk): ApiClient {
  return createClient({
    routes: contractRoutes,
    baseUrl: desk.apiUrl,
    fetch: patientFetch(desk),
    headers: () => ({ authorization: `Bearer ${desk.token}` }),
    ...(desk.signal === undefined ? {} : { signal: desk.signal }),
    pauseMs: PAUSE_MS,
    asksAgain: PATIENCE_MS / PAUSE_MS,
  });
}

/** Repeats while the answer is "not now" (503, 429) or none at all. */
function patientFetch(desk: OperatorDesk): typeof fetch {
  return async (input, init) => {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const answer = await fetch(input, init).catch((error: Error) => error);
      desk.signal?.throwIfAborted();
      const again = answer instanceof Error || [429, 503].includes(answer.status);
      if (!again || performance.now() > deadline) {
        if (answer instanceof Error) throw answer;
        return answer;
      }
      if (!(answer instanceof Error)) await answer.body?.cancel();
      await pause(desk);
    }
  };
}

async function telling<Result>(answer: Promise<Result>): Promise<Result> {
  return await answer.catch((error: unknown) => {
    throw error instanceof ApiProblem ? new ApiRefusal(error) : error;
  });
}

function keyOf(...parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 40);
}
