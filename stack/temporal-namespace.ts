import { Connection, isGrpcServiceError } from '@temporalio/client';
import { msToTs } from '@temporalio/common';
import { clientConnectionOptionsOf, type TemporalPlace } from '../temporal/client.ts';
import { searchAttributeKeys } from '../workflows/workflow-ids.ts';

/** How the CLI and the gRPC enum IndexedValueType (temporal.api.enums.v1) name our types. */
const valueTypes = {
  KEYWORD: { cliName: 'Keyword', enumValue: 2 },
  BOOL: { cliName: 'Bool', enumValue: 5 },
} as const;

interface SearchAttribute {
  readonly name: string;
  readonly cliName: string;
  readonly enumValue: number;
}

/** What operators filter by in the Temporal UI (design 3). */
export const searchAttributes: readonly SearchAttribute[] = searchAttributeKeys.map((key) => ({
  name: key.name,
  ...valueTypes[key.type],
}));

/** Histories of finished workflows stay readable this long; the dev server's default is one day. */
export const retentionDays = 90;
const daySeconds = 86_400;

export interface NamespaceState {
  readonly missingSearchAttributes: readonly string[];
  readonly retentionDays: number;
}

/**
 * Looks at a namespace.
 * @throws when the server does not answer or has no such namespace.
 */
export async function inspectNamespace(
  place: TemporalPlace,
  timeoutMs = 5_000,
): Promise<NamespaceState> {
  const { namespace } = place;
  return withConnection(place, timeoutMs, async (connection) => {
    const { config } = await connection.workflowService.describeNamespace({ namespace });
    return {
      missingSearchAttributes: await findMissingAttributes(connection, namespace),
      retentionDays: Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) / daySeconds,
    };
  });
}

/** Workers that asked for work lately, by task queue: a worker asks every minute, or is gone. */
export async function listPollers(
  place: TemporalPlace,
  taskQueues: readonly string[],
  timeoutMs = 5_000,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const { namespace } = place;
  return withConnection(place, timeoutMs, async (connection) => {
    const found = new Map<string, readonly string[]>();
    for (const name of taskQueues) {
      const { pollers } = await connection.workflowService.describeTaskQueue({
        ...{ namespace, taskQueue: { name }, taskQueueType: ACTIVITY_QUEUE },
      });
      const sinceSeconds = Date.now() / 1000 - POLLER_SECONDS;
      const lately = (pollers ?? []).filter(
        ({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) >= sinceSeconds,
      );
      found.set(
        name,
        lately.map(({ identity }) => identity ?? ''),
      );
    }
    return found;
  });
}

/** TaskQueueType of temporal.api.enums.v1. */
const ACTIVITY_QUEUE = 2;
/** A poll that finds nothing ends after a minute. */
const POLLER_SECONDS = 90;

async function findMissingAttributes(connection: Connection, namespace: string): Promise<string[]> {
  try {
    const { operatorService } = connection;
    const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
    return searchAttributes
      .filter(({ name, enumValue }) => customAttributes?.[name] !== enumValue)
      .map(({ name }) => name);
  } catch (error) {
    if (!isGrpcServiceError(error) || !hiddenCodes.includes(error.code)) throw error;
    return await findUnsearchable(connection, namespace);
  }
}

/** gRPC status codes, as google.rpc.Code numbers them. */
const invalidArgument = 3;
const permissionDenied = 7;
const unimplemented = 12;

/** Temporal Cloud lets few look at its operator service. */
const hiddenCodes: readonly number[] = [permissionDenied, unimplemented];

/** The attributes that the namespace cannot be searched by: missing, or of another type. */
export async function findUnsearchable(
  connection: Connection,
  namespace: string,
): Promise<string[]> {
  const missing = [];
  for (const { name, cliName } of searchAttributes) {
    const query = `${name} = ${cliName === 'Bool' ? 'true' : "'none'"}`;
    try {
      await connection.workflowService.countWorkflowExecutions({ namespace, query });
    } catch (error) {
      if (!isGrpcServiceError(error) || error.code !== invalidArgument) throw error;
      missing.push(name);
    }
  }
  return missing;
}

/** Creates missing search attributes and lengthens a shorter retention. Safe to repeat. */
export async function prepareNamespace(place: TemporalPlace, timeoutMs = 5_000): Promise<void> {
  const { namespace } = place;
  const state = await inspectNamespace(place, timeoutMs);
  await withConnection(place, timeoutMs, async (connection) => {
    if (state.missingSearchAttributes.length > 0) {
      await connection.operatorService.addSearchAttributes({
        namespace,
        searchAttributes: Object.fromEntries(
          searchAttributes
            .filter(({ name }) => state.missingSearchAttributes.includes(name))
            .map(({ name, enumValue }) => [name, enumValue]),
        ),
      });
    }
    if (state.retentionDays < retentionDays) {
      await connection.workflowService.updateNamespace({
        namespace,
        config: { workflowExecutionRetentionTtl: msToTs(retentionDays * daySeconds * 1_000) },
      });
    }
  });
}

async function withConnection<T>(
  place: TemporalPlace,
  timeoutMs: number,
  use: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await Connection.connect({
    ...clientConnectionOptionsOf(place),
    connectTimeout: timeoutMs,
  });
  try {
    return await connection.withDeadline(Date.now() + timeoutMs, () => use(connection));
  } finally {
    await connection.close();
  }
}
