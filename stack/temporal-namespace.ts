import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common';
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
  address: string,
  namespace: string,
  timeoutMs = 5_000,
): Promise<NamespaceState> {
  return withConnection(address, timeoutMs, async (connection) => {
    const { config } = await connection.workflowService.describeNamespace({ namespace });
    const { customAttributes } = await connection.operatorService.listSearchAttributes({
      namespace,
    });
    return {
      missingSearchAttributes: searchAttributes
        .filter(({ name, enumValue }) => customAttributes?.[name] !== enumValue)
        .map(({ name }) => name),
      retentionDays: Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) / daySeconds,
    };
  });
}

/** Creates missing search attributes and lengthens a shorter retention. Safe to repeat. */
export async function prepareNamespace(
  address: string,
  namespace: string,
  timeoutMs = 5_000,
): Promise<void> {
  const state = await inspectNamespace(address, namespace, timeoutMs);
  await withConnection(address, timeoutMs, async (connection) => {
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
  address: string,
  timeoutMs: number,
  use: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await Connection.connect({ address, connectTimeout: timeoutMs });
  try {
    return await connection.withDeadline(Date.now() + timeoutMs, () => use(connection));
  } finally {
    await connection.close();
  }
}
