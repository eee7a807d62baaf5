import { beforeEach, expect, test } from 'vitest';
import type { SendErrorChoice } from '../../billing/send-error-confirmation.ts';
import {
  initialSendErrorFilter,
  planSendErrorSearch,
  type SendErrorFilter,
} from '../../billing/send-error-search.ts';
import { findCarrierPayment } from '../../db/queries/carrier-results.ts';
import { recordDecision } from '../../db/queries/decisions.ts';
import { claimDeliveries } from '../../db/queries/deliveries.ts';
import { findEndpoint } from '../../db/queries/delivery-endpoints.ts';
import { blankExpired } from '../../db/queries/retention.ts';
import {
  countOpenSendErrors,
  listActsOfDecision,
  readSendErrorFacts,
  recordSendErrorActs,
  searchSendErrors,
} from '../../db/queries/send-errors.ts';
import { later, noon, openCarrierRecord } from './failed-deliveries.ts';
import { openOwnDatabase } from './own-database.ts';

const { db } = await openOwnDatabase(5);
let record: Awaited<ReturnType<typeof openCarrierRecord>>;
let shops = 0;

beforeEach(async () => {
  shops += 1;
  record = await openCarrierRecord(db, `shop-${shops}`);
  await record.addEndpoint(shop());
});

const shop = () => `shop-${shops}-main`;
const codes = ['2012000001', '2012000002'];
const evening = later(noon, 3_600_000);

async function search(
  filter: Partial<SendErrorFilter>,
  page = { before: null, limit: 50 } as const,
) {
  const whole = { ...initialSendErrorFilter(codes), condition: 'all', ...filter } as const;
  const plan = planSendErrorSearch(whole, codes, evening);
  if (plan.kind === 'refused') throw new Error(plan.findings[0]?.message);
  return await searchSendErrors(db, record.merchantId, { search: plan.search, ...page });
}
const countOpen = (limit: number) => countOpenSendErrors(db, record.merchantId, limit);
const today = { period: { kind: 'today' } } as const;
const ordersOf = (rows: readonly { orderNumber: string }[]) => rows.map((row) => row.orderNumber);

async function act(
  choices: readonly Omit<SendErrorChoice, 'parameters'>[],
  key: string,
  at = noon,
) {
  return await db.transaction().execute(async (trx) => {
    const decision = await recordDecision(trx, record.merchantId, {
      key,
      workflowId: `delivery:${shop()}`,
      act: 'act-on-send-errors',
      body: {},
      actor: 'operator',
      now: at,
    });
    await recordSendErrorActs(trx, record.merchantId, {
      choices: choices.map((choice) => ({ parameters: null, ...choice })),
      decisionId: decision.id,
      now: at,
    });
    return await listActsOfDecision(trx, record.merchantId, decision.id);
  });
}

test('each keyword finds its own, all of them together narrow the search', async () => {
  await record.receive({
    ordd: 'A1',
    telno: '000-1111-0001',
    email: 'Ann@example.jp',
    sendid: 'ann',
  });
  await record.receive({
    ordd: 'A2',
    telno: '000-1111-0002',
    email: 'bob@example.jp',
    sendid: 'bob',
  });
  await record.attempt(shop());
  const found = async (keywords: SendErrorFilter['keywords']) =>
    ordersOf(await search({ keywords }));
  expect(await found({ orderNumber: 'A1' })).toEqual(['A1']);
  expect(await found({ email: 'ann@EXAMPLE.jp' })).toEqual(['A1']);
  expect(await found({ phone: '0001111-0002' })).toEqual(['A2']);
  expect(await found({ sendId: 'bob' })).toEqual(['A2']);
  expect(await found({ orderNumber: 'A1', sendId: 'bob' })).toEqual([]);
  expect(ordersOf(await search(today))).toEqual(['A2', 'A1']);
  expect([await countOpen(10), await countOpen(1)]).toMatchObject([{ rows: 2 }, { rows: 1 }]);
});

test('only the chosen IPコード, and never a delivery that arrived', async () => {
  await record.receive({ ordd: 'A1' });
  await record.receive({ ordd: 'A2', clientip: '2012000002' });
  await record.attempt(shop());
  await record.receive({ ordd: 'A3' });
  await record.attempt(shop(), { outcome: 'delivered', status: 200 });
  expect(ordersOf(await search({ ...today, ipCodes: ['2012000002'] }))).toEqual(['A2']);
  expect(ordersOf(await search(today))).toEqual(['A2', 'A1']);
});

test('the period is that of the error, to the millisecond of a day in Japan', async () => {
  const midnight = '2026-11-21T15:00:00.000Z';
  await record.receive({ ordd: 'A1' }, '2026-11-21T12:00:00.000Z');
  await record.attempt(shop(), {}, later(midnight, -1));
  await record.receive({ ordd: 'A2' }, '2026-11-21T12:00:00.000Z');
  await record.attempt(shop(), {}, midnight);
  expect(ordersOf(await search(today))).toEqual(['A2']);
  expect(ordersOf(await search({ period: { kind: 'yesterday' } }))).toEqual(['A1']);
  expect(ordersOf(await search({ period: { kind: 'date', date: '2026-11-21' } }))).toEqual(['A1']);
});

test('未処理 and 処理済', async () => {
  await record.receive({ ordd: 'A1' });
  await record.receive({ ordd: 'A2' });
  await record.receive({ ordd: 'A3' });
  await record.attempt(shop());
  const [third, second] = await search(today);
  const done = await act(
    [
      { sendError: third?.id ?? '', act: 'resend' },
      { sendError: second?.id ?? '', act: 'settle' },
    ],
    'key-open-and-done',
  );
  expect(done.map((one) => one.act).sort()).toEqual(['resend', 'settle']);
  expect(ordersOf(await search({ ...today, condition: 'open' }))).toEqual(['A1']);
  expect(await countOpen(10)).toEqual({ rows: 1, yen: 500, oldestAt: noon });
  expect(ordersOf(await search({ ...today, condition: 'done' }))).toEqual(['A3', 'A2']);
  expect((await search(today)).map((row) => row.act)).toEqual(['resend', 'settle', null]);
});

test('of several errors of a payment only the latest counts, whatever its state', async () => {
  const yesterday = { period: { kind: 'yesterday' } } as const;
  const then = '2026-11-21T03:00:00.000Z';
  await record.receive({ ordd: 'A1' }, then);
  await record.attempt(shop(), {}, then);
  const [first] = await search(yesterday);
  await act([{ sendError: first?.id ?? '', act: 'resend' }], 'key-latest-1');
  await record.attempt(shop(), { outcome: 'refused', status: 500 });
  const [second, ...rest] = await search(today);
  expect(rest).toEqual([]);
  expect(second).toMatchObject({ orderNumber: 'A1', act: null, status: 500, attempts: 2 });
  expect(second?.id).not.toBe(first?.id);
  // The filters look at the latest: the older one is found by none of them.
  expect(await search(yesterday)).toEqual([]);
  expect(await search({ ...today, condition: 'done' })).toEqual([]);
  await act([{ sendError: second?.id ?? '', act: 'settle' }], 'key-latest-2');
  expect(await search({ ...today, condition: 'open' })).toEqual([]);
  expect(await search({ ...today, condition: 'done' })).toMatchObject([{ id: second?.id }]);
  expect((await countOpen(10)).rows).toBe(0);
  const [facts] = await readSendErrorFacts(db, record.merchantId, {
    sendErrors: [first?.id ?? ''],
    lock: false,
  });
  expect(facts).toMatchObject({ done: true, superseded: true });
});

test('an error of another version of the result is one of the same payment', async () => {
  await record.receive({ ordd: 'A1', result: 'NG' });
  await record.attempt(shop(), {}, noon);
  const [older] = await search(today);
  await record.receive({ ordd: 'A1', result: 'OK' });
  // What the confirm page shows before the newer one has an error of its own.
  const read = { sendErrors: [older?.id ?? ''], lock: false };
  const facts = await readSendErrorFacts(db, record.merchantId, read);
  expect(facts).toMatchObject([{ version: 1, newestVersion: 2, superseded: false }]);
  await record.attempt(shop(), {}, later(noon, 1_000));
  expect(await search(today)).toMatchObject([{ orderNumber: 'A1', version: 2, verdict: 'OK' }]);
  expect((await countOpen(10)).rows).toBe(1);
});

test('each endpoint has its own', async () => {
  await record.addEndpoint(`${shop()}-2`);
  await record.receive({ ordd: 'A1' });
  await record.attempt(shop(), {}, noon);
  await record.attempt(`${shop()}-2`, {}, later(noon, 1_000));
  expect(await search(today)).toMatchObject([{ endpoint: `${shop()}-2` }, { endpoint: shop() }]);
});

test('whether an earlier delivery arrived', async () => {
  const arrivalAfter = async (order: string, outcomes: Parameters<typeof record.attempt>[1][]) => {
    await record.receive({ ordd: order });
    for (const outcome of outcomes) await record.attempt(shop(), outcome);
    const [row] = await search({ keywords: { orderNumber: order } });
    return row?.arrival;
  };
  expect(await arrivalAfter('A1', [{ outcome: 'not_connected' }])).toBe('not_seen');
  expect(await arrivalAfter('A2', [{ outcome: 'refused', status: 404 }])).toBe('not_seen');
  expect(await arrivalAfter('A3', [{ outcome: 'refused', status: 500 }])).toBe('possible');
  expect(await arrivalAfter('A4', [{ outcome: 'timed_out' }])).toBe('possible');
  expect(await arrivalAfter('A5', [{ outcome: 'cut_off' }])).toBe('possible');
  // Of an earlier result of the payment, too.
  await record.receive({ ordd: 'A7', result: 'NG' });
  await record.attempt(shop(), { outcome: 'timed_out' });
  expect(await arrivalAfter('A7', [{ outcome: 'not_connected' }])).toBe('possible');
  await record.receive({ ordd: 'A6', result: 'NG' });
  await record.attempt(shop(), { outcome: 'delivered', status: 200 }, noon);
  expect(await arrivalAfter('A6', [{ outcome: 'not_connected' }])).toBe('seen');
});

test('what is kept no longer is listed without its parameters, and not sent again', async () => {
  await record.receive({ ordd: 'A1' }, '2025-01-01T03:00:00.000Z');
  await record.attempt(shop());
  const kept = { importMonths: null, orderMonths: null, carrierMonths: 9 };
  const blanking = { ...kept, actor: 'test', now: noon };
  await db.transaction().execute((trx) => blankExpired(trx, record.merchantId, blanking));
  const [row] = await search(today);
  expect(row).toMatchObject({ orderNumber: 'A1', parameters: [] });
  const sendErrors = [row?.id ?? ''];
  const [seen] = await readSendErrorFacts(db, record.merchantId, { sendErrors, lock: false });
  expect(seen?.parameters).toEqual([]);
  const payment = await findCarrierPayment(db, record.merchantId, row?.result ?? '');
  expect(payment?.versions).toMatchObject([{ parameters: [] }]);
});

test('a re-send is due at once with its own tries; 処理済 sends nothing', async () => {
  await record.receive({ ordd: 'A1' });
  await record.receive({ ordd: 'A2' });
  await record.attempt(shop());
  const [second, first] = await search(today);
  const edited = [['ordd', 'A1-corrected']] as const;
  await db.transaction().execute(async (trx) => {
    const { id: decisionId } = await recordDecision(trx, record.merchantId, {
      key: 'key-edited',
      workflowId: 'w',
      act: 'act-on-send-errors',
      body: {},
      actor: 'operator',
      now: noon,
    });
    await recordSendErrorActs(trx, record.merchantId, {
      choices: [
        { sendError: first?.id ?? '', act: 'resend', parameters: edited },
        { sendError: second?.id ?? '', act: 'settle', parameters: null },
      ],
      decisionId,
      now: noon,
    });
  });
  const endpoint = await findEndpoint(db, record.merchantId, shop());
  const of = { endpointId: endpoint?.id ?? 0, now: noon, limit: 10 };
  const claimed = await claimDeliveries(db, record.merchantId, of);
  expect(claimed).toMatchObject([{ attempt: 2, triesLeft: 1, edited, resultId: first?.result }]);
  expect(claimed[0]?.parameters).toEqual(first?.parameters);
  expect((await search({ keywords: { orderNumber: 'A1' } }))[0]).toMatchObject({ edited });
});

test('pages go on where the last one ended, and nobody sees another merchant', async () => {
  for (const ordd of ['A1', 'A2', 'A3']) await record.receive({ ordd });
  await record.attempt(shop());
  const first = await search(today, { before: null, limit: 2 } as never);
  expect(ordersOf(first)).toEqual(['A3', 'A2']);
  const second = await search(today, { before: first[1]?.id, limit: 2 } as never);
  expect(ordersOf(second)).toEqual(['A1']);
  const stranger = await openCarrierRecord(db, `stranger-${shops}`);
  const seen = await readSendErrorFacts(db, stranger.merchantId, {
    sendErrors: first.map((row) => row.id),
    lock: false,
  });
  expect(seen).toEqual([]);
});

test('two people at once: the second finds it done', async () => {
  await record.receive({ ordd: 'A1' });
  await record.attempt(shop());
  const [row] = await search(today);
  const choices = [{ sendError: row?.id ?? '', act: 'resend' as const }];
  await act(choices, 'key-race-1');
  await expect(act(choices, 'key-race-2')).rejects.toMatchObject({ code: '23505' });
});
