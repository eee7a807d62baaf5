import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import type { EncryptionKey, TemporalAccess } from '../config.ts';
import { linkToConsole } from './console-links.ts';
import { createPayloadCodec } from './payload-codec.ts';
import { retryCalls } from './retry-calls.ts';
import { clientTracing } from './tracing.ts';

/** Where the SDK finds the converter that hides failure messages; also packed into the bundle. */
export const failureConverterPath = fileURLToPath(
  new URL('./failure-converter.cjs', import.meta.url),
);

/** How everyone who talks to Temporal writes payloads: client, worker, tests alike. */
export function createDataConverter(keys: readonly EncryptionKey[]): DataConverter {
  return { failureConverterPath, payloadCodecs: [createPayloadCodec(keys)] };
}

/** Where a Temporal server is and how it is entered. */
export interface TemporalPlace {
  /** host:port of the frontend. */
  readonly address: string;
  readonly namespace: string;
  /** TLS, API key, headers; absent = a plain server. */
  readonly access?: TemporalAccess | undefined;
}

export interface TemporalServer extends TemporalPlace {
  /** Newest first. */
  readonly keys: readonly EncryptionKey[];
  /** Where the console is: what is started by this client leads there. */
  readonly consoleUrl?: string | undefined;
}

/** What every connection is opened with, the worker's too. */
export const connectionOptionsOf = ({ address, access }: TemporalPlace) => ({
  address,
  ...access,
});

/** The same for a client's connection, whose calls are made, and tried again, in this process. */
export const clientConnectionOptionsOf = (place: TemporalPlace) => ({
  ...connectionOptionsOf(place),
  interceptors: [retryCalls],
});

/** The one way to a client, so that no start bypasses the codec. The caller closes `connection`. */
export async function connectTemporal(server: TemporalServer): Promise<Client> {
  return clientOver(await Connection.connect(clientConnectionOptionsOf(server)), server);
}

/** The same without waiting for the server: it is reached with the first call, or tried again. */
export function reachTemporal(server: TemporalServer): Client {
  return clientOver(Connection.lazy(clientConnectionOptionsOf(server)), server);
}

function clientOver(connection: Connection, server: TemporalServer): Client {
  return new Client({
    connection,
    namespace: server.namespace,
    dataConverter: createDataConverter(server.keys),
    interceptors: {
      workflow: [
        ...(server.consoleUrl === undefined ? [] : [linkToConsole(server.consoleUrl)]),
        ...clientTracing(),
      ],
    },
  });
}
