import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { WorkflowInfo } from '@temporalio/workflow';
import { afterEach, expect, test, vi } from 'vitest';
import { startTracing, workflowTracing } from '../../temporal/tracing.ts';

interface Sent {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly {
      readonly spans: readonly {
        readonly startTimeUnixNano: string;
        readonly endTimeUnixNano: string;
      }[];
    }[];
  }[];
}

afterEach(() => void vi.useRealTimers());

test('ends that never come take no length from the spans after them', async () => {
  const sent: Sent[] = [];
  const collector = createServer(async (request, response) => {
    sent.push((await json(request)) as Sent);
    response.setHeader('Content-Type', 'application/json').end('{}');
  });
  collector.listen(0, '127.0.0.1');
  await once(collector, 'listening');
  const { port } = collector.address() as AddressInfo;
  const endTracing = startTracing('tsukigime-worker', {
    ...{ endpoint: `http://127.0.0.1:${port}`, headers: {} },
  });
  // The time of spans, not the timers that send them.
  vi.useFakeTimers({ toFake: ['Date'] });
  const { fn } = workflowTracing().trace.span;
  const info = { workflowId: 'cycle:sakura:2026-11', runId: 'r-1' } as WorkflowInfo;
  const span = { name: 'HandleUpdate:x', traceId: 'a'.repeat(32), parentSpanId: 'b'.repeat(16) };
  const tell = (n: number, at: 'begin' | 'end') =>
    fn(info, { ...span, spanId: n.toString(16).padStart(16, '0'), at });
  for (let n = 1; n <= 10_001; n += 1) tell(n, 'begin');
  vi.setSystemTime(Date.now() + 5_000);
  tell(10_001, 'end');
  vi.useRealTimers();
  await endTracing();
  collector.close();
  const lengths = sent
    .flatMap(({ resourceSpans }) => resourceSpans.flatMap(({ scopeSpans }) => scopeSpans))
    .flatMap(({ spans }) => spans)
    .map((one) => BigInt(one.endTimeUnixNano) - BigInt(one.startTimeUnixNano));
  expect(lengths).toEqual([5_000_000_000n]);
});
