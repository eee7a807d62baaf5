import { defaultPayloadConverter, type Headers } from '@temporalio/common';
import {
  AsyncLocalStorage,
  proxySinks,
  type Sinks,
  uuid4,
  type WorkflowInboundCallsInterceptor,
  type WorkflowInterceptors,
  type WorkflowOutboundCallsInterceptor,
  workflowInfo,
} from '@temporalio/workflow';

/**
 * Carries a trace from who starts or tells a workflow to its activities. The workflow interceptors of
 * @temporalio/interceptors-opentelemetry do the same with awaits of their own and a span that ends with
 * the workflow: turning them on could change the order of a running month's commands, and a month lasts
 * for weeks. Here every call is passed on as it is; without a trace in its header nothing is done at all.
 */

/** One moment of a span. The worker knows the real time; a workflow does not. */
export interface WorkflowSpan {
  readonly name: string;
  readonly traceId: string;
  readonly parentSpanId: string;
  readonly spanId: string;
  readonly at: 'begin' | 'end' | 'moment';
}

export interface WorkflowTraceSinks extends Sinks {
  trace: { span(span: WorkflowSpan): void };
}

/** The header of the interceptors of clients and activities; in it, W3C `traceparent`. */
const traceHeader = '_tracer-data';

interface TracePoint {
  readonly traceId: string;
  readonly spanId: string;
}

const current = new AsyncLocalStorage<TracePoint>();
const { trace } = proxySinks<WorkflowTraceSinks>();

/** Who called; undefined without a trace, or with one that is not recorded. */
function readCaller(headers: Headers): TracePoint | undefined {
  const payload = headers[traceHeader];
  if (payload === undefined) return undefined;
  const carrier = defaultPayloadConverter.fromPayload<{ readonly traceparent?: string }>(payload);
  const found = /^00-([0-9a-f]{32})-([0-9a-f]{16})-01$/.exec(carrier.traceparent ?? '');
  const [, traceId, spanId] = found ?? [];
  return traceId === undefined || spanId === undefined ? undefined : { traceId, spanId };
}

function writeCaller({ traceId, spanId }: TracePoint): Headers {
  const traceparent = `00-${traceId}-${spanId}-01`;
  return { [traceHeader]: defaultPayloadConverter.toPayload({ traceparent }) };
}

function spanUnder({ traceId, spanId: parentSpanId }: TracePoint, name: string) {
  // Random as the run's history says: the same in a replay.
  return { name, traceId, parentSpanId, spanId: uuid4().replaceAll('-', '').slice(0, 16) };
}

const inbound: WorkflowInboundCallsInterceptor = {
  execute: (input, next) => {
    const caller = readCaller(input.headers);
    if (caller === undefined) return next(input);
    // A month lasts for weeks: that it began is told now, and not with its end.
    const span = spanUnder(caller, `RunWorkflow:${workflowInfo().workflowType}`);
    trace.span({ ...span, at: 'moment' });
    return current.run(span, () => next(input));
  },
  handleSignal: (input, next) => {
    const caller = readCaller(input.headers);
    if (caller === undefined) return next(input);
    const span = spanUnder(caller, `HandleSignal:${input.signalName}`);
    trace.span({ ...span, at: 'moment' });
    return current.run(span, () => next(input));
  },
  handleUpdate: (input, next) => {
    const caller = readCaller(input.headers);
    if (caller === undefined) return next(input);
    const span = spanUnder(caller, `HandleUpdate:${input.name}`);
    trace.span({ ...span, at: 'begin' });
    const handled = current.run(span, () => next(input));
    const end = () => trace.span({ ...span, at: 'end' });
    // Watched from the side: whoever awaits it sees the promise itself.
    handled.then(end, end);
    return handled;
  },
};

const outbound: WorkflowOutboundCallsInterceptor = {
  scheduleActivity: (input, next) => {
    const caller = current.getStore();
    if (caller === undefined) return next(input);
    return next({ ...input, headers: { ...input.headers, ...writeCaller(caller) } });
  },
};

/** Loaded by the bundle as an interceptor module. */
export const interceptors = (): WorkflowInterceptors => ({
  inbound: [inbound],
  outbound: [outbound],
});
