import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common';

/** gRPC enum IndexedValueType of temporal.api.enums.v1. */
const indexedValueTypes = { Keyword: 2, Bool: 5 } as const;

/** What operators filter by in the Temporal UI (design 3). */
export const searchAttributes = {
  Merchant: 'Keyword',
  BillingMonth: 'Keyword',
  Stage: 'Keyword',
  Attention: 'Bool',
} as const satisfies Record<string, keyof typeof indexedValueTypes>;

export type SearchAttributeName = keyof typeof searchAttributes;

/** Histories of finished workflows stay readable this long; the dev server's default is one day. */
export const retentionDays = 90;
const daySeconds = 86_400;

export interface NamespaceState {
  readonly missingSearchAttributes: readonly SearchAttributeName[];
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
    const names = Object.keys(searchAttributes) as SearchAttributeName[];
    return {
      missingSearchAttributes: names.filter(
        (name) => customAttributes?.[name] !== indexedValueTypes[searchAttributes[name]],
      ),
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
          state.missingSearchAttributes.map((name) => [
            name,
            indexedValueTypes[searchAttributes[name]],
          ]),
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
