import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { fileImportWorkflowId } from '../../workflows/workflow-ids.ts';
import { prepareWorkerChild, type WorkerChild } from '../campaign/worker-child.ts';
import { bundlesDir } from '../workers/test-workers.ts';
import { customerFile, customerLine, type ImportDesk, openImportDesk } from './file-imports.ts';
import { type Month, openMonth } from './month.ts';

/** Imports whose Temporal state is gone while their rows stand. */
let month: Month;
let desk: ImportDesk;
let worker: WorkerChild | undefined;

beforeAll(async () => {
  month = await openMonth({ workers: false });
  desk = openImportDesk(month);
});
afterAll(async () => {
  await worker?.kill();
  await month.close();
});

const handle = (number: number) =>
  month.client.workflow.getHandle(fileImportWorkflowId(month.day.desk.merchant, number));
const lose = (number: number) => handle(number).terminate('state lost (test)');
const fileOf = (name: string) =>
  customerFile([
    customerLine({ 顧客番号: name }),
    customerLine({ 顧客番号: `${name}-2`, 性別: '?' }),
  ]);

test('an import that ran or was held is started again from its row; one that ended ends at once', async () => {
  // No worker yet: each stands where its upload left it.
  const started = await desk.upload('customers', fileOf('started'));
  const key = randomUUID();
  const sent = await desk.upload('customers', fileOf('sent-again'), { key });
  const held = await desk.upload('customers', fileOf('held'), { held: true });
  const dropped = await desk.upload('customers', fileOf('dropped'), { held: true });
  const all = [started, sent, held, dropped];
  for (const { number } of all) await lose(number);

  const again = await desk.act(`/imports/${started.number}/start`);
  expect(again.status).toBe(202);
  expect(again.headers.get('location')).toContain(`/imports/${started.number}`);
  expect((await desk.upload('customers', fileOf('sent-again'), { key })).number).toBe(sent.number);
  worker = prepareWorkerChild({
    address: month.server.address,
    namespace: month.server.namespace,
    payloadKeys: inject('payloadKeys'),
    fileKeys: inject('fileKeys'),
    databaseUrl: month.appDatabaseUrl,
    taskQueue: month.taskQueue,
    ...{ bundlesDir, timing: {}, logLevel: 'silent' },
  });
  await worker.begin();
  expect((await desk.act(`/imports/${held.number}/start`)).status).toBe(200);
  expect((await desk.act(`/imports/${dropped.number}/cancellation`)).status).toBe(200);

  for (const { number } of [started, sent, held]) {
    expect(await desk.ended(number)).toMatchObject({ stage: 'done', imported: 1, failed: 1 });
    await handle(number).result();
  }
  expect(await desk.ended(dropped.number)).toMatchObject({ stage: 'cancelled', imported: 0 });
  // Sent once more when all is over, the request changes nothing.
  await desk.upload('customers', fileOf('sent-again'), { key });
  const { rows } = await sql<Record<string, number>>`
    select (select count(*) from customers) as customers,
           (select count(*) from import_failures) as failures,
           (select count(*) from imports) as imports,
           (select count(*) from notices where kind = 'file_import_done') as notices`.execute(
    month.db,
  );
  expect(rows).toEqual([{ customers: 3, failures: 3, imports: 4, notices: 3 }]);
});
