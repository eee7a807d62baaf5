import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resultLayout } from '../../psp/paygent/layouts.ts';
import { decodeResultFile } from '../../psp/paygent/result-file.ts';
import {
  confirmUpload,
  downloadResult,
  searchResults,
  uploadFile,
  waitForCompletionMail,
} from '../../sandbox/paygent-operator.ts';
import {
  dayMs,
  later,
  merchantId,
  openPortalSession,
  type PortalSession,
  sessionStart,
} from './portal-session.ts';
import { makeTransactionFile, readResultRows, type SampleOrder } from './transaction-bytes.ts';

let session: PortalSession;

beforeEach(async () => {
  session = await openPortalSession();
});

afterEach(() => session.stop());

async function upload(bytes: Buffer, transactionKind: 'オーソリ' | '売上' = 'オーソリ') {
  return uploadFile(session.account, { bytes, fileName: 'auth-001.csv', transactionKind });
}

async function reachConfirmScreen(bytes: Buffer) {
  const answer = await upload(bytes);
  if (answer.kind !== 'confirm') throw new Error('the file was refused');
  return answer.screen;
}

describe('one file', () => {
  const orders: SampleOrder[] = [
    ['338', 11_246],
    ['339', 7022],
    ['9379', 10_175],
  ];

  test('upload, confirm, number, processing, mail, list, download', async () => {
    const { account, mailServer } = session;
    const bytes = await makeTransactionFile('authorization', merchantId, orders);
    const screen = await reachConfirmScreen(bytes);
    expect(screen).toMatchObject({
      paymentKind: 'クレジットカード決済',
      transactionKind: 'オーソリ',
      records: 3,
      amountYen: 28_443,
    });
    const { acceptanceNumber } = await confirmUpload(account, screen.uploadId);
    expect(await searchResults(account)).toEqual([
      {
        transactionKind: 'カード決済',
        acceptanceNumber,
        acceptedAt: '2026/11/20 10:00:00',
        processingKind: '3',
        ngCount: 0,
        status: '決済処理中',
      },
    ]);
    await expect(downloadResult(account, acceptanceNumber)).rejects.toMatchObject({
      code: 'still_processing',
    });
    expect(mailServer.listMails()).toEqual([]);

    await session.setClock(later(sessionStart, 60_000));
    const mail = await waitForCompletionMail(mailServer, acceptanceNumber);
    expect(mail.to).toEqual(['first@example.jp']);
    expect(mail.cc).toEqual(['second@example.jp', 'third@example.jp']);
    expect(mail.text).toContain('取引種別: オーソリ');
    expect(mail.text).toContain('件数: 3');
    expect(await searchResults(account, { acceptanceNumber })).toMatchObject([
      { ngCount: 1, status: '完了処理済' },
    ]);

    const rows = readResultRows(await downloadResult(account, acceptanceNumber));
    const width = 15;
    expect(rows.map((row) => row.length - width)).toEqual(
      rows.map(() => resultLayout.fields.length),
    );
    expect(rows.map((row) => row.slice(0, width))).toEqual(readResultRows(bytes));
    expect(rows.map((row) => row.slice(width))).toEqual([
      ['0', '226860', '', '', '20261120100100'],
      ['0', '226861', '', '', '20261120100100'],
      ['1', '226862', 'SBX001', '1G83', '20261120100100'],
    ]);
  });

  test('its result is what the codec of the merchant reads', async () => {
    const acceptanceNumber = await session.handOver('オーソリ', orders);
    await session.setClock(later(sessionStart, 60_000));
    const result = await downloadResult(session.account, acceptanceNumber);
    async function* source(): AsyncGenerator<Uint8Array> {
      yield result;
    }
    const kinds: string[] = [];
    const expected = { kind: 'authorization', merchantId } as const;
    for await (const entry of decodeResultFile(source(), { expected })) {
      kinds.push(entry.kind);
      if (entry.kind === 'row') expect(entry.findings).toEqual([]);
    }
    expect(kinds).toEqual(['header', 'row', 'row', 'row', 'trailer']);
  });

  test('bills nobody until it is confirmed, and is confirmed once', async () => {
    const bytes = await makeTransactionFile('authorization', merchantId, [['1', 100]]);
    const { uploadId } = await reachConfirmScreen(bytes);
    await session.setClock(later(sessionStart, dayMs));
    expect((await session.readLedger()).totals.attempts).toBe(0);
    const { acceptanceNumber } = await confirmUpload(session.account, uploadId);
    await expect(confirmUpload(session.account, uploadId)).rejects.toMatchObject({
      code: 'already_confirmed',
      message: 'この取引ファイルは受付済みです。',
    });
    expect(await searchResults(session.account)).toMatchObject([{ acceptanceNumber }]);
  });

  test('may also be sent as raw bytes with the kinds in the query', async () => {
    const bytes = await makeTransactionFile('authorization', merchantId, [['1', 100]]);
    const query = new URLSearchParams({
      paymentKind: 'クレジットカード決済',
      transactionKind: 'オーソリ',
    });
    const url = `${session.account.url}/merchants/${merchantId}/uploads?${query}`;
    const headers = { 'content-type': 'text/csv' };
    const response = await fetch(url, { method: 'POST', headers, body: new Uint8Array(bytes) });
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({ records: 1, amountYen: 100 });
  });
});

describe('the format check', () => {
  const lines = (data: readonly string[]): Buffer =>
    Buffer.from(
      [`1,020,${merchantId}`, ...data, `4,${data.length}`].map((line) => `${line}\r\n`).join(''),
    );
  const dataLine = (orderNumber: string, amount: string): string =>
    `3,,${orderNumber},,${amount},,,10,,,,200,,285,`;

  async function errorsOf(bytes: Buffer, kind?: '売上') {
    const answer = await upload(bytes, kind);
    if (answer.kind === 'confirm') throw new Error('the file was taken');
    return answer.errors;
  }

  test('shows the first 51 errors of data records', async () => {
    const data = Array.from({ length: 60 }, (_, index) => dataLine(String(index + 1), 'x'));
    const errors = await errorsOf(lines(data));
    expect(errors).toHaveLength(51);
    expect(errors[0]).toMatchObject({ part: 'data', line: 2, item: '請求金額' });
    expect(errors[50]).toMatchObject({ part: 'data', line: 52 });
  });

  test('compares the header with the chosen 取引種別', async () => {
    const errors = await errorsOf(lines([dataLine('1', '100')]), '売上');
    expect(errors).toMatchObject([{ part: 'header', line: 1, item: '取引種別' }]);
  });

  test.each([
    '取消',
    '従価課金売上',
    'カード有効性チェック要求',
    '顧客カード情報登録',
    '顧客カード情報削除',
  ])('refuses the header where %s was chosen', async (transactionKind) => {
    const bytes = lines([dataLine('1', '100')]);
    const answer = await uploadFile(session.account, { bytes, fileName: 'f.csv', transactionKind });
    expect(answer).toMatchObject({
      errors: [
        {
          part: 'header',
          line: 1,
          item: '取引種別',
          content: `ヘッダレコードの取引種別「020」は、選択した取引種別「${transactionKind}」のものではありません`,
        },
      ],
    });
  });

  test('refuses carrier payments, and kinds that do not belong together', async () => {
    const file = { bytes: lines([dataLine('1', '100')]), fileName: 'f.csv' };
    const carrier = { paymentKind: 'キャリア決済', transactionKind: 'キャリア決済売上' };
    expect(await uploadFile(session.account, { ...file, ...carrier })).toMatchObject({
      errors: [{ part: 'file', item: '決済種別', content: 'キャリア決済は契約されていません' }],
    });
    const mixed = { ...carrier, transactionKind: 'オーソリ' };
    await expect(uploadFile(session.account, { ...file, ...mixed })).rejects.toMatchObject({
      code: 'kind_mismatch',
    });
    const none = { ...file, transactionKind: '' };
    await expect(uploadFile(session.account, none)).rejects.toMatchObject({ code: 'kind_missing' });
  });

  test('counts against the trailer and the merchant against the header', async () => {
    const cut = lines([dataLine('1', '100')])
      .toString()
      .replace('4,1', '4,2');
    expect(await errorsOf(Buffer.from(cut))).toMatchObject([{ part: 'trailer', item: '合計件数' }]);
    const foreign = await makeTransactionFile('authorization', '10002', [['1', 100]]);
    expect(await errorsOf(foreign)).toMatchObject([{ part: 'header', item: 'マーチャントID' }]);
  });

  test('refuses more records than the merchant may send', async () => {
    const data = Array.from({ length: 10_001 }, (_, index) => dataLine(String(index + 1), '100'));
    expect(await errorsOf(lines(data))).toMatchObject([{ item: '件数' }]);
  });

  test('refuses records of different widths, which could not be processed', async () => {
    const bytes = lines([dataLine('1', '100'), dataLine('2', '100').slice(0, -1)]);
    expect(await errorsOf(bytes)).toMatchObject([{ part: 'data', line: 3 }]);
    expect(await searchResults(session.account)).toEqual([]);
  });
});

describe('the last ten uploads', () => {
  test('an eleventh pushes the first out: found by number, but without a file', async () => {
    const { account } = session;
    const numbers: string[] = [];
    for (let index = 0; index < 11; index += 1) {
      numbers.push(await session.handOver('オーソリ', [[`1${index}`, 100 + index]]));
    }
    await session.setClock(later(sessionStart, dayMs));
    const [oldest = '', second = ''] = numbers;
    const listed = await searchResults(account);
    expect(listed.map((row) => row.acceptanceNumber)).toEqual(numbers.slice(1).reverse());
    expect(await searchResults(account, { acceptanceNumber: oldest })).toHaveLength(1);
    await expect(downloadResult(account, oldest)).rejects.toMatchObject({
      code: 'no_file',
      message: 'ファイルがありません',
    });
    expect((await downloadResult(account, second)).length).toBeGreaterThan(0);
  });

  test('are searched by 受付日時 and 取引種別', async () => {
    const first = await session.handOver('オーソリ', [['1', 100]]);
    await session.setClock(later(sessionStart, dayMs));
    const second = await session.handOver('売上', [['1', 100]]);
    const search = async (query: Record<string, string>): Promise<string[]> => {
      const path = `/merchants/${merchantId}/results?${new URLSearchParams(query)}`;
      const { results } = await session.getJson<{ results: { acceptanceNumber: string }[] }>(path);
      return results.map(({ acceptanceNumber }) => acceptanceNumber);
    };
    expect(await search({})).toEqual([second, first]);
    expect(await search({ transactionKind: '売上' })).toEqual([second]);
    expect(await search({ acceptedTo: sessionStart })).toEqual([first]);
    expect(await search({ acceptedFrom: '2026-11-21T00:00:00+09:00' })).toEqual([second]);
  });
});
