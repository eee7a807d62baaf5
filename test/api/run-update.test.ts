import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { defineRoute } from '../../api/contract/route.ts';
import type { Handlers } from '../../api/handler.ts';
import { withPatience } from '../../api/patience.ts';
import { runUpdate } from '../../api/run-update.ts';
import { parseEncryptionKeys } from '../../config.ts';
import { connectTemporal } from '../../temporal/client.ts';
import { createLogger } from '../../workers/logger.ts';
import { startWorkers } from '../../workers/worker.ts';
import { loadWorkflowBundle } from '../../workers/workflow-bundle.ts';
import { decideUpdate, type Way } from './fixtures/decider-workflow.ts';
import { type RunningApi, readProblem, startApi } from './running-api.ts';

/** The pattern of docs/api.md, tried on a workflow that answers in every way there is. */
const routes = {
  decide: defineRoute({
    method: 'post',
    path: '/v1/merchants/:merchant/decisions',
    role: 'operator',
    merchantScoped: true,
    params: z.strictObject({ merchant: z.string() }),
    idempotencyKey: 'required',
    body: { kind: 'json', schema: z.strictObject({ workflowId: z.string(), way: z.string() }) },
    responses: {
      200: { kind: 'json', schema: z.object({ said: z.string() }), description: 'done' },
      202: { kind: 'json', schema: z.object({ accepted: z.literal(true) }), description: 'taken' },
    },
    summary: { ja: '決める', en: 'Decide' },
    tag: 'test',
  }),
};

const handlers: Handlers<typeof routes> = {
  async decide({ deps, identity, merchant, body, idempotencyKey }) {
    const answer = await runUpdate(deps, {
      workflowId: body.workflowId,
      update: decideUpdate,
      args: [{ actor: identity.actor, idempotencyKey, reason: null, way: body.way as Way }],
      idempotencyKey,
      failures: { WrongResultFile: 'file-unusable' },
    });
    if (answer.kind === 'done') return { status: 200, body: { said: answer.result } };
    return {
      status: 202,
      headers: { Location: `/v1/merchants/${merchant.slug}` },
      body: { accepted: true },
    };
  },
};

let api: RunningApi;
let token: string;
let workflow: WorkflowHandle;
let temporal: Client;
let workers: Awaited<ReturnType<typeof startWorkers>>;
const suffix = randomBytes(4).toString('hex');
const taskQueue = `api-${suffix}`;

const server = () => ({
  address: inject('temporalAddress'),
  namespace: inject('temporalNamespace'),
  keys: parseEncryptionKeys(inject('payloadKeys')),
});

beforeAll(async () => {
  const logger = createLogger({ level: 'silent', name: 'test' });
  const fixtures = fileURLToPath(new URL('./fixtures/index.ts', import.meta.url));
  const bundle = await loadWorkflowBundle(
    join(tmpdir(), 'tsukigime-test-bundles'),
    logger,
    fixtures,
  );
  workers = await startWorkers({
    server: server(),
    bundle,
    logger,
    taskQueue,
    shutdownGraceMs: 1000,
    activities: {
      main: {
        refuse: async () => {
          throw ApplicationFailure.create({
            type: 'WrongResultFile',
            message: '別のファイルの結果です。',
            nonRetryable: true,
          });
        },
        breakDown: async () => {
          throw new Error('row of 山田太郎 is broken');
        },
      },
      files: {},
    },
  });
  temporal = await connectTemporal(server());
  api = await startApi({ temporal }, { contract: routes, handlers });
  await api.addMerchant('decision-shop');
  token = await api.addToken('operator');
  workflow = await temporal.workflow.start('decider', {
    taskQueue,
    workflowId: `decider-${suffix}`,
  });
});

afterAll(async () => {
  await workflow.terminate().catch(() => {});
  workers.shutdown();
  await workers.done;
  await api.close();
  await temporal.connection.close();
});

let keys = 0;
const newKey = () => {
  keys += 1;
  return `test-key-${keys}`;
};

async function decide(
  way: string,
  key: string | null = newKey(),
  workflowId = workflow.workflowId,
) {
  return await api.call('/v1/merchants/decision-shop/decisions', {
    method: 'POST',
    token,
    json: { workflowId, way },
    headers: key === null ? {} : { 'Idempotency-Key': key },
  });
}

test('a yes comes back, and the same key again gets the same yes', async () => {
  const key = newKey();
  const first = await decide('agree', key);
  expect(first.status).toBe(200);
  const said = await first.json();
  expect(said).toEqual({ said: expect.stringMatching(/^operator of the test \d+$/) });
  expect(await (await decide('agree', `"${key}"`)).json()).toEqual(said);
  expect(await (await decide('agree')).json()).not.toEqual(said);
});

test('a used key gets the answer of its own request only', async () => {
  const key = newKey();
  expect((await decide('agree', key)).status).toBe(200);
  expect(await readProblem(await decide('refuse', key))).toMatchObject({
    status: 409,
    detail: 'この段階ではできません。何も変更していません。',
  });
});

test.each([null, 'short', 'x'.repeat(65), 'a b c d e f g', 'taro@example.jp'])(
  'without a usable key nothing is asked: %s',
  async (key) => {
    expect(await readProblem(await decide('agree', key))).toMatchObject({
      status: 400,
      slug: 'idempotency-key-missing',
    });
  },
);

test('a refusal by the validator is a conflict in the words of the workflow', async () => {
  expect(await readProblem(await decide('refuse'))).toMatchObject({
    status: 409,
    slug: 'conflict',
    detail: 'この段階ではできません。何も変更していません。',
    errors: [{ path: 'workflow', message: 'StageConflict' }],
  });
});

test('a typed refusal from an activity is what the table of the route says', async () => {
  expect(await readProblem(await decide('refuse-in-activity'))).toMatchObject({
    status: 422,
    slug: 'file-unusable',
    detail: '別のファイルの結果です。',
  });
});

test('a failure that nobody meant says nothing of what it was', async () => {
  const response = await decide('break-down');
  const text = await response.clone().text();
  expect((await readProblem(response)).slug).toBe('internal-error');
  expect(text).not.toContain('山田');
});

test('what takes longer is answered 202 with a link, and the same key gets the end of it', async () => {
  const key = newKey();
  const response = await decide('wait', key);
  expect(response.status).toBe(202);
  expect(response.headers.get('location')).toBe('/v1/merchants/decision-shop');
  await workflow.signal('release');
  const again = await decide('wait', key);
  expect(again.status).toBe(200);
});

test('a closed workflow and one that never ran are conflicts', async () => {
  await workflow.signal('finish');
  await workflow.result();
  expect((await readProblem(await decide('agree'))).slug).toBe('workflow-closed');
  const never = await decide('agree', newKey(), `never-${suffix}`);
  expect((await readProblem(never)).slug).toBe('workflow-closed');
});

test('when no worker takes it, nobody says that it was taken', async () => {
  const { workflow: client } = await connectTemporal(server());
  const idle = await client.start('decider', {
    taskQueue: `${taskQueue}-nobody`,
    workflowId: `idle-${suffix}`,
  });
  const response = await decide('agree', newKey(), idle.workflowId);
  expect(response.headers.get('retry-after')).toBe('5');
  expect(await readProblem(response)).toMatchObject({ status: 503, slug: 'worker-away' });
  await idle.terminate();
  await client.connection.close();
});

test('a wait over many calls leaves no warning behind', async () => {
  const warnings: string[] = [];
  const hear = ({ name }: Error) => void warnings.push(name);
  process.on('warning', hear);
  try {
    await withPatience(temporal, 20_000, async () => {
      for (let calls = 0; calls < 12; calls += 1) await workflow.describe();
    });
    // Warnings are told in a later turn.
    await new Promise((resolve) => setImmediate(resolve));
    expect(warnings).toEqual([]);
  } finally {
    process.off('warning', hear);
  }
});
