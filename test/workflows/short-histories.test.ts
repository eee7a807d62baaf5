import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readCycle } from '../../sandbox/operator.ts';
import { createDataConverter } from '../../temporal/client.ts';
import { createLogger } from '../../workers/logger.ts';
import { loadWorkflowBundle } from '../../workers/workflow-bundle.ts';
import { cycleWorkflowId } from '../../workflows/workflow-ids.ts';
import { chosenMonth } from '../campaign/chosen-month.ts';
import { billedMonth } from '../campaign/story.ts';
import { bundlesDir } from '../workers/test-workers.ts';
import { type Month, openMonth } from './month.ts';
import { hasBegun } from './recorded-histories.ts';

/** Newer exports, runs, holds and waves while workflows continue as new every few steps. */
let month: Month;
beforeAll(async () => {
  month = await openMonth({
    settings: chosenMonth.settings,
    outcomes: { declineShare: 0.05, seed: 'campaign' },
    timing: { maxHistoryEvents: 40 },
  });
  // Before the time of the hook is over: a month that hangs must say where.
  await chosenMonth.live(month, AbortSignal.timeout(200_000));
});
afterAll(() => month?.close());

test('the month is whole, and nobody was billed twice', async () => {
  const cycle = await readCycle(month.day.desk, billedMonth);
  expect(cycle).toMatchObject({
    stage: 'closed',
    selection: { selected: 61, excluded: { cancelled: 1 }, quarantined: 1 },
    conservation: { rows: true, yen: true, broken: [] },
  });
  const { totals } = await month.readLedger();
  expect(totals).toMatchObject({
    attempts: 61,
    doubleAuthorizations: 0,
    authorizationsAfterCapture: 0,
    repeatedCaptures: 0,
  });
});

test('every run of every workflow replays from its history', async () => {
  const cycle = cycleWorkflowId(month.day.desk.merchant, billedMonth);
  const { code } = await loadWorkflowBundle(
    bundlesDir,
    createLogger({ level: 'silent', name: 'test' }),
  );
  const runs: string[] = [];
  const query = `TaskQueue = '${month.taskQueue}'`;
  async function* histories() {
    for await (const { workflowId, runId, type } of month.client.workflow.list({ query })) {
      const history = await month.client.workflow.getHandle(workflowId, runId).fetchHistory();
      if (!hasBegun(history)) continue;
      runs.push(workflowId === cycle ? 'cycle' : type);
      yield { workflowId: `${workflowId} ${runId}`, history };
    }
  }
  const options = {
    workflowBundle: { code },
    dataConverter: createDataConverter(month.server.keys),
  };
  for await (const { workflowId, error } of Worker.runReplayHistories(options, histories())) {
    expect([workflowId, error]).toEqual([workflowId, undefined]);
  }
  expect(runs.filter((run) => run === 'cycle').length).toBeGreaterThan(3);
  expect(runs.filter((run) => run === 'fileExchange').length).toBeGreaterThan(4);
  expect(runs.filter((run) => run === 'ngDesk').length).toBeGreaterThan(1);
});
