import { Client } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CycleStage } from '../../billing/cycle.ts';
import { linkToConsole } from '../../temporal/console-links.ts';
import { createWorkflowStarter } from '../../temporal/workflow-starter.ts';
import type { RunningWorkers } from '../../workers/worker.ts';
import { rowChanged } from '../../workflows/messages.ts';
import {
  attentionAttribute,
  billingMonthAttribute,
  merchantAttribute,
  stageAttribute,
} from '../../workflows/workflow-ids.ts';
import { connectTestWorkers, type TestWorkers } from '../workers/test-workers.ts';

let temporal: TestWorkers;
let workers: RunningWorkers;

beforeAll(async () => {
  temporal = await connectTestWorkers();
  workers = await temporal.startWorkers({ main: { nothing: async () => {} }, files: {} });
});
afterAll(async () => {
  workers?.shutdown();
  await workers?.done;
  await temporal?.close();
});

test('search attributes are written when they change and only then', async () => {
  const { merchant, starter, client } = temporal;
  const workflowId = `stager:${merchant}`;
  const input = { merchant, clockOffsetMs: 0 };
  const month = '2026-11';
  await starter.start({ workflowId, workflow: 'stager', input, month, stage: 'collecting' });
  const handle = client.workflow.getHandle(workflowId);
  const say = (stage: CycleStage) => handle.signal(rowChanged, { kind: 'stage', id: stage });
  const attributes = async () => (await handle.describe()).typedSearchAttributes;

  expect((await attributes()).get(stageAttribute)).toBe('collecting');
  // Already said by the start: no event.
  await say('collecting');
  await say('awaiting_approval');
  await say('awaiting_approval');
  expect(await handle.query('__temporal_workflow_metadata')).toMatchObject({
    currentDetails: 'details of awaiting_approval',
  });
  const waiting = await attributes();
  expect(waiting.get(merchantAttribute)).toBe(merchant);
  expect(waiting.get(billingMonthAttribute)).toBe('2026-11');
  expect(waiting.get(stageAttribute)).toBe('awaiting_approval');
  expect(waiting.get(attentionAttribute)).toBe(true);
  await say('handing_over');
  await say('closed');
  await handle.result();
  const closed = await attributes();
  expect(closed.get(stageAttribute)).toBe('closed');
  expect(closed.get(attentionAttribute)).toBe(false);

  const { events } = await handle.fetchHistory();
  const upserts = (events ?? []).filter(
    (event) => event.upsertWorkflowSearchAttributesEventAttributes,
  );
  expect(upserts).toHaveLength(3);
});

test('a run that continues another still knows the way to the console', async () => {
  const { merchant, taskQueue } = temporal;
  const { connection, options } = temporal.client;
  const client = new Client({
    connection,
    namespace: options.namespace,
    dataConverter: options.dataConverter,
    interceptors: { workflow: [linkToConsole('https://console.example.jp')] },
  });
  const workflowId = `stager:${merchant}:renewed`;
  const input = { merchant, clockOffsetMs: 0 };
  const stager = { workflowId, workflow: 'stager', input, month: null, stage: null };
  await createWorkflowStarter(client, taskQueue).start(stager);
  const handle = client.workflow.getHandle(workflowId);
  const say = (stage: CycleStage) => handle.signal(rowChanged, { kind: 'stage', id: stage });
  const details = async () =>
    ((await handle.query('__temporal_workflow_metadata')) as { currentDetails: string })
      .currentDetails;
  await say('capturing');
  // What its start wrote stands beside it.
  await expect.poll(details, { timeout: 60_000 }).toBe('details of capturing');
  await say('stopped');
  // Again, until the new run hears it.
  const ofNewRun = async () => {
    await say('closing');
    return await details();
  };
  await expect
    .poll(ofNewRun, { timeout: 60_000 })
    .toBe(
      `details of closing\n\n[コンソールで開く](https://console.example.jp/merchants/${merchant})`,
    );
  await say('closed');
  await handle.result();
});
