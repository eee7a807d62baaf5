import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { billMonth } from '../../sandbox/bill-month.ts';
import { startCycle, uploadStoredFile, useOrderExport } from '../../sandbox/operator.ts';
import { generateOrderExport } from '../../sandbox/shop/order-export.ts';
import { prepareNamespace } from '../../stack/temporal-namespace.ts';
import { createDataConverter } from '../../temporal/client.ts';
import {
  listWorkerVersions,
  promoteFirstBuild,
  promoteWorkerVersion,
  workerDeployment,
} from '../../temporal/worker-versions.ts';
import { createLogger } from '../../workers/logger.ts';
import { loadWorkflowBundle } from '../../workers/workflow-bundle.ts';
import { cycleWorkflowId, mainTaskQueue } from '../../workflows/workflow-ids.ts';
import { prepareWorkerChild, type WorkerChild } from '../campaign/worker-child.ts';
import { bundlesDir, temporaryDir } from '../workers/test-workers.ts';
import { type BothApis, startBothApis } from './both-apis.ts';
import { type Month, openMonth } from './month.ts';
import { untilCycle } from './month-acts.ts';

/**
 * Two API processes and three workers bill a month, and in the middle of it a build whose month works
 * otherwise takes over from the one that began: real processes, the queues of production.
 */
const billedMonth = '2026-11';
const orders = 60;
const namespace = `upgrade-${randomBytes(4).toString('hex')}`;
const address = inject('temporalAddress');

let month: Month;
let apis: BothApis;
let changed: { readonly guarded: string; readonly unguarded: string };
const children: WorkerChild[] = [];

beforeAll(async () => {
  [changed] = await Promise.all([changeWorkflows(), makeNamespace()]);
  const bundlePath = join(temporaryDir(), 'changed.js');
  await writeFile(bundlePath, changed.guarded);
  month = await openMonth({
    workers: false,
    temporal: { address, namespace, taskQueue: mainTaskQueue },
    settings: { paygent: { maxRecordsPerFile: 20, exchangesAtOnce: 10 } },
  });
  const begin = async (build: string, more: { bundlePath?: string } = {}) => {
    const child = prepareWorkerChild({
      ...{ address, namespace, databaseUrl: month.appDatabaseUrl, taskQueue: mainTaskQueue },
      ...{ payloadKeys: inject('payloadKeys'), fileKeys: inject('fileKeys') },
      ...{ bundlesDir, timing: {}, logLevel: 'silent' as const },
      version: { deployment: workerDeployment, build },
      ...more,
    });
    children.push(child);
    await child.begin();
  };
  const starting = startBothApis({
    TSUKIGIME_DATABASE_URL_APP: month.appDatabaseUrl,
    TEMPORAL_ADDRESS: address,
    TEMPORAL_NAMESPACE: namespace,
    TSUKIGIME_PAYLOAD_KEYS: inject('payloadKeys'),
    TSUKIGIME_FILE_KEYS: inject('fileKeys'),
  });
  await Promise.all([
    begin('old'),
    begin('new', { bundlePath }),
    begin('new', { bundlePath }),
    starting,
  ]);
  apis = await starting;
});
afterAll(async () => {
  for (const child of children) await child.kill();
  await apis?.stop();
  await month?.close();
});

async function makeNamespace(): Promise<void> {
  const connection = await Connection.connect({ address });
  const workflowExecutionRetentionPeriod = msToTs('1 day');
  await connection.workflowService.registerNamespace({
    ...{ namespace, workflowExecutionRetentionPeriod },
  });
  // The server takes a moment until it knows its new namespace everywhere.
  await vi.waitFor(() => prepareNamespace({ address, namespace }), {
    timeout: 60_000,
    interval: 200,
  });
  await connection.close();
}

/** Today's workflows with one more step in each round of a month: as a patch, and as a blunder. */
async function changeWorkflows() {
  const logger = createLogger({ level: 'silent', name: 'test' });
  const { code } = await loadWorkflowBundle(bundlesDir, logger);
  const [, module] = /\(0,\s*(\w+)\.continueAsNew\)/.exec(code) ?? [];
  const round = 'facts = await look();';
  expect(code.split(round)).toHaveLength(2);
  const step = 'await short.readCycle(of());';
  return {
    guarded: code.replace(round, `if ((0,${module}.patched)('look-twice')) ${step} ${round}`),
    unguarded: code.replace(round, `${step} ${round}`),
  };
}

/** Workers say which build they are when they first ask for work. */
async function promote(build: string): Promise<void> {
  await vi.waitFor(() => promoteWorkerVersion(month.client, build), {
    timeout: 60_000,
    interval: 200,
  });
}

type History = Awaited<
  ReturnType<ReturnType<Month['client']['workflow']['getHandle']>['fetchHistory']>
>;

const buildsOf = ({ events }: History) =>
  new Set(
    (events ?? []).flatMap(({ workflowTaskCompletedEventAttributes: done }) =>
      done ? [done.deploymentVersion?.buildId ?? 'none'] : [],
    ),
  );
const replay = (code: string, history: History) =>
  Worker.runReplayHistory(
    { workflowBundle: { code }, dataConverter: createDataConverter(month.server.keys) },
    history,
  );

test('a month that an old build began is finished by a new one, each order authorized once', async () => {
  const { client } = month;
  // The first build of a namespace needs nobody, and a later one does not push in.
  await vi.waitFor(async () => expect(await promoteFirstBuild(client, 'old')).toBe('promoted'), {
    timeout: 60_000,
    interval: 200,
  });
  expect(await promoteFirstBuild(client, 'new')).toBe('decided');
  const desk = { ...month.day.desk, apiUrl: apis.url };
  const through: Month = { ...month, day: { ...month.day, desk } };
  // Month.begin speaks to the harness's own API: this month begins over the two as well.
  await startCycle(desk, billedMonth);
  const bytes = Buffer.concat([
    ...generateOrderExport({ month: billedMonth, orders, oddShare: 0 }),
  ]);
  const sha256 = await uploadStoredFile(desk, { name: 'orders.csv', kind: 'order-export', bytes });
  await useOrderExport(desk, billedMonth, sha256);

  const cycle = client.workflow.getHandle(cycleWorkflowId(desk.merchant, billedMonth));
  let promoted = false;
  await billMonth(
    {
      ...through.day,
      async onStep(step) {
        if (step !== 'accepted' || promoted) return;
        promoted = true;
        expect(buildsOf(await cycle.fetchHistory())).toEqual(new Set(['old']));
        await promote('new');
      },
    },
    billedMonth,
  );
  await untilCycle(through, billedMonth, ({ stage }) => stage === 'closed');
  await cycle.result();

  const { totals, orders: billed } = await month.readLedger();
  expect(totals).toMatchObject({
    ...{ orders, attempts: orders, authorizations: orders, captures: orders },
    ...{ doubleAuthorizations: 0, repeatedCaptures: 0 },
  });
  expect(billed).toHaveLength(orders);
  // Every act came to both processes at once: each said yes to it, or "not now", and it was done once.
  expect(apis.doubleClicks.length).toBeGreaterThan(9);
  for (const pair of apis.doubleClicks) {
    for (const status of pair) expect([200, 201, 202, 503]).toContain(status);
  }
  expect(Math.min(...apis.served)).toBeGreaterThan(4);

  const history = await cycle.fetchHistory();
  expect(buildsOf(history)).toEqual(new Set(['old', 'new']));
  // The change that is in today's workflows already, and that of the new build.
  const changes = (history.events ?? []).filter((one) => one.markerRecordedEventAttributes);
  expect(changes).toHaveLength(2);
  for await (const { workflowId, runId } of client.workflow.list()) {
    const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    const failed = (events ?? []).filter((one) => one.workflowTaskFailedEventAttributes);
    expect(failed, workflowId).toEqual([]);
  }
  const versions = (await listWorkerVersions(client)).map(({ build, current }) => [build, current]);
  expect(Object.fromEntries(versions)).toEqual({ old: false, new: true });

  // What the guard is for: the same step without it does not fit what the old build has done.
  await replay(changed.guarded, history);
  await expect(replay(changed.unguarded, history)).rejects.toThrow(/[Nn]ondeterminism|TMPRL1100/);
});
