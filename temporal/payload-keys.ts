import { type Client, isGrpcServiceError, ScheduleNotFoundError } from '@temporalio/client';
import { encryptionKeyIdOf } from './payload-codec.ts';

/** For what a payload key is still needed. */
export interface PayloadKeyUse {
  readonly keyId: string;
  /** IDs of open workflows with anything in their history under it: they stand still without it. */
  readonly open: readonly string[];
  /** IDs of Schedules whose input it encrypts. */
  readonly schedules: readonly string[];
  /** ISO instant at which the last closed history that began under it is deleted; null = there is none. */
  readonly readableUntil: string | null;
}

interface Run {
  readonly workflowId: string;
  readonly runId: string;
  readonly closeTime?: Date | undefined;
}

/** Histories that are looked into at the same time. */
const AT_ONCE = 16;
const GRPC_NOT_FOUND = 5;

/**
 * Which payload keys the namespace is still read with. What Temporal has stored is never encrypted anew, and
 * while workers are restarted one after the other a run that began under the new key is still given payloads
 * under the old one. So open histories are read whole; of closed ones, of which there are many and which
 * nobody waits for, the beginning tells.
 *
 * @param keyIds newest first. The newest is looked for among open workflows only: it stays anyway.
 */
export async function findPayloadKeyUse(
  client: Client,
  keyIds: readonly string[],
): Promise<PayloadKeyUse[]> {
  const open = new Map<string, string[]>();
  const running = lookInto(client, "ExecutionStatus = 'Running'", readAllKeys);
  for await (const { workflowId, keyIds: used } of running) {
    for (const keyId of used) open.set(keyId, [...(open.get(keyId) ?? []), workflowId]);
  }
  const schedules = await listSchedules(client);
  const closed = await findLastClosed(client, keyIds.slice(1));
  const retentionMs = closed.size === 0 ? 0 : await readRetention(client);
  const found = new Set([...keyIds, ...open.keys(), ...schedules.keys(), ...closed.keys()]);
  return [...found].map((keyId) => {
    const closedMs = closed.get(keyId);
    return {
      keyId,
      open: open.get(keyId) ?? [],
      schedules: schedules.get(keyId) ?? [],
      readableUntil: closedMs === undefined ? null : new Date(closedMs + retentionMs).toISOString(),
    };
  });
}

/** When the last run under each of these keys was closed. Runs come newest first, so few are read. */
async function findLastClosed(
  client: Client,
  keyIds: readonly string[],
): Promise<Map<string, number>> {
  const last = new Map<string, number>();
  if (keyIds.length === 0) return last;
  const closedAt = ({ closeTime }: Run) => closeTime?.getTime() ?? 0;
  const isNews = (run: Run) => keyIds.some((id) => closedAt(run) > (last.get(id) ?? 0));
  const query = "ExecutionStatus != 'Running'";
  for await (const { keyIds: used, ...run } of lookInto(client, query, readFirstKey, isNews)) {
    for (const keyId of used) last.set(keyId, Math.max(closedAt(run), last.get(keyId) ?? 0));
  }
  return last;
}

/** Runs with the keys of their payloads: none for one that was deleted meanwhile. */
async function* lookInto(
  client: Client,
  query: string,
  readKeys: (client: Client, run: Run) => Promise<readonly string[]>,
  wanted: (run: Run) => boolean = () => true,
): AsyncGenerator<Run & { readonly keyIds: readonly string[] }> {
  let runs: Run[] = [];
  const look = async () => {
    const looked = await Promise.all(
      runs.filter(wanted).map(async (run) => ({ ...run, keyIds: await readKeys(client, run) })),
    );
    runs = [];
    return looked;
  };
  for await (const { workflowId, runId, closeTime } of client.workflow.list({ query })) {
    if (runs.push({ workflowId, runId, closeTime }) === AT_ONCE) yield* await look();
  }
  yield* await look();
}

async function readFirstKey(client: Client, run: Run): Promise<string[]> {
  const { history } = (await readHistory(client, run, { maximumPageSize: 1 })) ?? {};
  const [input] =
    history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
  const keyId = encryptionKeyIdOf(input);
  return keyId === null ? [] : [keyId];
}

async function readAllKeys(client: Client, run: Run): Promise<string[]> {
  const found = new Set<string>();
  let nextPageToken: Uint8Array | null = null;
  do {
    const page: HistoryPage | null = await readHistory(client, run, { nextPageToken });
    collectKeys(page?.history?.events, found);
    nextPageToken = page?.nextPageToken ?? null;
  } while (nextPageToken !== null && nextPageToken.length > 0);
  return [...found];
}

/** Payloads stand in events of many kinds, in failures, headers and memos: anything may hold one. */
function collectKeys(value: unknown, found: Set<string>): void {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
  const keyId = encryptionKeyIdOf(value);
  if (keyId !== null) found.add(keyId);
  else for (const part of Object.values(value)) collectKeys(part, found);
}

type WorkflowService = Client['workflowService'];
type HistoryPage = Awaited<ReturnType<WorkflowService['getWorkflowExecutionHistory']>>;

/** @returns null for a history that was deleted. */
async function readHistory(
  client: Client,
  { workflowId, runId }: Run,
  page: { readonly maximumPageSize?: number; readonly nextPageToken?: Uint8Array | null },
): Promise<HistoryPage | null> {
  try {
    return await client.workflowService.getWorkflowExecutionHistory({
      ...{ namespace: client.options.namespace, execution: { workflowId, runId } },
      ...page,
    });
  } catch (error) {
    if (isGrpcServiceError(error) && error.code === GRPC_NOT_FOUND) return null;
    throw error;
  }
}

async function listSchedules(client: Client): Promise<Map<string, string[]>> {
  const byKey = new Map<string, string[]>();
  for await (const { scheduleId } of client.schedule.list()) {
    try {
      const { raw } = await client.schedule.getHandle(scheduleId).describe();
      const [payload] = raw.schedule?.action?.startWorkflow?.input?.payloads ?? [];
      const keyId = encryptionKeyIdOf(payload);
      if (keyId !== null) byKey.set(keyId, [...(byKey.get(keyId) ?? []), scheduleId]);
    } catch (error) {
      if (!(error instanceof ScheduleNotFoundError)) throw error;
    }
  }
  return byKey;
}

/** How long closed histories are kept. */
async function readRetention(client: Client): Promise<number> {
  const { config } = await client.workflowService.describeNamespace({
    namespace: client.options.namespace,
  });
  return Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) * 1_000;
}
