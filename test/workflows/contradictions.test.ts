import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { billMonth } from '../../sandbox/bill-month.ts';
import { downloadExchangeFile, listCharges } from '../../sandbox/operator.ts';
import { type Month, openMonth } from './month.ts';
import {
  ask,
  countAtPsp,
  exchangePath,
  fetchResult,
  giveResult,
  makeExport,
  makeResult,
  numbered,
  post,
  settleBy,
  untilCycle,
  untilExchange,
} from './month-acts.ts';

/** Each test bills a month of its own, with order numbers of its own, of one merchant. */
let month: Month;
beforeAll(async () => {
  month = await openMonth();
});
afterAll(() => month.close());

const headerError = { part: 'header', line: 1, item: '処理区分', content: 'x' } as const;
const whole = { rows: true, yen: true, broken: [] };

async function beginWith(billingMonth: string, prefix: string, count: number): Promise<void> {
  await month.begin(billingMonth, makeExport(numbered(prefix, count)));
}

describe('a result that contradicts what an operator settled', () => {
  test('OK after not_sent and after declined blocks the charges, once, and alarms', async () => {
    await beginWith('2026-09', '09', 4);
    const auth = await untilExchange(month, '2026-09', 'auth-1');
    const genuine = await fetchResult(month, auth);
    expect((await settleBy(month, auth, ['0901'], 'not_sent')).status).toBe(200);
    expect((await settleBy(month, auth, ['0902'], 'declined')).status).toBe(200);
    // What is settled stays settled.
    expect((await settleBy(month, auth, ['0902'], 'not_sent')).status).toBe(409);
    expect((await settleBy(month, auth, ['0903', '0904'], 'ok')).body).toMatchObject({
      stage: 'reconciled',
    });
    // The file is done, its workflow has ended; its result comes all the same.
    const late = await giveResult(month, auth, genuine);
    expect(late.status).toBe(200);
    const blocked = await untilCycle(
      month,
      '2026-09',
      ({ charges }) => charges.quarantined?.rows === 2,
    );
    expect(blocked.attention).toBe(true);
    // Another whole result says the same again: no second alarm, and no endless repetition.
    const request = await downloadExchangeFile(month.day.desk, auth);
    expect((await giveResult(month, auth, makeResult(request))).status).toBe(200);
    expect(await readContradictions('09')).toEqual(['0901: not_sent, ok', '0902: declined, ok']);

    const cycle = await billMonth(month.day, '2026-09');
    expect(cycle.stage).toBe('working_ng');
    expect(cycle.waitsFor).toContain('二重請求の可能性');
    expect(cycle.conservation).toEqual(whole);
    expect(cycle.charges.captured).toEqual({ rows: 2, yen: 2005 });
    for (const kind of ['auth', 'capture']) {
      const rebuilt = { kind, reason: 'もう一度' };
      expect((await post(month, '/cycles/2026-09/rebuilt-files', rebuilt)).body.files).toBe(0);
    }
    const ended = { orderNumbers: ['0902'], kind: 'given_up', reason: '断念' };
    expect((await post(month, '/cycles/2026-09/ended-charges', ended)).status).toBe(409);
    expect(
      (await listCharges(month.day.desk, '2026-09', { state: 'quarantined' })).map(
        (charge) => charge.orderNumber,
      ),
    ).toEqual(['0901', '0902']);
    expect((await countAtPsp(month, '09')).twice).toEqual([]);
  });

  async function readContradictions(prefix: string): Promise<string[]> {
    const { rows } = await sql<{ text: string }>`
      select c.order_number || ': ' || x.recorded || ', ' || x.received as text
        from contradictions x join charges c on c.id = x.charge_id
       where c.order_number like ${`${prefix}%`} order by 1`.execute(month.db);
    return rows.map((row) => row.text);
  }

  test('captured after refused: never captured again', async () => {
    await beginWith('2026-10', '10', 2);
    const auth = await untilExchange(month, '2026-10', 'auth-1');
    await giveResult(month, auth, await fetchResult(month, auth));
    const capture = await untilExchange(month, '2026-10', 'capture-1');
    const genuine = await fetchResult(month, capture);
    expect((await settleBy(month, capture, ['1001', '1002'], 'refused')).status).toBe(200);
    const refused = await untilCycle(month, '2026-10', ({ stage }) => stage === 'working_ng');
    expect(refused.waitsFor).toContain('売上未計上 2 件');
    expect((await giveResult(month, capture, genuine)).status).toBe(200);
    const rebuilt = { kind: 'capture', reason: 'もう一度' };
    expect((await post(month, '/cycles/2026-10/rebuilt-files', rebuilt)).body.files).toBe(0);
    const cycle = await untilCycle(
      month,
      '2026-10',
      ({ charges }) => charges.authorized === undefined,
    );
    expect(cycle.charges).toEqual({ quarantined: { rows: 2, yen: 2001 } });
    expect(await readContradictions('10')).toEqual([
      '1001: refused, captured',
      '1002: refused, captured',
    ]);
    expect(await countAtPsp(month, '10')).toEqual({ authorizations: 2, captures: 2, twice: [] });
  });

  test('OK under another 決済ID is another payment: the charge waits until that one is voided', async () => {
    await beginWith('2026-11', '11', 2);
    const auth = await untilExchange(month, '2026-11', 'auth-1');
    await giveResult(month, auth, await fetchResult(month, auth));
    const request = await downloadExchangeFile(month.day.desk, auth);
    const other = makeResult(request, (order) => (order === '1101' ? '0' : ''), 'other-1');
    expect((await giveResult(month, auth, other)).body).toMatchObject({ round: 2, unsettled: 0 });
    const blocked = await untilCycle(
      month,
      '2026-11',
      ({ charges }) => charges.quarantined?.rows === 1,
    );
    expect(blocked.waitsFor).toContain('二重請求の可能性');
    expect(await readContradictions('11')).toEqual(['1101: ok, ok']);
    const item = 'contradiction.2026-11.1.0.ok.2026-11-auth-1.1101';
    const { text } = await ask(month, 'GET', `/reconciliation-desk/items/${item}`);
    expect(text).toContain('オーソリOK(別の決済ID)');
    expect(text).toContain('other-1');

    const decisions = [{ item, action: 'voided_at_psp' }];
    const reason = '別の決済IDを取消済み';
    const settled = await post(month, '/reconciliation-desk/decisions', { decisions, reason });
    expect(settled.body).toMatchObject({ rows: 1 });
    await billMonth(month.day, '2026-11');
    const closed = await untilCycle(month, '2026-11', ({ stage }) => stage === 'closed');
    expect(closed.charges).toEqual({ captured: { rows: 2, yen: 2001 } });
  });

  test('an operator who has looked at the PSP settles it; then the record counts again', async () => {
    const settle = (orderNumbers: readonly string[]) =>
      post(month, '/reconciliation-desk/decisions', {
        decisions: orderNumbers.map((order) => ({
          item: `contradiction.2026-09.1.0.ok.2026-09-auth-1.${order}`,
          action: 'voided_at_psp',
        })),
        reason: 'ペイジェントで取消済み',
      });
    const wrong = await settle(['0901', '0903']);
    expect([wrong.status, wrong.body.detail]).toEqual([409, expect.stringContaining('0903')]);
    expect((await settle(['0901', '0902'])).body).toMatchObject({ rows: 2 });
    const open = await untilCycle(
      month,
      '2026-09',
      ({ charges }) => charges.quarantined === undefined,
    );
    expect(open.charges).toMatchObject({ planned: { rows: 1 }, declined: { rows: 1 } });
    expect(open.waitsFor).not.toContain('二重請求');
    const ended = { orderNumbers: ['0901', '0902'], kind: 'cancelled', reason: '取消済み' };
    expect((await post(month, '/cycles/2026-09/ended-charges', ended)).status).toBe(200);
    const closed = await untilCycle(month, '2026-09', ({ stage }) => stage === 'closed');
    expect(closed.conservation.broken).toEqual([]);
  });
});

test('the result of one file is refused for another that bills the same orders', async () => {
  await beginWith('2027-01', '71', 2);
  const first = await untilExchange(month, '2027-01', 'auth-1');
  const result = await fetchResult(month, first);
  expect((await settleBy(month, first, ['7101', '7102'], 'not_sent')).status).toBe(200);
  await untilCycle(month, '2027-01', ({ stage }) => stage === 'working_ng');
  // Only now its result comes; the orders are in a second file by then.
  const rebuilt = { kind: 'auth', reason: '届いていない' };
  expect((await post(month, '/cycles/2027-01/rebuilt-files', rebuilt)).body.files).toBe(1);
  const second = await untilExchange(month, '2027-01', 'auth-2');
  expect((await giveResult(month, first, result)).status).toBe(200);
  await fetchResult(month, second);
  const reply = await giveResult(month, second, result);
  expect(reply.status).toBe(422);
  expect(reply.body.detail).toContain('auth-1 の結果として取り込み済み');
});

test.each([
  ['2027-03', '73', 'withdrawal', { reason: '渡していない' }, 'cancelled'],
  ['2027-04', '74', 'format-errors', { errors: [headerError] }, 'rejected'],
] as const)(
  'the result of a file that the PSP took after all blocks what was freed (%s, %s: %s)',
  async (billingMonth, prefix, act, body, stage) => {
    await beginWith(billingMonth, prefix, 2);
    const auth = await untilExchange(month, billingMonth, 'auth-1');
    const result = makeResult(await downloadExchangeFile(month.day.desk, auth));
    expect((await post(month, `${exchangePath(auth)}/${act}`, body)).status).toBe(200);
    const freed = await untilCycle(month, billingMonth, ({ attention }) => attention);
    expect(freed.charges).toEqual({ planned: { rows: 2, yen: 2001 } });
    expect((await giveResult(month, auth, result)).body).toMatchObject({ ok: { rows: 2 } });
    const blocked = await untilCycle(month, billingMonth, ({ charges }) => !('planned' in charges));
    expect(blocked.charges).toEqual({ quarantined: { rows: 2, yen: 2001 } });
    expect(blocked.waitsFor).toContain('二重請求の可能性');
    expect(blocked.conservation).toEqual(whole);
    const shown = await ask(month, 'GET', exchangePath(auth));
    expect(shown.body).toMatchObject({ stage, result: { ok: { rows: 2 } } });
    // Nothing bills them again.
    const rebuilt = { kind: 'auth', reason: 'もう一度' };
    const again = await post(month, `/cycles/${billingMonth}/rebuilt-files`, rebuilt);
    expect(again.body.files).toBe(0);
  },
);
