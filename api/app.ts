import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type Router,
} from 'express';
import helmet from 'helmet';
import { describeError } from '../temporal/describe-error.ts';
import { createCarrierReceiver } from './carrier/receiver.ts';
import type { RouteContract } from './contract/route.ts';
import { contract } from './contract.ts';
import { allowPages } from './cross-origin.ts';
import type { ApiDependencies } from './dependencies.ts';
import { toProblem } from './failures.ts';
import type { Handler } from './handler.ts';
import { Problem } from './problem.ts';
import { createRateLimits, type RateLimits } from './rate-limits.ts';
import { asksToContinue } from './request-input.ts';
import { logRequests } from './request-log.ts';
import { handlers } from './routes.ts';
import { serveConsole } from './serve-console.ts';
import { serveRoute } from './serve-route.ts';
import { type ApiState, createState } from './state.ts';
import { traceRequests } from './trace-requests.ts';

export interface Api {
  readonly app: Express;
  readonly state: ApiState;
  /** Goes on with what an earlier process left behind; once, when the API listens. */
  takeUp(): Promise<void>;
}

/** Routes with a handler of the same name for each. */
export interface RouteTable {
  readonly contract: Readonly<Record<string, RouteContract>>;
  readonly handlers: Readonly<Record<string, unknown>>;
}

/**
 * The API over the given dependencies; it opens nothing and listens nowhere.
 * `table` is the whole contract; a test may try a route of its own.
 */
export function createApp(deps: ApiDependencies, table: RouteTable = { contract, handlers }): Api {
  const state = createState(deps.limits);
  const limits = createRateLimits(deps.limits);
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('trust proxy', deps.trustedProxies);
  // Sent paths match exactly: two spellings of one route would be two lines in the log.
  app.set('strict routing', true);
  app.set('case sensitive routing', true);
  app.use(traceRequests(deps));
  app.use(logRequests(deps, state));
  app.use(helmet());
  // Before everything that reads bodies or tokens: ZEUS has neither, and its bytes are kept as they are.
  const carrier = createCarrierReceiver(deps, state, limits);
  app.use(carrier.router);
  for (const [name, route] of Object.entries(table.contract)) {
    // Each handler is typed by its own route; here they are all just handlers of some route.
    const handler = table.handlers[name] as Handler<RouteContract>;
    registerRoute(app, route, handler, { deps, state, limits });
  }
  refuseOtherMethods(app, Object.values(table.contract));
  if (deps.consoleDir !== undefined) app.use(serveConsole(deps.consoleDir));
  app.use(() => {
    throw new Problem('route-not-found');
  });
  app.use(answerProblem(deps));
  return { app, state, takeUp: carrier.takeUp };
}

function registerRoute(
  router: Router,
  route: RouteContract,
  handler: Handler<RouteContract>,
  parts: { deps: ApiDependencies; state: ApiState; limits: RateLimits },
): void {
  const { deps, state, limits } = parts;
  if (route.foreignPages !== undefined) router.use(route.path, allowPages(deps.temporalUiOrigin));
  router[route.method](
    route.path,
    (_request, response, next) => {
      response.locals.route = route.path;
      next();
    },
    ...(route.role === 'none' ? [limits.publicRoutes] : []),
    serveRoute(route, handler, deps, state, limits),
  );
}

/** A known path with another method says so, instead of "not found". */
function refuseOtherMethods(router: Router, routes: readonly RouteContract[]): void {
  const methods = new Map<string, string[]>();
  for (const route of routes) {
    const method = route.method.toUpperCase();
    methods.set(route.path, [...(methods.get(route.path) ?? []), method]);
  }
  for (const [path, allowed] of methods) {
    router.all(path, () => {
      throw new Problem('method-not-allowed', { headers: { Allow: allowed.join(', ') } });
    });
  }
}

function answerProblem(deps: ApiDependencies): ErrorRequestHandler {
  // Express knows an error handler by its four parameters.
  return (error, request, response, _next) => {
    const requestId = String(response.locals.requestId);
    if (request.destroyed && !request.complete) {
      // Its own caller cut it: nobody is there to answer, and nothing of ours has failed.
      response.destroy();
      return;
    }
    // The same for a download that its reader has left.
    if ((error as NodeJS.ErrnoException).code === 'ERR_STREAM_PREMATURE_CLOSE') return;
    const problem = toProblem(error);
    if (problem.status >= 500) {
      deps.logger.error(
        { requestId, problem: problem.slug, error: describeError(error) },
        'failed',
      );
    }
    if (response.headersSent) {
      // Half an answer is out: a cut connection is the only honest end.
      response.destroy();
      return;
    }
    if (!request.complete) {
      if (asksToContinue(request)) response.set('Connection', 'close');
      discardRest(request);
    }
    response
      .status(problem.status)
      .set({ 'Cache-Control': 'no-store', ...problem.headers })
      .type('application/problem+json')
      .send(JSON.stringify(problem.toBody(requestId)));
  };
}

/** A client that is still sending reads no answer when its connection is closed under it. */
const discardedBytesMax = 64 * 1024 * 1024;

function discardRest(request: Request): void {
  let discarded = 0;
  request.on('data', (piece: Buffer) => {
    discarded += piece.byteLength;
    if (discarded > discardedBytesMax) request.destroy();
  });
  request.on('error', () => {});
  request.resume();
}
