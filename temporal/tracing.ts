import {
  context as otelContext,
  propagation,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { Resource } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  NodeTracerProvider,
  type ReadableSpan,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import type { WorkflowClientInterceptor } from '@temporalio/client';
import {
  OpenTelemetryActivityInboundInterceptor,
  OpenTelemetryWorkflowClientInterceptor,
} from '@temporalio/interceptors-opentelemetry';
import type { ActivityInterceptorsFactory, InjectedSinks } from '@temporalio/worker';
import type { WorkflowSpan, WorkflowTraceSinks } from '../workflows/tracing.ts';
import { maskingExporter } from './trace-mask.ts';

/** Where traces go: the standard variables of OpenTelemetry (config.ts). */
export interface TracingSettings {
  /** Base URL of a collector that takes OTLP over HTTP; `/v1/traces` comes behind it. */
  readonly endpoint: string;
  /** For the collector's login. Secret. */
  readonly headers: Readonly<Record<string, string>>;
}

interface Tracing {
  readonly provider: NodeTracerProvider;
  readonly processor: SpanProcessor;
  readonly resource: Resource;
}

/** Like OpenTelemetry's own: one for the process, and nobody asks whether there is one. */
let tracing: Tracing | undefined;

/** A collector that does not answer must not hold up the end of a process. */
const SHUTDOWN_PATIENCE_MS = 3_000;

/**
 * Turns traces on, once for the process and before its first connection. Without settings nothing is
 * ever traced, and what is called on the way does nothing.
 *
 * @returns how to send what is left and end it; never rejects
 */
export function startTracing(
  service: 'tsukigime-api' | 'tsukigime-worker',
  settings: TracingSettings | undefined,
): () => Promise<void> {
  if (settings === undefined) return async () => {};
  const resource = new Resource({ 'service.name': service });
  const exporter = new OTLPTraceExporter({
    url: `${settings.endpoint.replace(/\/+$/, '')}/v1/traces`,
    headers: { ...settings.headers },
  });
  const processor = new BatchSpanProcessor(maskingExporter(exporter));
  const provider = new NodeTracerProvider({ resource, spanProcessors: [processor] });
  provider.register();
  tracing = { provider, processor, resource };
  return async () => {
    tracing = undefined;
    openSpans.clear();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, SHUTDOWN_PATIENCE_MS);
    });
    await Promise.race([provider.shutdown().catch(() => {}), late]);
    clearTimeout(timer);
    // So that a test may turn it on again.
    for (const one of [trace, otelContext, propagation]) one.disable();
  };
}

/** For every client: starts, Updates and signals carry on the trace of who asked. */
export function clientTracing(): WorkflowClientInterceptor[] {
  return tracing === undefined ? [] : [new OpenTelemetryWorkflowClientInterceptor()];
}

/** For every worker: an activity belongs to the trace of its workflow. */
export function activityTracing(): ActivityInterceptorsFactory[] {
  if (tracing === undefined) return [];
  return [(of) => ({ inbound: new OpenTelemetryActivityInboundInterceptor(of) })];
}

/** Of handlers whose end has not come yet, the oldest first; ends that never come make room for new ones. */
const openSpans = new Map<string, [seconds: number, nanos: number]>();
const OPEN_SPANS_MAX = 10_000;

/**
 * Takes the spans that workflows tell of (workflows/tracing.ts). It is there without tracing too: a
 * workflow does not know whether its worker sends traces.
 */
export function workflowTracing(): InjectedSinks<WorkflowTraceSinks> {
  return {
    trace: {
      span: {
        fn: ({ workflowId, runId }, span) => sendSpan(span, { workflowId, runId }),
        callDuringReplay: false,
      },
    },
  };
}

function sendSpan(
  { name, traceId, parentSpanId, spanId, at }: WorkflowSpan,
  { workflowId, runId }: { readonly workflowId: string; readonly runId: string },
): void {
  if (tracing === undefined) return;
  const nowMs = Date.now();
  const now: [number, number] = [Math.floor(nowMs / 1000), (nowMs % 1000) * 1_000_000];
  if (at === 'begin') {
    const [oldest] = openSpans.keys();
    if (openSpans.size >= OPEN_SPANS_MAX && oldest !== undefined) openSpans.delete(oldest);
    openSpans.set(spanId, now);
    return;
  }
  const begun = openSpans.get(spanId) ?? now;
  openSpans.delete(spanId);
  const elapsed = (now[0] - begun[0]) * 1e9 + (now[1] - begun[1]);
  const span: ReadableSpan = {
    name,
    kind: SpanKind.INTERNAL,
    spanContext: () => ({ traceId, spanId, traceFlags: TraceFlags.SAMPLED }),
    parentSpanId,
    startTime: begun,
    endTime: now,
    duration: [Math.floor(elapsed / 1e9), elapsed % 1e9],
    status: { code: SpanStatusCode.UNSET },
    attributes: { temporalWorkflowId: workflowId, run_id: runId },
    links: [],
    events: [],
    ended: true,
    resource: tracing.resource,
    instrumentationLibrary: { name: 'tsukigime-workflow' },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
  tracing.processor.onEnd(span);
}
