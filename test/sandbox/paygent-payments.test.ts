import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readCsvRows } from '../../billing/csv-rows.ts';
import { findCardNumber } from '../../imports/card-number.ts';
import {
  capturePayments,
  downloadPaymentsCsv,
  downloadResult,
  type PaymentConditions,
  registerMerchant,
  searchPayments,
  voidPayments,
} from '../../sandbox/paygent-operator.ts';
import {
  dayMs,
  later,
  merchantId,
  openPortalSession,
  type PortalSession,
  sessionStart,
} from './portal-session.ts';
import { readResultRows, type SampleOrder } from './transaction-bytes.ts';

let session: PortalSession;

beforeEach(async () => {
  session = await openPortalSession();
});

afterEach(() => session.stop());

/** An instant before everything: each payment meets it. */
const everything: PaymentConditions = { occurredFrom: '2026-01-01T00:00:00Z' };

const authorizedAt = later(sessionStart, 60_000);

/** Authorizes at 10:00 and lets the file be processed at 10:01. */
async function authorize(orders: readonly SampleOrder[]): Promise<void> {
  await session.handOver('オーソリ', orders);
  await session.setClock(authorizedAt);
}

const threeOrders: readonly SampleOrder[] = [
  ['338', 11_246],
  ['339', 7022],
  ['9379', 10_175],
];

async function find(conditions: PaymentConditions): Promise<string[]> {
  const found = await searchPayments(session.account, conditions);
  return found.map(({ transactionId }) => transactionId);
}

async function statusOf(transactionId: string): Promise<string[]> {
  const found = await searchPayments(session.account, { transactionId });
  return found.map(({ status }) => status);
}

describe('情報照会', () => {
  test('shows nine columns of what was authorized and of what was declined', async () => {
    await authorize(threeOrders);
    const [first, , declined] = await searchPayments(session.account, everything);
    expect(first).toEqual({
      transactionId: '338',
      paymentId: '226860',
      institution: expect.any(String),
      cardNumber: expect.stringMatching(/^\*{4} \*\d\d \d{4}$/),
      status: 'オーソリOK',
      occurredAt: authorizedAt,
      updatedAt: authorizedAt,
      paidAt: null,
      amountYen: 11_246,
    });
    expect(declined).toMatchObject({
      transactionId: '9379',
      paymentId: '226862',
      status: 'オーソリNG',
      amountYen: 10_175,
    });
  });

  test('wants one of the marked conditions; the others only narrow', async () => {
    await authorize(threeOrders);
    for (const conditions of [{}, { status: 'オーソリOK' as const, amountFromYen: 1 }]) {
      await expect(searchPayments(session.account, conditions)).rejects.toMatchObject({
        status: 400,
        code: 'condition_missing',
        message: '▲がついている項目のいずれか1つに検索条件を入力してください。',
      });
    }
    expect(await find({ ...everything, status: 'オーソリNG' })).toEqual(['9379']);
    expect(await find({ ...everything, amountFromYen: 7022, amountToYen: 10_175 })).toEqual([
      '339',
      '9379',
    ]);
    expect(await find({ transactionId: '339' })).toEqual(['339']);
    expect(await find({ paymentId: '226860' })).toEqual(['338']);
    expect(await find({ transactionId: '33' })).toEqual([]);
  });

  test('searches by each of its three times', async () => {
    await authorize(threeOrders);
    await session.setClock(later(sessionStart, dayMs));
    await capturePayments(session.account, ['226861']);
    const captured = later(sessionStart, dayMs);
    expect(await find({ occurredTo: authorizedAt })).toEqual(['338', '339', '9379']);
    expect(await find({ occurredFrom: captured })).toEqual([]);
    expect(await find({ updatedFrom: captured })).toEqual(['339']);
    expect(await find({ updatedTo: authorizedAt })).toEqual(['338', '9379']);
    expect(await find({ paidFrom: sessionStart })).toEqual(['339']);
    expect(await find({ paidTo: authorizedAt })).toEqual([]);
  });

  test('refuses a condition that it cannot read, by its name', async () => {
    const bad: readonly [Record<string, string>, string][] = [
      [{ occurredFrom: 'noon' }, '取引発生日時'],
      [{ paymentId: '1', status: '済' }, '決済ステータス'],
      [{ paymentId: '1', institution: 'X' }, '支払機関名'],
      [{ paymentId: '1', amountFromYen: '1.5' }, '決済金額'],
      [{ paymentId: '1', sort: 'customer' }, '並び順'],
    ];
    for (const [conditions, name] of bad) {
      await expect(searchPayments(session.account, conditions as object)).rejects.toMatchObject({
        code: 'unreadable_condition',
        message: expect.stringContaining(`${name}: `),
      });
    }
  });

  test('comes by the earliest 取引発生日時, and sorts by any column both ways', async () => {
    await authorize(threeOrders);
    await session.handOver('オーソリ', [['10', 100]]);
    await session.setClock(later(sessionStart, dayMs));
    expect(await find(everything)).toEqual(['338', '339', '9379', '10']);
    expect(await find({ ...everything, direction: 'desc' })).toEqual(['10', '9379', '339', '338']);
    expect(await find({ ...everything, sort: 'transactionId' })).toEqual([
      '10',
      '338',
      '339',
      '9379',
    ]);
    expect(await find({ ...everything, sort: 'amountYen', direction: 'desc' })).toEqual([
      '338',
      '9379',
      '339',
      '10',
    ]);
    expect(await find({ ...everything, sort: 'status' })).toHaveLength(4);
  });

  test('is paged for programs', async () => {
    await authorize(threeOrders);
    const path = `/merchants/${merchantId}/payments?occurredFrom=2026-01-01&limit=2&page=2`;
    expect(await session.getJson(path)).toMatchObject({
      total: 3,
      page: 2,
      limit: 2,
      payments: [{ transactionId: '9379' }],
    });
  });

  test('downloads all hits as a CSV in CP932 that holds no card number', async () => {
    const many = Array.from({ length: 150 }, (_, index): SampleOrder => [`${index + 1}`, 1000]);
    await authorize(many);
    await capturePayments(session.account, ['226860']);
    const bytes = await downloadPaymentsCsv(session.account, everything);
    async function* source(): AsyncGenerator<Uint8Array> {
      yield bytes;
    }
    const rows: (readonly (string | null)[])[] = [];
    for await (const chunk of readCsvRows(source(), 'cp932')) {
      for (const row of chunk) {
        expect(row.kind).toBe('readable');
        rows.push(row.fields);
      }
    }
    expect(rows[0]).toEqual([
      '取引ID',
      '決済ID',
      '支払機関名',
      'カード番号',
      '決済ステータス',
      '取引発生日時',
      '最終更新日時',
      '支払日時',
      '決済金額',
    ]);
    expect(rows).toHaveLength(151);
    const time = '2026/11/20 10:01:00';
    expect(rows[1]?.slice(4)).toEqual(['消込済', time, time, time, '1000']);
    expect(rows[2]?.slice(4)).toEqual(['オーソリOK', time, time, '', '1000']);
    expect(findCardNumber(new TextDecoder('shift_jis').decode(bytes))).toBeNull();
  });

  test('gives no CSV without the right to it', async () => {
    await registerMerchant(session.account, { csvDownload: false });
    await expect(downloadPaymentsCsv(session.account, everything)).rejects.toMatchObject({
      status: 403,
      code: 'csv_not_allowed',
      message: 'CSVダウンロード権限がありません。',
    });
  });
});

describe('一括売上処理 and 取消', () => {
  test('capture what is ticked, in full, and the ledger counts it', async () => {
    await authorize(threeOrders);
    const captured = await capturePayments(session.account, ['226860', '226861', '226860'], {
      records: 2,
      amountYen: 18_268,
    });
    expect(captured).toEqual({ records: 2, amountYen: 18_268, at: authorizedAt });
    expect(await searchPayments(session.account, { transactionId: '338' })).toMatchObject([
      { status: '消込済', paidAt: authorizedAt, updatedAt: authorizedAt, amountYen: 11_246 },
    ]);
    expect((await session.readLedger()).totals).toMatchObject({
      captures: 2,
      capturedYen: 18_268,
      repeatedCaptures: 0,
      voids: 0,
    });
  });

  test('a second press does nothing', async () => {
    await authorize(threeOrders);
    await capturePayments(session.account, ['226860']);
    await expect(capturePayments(session.account, ['226860'])).rejects.toMatchObject({
      status: 409,
      code: 'not_authorized',
      message: expect.stringContaining('決済ID 226860 は消込済'),
    });
    expect((await session.readLedger()).totals).toMatchObject({ captures: 1 });
  });

  test('取消 of what was captured is 売上取消済, once', async () => {
    await authorize(threeOrders);
    await capturePayments(session.account, ['226860']);
    await voidPayments(session.account, ['226860']);
    expect(await searchPayments(session.account, { transactionId: '338' })).toMatchObject([
      { status: '売上取消済', amountYen: 11_246 },
    ]);
    await expect(voidPayments(session.account, ['226860'])).rejects.toMatchObject({
      message: expect.stringContaining('決済ID 226860 は売上取消済'),
    });
    // Nothing was voided that was alive: the sale stays counted as one.
    expect((await session.readLedger()).totals).toMatchObject({ captures: 1, voids: 0 });
  });

  test('are done for all or for none', async () => {
    await authorize(threeOrders);
    const refusals: readonly [readonly string[], string][] = [
      [['226860', '226862'], '決済ID 226862 はオーソリNG'],
      [['226860', '999'], '決済ID 999 の取引はありません'],
      [[], '対象のデータを選択してください'],
    ];
    for (const [paymentIds, message] of refusals) {
      for (const settle of [capturePayments, voidPayments]) {
        await expect(settle(session.account, paymentIds)).rejects.toMatchObject({
          message: expect.stringContaining(message),
        });
      }
    }
    const other = { records: 1, amountYen: 1 };
    await expect(capturePayments(session.account, ['226860'], other)).rejects.toMatchObject({
      code: 'confirm_differs',
    });
    expect(await statusOf('338')).toEqual(['オーソリOK']);
  });

  test('two operators at once capture once', async () => {
    await authorize(threeOrders);
    const presses = Array.from({ length: 20 }, () => capturePayments(session.account, ['226860']));
    const ends = await Promise.allSettled(presses);
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await session.readLedger()).totals).toMatchObject({ captures: 1, repeatedCaptures: 0 });
  });

  test('what the portal captured or voided, a file cannot capture', async () => {
    await authorize(threeOrders);
    await capturePayments(session.account, ['226860']);
    await voidPayments(session.account, ['226861']);
    expect(await statusOf('339')).toEqual(['オーソリ取消済']);
    const acceptanceNumber = await session.handOver('売上', threeOrders.slice(0, 2));
    await session.setClock(later(sessionStart, dayMs));
    const rows = readResultRows(await downloadResult(session.account, acceptanceNumber));
    expect(rows.map((row) => row[18])).toEqual(['already_captured', 'voided']);
    expect((await session.readLedger()).totals).toMatchObject({ captures: 1, voids: 1 });
  });

  test('a voided order may be authorized anew, and that is no double one', async () => {
    await authorize(threeOrders);
    await voidPayments(session.account, ['226860']);
    await session.handOver('オーソリ', [['338', 11_246]]);
    await session.setClock(later(sessionStart, dayMs));
    expect(await statusOf('338')).toEqual(['オーソリ取消済', 'オーソリOK']);
    expect((await session.readLedger()).totals.doubleAuthorizations).toBe(0);
  });

  test('end with the 60 days: from 00:00 of the 60th day on it is オーソリ期限切れ', async () => {
    await authorize(threeOrders);
    const end = '2027-01-18T15:00:00.000Z';
    await session.setClock(later(end, -1));
    await capturePayments(session.account, ['226860']);
    await session.setClock(end);
    expect(await searchPayments(session.account, { transactionId: '339' })).toMatchObject([
      { status: 'オーソリ期限切れ', updatedAt: end, paidAt: null },
    ]);
    for (const settle of [capturePayments, voidPayments]) {
      await expect(settle(session.account, ['226861'])).rejects.toMatchObject({
        message: expect.stringContaining('決済ID 226861 はオーソリ期限切れ'),
      });
    }
    expect(await statusOf('338')).toEqual(['消込済']);
    expect((await session.readLedger()).totals).toMatchObject({ captures: 1, expired: 1 });
  });

  test('survive a restart', async () => {
    await authorize(threeOrders);
    await capturePayments(session.account, ['226860']);
    await voidPayments(session.account, ['226861']);
    const before = await searchPayments(session.account, everything);
    await session.restart();
    expect(await searchPayments(session.account, everything)).toEqual(before);
    expect(before.map(({ status }) => status)).toEqual(['消込済', 'オーソリ取消済', 'オーソリNG']);
  });
});
