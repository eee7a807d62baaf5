import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';

/** What one running API knows about itself. */
export interface ApiState {
  readonly metrics: ApiMetrics;
  /** True from the first sign of a shutdown: readiness turns red, so that no new request comes. */
  stopping: boolean;
  uploadsRunning: number;
}

export interface ApiMetrics {
  readonly registry: Registry;
  readonly requestSeconds: Histogram<'method' | 'route' | 'status'>;
  readonly refusedFiles: Counter<'reason'>;
  readonly storedBytes: Counter;
  readonly carrierCalls: Counter<'status'>;
}

export function createState(): ApiState {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return {
    stopping: false,
    uploadsRunning: 0,
    metrics: {
      registry,
      requestSeconds: new Histogram({
        name: 'tsukigime_api_request_seconds',
        help: 'Duration of API requests by route pattern',
        labelNames: ['method', 'route', 'status'],
        buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60],
        registers: [registry],
      }),
      refusedFiles: new Counter({
        name: 'tsukigime_api_refused_files_total',
        help: 'Uploads of which nothing was kept',
        labelNames: ['reason'],
        registers: [registry],
      }),
      storedBytes: new Counter({
        name: 'tsukigime_api_stored_bytes_total',
        help: 'Plain bytes of newly stored uploads',
        registers: [registry],
      }),
      carrierCalls: new Counter({
        name: 'tsukigime_api_carrier_calls_total',
        help: 'Calls to the receiver of carrier-payment results, by the status they were answered with',
        labelNames: ['status'],
        registers: [registry],
      }),
    },
  };
}
