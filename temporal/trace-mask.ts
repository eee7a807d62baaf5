import type { Attributes } from '@opentelemetry/api';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-node';

/** All that may leave with a span. What a library adds one day stays here. */
const sentAttributes: ReadonlySet<string> = new Set([
  'http.request.method',
  'http.response.status_code',
  'http.route',
  'run_id',
  'temporalActivityId',
  'temporalUpdateId',
  'temporalWorkflowId',
]);

/**
 * Sends spans without what may be personal: of attributes only those named above, of an error its type
 * and not its message, which may quote a row.
 */
export function maskingExporter(exporter: SpanExporter): SpanExporter {
  return {
    export: (spans, done) => exporter.export(spans.map(maskSpan), done),
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => await exporter.forceFlush?.(),
  };
}

export function maskSpan(span: ReadableSpan): ReadableSpan {
  return {
    name: span.name,
    kind: span.kind,
    spanContext: () => span.spanContext(),
    ...(span.parentSpanId === undefined ? {} : { parentSpanId: span.parentSpanId }),
    startTime: span.startTime,
    endTime: span.endTime,
    duration: span.duration,
    status: { code: span.status.code },
    attributes: only(span.attributes, (key) => sentAttributes.has(key)),
    links: [],
    events: span.events.map(({ name, time, attributes = {} }) => ({
      ...{ name, time },
      attributes: only(attributes, (key) => key === 'exception.type'),
    })),
    ended: span.ended,
    resource: span.resource,
    instrumentationLibrary: span.instrumentationLibrary,
    droppedAttributesCount: span.droppedAttributesCount,
    droppedEventsCount: span.droppedEventsCount,
    droppedLinksCount: span.droppedLinksCount,
  };
}

function only(attributes: Attributes, mayLeave: (key: string) => boolean): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([key]) => mayLeave(key)));
}
