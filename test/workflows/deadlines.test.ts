import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type MerchantSettingsInput,
  merchantSettingsSchema,
} from '../../billing/merchant-settings.ts';
import { findSettings, saveSettings } from '../../db/queries/settings.ts';
import { createToken } from '../../db/queries/tokens.ts';
import { carryFile } from '../../sandbox/bill-month.ts';
import { advanceTo } from './hand-over-acts.ts';
import { type Month, openMonth, sandboxNow } from './month.ts';
import {
  ask,
  countAtPsp,
  exchangePath,
  makeExport,
  numbered,
  post,
  untilCycle,
  untilExchange,
} from './month-acts.ts';

const reason = '店舗の依頼';

let month: Month;
let approver: Month;
beforeAll(async () => {
  month = await openMonth({ settings: { capture: { policy: 'on-shipment', lastDay: 'capture' } } });
  const { token } = await createToken(month.db, {
    actor: 'approver of the test',
    role: 'approver',
    scope: { all: true },
    expiresAt: null,
    now: sandboxNow,
    createdBy: 'test',
  });
  approver = { ...month, day: { ...month.day, desk: { ...month.day.desk, token } } };
});
afterAll(() => month.close());

const path = (rest: string) => `/cycles/2026-11${rest}`;
const carry = async (billingMonth: string, name: string) =>
  await carryFile(month.day, await untilExchange(month, billingMonth, name));

async function setCapture(capture: MerchantSettingsInput['capture']): Promise<void> {
  const current = await findSettings(month.db, month.merchantId);
  if (current === undefined) throw new Error('no settings');
  const { settings, version: seenVersion } = current;
  const changed = merchantSettingsSchema.parse({ ...settings, capture });
  const change = { seenVersion, settings: changed, actor: 'test', reason, now: sandboxNow };
  await saveSettings(month.db, month.merchantId, change);
}

/** The subjects of what people were told of windows, the latest first. */
async function toldOfDeadlines(): Promise<string[]> {
  const { body } = await ask(month, 'GET', '/notices');
  const notices = body.notices as { key: string; subject: string }[];
  return notices.filter(({ key }) => key.startsWith('deadline:')).map(({ subject }) => subject);
}

test('people are told at 14, 7, 3 and 1 days; on the last day what nobody holds is captured', async () => {
  await month.begin('2026-11', makeExport(numbered('61', 3)));
  await carry('2026-11', 'auth-1');
  await untilCycle(month, '2026-11', ({ charges }) => charges.authorized?.rows === 3);
  await post(month, path('/holds'), { orderNumbers: ['6103'], reason });

  // Authorized on 2026-11-20 in Japan: the window ends with the first instant of 2027-01-19 there.
  // An hour before, not a minute: real time goes on while the test looks.
  await advanceTo(month, '2027-01-04T23:00:00.000Z');
  expect(await toldOfDeadlines()).toEqual([]);
  await advanceTo(month, '2027-01-05T00:00:00.000Z');
  expect(await toldOfDeadlines()).toEqual(['オーソリの期限まであと 14 日です(2026-11、3 件)']);
  const { body } = await ask(month, 'GET', '/deadlines');
  expect(body).toMatchObject({
    within: [
      { days: 14, rows: 3, yen: 3003 },
      { days: 7, rows: 0, yen: 0 },
      { days: 3, rows: 0 },
      { days: 1, rows: 0 },
    ],
    days: [
      {
        month: '2026-11',
        expiresOn: '2027-01-19',
        daysLeft: 14,
        lastDayAt: '2027-01-14T01:00:00.000Z',
        held: { rows: 1, yen: 1002 },
        inFiles: { rows: 0, yen: 0 },
      },
    ],
  });

  await advanceTo(month, '2027-01-14T01:00:00.000Z');
  expect(await untilExchange(month, '2026-11', 'capture-1')).toMatchObject({
    records: 2,
    amountYen: 2001,
  });
  const csv = await ask(month, 'GET', '/deadlines.csv');
  expect(csv.text).toContain('2026-11,2027-01-19,5,3,3003,1,1002,0,0,2,2001,2027/01/14 10:00:00');
  await advanceTo(month, '2027-01-16T00:00:00.000Z');
  const { body: told } = await ask(month, 'GET', '/notices');
  expect((told.notices as { text: string }[])[0]?.text).toContain(
    'うち 2 件は売上ファイルまたは売上リストに入っていますが、',
  );
  await carry('2026-11', 'capture-1');
  await untilCycle(month, '2026-11', ({ charges }) => charges.captured?.rows === 2);
  await advanceTo(month, '2027-01-18T00:00:00.000Z');
  expect(await toldOfDeadlines()).toEqual([
    'オーソリの期限まであと 1 日です(2026-11、1 件)',
    'オーソリの期限まであと 3 日です(2026-11、3 件)',
    'オーソリの期限が近づいています(2026-11、3 件)',
    'オーソリの期限まであと 7 日です(2026-11、3 件)',
    'オーソリの期限まであと 14 日です(2026-11、3 件)',
  ]);
  expect(await countAtPsp(month, '61')).toMatchObject({ captures: 2, twice: [] });
});

test('what expired is authorized again only when an approver says so, and captured', async () => {
  await advanceTo(month, '2027-01-19T15:00:00.000Z');
  await untilCycle(month, '2026-11', ({ charges }) => charges.expired?.rows === 1);
  const again = { orderNumbers: ['6103'], confirmed: { rows: 1, yen: 1002 }, reason };
  expect((await post(month, path('/reauthorizations'), again)).status).toBe(403);
  // On hold it goes nowhere.
  expect((await post(approver, path('/reauthorizations'), again)).body.detail).toContain('6103');
  await post(month, path('/released-holds'), { orderNumbers: ['6103'], reason });
  const wrong = { ...again, confirmed: { rows: 1, yen: 1 } };
  expect((await post(approver, path('/reauthorizations'), wrong)).body.errors).toMatchObject([
    { message: 'TotalsDiffer' },
  ]);
  expect(await post(approver, path('/reauthorizations'), again)).toMatchObject({
    status: 200,
    body: { rows: 1, yen: 1002 },
  });
  expect(await untilExchange(month, '2026-11', 'auth-2')).toMatchObject({ records: 1 });
  expect((await post(approver, path('/reauthorizations'), again)).status).toBe(409);
  await carry('2026-11', 'auth-2');
  await untilCycle(month, '2026-11', ({ charges }) => charges.authorized?.rows === 1);
  // A window of its own, from the new authorization on.
  const { body } = await ask(month, 'GET', '/deadlines?withinDays=60');
  expect(body.days).toMatchObject([{ expiresOn: '2027-03-21', rows: 1 }]);
  await post(month, path('/shipments'), {
    shipments: [{ orderNumber: '6103', shippedOn: '2027-01-20' }],
  });
  await carry('2026-11', 'capture-2');
  const closed = await untilCycle(month, '2026-11', ({ stage }) => stage === 'closed');
  expect(closed).toMatchObject({
    charges: { captured: { rows: 3, yen: 3003 } },
    conservation: { rows: true, yen: true },
  });
});

test('asked on the last day, people capture a part: the rest is not billed, and said so', async () => {
  await setCapture({ policy: 'on-shipment', lastDay: 'ask' });
  await month.begin('2026-12', makeExport(numbered('62', 2)));
  await carry('2026-12', 'auth-1');
  await untilCycle(month, '2026-12', ({ charges }) => charges.authorized?.rows === 2);
  // Authorized on 2027-01-20: until 2027-03-21, a Sunday. The 20th and the 22nd are holidays.
  await advanceTo(month, '2027-03-17T00:00:00.000Z');
  expect((await untilCycle(month, '2026-12', () => true)).attention).toBe(false);
  await advanceTo(month, '2027-03-17T01:00:00.000Z');
  const asked = await untilCycle(month, '2026-12', ({ attention }) => attention);
  expect(asked.waitsFor).toContain(
    '売上処理されていないオーソリ 2 件(2,001 円)の期限が近づいています(最も早いもので 2027-03-21 に期限切れ)。',
  );
  expect(asked.charges).toEqual({ authorized: { rows: 2, yen: 2001 } });

  const part = (amountYen: number, yen: number) => ({
    orderNumbers: ['6201', '6202'],
    partialAmounts: [{ orderNumber: '6201', amountYen }],
    confirmed: { rows: 2, yen },
    reason,
  });
  const captures = '/cycles/2026-12/captures';
  expect((await post(month, captures, part(1001, 2002))).body.detail).toContain('6201');
  expect((await post(month, captures, part(0, 1001))).status).toBe(422);
  expect((await post(month, captures, part(600, 2001))).body.detail).toContain('1601 円');
  // The same tick from twenty windows: each is told the same, or that it is on its way.
  const ticks = await Promise.all(
    Array.from({ length: 20 }, () => post(month, captures, part(600, 1601))),
  );
  const heard = ticks.filter(({ status }) => status === 200).map(({ body }) => body);
  expect(new Set(ticks.map(({ status }) => status)).size).toBeLessThanOrEqual(2);
  expect(ticks.every(({ status }) => status === 200 || status === 409)).toBe(true);
  expect(heard[0]).toEqual({ rows: 2, yen: 1601 });
  expect(new Set(heard.map((body) => JSON.stringify(body))).size).toBe(1);
  const file = await untilExchange(month, '2026-12', 'capture-1');
  expect(file).toMatchObject({ records: 2, amountYen: 1601 });
  const page = await ask(month, 'GET', exchangePath(file));
  expect(page.body.handOver).toMatchObject({ uploadBefore: '2027-03-20T15:00:00.000Z' });
  await carryFile(month.day, file);
  const closed = await untilCycle(month, '2026-12', ({ stage }) => stage === 'closed');
  expect(closed.conservation).toEqual({ rows: true, yen: true, broken: [] });
  expect(closed.charges).toEqual({ captured: { rows: 2, yen: 2001 } });
  const report = await ask(month, 'GET', '/cycles/2026-12/report');
  expect(report.body.captures).toEqual({
    whole: { rows: 1, yen: 1001 },
    partial: { rows: 1, yen: 600 },
    unbilledRest: { rows: 1, yen: 400 },
  });
  expect(await countAtPsp(month, '62')).toMatchObject({ captures: 2, twice: [] });
  const { orders } = await month.readLedger();
  const captured = orders.find(({ orderNumber }) => orderNumber === '6201')?.payments;
  expect(captured).toMatchObject([{ status: '消込済', capturedYen: 600 }]);
});

test('by policy on-date a capture leaves with the wave of its date, moved to a business day', async () => {
  const onDate = { count: 'day-of-month', day: 28, businessDayRule: 'next' } as const;
  await setCapture({ policy: 'on-date', onDate });
  // Authorized on 2027-03-17 in Japan; the 28th is a Sunday.
  await month.begin('2027-01', makeExport(numbered('63', 2)));
  await carry('2027-01', 'auth-1');
  const waiting = await untilCycle(month, '2027-01', ({ stage }) => stage === 'capturing');
  expect(waiting.capture).toEqual({
    policy: 'on-date',
    ready: 0,
    nextWaveAt: '2027-03-29T01:00:00.000Z',
  });
  expect(waiting.waitsFor).toContain('売上ファイルを 2027-03-29 10:00 に作成します');
  await advanceTo(month, '2027-03-29T00:00:00.000Z');
  expect((await untilCycle(month, '2027-01', () => true)).charges.authorized?.rows).toBe(2);
  await advanceTo(month, '2027-03-29T01:00:00.000Z');
  await carry('2027-01', 'capture-1');
  await untilCycle(month, '2027-01', ({ stage }) => stage === 'closed');
});

test('on the last day what nobody captured is put on the list of those to void', async () => {
  await setCapture({ policy: 'manual', lastDay: 'void', lastDayLeadDays: 1 });
  await month.begin('2027-02', makeExport(numbered('64', 1)));
  await carry('2027-02', 'auth-1');
  await untilCycle(month, '2027-02', ({ charges }) => charges.authorized?.rows === 1);
  // Authorized on 2027-03-29: until 2027-05-28, a Friday.
  await advanceTo(month, '2027-05-27T01:00:00.000Z');
  await untilCycle(month, '2027-02', ({ charges }) => charges.void_sent?.rows === 1);
  const { body } = await ask(month, 'GET', '/cycles/2027-02/voids');
  expect(body.voids).toMatchObject([{ orderNumber: '6401', amountYen: 1000 }]);
  const done = { orderNumbers: ['6401'], result: 'voided' };
  expect((await post(month, '/cycles/2027-02/confirmed-voids', done)).status).toBe(200);
  const closed = await untilCycle(month, '2027-02', ({ stage }) => stage === 'closed');
  expect(closed.charges).toEqual({ voided: { rows: 1, yen: 1000 } });
});
