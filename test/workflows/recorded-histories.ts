import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Payload, PayloadCodec } from '@temporalio/common';
import type { History } from '@temporalio/common/lib/proto-utils.js';
import proto from '@temporalio/proto';

/**
 * Histories that released versions have written, one of each kind, as
 * `histories/<version>/<kind>.json`, the kind with hyphens; of `before-0.1.0` those whose story has changed
 * since. Their payloads stand there in clear: they hold IDs, months and
 * hashes of simulated shops. A version that was released is never recorded again.
 */
export const historiesDir = fileURLToPath(new URL('./histories', import.meta.url));

const { History: HistoryMessage } = proto.temporal.api.history.v1;

export interface RecordedHistory {
  /** `0.1.0/billing-cycle` */
  readonly name: string;
  readonly kind: string;
  readonly text: string;
  readonly history: History;
}

export function readRecordedHistories(): RecordedHistory[] {
  return readdirSync(historiesDir)
    .sort()
    .flatMap((version) =>
      readdirSync(join(historiesDir, version))
        .sort()
        .map((file) => {
          const text = readFileSync(join(historiesDir, version, file), 'utf8');
          const name = file.replace(/\.json$/, '');
          const kind = name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
          const history = HistoryMessage.fromObject(JSON.parse(text));
          return { name: `${version}/${name}`, kind, text, history };
        }),
    );
}

/**
 * Whether a run has had a task. One that goes on within a second of its beginning waits for the rest of that
 * second; until then there is nothing to replay, and the SDK's replay of it never ends.
 */
export function hasBegun({ events }: History): boolean {
  return (events ?? []).some((event) => event.workflowTaskScheduledEventAttributes);
}

/** Longer ones would say no more about replay, and nobody would read them. */
const mostEvents = 250;

/** Of several histories of a kind the one that says most; the shortest where all are long. */
export function chooseHistory(histories: readonly History[]): History | undefined {
  const eventsOf = (history: History) => history.events?.length ?? 0;
  const sorted = [...histories].sort((a, b) => eventsOf(a) - eventsOf(b));
  return sorted.filter((history) => eventsOf(history) <= mostEvents).at(-1) ?? sorted[0];
}

export async function recordHistory(
  of: { readonly version: string; readonly kind: string },
  history: History,
  codec: PayloadCodec,
): Promise<void> {
  const dir = join(historiesDir, of.version);
  mkdirSync(dir, { recursive: true });
  const file = join(
    dir,
    `${of.kind.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}.json`,
  );
  const plain = HistoryMessage.toObject(HistoryMessage.fromObject(history), {
    longs: String,
    enums: String,
  });
  const clear = await showPayloads(plain, codec);
  writeFileSync(file, `${JSON.stringify(clear, null, 1)}\n`);
}

/** Who ran it, and where, is no part of the story. */
const machines = new Set(['identity', 'binaryChecksum', 'stackTrace', 'requestId']);

/** Payloads in clear, bytes as base64, nothing of machines. */
async function showPayloads(value: unknown, codec: PayloadCodec): Promise<unknown> {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return await Promise.all(value.map((one) => showPayloads(one, codec)));
  if (typeof value !== 'object' || value === null) return value;
  const isPayload = 'metadata' in value && 'data' in value;
  const [shown] = isPayload ? await codec.decode([value as Payload]) : [value];
  const entries = Object.entries(shown ?? {}).filter(([name]) => !machines.has(name));
  return Object.fromEntries(
    await Promise.all(entries.map(async ([name, one]) => [name, await showPayloads(one, codec)])),
  );
}
