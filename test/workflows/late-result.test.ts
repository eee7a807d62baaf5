import { afterAll, beforeAll, expect, test } from 'vitest';
import { billMonth } from '../../sandbox/bill-month.ts';
import type { ExchangeView } from '../../sandbox/operator.ts';
import { type Month, openMonth } from './month.ts';
import {
  ask,
  exchangePath,
  fetchResult,
  giveResult,
  makeExport,
  numbered,
  post,
  settleBy,
  untilCycle,
  untilExchange,
} from './month-acts.ts';

/** A file whose lines an operator settled by the portal's screens; its result comes after the close. */
const billed = '2026-10';
let month: Month;
let auth: ExchangeView;
let result: Buffer;
beforeAll(async () => {
  month = await openMonth();
  await month.begin(billed, makeExport(numbered('l', 3)));
  auth = await untilExchange(month, billed, 'auth-1');
  result = await fetchResult(month, auth);
  // Wrongly: it was authorized, and is billed again.
  await settleBy(month, auth, ['l01'], 'not_sent');
  await settleBy(month, auth, ['l02', 'l03'], 'ok');
  const rebuilt = { kind: 'auth', reason: '未送信のため' };
  await post(month, `/cycles/${billed}/rebuilt-files`, rebuilt);
  await billMonth(month.day, billed);
  await untilCycle(month, billed, ({ stage }) => stage === 'closed');
});
afterAll(() => month?.close());

const sums = { rows: 3, yen: 3003 };
const none = { rows: 0, yen: 0 };

test('the first result of a file of a closed month is answered with what it says and what was kept', async () => {
  const late = await giveResult(month, auth, result);
  expect(late).toMatchObject({
    status: 200,
    body: {
      ...{ round: null, sent: sums, ok: sums, ng: none, unknown: none, quarantined: none },
      ...{ strays: 0, unsettled: 0, corrections: { rows: 1, yen: 1000 } },
    },
  });
  const { body } = await ask(month, 'GET', `/corrections?month=${billed}`);
  expect(body.corrections).toMatchObject([
    {
      ...{ number: 1, kind: 'late_result', orderNumber: 'l01', yen: 1000, acknowledged: null },
      ...{ recorded: 'not_sent', received: 'ok', file: { kind: 'auth', number: 1 } },
    },
  ]);
  const notices = await ask(month, 'GET', '/notices');
  expect(JSON.stringify(notices.body)).toContain('二重請求の可能性');
});

test('the record of the file stays without a result', async () => {
  const { body } = await ask(month, 'GET', exchangePath(auth));
  expect(body).toMatchObject({ stage: 'reconciled', result: null, resultFindings: [] });
});

test('the same file again says the same and adds nothing', async () => {
  const again = await giveResult(month, auth, result);
  expect(again).toMatchObject({ status: 200, body: { round: null, ok: sums, corrections: none } });
  const { body } = await ask(month, 'GET', `/corrections?month=${billed}`);
  expect(body.corrections).toHaveLength(1);
});
