import { afterAll, beforeAll, expect, test } from 'vitest';
import type { MerchantSettings } from '../../billing/merchant-settings.ts';
import { findSettings, saveSettings } from '../../db/queries/settings.ts';
import { downloadExchangeFile, listCharges, listExchanges } from '../../sandbox/operator.ts';
import { capturePayments, handOverFile, searchPayments } from '../../sandbox/paygent-operator.ts';
import {
  readInquiry,
  useInquiry,
  workPortalCaptures,
  workVoids,
} from '../../sandbox/portal-lists.ts';
import { advanceTo, stagesOf } from './hand-over-acts.ts';
import { type Month, openMonth, sandboxNow } from './month.ts';
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
} from './month-acts.ts';

/** Every payment of the test. */
const all = { occurredFrom: '2026-11-01T00:00:00.000Z' };

let month: Month;
beforeAll(async () => {
  month = await openMonth({ settings: { capture: { policy: 'manual' } } });
});
afterAll(() => month.close());

async function changeSettings(
  change: (settings: MerchantSettings) => MerchantSettings,
): Promise<void> {
  const current = await findSettings(month.db, month.merchantId);
  await saveSettings(month.db, month.merchantId, {
    seenVersion: current!.version,
    settings: change(current!.settings),
    actor: 'test',
    reason: 'テスト',
    now: sandboxNow,
  });
}

async function stateOf(billingMonth: string, orderNumber: string): Promise<string | undefined> {
  const charges = await listCharges(month.day.desk, billingMonth, {});
  return charges.find((charge) => charge.orderNumber === orderNumber)?.state;
}

async function captureOnPortal(orderNumber: string): Promise<void> {
  const [payment] = await searchPayments(month.portal, { transactionId: orderNumber });
  await capturePayments(month.portal, [payment?.paymentId ?? '']);
}

async function capturesAtPsp(): Promise<Record<string, number>> {
  const { orders, totals } = await month.readLedger();
  expect(totals).toMatchObject({ repeatedCaptures: 0, doubleAuthorizations: 0 });
  const captured = orders.filter(({ captures }) => captures > 0);
  return Object.fromEntries(captured.map((order) => [order.orderNumber, order.captures]));
}

async function upload(bytes: Buffer): Promise<string> {
  const { desk } = month.day;
  const query = new URLSearchParams({ name: 'orders-2.csv', kind: 'order-export' });
  const response = await fetch(`${desk.apiUrl}/v1/merchants/${desk.merchant}/files?${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${desk.token}`, 'content-type': 'text/csv' },
    body: new Uint8Array(bytes),
  });
  return ((await response.json()) as { sha256: string }).sha256;
}

test('an order that is cancelled after its authorization is voided by a list', async () => {
  const orders = numbered('11', 5);
  await month.begin('2026-11', makeExport(orders));
  const auth = await untilExchange(month, '2026-11', 'auth-1');
  await giveResult(month, auth, await fetchResult(month, auth));
  await untilCycle(month, '2026-11', ({ charges }) => charges.authorized?.rows === 5);

  // The newer export says so; nothing is voided by itself.
  const [first, ...others] = orders;
  const newer = makeExport([{ ...first!, 対応状況: 'キャンセル' }, ...others]);
  const path = '/cycles/2026-11';
  await post(month, `${path}/order-export`, { sha256: await upload(newer) });
  const suggested = await ask(month, 'GET', `${path}/suggested-voids`);
  expect(suggested.body).toMatchObject({
    suggestions: [{ orderNumber: '1101', amountYen: 1000, status: 'キャンセル' }],
  });
  // No machine captures it before a person has said what becomes of it.
  const { body: kept } = await ask(month, 'GET', `${path}/holds`);
  expect(kept.holds).toMatchObject([{ orderNumber: '1101', heldBy: 'policy:cancelled-orders' }]);
  const told = (await ask(month, 'GET', '/notices')).body.notices as { text: string }[];
  expect(told.map(({ text }) => text)).toContainEqual(expect.stringContaining('保留にしたため'));
  const asked = {
    orderNumbers: ['1101'],
    confirmed: { rows: 1, yen: 1000 },
    reason: '顧客の希望',
  };
  const differing = { ...asked, confirmed: { rows: 1, yen: 999 } };
  expect((await post(month, `${path}/voids`, differing)).status).toBe(409);
  expect((await post(month, `${path}/voids`, asked)).body).toEqual({ rows: 1, yen: 1000 });
  // Asked again under another key: it stands on the list already.
  expect((await post(month, `${path}/voids`, asked)).status).toBe(409);
  const waiting = await untilCycle(month, '2026-11', ({ waitsFor }) => waitsFor.includes('取消'));
  expect(waiting).toMatchObject({ attention: true });
  const csv = (await ask(month, 'GET', `${path}/voids.csv`)).text;
  expect(csv).toContain('注文番号,決済ID,金額,オーソリ日時,売上期限\r\n1101,');

  // What the list takes no capture can take.
  const tick = { orderNumbers: ['1101'], confirmed: { rows: 1, yen: 1000 }, reason: '売上' };
  expect((await post(month, `${path}/captures`, tick)).status).toBe(409);

  expect(await workVoids(month.day, '2026-11')).toBe(1);
  expect(await stateOf('2026-11', '1101')).toBe('voided');
  expect((await month.readLedger()).totals).toMatchObject({ voids: 1 });
});

test('what was captured elsewhere is found, and no file carries it (again)', async () => {
  // One before anybody asked for its capture; one while a capture file waits for its upload.
  await captureOnPortal('1102');
  const path = '/cycles/2026-11';
  const ticked = { orderNumbers: ['1103', '1104'], confirmed: { rows: 2, yen: 2005 } };
  await post(month, `${path}/captures`, { ...ticked, reason: '発送済み' });
  const file = await untilExchange(month, '2026-11', 'capture-1');
  await captureOnPortal('1103');

  const compared = await readInquiry(month.day, '2026-11', all);
  expect(compared.counts).toEqual([
    { class: 'elsewhere', label: expect.anything(), rows: 1, yen: 1001 },
    { class: 'settles', label: expect.anything(), rows: 1, yen: 1002 },
    { class: 'waits', label: expect.anything(), rows: 1, yen: 1003 },
    { class: 'agrees', label: expect.anything(), rows: 2, yen: 2004 },
  ]);
  expect(compared).toMatchObject({ changes: { rows: 2, yen: 2003 }, unlisted: 0 });
  expect(await useInquiry(month.day.desk, '2026-11', compared)).toEqual(compared.changes);
  expect(await stateOf('2026-11', '1102')).toBe('captured');
  expect(await stateOf('2026-11', '1103')).toBe('captured');
  // The file may be out already: nobody is asked to upload it.
  await untilExchange(month, '2026-11', 'capture-1', 'unknown');

  await advanceTo(month, new Date(Date.parse(sandboxNow) + 3_600_000).toISOString());
  const decided = { found: 'not_sent', reason: 'アップロードしていない' };
  await post(month, `${exchangePath(file)}/unclear-decision`, decided);
  expect(
    (await post(month, `${path}/rebuilt-files`, { kind: 'capture', reason: '残り' })).body,
  ).toEqual({ files: 1, why: null });
  const rest = await untilExchange(month, '2026-11', 'capture-2');
  expect((await downloadExchangeFile(month.day.desk, rest)).toString()).not.toContain('1103');
  await giveResult(month, rest, await fetchResult(month, rest));
  await untilCycle(month, '2026-11', ({ charges }) => charges.captured?.rows === 3);
  expect(await capturesAtPsp()).toEqual({ '1102': 1, '1103': 1, '1104': 1 });
});

test('an upload of which nobody knows whether it arrived is settled by the list', async () => {
  await month.begin('2026-10', makeExport(numbered('10', 3)));
  const auth = await untilExchange(month, '2026-10', 'auth-1');
  const bytes = await downloadExchangeFile(month.day.desk, auth);
  const upload = { bytes, fileName: auth.fileName, transactionKind: 'オーソリ' };
  await handOverFile(month.portal, upload, auth);
  await post(month, `${exchangePath(auth)}/unclear`, { reason: '画面が閉じた' });
  await untilCycle(month, '2026-10', ({ charges }) => charges.unknown?.rows === 3);

  // A list that was searched for less: what it shows proves that the file arrived, all of it.
  const part = await readInquiry(month.day, '2026-10', { transactionId: '1001' });
  expect(part).toMatchObject({ changes: { rows: 1, yen: 1000 }, unlisted: 2 });
  await useInquiry(month.day.desk, '2026-10', part);
  await advanceTo(month, new Date(Date.parse(sandboxNow) + 7_200_000).toISOString());
  const absent = { found: 'not_sent', reason: '一覧にない' };
  const refused = await post(month, `${exchangePath(auth)}/unclear-decision`, absent);
  expect(refused.status).toBe(409);
  expect(refused.body.detail).toContain('情報照会');

  const compared = await readInquiry(month.day, '2026-10', all);
  expect(compared.changes).toEqual({ rows: 2, yen: 2003 });
  // Another list in between would change the sums; the same one twice is refused.
  await useInquiry(month.day.desk, '2026-10', compared);
  const again = await post(month, `/cycles/2026-10/payment-inquiries/${compared.n}/use`, {
    confirmed: { rows: 0, yen: 0 },
    reason: 'もう一度',
  });
  expect(again.status).toBe(409);
  await untilExchange(month, '2026-10', 'auth-1', 'reconciled');
  await untilCycle(month, '2026-10', ({ charges }) => charges.authorized?.rows === 3);
  expect((await month.readLedger()).totals).toMatchObject({ doubleAuthorizations: 0 });
});

test('a file that never left is built anew without what was captured elsewhere', async () => {
  await month.begin('2026-09', makeExport(numbered('09', 4)));
  const auth = await untilExchange(month, '2026-09', 'auth-1');
  await giveResult(month, auth, await fetchResult(month, auth));
  await untilCycle(month, '2026-09', ({ charges }) => charges.authorized?.rows === 4);
  // Two files, of which one waits for its turn.
  await changeSettings(({ paygent, ...others }) => ({
    ...others,
    paygent: { ...paygent, maxRecordsPerFile: 2, exchangesAtOnce: 1 },
  }));
  const orderNumbers = ['0901', '0902', '0903', '0904'];
  const ticked = { orderNumbers, confirmed: { rows: 4, yen: 4006 }, reason: '発送済み' };
  await post(month, '/cycles/2026-09/captures', ticked);
  await untilExchange(month, '2026-09', 'capture-2', 'built');
  for (const orderNumber of ['0901', '0902', '0903']) await captureOnPortal(orderNumber);

  const compared = await readInquiry(month.day, '2026-09', all);
  expect(compared.changes).toEqual({ rows: 3, yen: 3003 });
  await useInquiry(month.day.desk, '2026-09', compared);
  // The first is done without an upload, and leaves its turn to the one that is left.
  const rest = await untilExchange(month, '2026-09', 'capture-3');
  expect(await stagesOf(month, '2026-09')).toEqual([
    'auth-1 reconciled',
    'capture-1 reconciled',
    'capture-2 cancelled',
    'capture-3 handing_over',
  ]);
  expect(rest).toMatchObject({ records: 1, amountYen: 1003 });
  await giveResult(month, rest, await fetchResult(month, rest));
  const closed = await untilCycle(month, '2026-09', ({ stage }) => stage === 'closed');
  expect(closed.conservation).toEqual({ rows: true, yen: true, broken: [] });
});

test('captures are carried out on the portal by a list, and the months close', async () => {
  await changeSettings(({ capture, ...others }) => ({
    ...others,
    capture: { ...capture, by: 'portal' },
  }));
  const ticked = { orderNumbers: ['1001', '1002', '1003'], confirmed: { rows: 3, yen: 3003 } };
  await post(month, '/cycles/2026-10/captures', { ...ticked, reason: '発送済み' });
  await untilCycle(month, '2026-10', ({ waitsFor }) => waitsFor.includes('売上処理リストに 3 件'));
  expect(await workPortalCaptures(month.day, '2026-10')).toEqual({ rows: 3, yen: 3003 });
  const closed = await untilCycle(month, '2026-10', ({ stage }) => stage === 'closed');
  expect(closed.conservation).toEqual({ rows: true, yen: true, broken: [] });
  expect((await listExchanges(month.day.desk, '2026-10')).map(({ kind }) => kind)).toEqual([
    'auth',
  ]);

  const last = { orderNumbers: ['1105'], confirmed: { rows: 1, yen: 1004 }, reason: '発送済み' };
  await post(month, '/cycles/2026-11/captures', last);
  await untilCycle(month, '2026-11', ({ waitsFor }) => waitsFor.includes('売上処理リスト'));
  await workPortalCaptures(month.day, '2026-11');
  const november = await untilCycle(month, '2026-11', ({ stage }) => stage === 'closed');
  expect(november.conservation).toEqual({ rows: true, yen: true, broken: [] });
  expect(november.charges).toEqual({
    captured: { rows: 4, yen: 4010 },
    voided: { rows: 1, yen: 1000 },
  });
  expect(Object.values(await capturesAtPsp())).toEqual(Array(11).fill(1));
});
