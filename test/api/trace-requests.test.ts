import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { trace } from '@opentelemetry/api';
import express from 'express';
import { expect, test, vi } from 'vitest';
import { traceRequests } from '../../api/trace-requests.ts';
import { startTracing } from '../../temporal/tracing.ts';

const traceId = 'a'.repeat(32);

/** Of a request that names a recorded trace: the trace in which the API does its work. */
async function traceOfRequest(trustedProxies: number): Promise<string | undefined> {
  // Nothing is recorded but what a caller may ask for.
  vi.stubEnv('OTEL_TRACES_SAMPLER', 'parentbased_always_off');
  let seen: string | undefined;
  const app = express();
  app.post('/v1/traces', (_request, response) => void response.json({}));
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const endTracing = startTracing('tsukigime-api', { endpoint: url, headers: {} });
  app.use(traceRequests({ trustedProxies }));
  app.get('/', (_request, response) => {
    seen = trace.getActiveSpan()?.spanContext().traceId;
    response.json({});
  });
  const traceparent = `00-${traceId}-${'b'.repeat(16)}-01`;
  expect((await fetch(url, { headers: { traceparent } })).status).toBe(200);
  await endTracing();
  server.closeAllConnections();
  server.close();
  vi.unstubAllEnvs();
  return seen;
}

test('a stranger does not decide whether a request is traced', async () => {
  expect(await traceOfRequest(0)).toBe(undefined);
});

test('behind a proxy a request belongs to the trace that it names', async () => {
  expect(await traceOfRequest(1)).toBe(traceId);
});
