import { randomUUID } from 'node:crypto';
import type { RequestHandler, Response } from 'express';
import type { ApiDependencies } from './dependencies.ts';
import type { ApiState } from './state.ts';

/**
 * The ID that a proxy or program in front gave the request, so that its log and ours tell of the same.
 * With a letter in it, it is no card number; anything else gets an ID of ours.
 */
const saneRequestId = /^(?=.*[A-Za-z])[A-Za-z0-9._-]{8,64}$/;

/** One line and one measurement a request, by route pattern: a raw URL may hold names. */
export function logRequests(deps: ApiDependencies, state: ApiState): RequestHandler {
  return (request, response, next) => {
    const given = request.get('X-Request-Id');
    const requestId = given !== undefined && saneRequestId.test(given) ? given : randomUUID();
    response.locals.requestId = requestId;
    response.set('X-Request-Id', requestId);
    const startedAt = process.hrtime.bigint();
    response.once('close', () => {
      const seconds = Number(process.hrtime.bigint() - startedAt) / 1e9;
      const route = routePattern(response);
      const status = response.writableFinished ? String(response.statusCode) : 'cut';
      const method = knownMethods.has(request.method) ? request.method : 'other';
      state.metrics.requestSeconds.observe({ method, route, status }, seconds);
      deps.logger.info(
        { requestId, method, route, status, ms: Math.round(seconds * 1000), ...callerOf(response) },
        'request',
      );
    });
    next();
  };
}

const knownMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']);

function routePattern(response: Response): string {
  const pattern: unknown = response.locals.route;
  return typeof pattern === 'string' ? pattern : 'unmatched';
}

function callerOf({ locals }: Response): { tokenId?: string; sessionId?: string } {
  const { tokenId, sessionId } = locals as Record<string, unknown>;
  return {
    ...(typeof tokenId === 'string' ? { tokenId } : {}),
    ...(typeof sessionId === 'string' ? { sessionId } : {}),
  };
}
