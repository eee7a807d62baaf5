import type { Request, Response } from 'express';
import { ipKeyGenerator, type RateLimitRequestHandler, rateLimit } from 'express-rate-limit';
import type { ApiLimits } from './dependencies.ts';
import { Problem } from './problem.ts';

export interface RateLimits {
  /** Guessing of tokens: counts only what ended in 401. */
  readonly refused: RateLimitRequestHandler;
  readonly publicRoutes: RateLimitRequestHandler;
  readonly tokens: RateLimitRequestHandler;
}

/** Counted in this process's memory: behind two API processes each address has twice the limit. */
export function createRateLimits(limits: ApiLimits): RateLimits {
  return {
    refused: limiter(limits.refusedPerMinute, addressOf, {
      skipSuccessfulRequests: true,
      requestWasSuccessful: (_request: Request, response: Response) => response.statusCode !== 401,
    }),
    publicRoutes: limiter(limits.publicPerMinute, addressOf),
    tokens: limiter(limits.tokenPerMinute, (_request, response) => String(response.locals.tokenId)),
  };
}

function limiter(
  perMinute: number,
  keyGenerator: (request: Request, response: Response) => string,
  more: Partial<Parameters<typeof rateLimit>[0]> = {},
): RateLimitRequestHandler {
  return rateLimit({
    windowMs: 60_000,
    limit: perMinute,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    keyGenerator,
    // Retry-After is set by the library before it calls this.
    handler: (_request, _response, next) => next(new Problem('too-many-requests')),
    ...more,
  });
}

/** An IPv6 sender owns a whole network, so its network is counted, not its address. */
function addressOf(request: Request): string {
  return ipKeyGenerator(request.ip ?? 'unknown');
}
