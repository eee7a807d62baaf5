import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { billMonth } from '../../sandbox/bill-month.ts';
import {
  downloadExchangeFile,
  type ExchangeView,
  recordAcceptance,
  startCycle,
  useOrderExport,
} from '../../sandbox/operator.ts';
import { uploadFile } from '../../sandbox/paygent-operator.ts';
import { type Month, openMonth } from './month.ts';
import {
  ask,
  exchangePath,
  fetchResult,
  giveResult,
  makeExport,
  numbered,
  post,
  untilCycle,
  untilExchange,
  upload,
} from './month-acts.ts';

let month: Month;
beforeAll(async () => {
  month = await openMonth();
});
afterAll(() => month.close());

describe('a file that the portal refuses', () => {
  /** Uploads a spoiled copy and returns the errors of the portal's screen. */
  async function readErrors(exchange: ExchangeView, spoil: (text: string) => string) {
    const bytes = await downloadExchangeFile(month.day.desk, exchange);
    const answer = await uploadFile(month.portal, {
      bytes: Buffer.from(spoil(bytes.toString('ascii'))),
      fileName: exchange.fileName,
      transactionKind: exchange.kind === 'auth' ? 'オーソリ' : '売上',
    });
    if (answer.kind !== 'format_errors') throw new Error('the portal took the file');
    return answer.errors.map(({ part, line, item, content }) => ({ part, line, item, content }));
  }

  test('bills nobody; new files complete the month', async () => {
    await month.begin('2026-08', makeExport(numbered('08', 54)));
    const first = await untilExchange(month, '2026-08', 'auth-1');
    const errors = await readErrors(first, (text) => text.replaceAll(',,10,', ',,99,'));
    expect(errors).toHaveLength(51);
    const told = await post(month, `${exchangePath(first)}/format-errors`, { errors });
    expect(told.body).toMatchObject({ stage: 'rejected', acceptanceNumber: null });
    const shown = (await ask(month, 'GET', exchangePath(first))).body;
    expect(shown.formatErrors).toEqual(errors);
    expect(shown.waitsFor).toContain('ほかにもエラーがある可能性');

    const refused = await untilCycle(month, '2026-08', ({ stage }) => stage === 'working_ng');
    expect(refused).toMatchObject({ attention: true, charges: { planned: { rows: 54 } } });
    expect(refused.conservation.broken).toEqual([]);
    // The file is over: what comes now for it is refused with what to do.
    const late = await post(month, `${exchangePath(first)}/acceptance`, {
      acceptanceNumber: '777',
      matched: true,
    });
    expect(late.status).toBe(409);
    expect(late.body.detail).toMatch(/書式エラー|完了/);

    const rebuilt = { kind: 'auth', reason: '書式を直した' };
    expect((await post(month, '/cycles/2026-08/rebuilt-files', rebuilt)).body).toMatchObject({
      files: 1,
    });
    const again = await untilExchange(month, '2026-08', 'auth-2');
    expect([again.sha256, again.records]).toEqual([first.sha256, 54]);
    await giveResult(month, again, await fetchResult(month, again));

    const capture = await untilExchange(month, '2026-08', 'capture-1');
    const header = await readErrors(capture, (text) => text.replace('1,021,', '1,21,'));
    expect(header[0]).toMatchObject({ part: 'header', line: 1 });
    await post(month, `${exchangePath(capture)}/format-errors`, { errors: header });
    const waiting = await untilCycle(month, '2026-08', ({ stage }) => stage === 'working_ng');
    expect(waiting.waitsFor).toContain('売上未計上 54 件');
    await post(month, '/cycles/2026-08/rebuilt-files', { ...rebuilt, kind: 'capture' });
    await untilExchange(month, '2026-08', 'capture-2');
    await billMonth(month.day, '2026-08');
    const closed = await untilCycle(month, '2026-08', ({ stage }) => stage === 'closed');
    expect(closed.charges.captured?.rows).toBe(54);
    expect(closed.conservation).toEqual({ rows: true, yen: true, broken: [] });
    const { body } = await ask(month, 'GET', '/cycles/2026-08/charges?limit=1');
    expect(body.charges).toMatchObject([{ attempt: 2, state: 'captured' }]);
    const report = await ask(month, 'GET', '/cycles/2026-08/report');
    const rejected = { ng: { rows: 0 }, notSent: { rows: 54 } };
    expect(report.body.exchanges).toMatchObject([
      { kind: 'auth', lines: rejected },
      { kind: 'auth', lines: { ok: { rows: 54 } } },
      { kind: 'capture', lines: rejected },
      { kind: 'capture', lines: { ok: { rows: 54 } } },
    ]);
    const { orders } = await month.readLedger();
    const own = orders.filter(({ orderNumber }) => orderNumber.startsWith('08'));
    expect(own.every((one) => one.authorizations === 1 && one.captures === 1)).toBe(true);
  });
});

test('acts at the wrong moment are refused with what to do; numbers are taken once', async () => {
  const refusedWith = async (path: string, json: unknown, status: number, sentence: string) => {
    const { body, ...reply } = await post(month, path, json);
    expect([path, reply.status, body.detail]).toEqual([
      path,
      status,
      expect.stringContaining(sentence),
    ]);
  };
  const reason = '確認済み';
  for (const [path, json] of [
    ['/order-export', { sha256: 'c'.repeat(64) }],
    ['/ended-charges', { orderNumbers: ['1'], kind: 'cancelled', reason }],
    ['/rebuilt-files', { kind: 'auth', reason }],
    ['/resumption', { reason }],
  ] as const) {
    await refusedWith(`/cycles/2031-01${path}`, json, 404, '請求サイクルはありません');
  }
  await startCycle(month.day.desk, '2026-09');
  await refusedWith(
    '/cycles/2026-09/rebuilt-files',
    { kind: 'auth', reason },
    409,
    'いまはファイルを作り直せません',
  );
  await refusedWith('/cycles/2026-09/resumption', { reason }, 409, '止まっていません');
  const export09 = await upload(month, 'order-export', makeExport(numbered('09', 2)));
  await useOrderExport(month.day.desk, '2026-09', export09.body.sha256 as string);
  const auth = await untilExchange(month, '2026-09', 'auth-1');
  const end = { orderNumbers: ['0901'], kind: 'cancelled', reason };
  await refusedWith('/cycles/2026-09/ended-charges', end, 409, '先に結果を確定');

  const path = exchangePath(auth);
  await refusedWith(
    '/exchanges/2026-09/auth/7/completion',
    undefined,
    404,
    'ファイル授受はありません',
  );
  await refusedWith(`${path}/completion`, undefined, 409, '受付番号を記録してください');
  const settlement = { orderNumbers: ['0901'], outcome: 'ok', reason };
  await refusedWith(`${path}/settlements`, settlement, 409, '受付番号を記録してください');
  await refusedWith(
    `${path}/acceptance`,
    { acceptanceNumber: '受付１', matched: true },
    422,
    '入力に誤り',
  );
  // The number of another month's file.
  const { body } = await ask(month, 'GET', '/exchanges/2026-08/auth/2');
  const taken = { acceptanceNumber: body.acceptanceNumber, matched: true };
  await refusedWith(`${path}/acceptance`, taken, 409, '2026-08 の auth-2 で記録済み');
  await recordAcceptance(month.day.desk, auth, '990001');
  const other = { acceptanceNumber: '990002', matched: true };
  await refusedWith(`${path}/acceptance`, other, 409, '受付番号の訂正');
  const unknown = { ...settlement, orderNumbers: ['0901', '0000'] };
  await refusedWith(`${path}/settlements`, unknown, 409, '0000');
  const { body: cycle } = await ask(month, 'GET', '/cycles/2026-09');
  expect(cycle.charges).toEqual({ sent: { rows: 2, yen: 2001 } });
});
