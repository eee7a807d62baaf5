import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { RequestHandler } from 'express';
import type { ApiDependencies } from './dependencies.ts';

/**
 * A span for each request, by route pattern: a raw URL may hold names, and a query string anything.
 * Without tracing (temporal/tracing.ts) nothing is recorded. Only a proxy in front may say which trace
 * the request belongs to: whoever says so decides also whether it is recorded, whatever the sampler is
 * set to.
 */
export function traceRequests({
  trustedProxies,
}: Pick<ApiDependencies, 'trustedProxies'>): RequestHandler {
  const tracer = trace.getTracer('tsukigime-api');
  return (request, response, next) => {
    // Of what a caller may send along only the IDs: baggage would travel into Temporal.
    const traceparent = trustedProxies > 0 ? request.headers.traceparent : undefined;
    const caller = propagation.extract(context.active(), { traceparent });
    const span = tracer.startSpan('request', { kind: SpanKind.SERVER }, caller);
    if (!span.isRecording()) {
      next();
      return;
    }
    response.once('close', () => {
      const pattern: unknown = response.locals.route;
      const route = typeof pattern === 'string' ? pattern : 'unmatched';
      const status = response.statusCode;
      span.updateName(`${request.method} ${route}`);
      span.setAttributes({
        'http.request.method': request.method,
        'http.route': route,
        'http.response.status_code': status,
      });
      if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    });
    context.with(trace.setSpan(caller, span), next);
  };
}
