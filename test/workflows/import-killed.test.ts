import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { fileImportWorkflowId } from '../../workflows/workflow-ids.ts';
import { type Step, setTraps } from '../campaign/traps.ts';
import { prepareWorkerChild, type WorkerChild } from '../campaign/worker-child.ts';
import { bundlesDir } from '../workers/test-workers.ts';
import { customerFile, customerLine, type ImportDesk, openImportDesk } from './file-imports.ts';
import { type Month, openMonth } from './month.ts';

// The silence after which a killed worker's file is given to the next.
const timing = { heartbeatTimeoutMs: 1500, retryInitialIntervalMs: 50 };

let month: Month;
let desk: ImportDesk;

beforeAll(async () => {
  month = await openMonth({ workers: false, timing });
  desk = openImportDesk(month);
});
afterAll(() => month.close());

function prepareWorker(): WorkerChild {
  return prepareWorkerChild({
    address: month.server.address,
    namespace: month.server.namespace,
    payloadKeys: inject('payloadKeys'),
    fileKeys: inject('fileKeys'),
    databaseUrl: month.appDatabaseUrl,
    taskQueue: month.taskQueue,
    bundlesDir,
    timing,
    logLevel: 'silent',
  });
}

const good = 400;
const bad = 50;
const file = customerFile([
  ...Array.from({ length: good }, (_, index) => customerLine({ 顧客番号: `k-${index}` })),
  ...Array.from({ length: bad }, (_, index) => customerLine({ 顧客番号: `x-${index}`, 性別: '?' })),
]);

/** In the middle of the merge, at its last write, and when all is kept but nobody has heard it. */
const steps: readonly Step[] = [
  { name: 'a customer', table: 'customers', on: 'insert', n: 200, at: 'row' },
  { name: 'a failure', table: 'import_failures', on: 'insert', n: 25, at: 'row' },
  {
    ...{ name: 'the end', table: 'imports', on: 'update', n: 1, at: 'row' },
    when: "new.stage = 'done'",
  },
  {
    ...{ name: 'the end, unheard', table: 'imports', on: 'update', n: 1, at: 'commit' },
    when: "new.stage = 'done'",
  },
];

describe('a worker that is killed in the middle of an import', () => {
  test('the next one goes on: every row is imported once, every failure told once', async () => {
    const traps = await setTraps(month.ownerDatabaseUrl, steps);
    const ended = new AbortController();
    let worker = prepareWorker();
    try {
      await worker.begin();
      const { number } = await desk.upload('customers', file);
      const done = desk.ended(number).finally(() => ended.abort());
      let killed = 0;
      for (;;) {
        const caught = await traps.next(ended.signal);
        if (caught === undefined) break;
        const spare = prepareWorker();
        await worker.kill();
        killed += 1;
        await caught.release();
        worker = spare;
        await worker.begin();
      }
      expect(killed).toBe(steps.length);
      expect(await done).toMatchObject({
        ...{ stage: 'done', rows: good + bad, imported: good, failed: bad },
      });
      await month.client.workflow
        .getHandle(fileImportWorkflowId(month.day.desk.merchant, 1))
        .result();
      const { rows } = await sql<Record<string, number>>`
        select (select count(*) from customers) as customers,
               (select count(distinct customer_number) from customers) as numbers,
               (select max(customer_id) from customers) as last,
               (select count(*) from import_failures) as failures,
               (select count(*) from notices where kind = 'file_import_done') as notices`.execute(
        month.db,
      );
      expect(rows).toEqual([
        { customers: good, numbers: good, last: good, failures: bad, notices: 1 },
      ]);
    } finally {
      await worker.kill();
      await traps.releaseAll();
      await traps.close();
    }
  });
});
