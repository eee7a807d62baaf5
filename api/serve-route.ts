import { pipeline } from 'node:stream/promises';
import type { Request, RequestHandler, Response } from 'express';
import type { RateLimitRequestHandler } from 'express-rate-limit';
import type { Merchant } from '../db/queries/merchants.ts';
import type { Identity } from '../db/queries/tokens.ts';
import { authenticate, authorize, scopeMerchant } from './authentication.ts';
import type { ResponseContract, RouteContract } from './contract/route.ts';
import type { ApiDependencies } from './dependencies.ts';
import type { Call, Handler } from './handler.ts';
import { Problem } from './problem.ts';
import type { RateLimits } from './rate-limits.ts';
import { readInput } from './request-input.ts';
import type { ApiState } from './state.ts';

/** Any reply, as the sender sees it after the contract has named its status. */
interface AnyReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly text?: string;
  readonly content?: AsyncIterable<Buffer>;
  readonly bytes?: number;
  readonly fileName?: string;
}

/**
 * A contract route as an Express handler. The order is fixed for all routes: token, role, merchant,
 * input, act, answer; so nobody without the right learns anything, not even that a field is wrong.
 */
export function serveRoute<Route extends RouteContract>(
  route: Route,
  handler: Handler<Route>,
  deps: ApiDependencies,
  state: ApiState,
  limits: RateLimits,
): RequestHandler {
  return async (request, response) => {
    let identity: Identity | undefined;
    let merchant: Merchant | undefined;
    if (route.role !== 'none') {
      await limits.refuseGuessers(request);
      identity = await authenticate(deps, request).catch(async (error: unknown) => {
        await passes(limits.refused, request, response);
        throw error;
      });
      response.locals.tokenId = identity.tokenId;
      await passes(limits.tokens, request, response);
      authorize(route, identity);
      if (route.merchantScoped) {
        merchant = await scopeMerchant(deps, identity, String(request.params.merchant));
      }
    }
    const input = await readInput(route, request, response, deps.limits);
    const now = new Date(deps.realNow().getTime() + (merchant?.clockOffsetMs ?? 0)).toISOString();
    // The types of a call follow from the contract that was just applied; the compiler cannot see it.
    const call: unknown = { deps, state, identity, merchant, now, request, ...input };
    await sendReply(route, (await handler(call as Call<Route>)) as AnyReply, response);
  };
}

async function sendReply(route: RouteContract, reply: AnyReply, response: Response): Promise<void> {
  const contract: ResponseContract | undefined = route.responses[reply.status];
  if (contract === undefined) {
    throw new Error(`${route.method} ${route.path} answered ${reply.status}, not in its contract`);
  }
  response.status(reply.status).set({ 'Cache-Control': 'no-store', ...reply.headers });
  switch (contract.kind) {
    case 'json':
      // Parsed, so that a column which the contract does not name cannot leave.
      response.json(contract.schema.parse(reply.body));
      return;
    case 'text':
      response.type(contract.contentType).send(reply.text);
      return;
    case 'bytes':
      await sendBytes(reply, response);
      return;
    case 'empty':
      response.end();
  }
}

/** A file that breaks in the middle breaks its connection: it must not look complete. */
async function sendBytes(reply: AnyReply, response: Response): Promise<void> {
  const pieces = (reply.content ?? emptyContent())[Symbol.asyncIterator]();
  // Read before the headers leave, so that a wrong key is still a problem and not a broken download.
  const first = await pieces.next();
  response.attachment(reply.fileName);
  // A file from outside is data, whatever its name says: no browser may take it for a page.
  response.type('application/octet-stream');
  if (reply.bytes !== undefined) response.set('Content-Length', String(reply.bytes));
  await pipeline(continueWith(first, pieces), response);
}

async function* continueWith(
  first: IteratorResult<Buffer>,
  rest: AsyncIterator<Buffer>,
): AsyncGenerator<Buffer> {
  for (let piece = first; piece.done !== true; piece = await rest.next()) yield piece.value;
}

async function* emptyContent(): AsyncGenerator<Buffer> {}

async function passes(
  limiter: RateLimitRequestHandler,
  request: Request,
  response: Response,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const answered = limiter(request, response, (error?: unknown) => {
      if (error === undefined) resolve();
      else reject(error instanceof Error ? error : new Problem('too-many-requests'));
    }) as unknown;
    if (answered instanceof Promise) answered.catch(reject);
  });
}
