import type { Request, Response } from 'express';
import { ipKeyGenerator, type RateLimitRequestHandler, rateLimit } from 'express-rate-limit';
import type { ApiLimits } from './dependencies.ts';
import { Problem } from './problem.ts';

export interface RateLimits {
  /** Counts a refused token of an address. */
  readonly refused: RateLimitRequestHandler;
  /** Counts calls of an address with no session or one that has ended. */
  readonly signedOut: RateLimitRequestHandler;
  /** @throws Problem `too-many-requests` for an address with too many refused tokens. */
  refuseGuessers(request: Request): Promise<void>;
  readonly publicRoutes: RateLimitRequestHandler;
  /** Counts calls of someone whom a carrier receiver does not let in; those let in never pass it. */
  readonly strangers: RateLimitRequestHandler;
  readonly tokens: RateLimitRequestHandler;
}

const windowMs = 60_000;

/** Counted in this process's memory: behind two API processes each address has twice the limit. */
export function createRateLimits(limits: ApiLimits): RateLimits {
  const refused = limiter(limits.refusedPerMinute, addressOf);
  return {
    refused,
    // Asked before the token is looked up, so that guessing costs us nothing; and only refusals are
    // counted, so that an office with many good requests at once is not taken for a guesser.
    async refuseGuessers(request) {
      const counted = await refused.getKey(addressOf(request));
      if (counted === undefined || counted.totalHits < limits.refusedPerMinute) return;
      throw new Problem('too-many-requests', {
        headers: { 'Retry-After': String(windowMs / 1000) },
      });
    },
    signedOut: limiter(limits.signedOutPerMinute, addressOf),
    publicRoutes: limiter(limits.publicPerMinute, addressOf),
    strangers: limiter(limits.strangersPerMinute, addressOf),
    tokens: limiter(limits.tokenPerMinute, (_request, { locals }) =>
      String(locals.tokenId ?? locals.sessionId),
    ),
  };
}

function limiter(
  perMinute: number,
  keyGenerator: (request: Request, response: Response) => string,
): RateLimitRequestHandler {
  return rateLimit({
    windowMs,
    limit: perMinute,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    keyGenerator,
    // A header that nobody told us to believe is no reason to write to the console.
    validate: { xForwardedForHeader: false, forwardedHeader: false },
    // Retry-After is set by the library before it calls this.
    handler: (_request, _response, next) => next(new Problem('too-many-requests')),
  });
}

/** An IPv6 sender owns a whole network, so its network is counted, not its address. */
function addressOf(request: Request): string {
  return ipKeyGenerator(request.ip ?? 'unknown');
}
