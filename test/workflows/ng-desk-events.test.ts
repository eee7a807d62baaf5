import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { declinedAt, firstDueAt, insertDeclined } from '../../bench/declined-charges.ts';
import { parseEncryptionKeys } from '../../config.ts';
import { type Db, openDatabase } from '../../db/database.ts';
import { wakeNgDesk } from '../../temporal/start-ng-desk.ts';
import { advanceMerchantClock } from '../../workers/merchant-clock.ts';
import { ngDeskWorkflowId } from '../../workflows/workflow-ids.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { connectTestWorkers, type TestWorkers } from '../workers/test-workers.ts';
import { startOwnWorkers } from './own-service.ts';

/** The desk's events in Temporal grow with its days, never with its cases (bench/ng-wave.ts: 50,000). */
let database: TestDatabase;
let db: Db;
let temporal: TestWorkers;
let stopWorkers: () => Promise<void>;

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.appUrl, { maxConnections: 4 });
  temporal = await connectTestWorkers();
  const fileKeys = parseEncryptionKeys(inject('fileKeys'));
  stopWorkers = await startOwnWorkers({ databaseUrlApp: database.appUrl, fileKeys }, temporal);
});
afterAll(async () => {
  await stopWorkers?.();
  await temporal?.close();
  await db?.destroy();
  await database?.drop();
});

/** Acts of the desk, without the worker's turns, after the wave that plans and the one that acts. */
async function countActs(count: number): Promise<[number, number]> {
  const slug = `${temporal.merchant}-${count}`;
  const merchant = await insertDeclined(db, { slug, count });
  const desk = temporal.client.workflow.getHandle(ngDeskWorkflowId(slug));
  const acts = async () => {
    const { events } = await desk.fetchHistory();
    return (events ?? []).filter(
      (event) =>
        event.activityTaskScheduledEventAttributes ||
        event.timerStartedEventAttributes ||
        event.workflowExecutionSignaledEventAttributes,
    ).length;
  };
  const passTo = (atMs: number) =>
    advanceMerchantClock({
      ...{ db, client: temporal.client, merchant: slug, actor: 'test' },
      target: new Date(atMs).toISOString(),
      realNowMs: Date.now,
    });
  await wakeNgDesk(temporal.starter, merchant);
  await passTo(Date.parse(declinedAt) + 3_600_000);
  const first = await acts();
  await passTo(Date.parse(firstDueAt) + 60_000);
  const mails = await db
    .selectFrom('customer_mails')
    .where('merchant_id', '=', merchant.id)
    .select('mail_id')
    .execute();
  expect(mails).toHaveLength(count / 2);
  return [first, await acts()];
}

test('a hundred times the cases are the same few events', async () => {
  const few = await countActs(4);
  const many = await countActs(400);
  expect(few[0]).toBeGreaterThan(2);
  expect(few[1]).toBeGreaterThan(few[0]);
  // The clock's own signals may come as one or as two.
  for (const wave of [0, 1] as const) {
    expect(Math.abs(many[wave] - few[wave])).toBeLessThanOrEqual(4);
    expect(many[wave]).toBeLessThan(50);
  }
});
