import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { billMonth } from '../../sandbox/bill-month.ts';
import {
  downloadExchangeFile,
  type ExchangeView,
  listExchanges,
  readCycle,
} from '../../sandbox/operator.ts';
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
  orderFault,
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

const whole = { rows: true, yen: true, broken: [] };

async function beginWith(billingMonth: string, prefix: string, count: number): Promise<void> {
  await month.begin(billingMonth, makeExport(numbered(prefix, count)));
}

async function readLines(exchange: ExchangeView, verdict: string) {
  const { body } = await ask(month, 'GET', `${exchangePath(exchange)}/lines?verdict=${verdict}`);
  return body.lines as { orderNumber: string; reasons: { code: string; ja: string }[] }[];
}

async function requireExchange(billingMonth: string, kind: string): Promise<ExchangeView> {
  const exchanges = await listExchanges(month.day.desk, billingMonth);
  return exchanges.find((exchange) => exchange.kind === kind) as ExchangeView;
}

describe('a result that is wrong in one row quarantines that row', () => {
  test.each([
    ['2026-01', 'amount_changed', 'amountYen_differs'],
    ['2026-02', 'row_missing', 'missing_from_result'],
    ['2026-03', 'row_doubled', 'duplicate_row'],
    ['2026-04', 'unknown_result_code', 'unknown_result_code'],
  ])('%s: %s', async (billingMonth, kind, code) => {
    const prefix = billingMonth.slice(5);
    const order = `${prefix}02`;
    await orderFault(month, 'オーソリ', { kind, orderNumbers: [order] });
    await beginWith(billingMonth, prefix, 5);
    const cycle = await billMonth(month.day, billingMonth);

    expect(cycle).toMatchObject({ stage: 'working_ng', attention: true, conservation: whole });
    expect(cycle.waitsFor).toContain('要確認 1 件');
    expect(cycle.charges).toEqual({
      captured: { rows: 4, yen: 4009 },
      quarantined: { rows: 1, yen: 1001 },
    });
    const auth = await requireExchange(billingMonth, 'auth');
    const [line] = await readLines(auth, 'quarantined');
    expect(line).toMatchObject({ orderNumber: order, reasons: [{ code }], settled: null });
    expect(line?.reasons[0]?.ja).toMatch(/[ぁ-ん一-龠]/);

    // Blocked until it is settled: no new file, no ending.
    const rebuilt = { kind: 'auth', reason: 'もう一度' };
    expect((await post(month, `/cycles/${billingMonth}/rebuilt-files`, rebuilt)).body.files).toBe(
      0,
    );
    const ended = await post(month, `/cycles/${billingMonth}/ended-charges`, {
      orderNumbers: [order],
      kind: 'given_up',
      reason: '断念',
    });
    expect(ended.status).toBe(409);
    expect(ended.body.detail).toContain('要確認');

    expect((await settleBy(month, auth, [order], 'ok')).body).toMatchObject({
      stage: 'reconciled',
    });
    expect((await readLines(auth, 'quarantined'))[0]).toMatchObject({ settled: 'ok' });
    await untilExchange(month, billingMonth, 'capture-2');
    const closed = await untilClosed(billingMonth);
    expect(closed.charges).toEqual({ captured: { rows: 5, yen: 5010 } });
    expect(closed.conservation).toEqual(whole);
    expect(await countAtPsp(month, prefix)).toEqual({ authorizations: 5, captures: 5, twice: [] });
  });
});

async function untilClosed(billingMonth: string) {
  await billMonth(month.day, billingMonth);
  return await untilCycle(month, billingMonth, ({ stage }) => stage === 'closed');
}

test('a capture whose result differs is quarantined, and settled without a second capture', async () => {
  await orderFault(month, '売上', { kind: 'amount_changed', orderNumbers: ['0503'] });
  await beginWith('2026-05', '05', 4);
  const cycle = await billMonth(month.day, '2026-05');
  expect(cycle.charges.quarantined).toEqual({ rows: 1, yen: 1002 });
  expect(cycle.conservation).toEqual(whole);

  const capture = await requireExchange('2026-05', 'capture');
  const rebuilt = { kind: 'capture', reason: 'もう一度' };
  expect((await post(month, '/cycles/2026-05/rebuilt-files', rebuilt)).body.files).toBe(0);
  // An outcome of an authorization is no answer to a capture.
  const wrong = await settleBy(month, capture, ['0503'], 'ok');
  expect(wrong.status).toBe(409);
  expect(wrong.body.detail).toContain('captured、refused、not_sent');
  expect((await settleBy(month, capture, ['0503'], 'captured')).status).toBe(200);
  expect((await untilClosed('2026-05')).charges).toEqual({ captured: { rows: 4, yen: 4006 } });
  expect(await countAtPsp(month, '05')).toEqual({ authorizations: 4, captures: 4, twice: [] });
});

test('a truncated result: what is whole counts, a later whole file settles the rest', async () => {
  await orderFault(month, 'オーソリ', { kind: 'truncated', keep: 0.6 });
  await beginWith('2026-06', '06', 10);
  const auth = await untilExchange(month, '2026-06', 'auth-1');
  const cut = await fetchResult(month, auth);
  const first = await giveResult(month, auth, cut);
  expect(first.status).toBe(200);
  const { ok, quarantined, unsettled } = first.body as Record<string, { rows: number }>;
  expect(ok?.rows).toBeGreaterThan(0);
  expect((ok?.rows ?? 0) + (quarantined?.rows ?? 0)).toBe(10);
  expect(unsettled).toBe(quarantined?.rows);
  expect((await ask(month, 'GET', exchangePath(auth))).body.resultFindings).toMatchObject([
    { code: 'truncated' },
  ]);
  const definite = await readFacts('06');
  expect(definite).toHaveLength(ok?.rows ?? 0);

  const whole = makeResult(await downloadExchangeFile(month.day.desk, auth));
  const second = await giveResult(month, auth, whole);
  expect(second.body).toMatchObject({ round: 2, ok: { rows: 10 }, unsettled: 0 });
  expect((await readFacts('06')).filter((fact) => definite.includes(fact))).toEqual(definite);
  // The same file again, under a new key: nothing changes.
  expect((await giveResult(month, auth, whole)).body).toMatchObject({ round: 2 });
  expect((await untilClosed('2026-06')).charges).toEqual({ captured: { rows: 10, yen: 10045 } });
  expect((await countAtPsp(month, '06')).twice).toEqual([]);
});

/** Every outcome of a scenario's orders, as text, in a fixed order. */
async function readFacts(prefix: string): Promise<string[]> {
  const { rows } = await sql<{ fact: string }>`
    select o::text as fact from outcomes o join charges c on c.id = o.charge_id
     where c.order_number like ${`${prefix}%`} order by c.order_number, o.n`.execute(month.db);
  return rows.map((row) => row.fact);
}

test('a trailer that counts wrongly is said, the rows stand each for itself', async () => {
  await orderFault(month, 'オーソリ', { kind: 'trailer_count_off', by: 1 });
  await beginWith('2026-07', '07', 3);
  const auth = await untilExchange(month, '2026-07', 'auth-1');
  const result = await giveResult(month, auth, await fetchResult(month, auth));
  expect(result.body).toMatchObject({ ok: { rows: 3 }, quarantined: { rows: 0 } });
  expect((await ask(month, 'GET', exchangePath(auth))).body.resultFindings).toMatchObject([
    { code: 'trailer_count', value: '4' },
  ]);
  expect((await untilClosed('2026-07')).charges).toEqual({ captured: { rows: 3, yen: 3003 } });
});

test('a result of another file, kind, merchant or of no PSP is refused whole', async () => {
  await beginWith('2026-08', '08', 3);
  const auth = await untilExchange(month, '2026-08', 'auth-1');
  const request = await downloadExchangeFile(month.day.desk, auth);
  const right = makeResult(request).toString('ascii');
  const early = await giveResult(month, auth, Buffer.from(right));
  expect(early.status).toBe(409);
  expect(early.body.detail).toContain('受付番号を記録してから');

  const genuine = await fetchResult(month, auth);
  const november = await downloadExchangeFile(
    month.day.desk,
    await requireExchange('2026-07', 'auth'),
  );
  const refused: [string, string][] = [
    [makeResult(november).toString('ascii'), '別のファイルの結果です'],
    [right.replace('1,020,', '1,021,'), '取引種別'],
    [right.replace('1,020,10001', '1,020,10002'), '加盟店'],
    [request.toString('ascii'), '結果ファイルではなく'],
    ['', '空です'],
    ['注文番号,結果\r\n0801,OK\r\n', 'ヘッダレコード'],
  ];
  for (const [content, sentence] of refused) {
    const reply = await giveResult(month, auth, Buffer.from(content, 'utf8'));
    expect([reply.status, reply.body.type]).toEqual([422, 'urn:tsukigime:problem:file-unusable']);
    expect(reply.body.detail).toContain(sentence);
    expect(reply.body.detail).toContain('取り込んでいません');
  }
  const cycle = await readCycle(month.day.desk, '2026-08');
  expect(cycle.charges).toEqual({ sent: { rows: 3, yen: 3003 } });
  expect(await readFacts('08')).toEqual([]);
  expect((await giveResult(month, auth, genuine)).status).toBe(200);
  expect((await untilClosed('2026-08')).charges).toEqual({ captured: { rows: 3, yen: 3003 } });
});
