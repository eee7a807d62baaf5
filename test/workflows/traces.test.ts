import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { generateOrderExport, makeExportOrders } from '../../sandbox/shop/order-export.ts';
import { createDataConverter } from '../../temporal/client.ts';
import { startTracing } from '../../temporal/tracing.ts';
import { createLogger } from '../../workers/logger.ts';
import { loadWorkflowBundle } from '../../workers/workflow-bundle.ts';
import { cycleWorkflowId } from '../../workflows/workflow-ids.ts';
import { bundlesDir } from '../workers/test-workers.ts';
import { type Month, openMonth } from './month.ts';
import { post, untilExchange } from './month-acts.ts';

/** OTLP over HTTP, as JSON. */
interface Sent {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly { readonly spans: readonly Span[] }[];
  }[];
}
interface Span {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly attributes?: readonly { readonly key: string; readonly value: unknown }[];
}

const billed = '2026-11';
const exported = { month: billed, orders: 20, oddShare: 0 };
const sent: Sent[] = [];
const logins: (string | undefined)[] = [];
let collector: Server;
let endTracing: () => Promise<void>;
let month: Month;

beforeAll(async () => {
  collector = createServer(async (request, response) => {
    logins.push(request.headers['x-collector-key']?.toString());
    if (request.url === '/v1/traces') sent.push((await json(request)) as Sent);
    response.setHeader('Content-Type', 'application/json').end('{}');
  });
  collector.listen(0, '127.0.0.1');
  await once(collector, 'listening');
  const { port } = collector.address() as AddressInfo;
  endTracing = startTracing('tsukigime-api', {
    endpoint: `http://127.0.0.1:${port}/`,
    headers: { 'x-collector-key': 'known' },
  });
  month = await openMonth();
  await month.begin(billed, Buffer.concat([...generateOrderExport(exported)]));
  await untilExchange(month, billed, 'auth-1');
  // Refused by a handler: an error's words stay here.
  const refused = await post(month, `/cycles/${billed}/resumption`, { reason: 'くちなし様の件' });
  expect(refused.status).toBe(409);
  await endTracing();
});
afterAll(async () => {
  await endTracing?.();
  await month?.close();
  collector?.close();
});

const spans = () =>
  sent.flatMap(({ resourceSpans }) =>
    resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)),
  );

/** From the request on: the names of a span and of all above it. */
function lineage(span: Span): string[] {
  const parent = spans().find(({ spanId }) => spanId === span.parentSpanId);
  if (parent?.traceId !== span.traceId) return [span.name];
  return [...lineage(parent), span.name];
}

test('one trace leads from a request over the workflow to its activities', () => {
  const activities = spans().filter(({ name }) => name.startsWith('RunActivity:'));
  const lines = activities.map((span) => lineage(span).join(' > '));
  expect(lines).toContainEqual(
    expect.stringMatching(
      /^POST \/v1\/merchants\/:merchant\/cycles > StartWorkflow:billingCycle > RunWorkflow:billingCycle > RunActivity:\w+$/,
    ),
  );
  expect(lines).toContainEqual(
    expect.stringMatching(
      /^POST \/v1\/merchants\/:merchant\/cycles\/:month\/order-export > StartWorkflowUpdate:\w+ > HandleUpdate:\w+ > RunActivity:\w+$/,
    ),
  );
  expect(new Set(logins)).toEqual(new Set(['known']));
});

test('no span tells of a person, an order or what a request asked for', () => {
  const text = JSON.stringify(sent);
  const personal = [...makeExportOrders(exported)].flatMap(({ values }) => [
    ...[values.注文番号, values.メールアドレス, values.電話番号, values.顧客名],
  ]);
  expect(personal.filter((value) => text.includes(value))).toEqual([]);
  expect(text).not.toMatch(/くちなし|name=|kind=|Bearer|stacktrace/);
  const keys = new Set(spans().flatMap(({ attributes = [] }) => attributes.map(({ key }) => key)));
  expect([...keys].sort()).toEqual([
    ...['http.request.method', 'http.response.status_code', 'http.route', 'run_id'],
    ...['temporalActivityId', 'temporalUpdateId', 'temporalWorkflowId'],
  ]);
});

test('a month that was traced replays', async () => {
  const logger = createLogger({ level: 'silent', name: 'test' });
  const { code } = await loadWorkflowBundle(bundlesDir, logger);
  const id = cycleWorkflowId(month.day.desk.merchant, billed);
  const history = await month.client.workflow.getHandle(id).fetchHistory();
  const dataConverter = createDataConverter(month.server.keys);
  await Worker.runReplayHistory({ workflowBundle: { code }, dataConverter }, history, id);
});
