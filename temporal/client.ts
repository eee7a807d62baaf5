import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import type { EncryptionKey } from '../config.ts';
import { createPayloadCodec } from './payload-codec.ts';

/** Where the SDK finds the converter that hides failure messages; also packed into the bundle. */
export const failureConverterPath = fileURLToPath(
  new URL('./failure-converter.cjs', import.meta.url),
);

/** How everyone who talks to Temporal writes payloads: client, worker, tests alike. */
export function createDataConverter(keys: readonly EncryptionKey[]): DataConverter {
  return { failureConverterPath, payloadCodecs: [createPayloadCodec(keys)] };
}

export interface TemporalServer {
  /** host:port of the frontend. */
  readonly address: string;
  readonly namespace: string;
  /** Newest first. */
  readonly keys: readonly EncryptionKey[];
}

/** The one way to a client, so that no start bypasses the codec. The caller closes `connection`. */
export async function connectTemporal(server: TemporalServer): Promise<Client> {
  return clientOver(await Connection.connect({ address: server.address }), server);
}

/** The same without waiting for the server: it is reached with the first call, or tried again. */
export function reachTemporal(server: TemporalServer): Client {
  return clientOver(Connection.lazy({ address: server.address }), server);
}

function clientOver(connection: Connection, server: TemporalServer): Client {
  return new Client({
    connection,
    namespace: server.namespace,
    dataConverter: createDataConverter(server.keys),
  });
}
