import { randomBytes } from 'node:crypto';
import { Client, Connection, type DataConverter } from '@temporalio/client';
import { inject } from 'vitest';
import { clientConnectionOptionsOf } from '../temporal/client.ts';

export interface TestTemporal {
  readonly address: string;
  readonly namespace: string;
  /**
   * Eight random characters for everything that is shared on the server: append it to task queues
   * and use it as the merchant's slug, so that two test files never meet.
   */
  readonly suffix: string;
  /** `<base>-<suffix>`. */
  taskQueue(base?: string): string;
  readonly connection: Connection;
  readonly client: Client;
  close(): Promise<void>;
}

/**
 * A client of the run's Temporal server:
 *
 *     const temporal = await connectTestTemporal();
 *     afterAll(() => temporal.close());
 */
export async function connectTestTemporal(dataConverter?: DataConverter): Promise<TestTemporal> {
  const address = inject('temporalAddress');
  const namespace = inject('temporalNamespace');
  const suffix = randomBytes(4).toString('hex');
  const connection = await Connection.connect(clientConnectionOptionsOf({ address, namespace }));
  return {
    address,
    namespace,
    suffix,
    taskQueue: (base = 'tsukigime') => `${base}-${suffix}`,
    connection,
    client: new Client({ connection, namespace, ...(dataConverter ? { dataConverter } : {}) }),
    close: () => connection.close(),
  };
}
