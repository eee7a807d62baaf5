import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Db, openDatabase } from '../../db/database.ts';
import {
  type Decision,
  hasDecisionSince,
  IdempotencyConflict,
  recordDecision,
} from '../../db/queries/decisions.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { insertMoneyRecord, type MoneyRecord } from './money-record.ts';

let database: TestDatabase;
let db: Db;
let record: MoneyRecord;
let other: MoneyRecord;
beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.appUrl, { maxConnections: 10 });
  const owner = openDatabase(database.ownerUrl, { maxConnections: 1 });
  record = await insertMoneyRecord(owner);
  other = await insertMoneyRecord(owner);
  await owner.destroy();
});
afterAll(async () => {
  await db.destroy();
  await database.drop();
});

const decision: Decision = {
  key: 'the-first-key',
  workflowId: 'cycle:shop:2026-11',
  act: 'end-charges',
  body: { kind: 'given_up', orderNumbers: ['1', '2'] },
  actor: 'operator',
  reason: '解約',
  now: '2026-11-22T00:00:00.000Z',
};

const record1 = (change: Partial<Decision> = {}, merchantId = record.merchantId) =>
  db.transaction().execute((trx) => recordDecision(trx, merchantId, { ...decision, ...change }));

async function countRows(merchantId: number): Promise<{ decisions: number; audit: number }> {
  const count = async (
    table: 'decisions' | 'audit_entries',
    column: 'merchant_id' | 'chain_id',
  ) => {
    const row = await db
      .selectFrom(table)
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where(column as never, '=', merchantId as never)
      .executeTakeFirstOrThrow();
    return Number(row.count);
  };
  return {
    decisions: await count('decisions', 'merchant_id'),
    audit: await count('audit_entries', 'chain_id'),
  };
}

test('a repetition finds the first decision and writes nothing', async () => {
  const first = await record1();
  expect(first.fresh).toBe(true);
  const before = await countRows(record.merchantId);
  // The keys of a JSON object have no order.
  const body = { orderNumbers: ['1', '2'], kind: 'given_up' };
  expect(await record1({ body, now: '2026-11-23T00:00:00.000Z' })).toMatchObject({
    id: first.id,
    fresh: false,
  });
  expect(await countRows(record.merchantId)).toEqual(before);
});

test.each([
  ['another body', { body: { kind: 'cancelled', orderNumbers: ['1', '2'] } }],
  ['another act', { act: 'rebuild-files' }],
  ['another workflow', { workflowId: 'cycle:shop:2026-12' }],
])('the same key for %s is a conflict that changes nothing', async (_, change) => {
  await record1();
  const before = await countRows(record.merchantId);
  await expect(record1(change)).rejects.toThrow(IdempotencyConflict);
  expect(await countRows(record.merchantId)).toEqual(before);
});

test('keys of two merchants never meet', async () => {
  await record1();
  expect((await record1({}, other.merchantId)).fresh).toBe(true);
});

test('of many at once one is fresh, and the audit has it once', async () => {
  const before = await countRows(record.merchantId);
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => record1({ key: 'many-at-once' })),
  );
  expect(answers.filter((answer) => answer.fresh)).toHaveLength(1);
  expect(new Set(answers.map((answer) => answer.id)).size).toBe(1);
  expect(await countRows(record.merchantId)).toEqual({
    decisions: before.decisions + 1,
    audit: before.audit + 1,
  });
});

test('a decision counts from its own instant on, for its workflow, act and merchant', async () => {
  const at = '2026-11-25T00:00:00.000Z';
  await record1({ key: 'resumed-once', act: 'resume-cycle', now: at });
  const ask = (change: object = {}, merchantId = record.merchantId) =>
    db.transaction().execute((trx) =>
      hasDecisionSince(trx, merchantId, {
        workflowId: decision.workflowId,
        act: 'resume-cycle',
        since: at,
        ...change,
      }),
    );
  expect(await ask()).toBe(true);
  expect(await ask({ since: '2026-11-25T00:00:00.001Z' })).toBe(false);
  expect(await ask({ workflowId: 'cycle:shop:2026-12' })).toBe(false);
  expect(await ask({ act: 'rebuild-files' })).toBe(false);
  expect(await ask({}, other.merchantId)).toBe(false);
});
