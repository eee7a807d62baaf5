import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import type { TemporalServer } from '../temporal/client.ts';
import type { ActivitiesByQueue } from './worker.ts';

export interface Dependencies {
  readonly activities: ActivitiesByQueue;
  /** Releases connections after the workers have drained. */
  close(): Promise<void>;
}

/** The only place that constructs things: pools, clients, transports, activities over them. */
export async function createDependencies(
  _config: Config,
  _server: TemporalServer,
  _logger: Logger,
): Promise<Dependencies> {
  return { activities: { main: {}, files: {} }, close: async () => {} };
}
