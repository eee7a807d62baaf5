import { pipeline } from 'node:stream/promises';
import type { Request, RequestHandler, Response } from 'express';
import type { RateLimitRequestHandler } from 'express-rate-limit';
import { type Role, roles } from '../billing/role.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import {
  type Authenticated,
  authenticate,
  authorize,
  type Identity,
  identifyAnywhere,
  identifyAt,
  readBearer,
  refuseForeignPages,
  scopeMerchant,
} from './authentication.ts';
import type { ResponseContract, RouteContract } from './contract/route.ts';
import type { ApiDependencies } from './dependencies.ts';
import type { Call, Handler } from './handler.ts';
import { Problem } from './problem.ts';
import type { RateLimits } from './rate-limits.ts';
import { readInput } from './request-input.ts';
import { type ClientFacts, readClient } from './session-cookie.ts';
import type { ApiState } from './state.ts';

/** Any reply, as the sender sees it after the contract has named its status. */
interface AnyReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: unknown;
  readonly text?: string;
  readonly content?: AsyncIterable<Buffer>;
  readonly bytes?: number;
  readonly fileName?: string;
}

/** What a route's checks leave for its handler. */
interface Admitted {
  readonly authenticated: Authenticated | undefined;
  readonly identity: Identity | undefined;
  readonly merchant: Merchant | undefined;
}

/**
 * A contract route as an Express handler. The order is fixed for all routes: token or session, page,
 * role, merchant, input, act, answer; so nobody without the right learns anything, not even that a
 * field is wrong.
 */
export function serveRoute<Route extends RouteContract>(
  route: Route,
  handler: Handler<Route>,
  deps: ApiDependencies,
  state: ApiState,
  limits: RateLimits,
): RequestHandler {
  return async (request, response) => {
    const client = readClient(request);
    const { authenticated, identity, merchant } =
      route.role === 'none'
        ? { authenticated: undefined, identity: undefined, merchant: undefined }
        : await admit(route, { deps, limits, request, response, client });
    const input = await readInput(route, request, response, deps.limits);
    const now = new Date(deps.realNow().getTime() + (merchant?.clockOffsetMs ?? 0)).toISOString();
    // The types of a call follow from the contract that was just applied; the compiler cannot see it.
    const call: unknown = {
      ...{ deps, state, client, identity, merchant, now, request, ...input },
      ...{ caller: authenticated?.caller, session: authenticated?.session },
    };
    try {
      await sendReply(route, (await handler(call as Call<Route>)) as AnyReply, response);
    } finally {
      // Also after a failure: who knows how far it came.
      if (!isRead(route) && merchant !== undefined) state.counts.forget(merchant.id);
    }
  };
}

const isRead = ({ method, onlyReads }: RouteContract) => method === 'get' || onlyReads === true;

async function admit(
  route: RouteContract,
  of: {
    readonly deps: ApiDependencies;
    readonly limits: RateLimits;
    readonly request: Request;
    readonly response: Response;
    readonly client: ClientFacts;
  },
): Promise<Admitted> {
  const { deps, limits, request, response, client } = of;
  const isToken = readBearer(request) !== undefined;
  if (isToken) await limits.refuseGuessers(request);
  const authenticated = await authenticate(deps, request, client).catch(async (error: unknown) => {
    // A page whose session has ended guesses nothing: it must not shut out the programs beside it.
    await passes(isToken ? limits.refused : limits.signedOut, request, response);
    throw error;
  });
  const { caller, session } = authenticated;
  response.locals[session === undefined ? 'tokenId' : 'sessionId'] = caller.id;
  await passes(limits.tokens, request, response);
  const { temporalUiOrigin } = deps;
  refuseForeignPages(route, request, { session, temporalUiOrigin });
  authorize(route, authenticated);
  const { role } = route;
  if (!isRole(role)) return { authenticated, identity: undefined, merchant: undefined };
  if (!route.merchantScoped) {
    return { authenticated, identity: identifyAnywhere(role, caller), merchant: undefined };
  }
  const merchant = await scopeMerchant(deps, caller.grants, String(request.params.merchant));
  return { authenticated, identity: identifyAt(merchant, { ...route, role }, caller), merchant };
}

const isRole = (role: RouteContract['role']): role is Role =>
  (roles as readonly string[]).includes(role);

async function sendReply(route: RouteContract, reply: AnyReply, response: Response): Promise<void> {
  const contract: ResponseContract | undefined = route.responses[reply.status];
  if (contract === undefined) {
    throw new Error(`${route.method} ${route.path} answered ${reply.status}, not in its contract`);
  }
  response.status(reply.status).set('Cache-Control', 'no-store');
  for (const [name, value] of Object.entries(reply.headers ?? {})) {
    response.set(name, typeof value === 'string' ? value : [...value]);
  }
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
