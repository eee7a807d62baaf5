import { readFile } from 'node:fs/promises';
import type { History } from '@temporalio/common/lib/proto-utils.js';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { inheritedEnvironment, parseEncryptionKeys } from '../../config.ts';
import { createDataConverter } from '../../temporal/client.ts';
import { createPayloadCodec } from '../../temporal/payload-codec.ts';
import { createLogger } from '../../workers/logger.ts';
import { loadWorkflowBundle } from '../../workers/workflow-bundle.ts';
import * as workflows from '../../workflows/index.ts';
import { connectTestTemporal, type TestTemporal } from '../temporal.ts';
import { bundlesDir } from '../workers/test-workers.ts';
import { chooseHistory, hasBegun, recordHistory } from './recorded-histories.ts';

/**
 * Every kind of workflow replays from what the whole suite left on its Temporal server: weeks of
 * waiting, faults, continue-as-new. It runs last (test/longest-first.ts) and needs the other tests.
 * With RECORD_HISTORIES=true it also keeps one history of each kind for versions to come.
 */
const kinds = Object.keys(workflows);
const historiesOfAKind = 8;
const records = inheritedEnvironment().RECORD_HISTORIES === 'true';

let temporal: TestTemporal;
let code: string;
beforeAll(async () => {
  temporal = await connectTestTemporal(createDataConverter(keys()));
  const logger = createLogger({ level: 'silent', name: 'test' });
  ({ code } = await loadWorkflowBundle(bundlesDir, logger));
});
afterAll(() => temporal.close());

const keys = () => parseEncryptionKeys(inject('payloadKeys'));

test.each(kinds)('%s', async (kind) => {
  const replayed: string[] = [];
  const options = { workflowBundle: { code }, dataConverter: createDataConverter(keys()) };
  for await (const { workflowId, error } of Worker.runReplayHistories(options, histories(kind))) {
    expect(error, workflowId).toBeUndefined();
    replayed.push(workflowId);
  }
  expect(
    replayed.length,
    'run the whole suite: other tests leave what is replayed here',
  ).toBeGreaterThan(0);
  if (!records) return;
  const kept: History[] = [];
  for await (const { history } of histories(kind)) kept.push(history);
  const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
  const chosen = chooseHistory(kept);
  if (chosen !== undefined) {
    await recordHistory({ version, kind }, chosen, createPayloadCodec(keys()));
  }
});

async function* histories(kind: string) {
  let taken = 0;
  const query = `WorkflowType = '${kind}'`;
  for await (const { workflowId, runId } of temporal.client.workflow.list({ query })) {
    const history = await temporal.client.workflow.getHandle(workflowId, runId).fetchHistory();
    if (!hasBegun(history)) continue;
    yield { workflowId, history };
    taken += 1;
    if (taken === historiesOfAKind) return;
  }
}
