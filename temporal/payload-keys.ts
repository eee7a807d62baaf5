import { type Client, isGrpcServiceError, ScheduleNotFoundError } from '@temporalio/client';
import { encryptionKeyIdOf } from './payload-codec.ts';

/** For what a payload key is still needed. */
export interface PayloadKeyUse {
  readonly keyId: string;
  /** IDs of open workflows that began under it: they stand still without it. */
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
 * Which payload keys the namespace is still read with. What Temporal has stored is never encrypted anew:
 * a history stays under the key that was the newest when its run began, until it is deleted.
 *
 * @param keyIds newest first. The newest is looked for among open workflows only: it stays anyway.
 */
export async function findPayloadKeyUse(
  client: Client,
  keyIds: readonly string[],
): Promise<PayloadKeyUse[]> {
  const open = new Map<string, string[]>();
  for await (const { workflowId, keyId } of beginnings(client, "ExecutionStatus = 'Running'")) {
    open.set(keyId, [...(open.get(keyId) ?? []), workflowId]);
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
  for await (const { keyId, ...run } of beginnings(client, query, isNews)) {
    last.set(keyId, Math.max(closedAt(run), last.get(keyId) ?? 0));
  }
  return last;
}

/** Runs with the key of their first event; those without a key, or deleted meanwhile, are left out. */
async function* beginnings(
  client: Client,
  query: string,
  wanted: (run: Run) => boolean = () => true,
): AsyncGenerator<Run & { readonly keyId: string }> {
  let runs: Run[] = [];
  const look = async () => {
    const looked = await Promise.all(
      runs.filter(wanted).map(async (run) => ({ ...run, keyId: await readFirstKey(client, run) })),
    );
    runs = [];
    return looked.flatMap(({ keyId, ...run }) => (keyId === null ? [] : [{ ...run, keyId }]));
  };
  for await (const { workflowId, runId, closeTime } of client.workflow.list({ query })) {
    if (runs.push({ workflowId, runId, closeTime }) === AT_ONCE) yield* await look();
  }
  yield* await look();
}

async function readFirstKey(client: Client, run: Run): Promise<string | null> {
  try {
    const { history } = await client.workflowService.getWorkflowExecutionHistory({
      namespace: client.options.namespace,
      execution: { workflowId: run.workflowId, runId: run.runId },
      maximumPageSize: 1,
    });
    const [first] = history?.events ?? [];
    return encryptionKeyIdOf(first?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]);
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
