import { randomBytes } from 'node:crypto';
import { type Client, WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, defaultPayloadConverter, type Payload } from '@temporalio/common';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectTemporal } from '../../temporal/client.ts';
import { createPayloadCodec } from '../../temporal/payload-codec.ts';
import type { RunningWorkers } from '../../workers/worker.ts';
import { rowChanged } from '../../workflows/messages.ts';
import { decide } from './fixtures/secretive-workflow.ts';
import { connectTestWorkers, type TestWorkers } from './test-workers.ts';

const marker = 'CLEAR?';
const newKey = { id: 'new', bytes: new Uint8Array(randomBytes(32)) };
const oldKey = { id: 'old', bytes: new Uint8Array(randomBytes(32)) };
const valuesOf = (payloads: Payload[]) =>
  payloads.map((payload) => defaultPayloadConverter.fromPayload(payload));
const payloadOf = (value: unknown) => defaultPayloadConverter.toPayload(value) as Payload;

let temporal: TestWorkers;
let workers: RunningWorkers;

beforeAll(async () => {
  temporal = await connectTestWorkers();
  workers = await temporal.startWorkers({
    main: {
      echo: async (text: string) => `CLEAR? echo of ${text}`,
      failWith: async (text: string) => {
        throw ApplicationFailure.nonRetryable(text, 'Expected', 'CLEAR? activity detail');
      },
    },
    files: {},
  });
});
afterAll(async () => {
  workers?.shutdown();
  await workers?.done;
  await temporal?.close();
});

test('no payload, failure message or stack stands in clear text on the server', async () => {
  const { client, merchant, taskQueue, server } = temporal;
  const workflowId = `secretive:${merchant}`;
  const input = { merchant, clockOffsetMs: 0, text: 'CLEAR? input' };
  await client.workflow.start('secretive', {
    workflowId,
    taskQueue,
    args: [input],
    memo: { note: 'CLEAR? memo' },
    staticDetails: 'CLEAR? static details',
  });
  const handle = client.workflow.getHandle(workflowId);
  const act = { actor: 'CLEAR? actor', idempotencyKey: 'k', reason: 'CLEAR? reason' };
  expect(
    await handle.executeUpdate(decide, {
      args: [{ ...act, choice: 'CLEAR? choice' }],
      updateId: 'k',
    }),
  ).toBe('CLEAR? answer to CLEAR? choice');
  await handle.signal(rowChanged, { kind: 'CLEAR? kind', id: 'CLEAR? id' });
  const failure = await handle.result().catch((error: unknown) => error);

  // Who has the key reads everything.
  expect(failure).toBeInstanceOf(WorkflowFailedError);
  expect((failure as WorkflowFailedError).cause).toMatchObject({
    message: 'CLEAR? workflow failure',
    type: 'Expected',
    details: ['CLEAR? failure detail'],
  });
  expect((await handle.describe()).memo).toEqual({ note: 'CLEAR? memo' });

  // Who looks at the server finds nothing.
  const execution = { workflowId };
  const raw = await client.workflowService.getWorkflowExecutionHistory({
    namespace: server.namespace,
    execution,
    maximumPageSize: 1000,
  });
  const described = await client.workflowService.describeWorkflowExecution({
    namespace: server.namespace,
    execution,
  });
  const queried = await client.workflowService.queryWorkflow({
    namespace: server.namespace,
    execution,
    query: { queryType: '__temporal_workflow_metadata' },
  });
  const events = raw.history?.events ?? [];
  expect(events.length).toBeGreaterThan(15);
  for (const message of [raw, described, queried]) {
    const text = clearText(message);
    expect(text).not.toContain(marker);
    // A stack trace names our files.
    expect(text).not.toContain('secretive-workflow');
    expect(text).not.toContain('payload-codec.test');
  }
  // Each way was really taken, so the text above had every chance to appear.
  const types = new Set(
    events.map((event) => Object.keys(event).find((key) => key.endsWith('Attributes'))),
  );
  for (const expected of [
    'workflowExecutionStartedEventAttributes',
    'activityTaskCompletedEventAttributes',
    'activityTaskFailedEventAttributes',
    'workflowExecutionSignaledEventAttributes',
    'workflowExecutionUpdateCompletedEventAttributes',
    'upsertWorkflowSearchAttributesEventAttributes',
    'workflowExecutionFailedEventAttributes',
  ]) {
    expect(types).toContain(expected);
  }
  // What the UI lists by stays readable.
  const visible = clearText(described);
  expect(visible).toContain(workflowId);
  expect(visible).toContain('collecting');
});

/** All strings and all bytes of a protobuf message, read as text. */
function clearText(message: unknown): string {
  if (message instanceof Uint8Array) return `${Buffer.from(message).toString('utf8')}\n`;
  if (typeof message === 'string') return `${message}\n`;
  if (typeof message !== 'object' || message === null) return '';
  return Object.values(message).map(clearText).join('');
}

test('a rotated key: the newest encrypts, every known one decrypts', async () => {
  const before = createPayloadCodec([oldKey]);
  const after = createPayloadCodec([newKey, oldKey]);
  const sealed = await before.encode([payloadOf({ yen: 7988 }), payloadOf('月極')]);
  expect(valuesOf(await after.decode(sealed))).toEqual([{ yen: 7988 }, '月極']);
  const [again] = await after.encode([payloadOf('x')]);
  expect(Buffer.from(again?.metadata?.['encryption-key-id'] ?? []).toString()).toBe('new');
  // The same text twice looks different: the IV is random.
  const [first, second] = await after.encode([payloadOf('x'), payloadOf('x')]);
  expect(first?.data).not.toEqual(second?.data);
});

test('a missing key, a wrong key and altered bytes are named by their key', async () => {
  const [sealed] = await createPayloadCodec([oldKey]).encode([payloadOf('CLEAR?')]);
  if (sealed === undefined) throw new Error('nothing was encoded');
  await expect(createPayloadCodec([newKey]).decode([sealed])).rejects.toMatchObject({
    type: 'PayloadKeyMissing',
    nonRetryable: true,
    message: expect.stringContaining('"old"'),
  });
  const wrong = createPayloadCodec([{ ...newKey, id: 'old' }]);
  await expect(wrong.decode([sealed])).rejects.toMatchObject({
    type: 'PayloadNotDecryptable',
    nonRetryable: true,
    message: expect.stringContaining('"old"'),
  });
  const bytes = Buffer.from(sealed.data ?? []);
  for (const at of [0, 12, bytes.length - 1]) {
    const altered = Buffer.from(bytes);
    altered.writeUInt8(altered.readUInt8(at) ^ 1, at);
    await expect(
      createPayloadCodec([oldKey]).decode([{ ...sealed, data: altered }]),
    ).rejects.toMatchObject({ type: 'PayloadNotDecryptable' });
  }
  for (const length of [0, 5, 27]) {
    await expect(
      createPayloadCodec([oldKey]).decode([{ ...sealed, data: bytes.subarray(0, length) }]),
    ).rejects.toMatchObject({ type: 'PayloadNotDecryptable' });
  }
});

test('payloads that were never encrypted pass, as the CLI and the UI send them', async () => {
  const plain = payloadOf({ kind: 'exchange' });
  expect(await createPayloadCodec([newKey]).decode([plain])).toEqual([plain]);
});

test('a client without the key says which one it needs', async () => {
  const { merchant, starter, server } = temporal;
  const workflowId = `secretive:${merchant}:2`;
  const input = { merchant, clockOffsetMs: 0, text: '' };
  await starter.start({ workflowId, workflow: 'secretive', input, month: null, stage: null });
  await starter.reportRowChanged(workflowId, { kind: '', id: '' });
  const stranger: Client = await connectTemporal({ ...server, keys: [newKey] });
  try {
    await expect(stranger.workflow.getHandle(workflowId).result()).rejects.toThrow(
      `"${server.keys[0]?.id}"`,
    );
  } finally {
    await stranger.connection.close();
  }
});
