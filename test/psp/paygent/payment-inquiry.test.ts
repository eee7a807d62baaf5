import fc from 'fast-check';
import iconv from 'iconv-lite';
import { expect, test } from 'vitest';
import { PAYMENT_STANDINGS } from '../../../billing/payment-inquiry.ts';
import { readPaymentInquiry, readPaymentStatus } from '../../../psp/paygent/payment-inquiry.ts';

const head =
  '取引ID,決済ID,支払機関名,カード番号,決済ステータス,取引発生日時,最終更新日時,支払日時,決済金額';

async function read(text: string | Buffer, encoding: 'cp932' | 'utf-8' = 'utf-8') {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  const rows = [];
  const source = (async function* () {
    yield bytes;
  })();
  for await (const batch of readPaymentInquiry(source, encoding)) rows.push(...batch);
  return rows;
}

test("reads the manual's two rows as the screen has them, in CP932 and quoted", async () => {
  const lines = [
    '取引ID ▼▲,決済ID ▼▲,支払機関名 ▼▲,カード番号 ▼▲,決済ステータス ▼▲,取引発生日時 ▼▲,最終更新日時 ▼▲,支払日時 ▼▲,決済金額 ▼▲',
    '654321,226860,ビザ/マスタ,**** *01 1234,オーソリOK,2008/12/05 09:54:02,2008/12/05 09:54:04,-,"10,500円"',
    '654322,226861,ユーケー,**** *76 1111,消込済,2008/12/05 09:54:43,2008/12/05 10:16:05,2008/12/05 10:17:00,"9,900円"',
  ];
  const rows = await read(iconv.encode(`${lines.join('\r\n')}\r\n`, 'cp932'), 'cp932');
  expect(rows).toEqual([
    {
      line: 2,
      orderNumber: '654321',
      paymentId: '226860',
      institution: 'ビザ/マスタ',
      status: 'オーソリOK',
      standing: 'authorized',
      occurredAt: '2008-12-05T00:54:02.000Z',
      updatedAt: '2008-12-05T00:54:04.000Z',
      paidAt: null,
      amountYen: 10_500,
      problem: null,
    },
    expect.objectContaining({
      line: 3,
      standing: 'captured',
      paidAt: '2008-12-05T01:17:00.000Z',
      amountYen: 9_900,
    }),
  ]);
});

test('every status that is known has its meaning, by name and by code; another stays unknown', () => {
  const known = [
    '申込済',
    'オーソリNG',
    'オーソリOK',
    'オーソリ取消済',
    'オーソリ期限切れ',
    '消込済',
  ];
  const names = [...known, '売上取消済'].map(readPaymentStatus);
  expect(names).toEqual([
    'pending',
    'declined',
    'authorized',
    'voided',
    'expired',
    'captured',
    'refunded',
  ]);
  expect(['10', '11', '20', '32', '33', '40', '60'].map(readPaymentStatus)).toEqual(names);
  expect(readPaymentStatus('オーソリ期限切')).toBe('expired');
  // Half-width kana and white space are spellings, not other statuses.
  expect(readPaymentStatus(' ｵｰｿﾘOK ')).toBe('authorized');
  for (const other of ['', '41', '消込', 'constructor', 'オーソリ']) {
    expect(readPaymentStatus(other)).toBe('unknown');
  }
});

test('a row that cannot be read says why and stops nothing', async () => {
  const rows = await read(
    [
      head,
      ',1,x,*,オーソリOK,2026/11/20 10:00:00,,,100',
      '0012,2,x,*,オーソリOK,2026/11/20 10:00:00,,,-100',
      '13,3,x,*,オーソリOK,昨日,,,100',
      '14,4,x,*,オーソリOK',
      '0015,5,x,*,オーソリOK,2026/11/20 10:00:00,,,100',
    ].join('\n'),
  );
  expect(rows.map(({ problem }) => problem)).toEqual([
    '取引IDがありません',
    '決済金額: 金額は0以上の整数の円で記載します',
    '取引発生日時を日時として読み取れません',
    '列の数が見出しと異なります(5 / 9)',
    null,
  ]);
  // Leading zeros are part of a number.
  expect(rows.at(-1)?.orderNumber).toBe('0015');
});

test('what is no such list is refused whole', async () => {
  await expect(read('')).rejects.toMatchObject({ code: 'empty' });
  await expect(read('注文番号,金額\r\n1,2\r\n')).rejects.toMatchObject({
    code: 'missing_column',
    ja: expect.stringContaining('取引ID、決済ID、決済ステータス、取引発生日時、決済金額'),
  });
  await expect(read(`${head},決済金額\r\n`)).rejects.toMatchObject({ code: 'ambiguous_column' });
});

test('whatever stands in the cells, every row comes out once, on its line, with a standing', async () => {
  const cell = fc.string().map((text) => text.replace(/[\r\n"]/g, ''));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(cell, { minLength: 9, maxLength: 9 })), async (rows) => {
      const quoted = rows.map((row) => row.map((text) => `"${text}"`).join(','));
      const read_ = await read([head, ...quoted].join('\r\n'));
      expect(read_.map(({ line }) => line)).toEqual(rows.map((_, index) => index + 2));
      for (const { standing } of read_) expect(PAYMENT_STANDINGS).toContain(standing);
    }),
    { numRuns: 50 },
  );
});
