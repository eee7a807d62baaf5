import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { billMonth } from '../../sandbox/bill-month.ts';
import { downloadExchangeFile, type ExchangeView } from '../../sandbox/operator.ts';
import { exchangeWorkflowId } from '../../workflows/workflow-ids.ts';
import { type Month, openMonth } from './month.ts';
import {
  exchangePath,
  fetchResult,
  giveResult,
  makeExport,
  makeResult,
  numbered,
  post,
  untilCycle,
  untilExchange,
} from './month-acts.ts';

/** Runs that continue as new after a few acts, while further acts are on their way to them. */
let month: Month;
beforeAll(async () => {
  month = await openMonth({ timing: { maxHistoryEvents: 60 } });
});
afterAll(() => month.close());

const billedMonth = '2026-11';

/** How many runs the workflow of a file has had. */
async function countRuns(exchange: ExchangeView): Promise<number> {
  const id = exchangeWorkflowId(
    month.day.desk.merchant,
    exchange.month,
    exchange.kind,
    exchange.number,
  );
  return (await month.client.workflow.count(`WorkflowId = "${id}"`)).count;
}

async function countDecisions(act: string): Promise<number> {
  const { rows } = await sql<{ decisions: number }>`
    select count(*)::int as decisions from decisions where act = ${act}`.execute(month.db);
  return rows[0]?.decisions ?? 0;
}

test('every act is answered and written once, however often the run changes under it', {
  timeout: 240_000,
}, async () => {
  await month.begin(billedMonth, makeExport(numbered('11', 4)));
  const auth = await untilExchange(month, billedMonth, 'auth-1');
  const result = await fetchResult(month, auth);
  const before = await countDecisions('record-completion');
  const keys = Array.from({ length: 80 }, () => randomUUID());
  const waves = Array.from({ length: 8 }, (_, wave) => keys.slice(wave * 10, wave * 10 + 10));
  for (const wave of waves) {
    const replies = await Promise.all(
      wave.map((key) => post(month, `${exchangePath(auth)}/completion`, undefined, key)),
    );
    expect(replies.map(({ status }) => status)).toEqual(wave.map(() => 200));
  }
  expect((await countDecisions('record-completion')) - before).toBe(keys.length);
  // The act again, in whatever run, is the same decision.
  const again = await post(month, `${exchangePath(auth)}/completion`, undefined, keys[0]);
  expect(again.status).toBe(200);
  expect((await countDecisions('record-completion')) - before).toBe(keys.length);
  expect(await countRuns(auth)).toBeGreaterThan(3);

  // A result in two pieces, and one that comes after the end.
  const whole = result.toString('latin1').split('\r\n');
  const cut = Buffer.from(`${whole.slice(0, 3).join('\r\n')}\r\n`, 'latin1');
  expect((await giveResult(month, auth, cut)).body).toMatchObject({ round: 1, unsettled: 2 });
  expect((await giveResult(month, auth, result)).body).toMatchObject({ round: 2, unsettled: 0 });
  await untilExchange(month, billedMonth, 'auth-1', 'reconciled');
  const request = await downloadExchangeFile(month.day.desk, auth);
  const late = await giveResult(month, auth, makeResult(request));
  expect(late.body).toMatchObject({ round: 3, ok: { rows: 4 } });

  await untilExchange(month, billedMonth, 'capture-1');
  await billMonth(month.day, billedMonth);
  const closed = await untilCycle(month, billedMonth, ({ stage }) => stage === 'closed');
  expect(closed.charges).toEqual({ captured: { rows: 4, yen: 4006 } });
  const { totals } = await month.readLedger();
  expect(totals).toMatchObject({ attempts: 4, doubleAuthorizations: 0, repeatedCaptures: 0 });
});
