import { randomUUID } from 'node:crypto';
import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import { hashPassword } from '../db/queries/users.ts';
import type { ApiLimits } from './dependencies.ts';
import { createKeptCounts, type KeptCounts } from './kept-counts.ts';
import { createLoginGate, type LoginGate } from './login-gate.ts';
import { createRecordMetrics, type RecordMetrics } from './record-metrics.ts';

/** What one running API knows about itself. */
export interface ApiState {
  readonly metrics: ApiMetrics;
  /** True from the first sign of a shutdown: readiness turns red, so that no new request comes. */
  stopping: boolean;
  uploadsRunning: number;
  readonly logins: LoginGate;
  readonly counts: KeptCounts;
  /** Whether months add up: the longest counts, and of what no act changes. Acts leave them as they are. */
  readonly sums: KeptCounts;
  /** The hash of a password that nobody has: an unknown name takes as long to refuse as a known one. */
  readonly nobodysPassword: () => Promise<string>;
}

export interface ApiMetrics {
  readonly registry: Registry;
  readonly requestSeconds: Histogram<'method' | 'route' | 'status'>;
  readonly refusedFiles: Counter<'reason'>;
  readonly storedBytes: Counter;
  readonly carrierCalls: Counter<'status'>;
  readonly carrierCallSeconds: Histogram<'status'>;
  readonly logins: Counter<'result'>;
  readonly record: RecordMetrics;
}

export function createState({
  logins,
  passwordCost,
}: Pick<ApiLimits, 'logins' | 'passwordCost'>): ApiState {
  let nobodys: Promise<string> | undefined;
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return {
    stopping: false,
    uploadsRunning: 0,
    logins: createLoginGate(logins),
    counts: createKeptCounts(() => performance.now()),
    sums: createKeptCounts(() => performance.now()),
    nobodysPassword: () => {
      nobodys ??= hashPassword(randomUUID(), passwordCost);
      return nobodys;
    },
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
      carrierCallSeconds: new Histogram({
        name: 'tsukigime_api_carrier_call_seconds',
        help: 'From a call of ZEUS to its answer, which is due within a second',
        labelNames: ['status'],
        buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.8, 1, 2],
        registers: [registry],
      }),
      record: createRecordMetrics(registry),
      logins: new Counter({
        name: 'tsukigime_api_logins_total',
        help: 'Tries to log in that were compared with a password',
        labelNames: ['result'],
        registers: [registry],
      }),
    },
  };
}
