import { expect, test } from 'vitest';
import { errorMailWording, readErrorMail } from '../../../psp/zeus/error-mail.ts';
import { composeErrorMail } from '../../../sandbox/zeus/error-mail.ts';
import { zeusMerchantSchema } from '../../../sandbox/zeus/merchant.ts';

const subject = 'キャリア決済 CGI送信エラーのお知らせ';
const read = (...lines: string[]) => readErrorMail({ subject, text: lines.join('\r\n') });

test('the mail of the simulated ZEUS', () => {
  const merchant = zeusMerchantSchema.parse({
    merchantId: 'own-shop',
    callbackUrl: 'http://127.0.0.1:1/',
    ipCodes: ['2012000001'],
    contacts: ['first@example.jp'],
  });
  const mail = composeErrorMail(
    { merchant, records: new Map(), mails: [] },
    {
      mailNumber: 1,
      ipCode: '2012000001',
      orderNumber: 'Z00000001',
      at: '2026-11-22T00:00:00.000Z',
      outcome: { kind: 'timed_out' },
      sent: false,
    },
  );
  expect(readErrorMail(mail)).toEqual([
    { ipCode: '2012000001', orderNumber: 'Z00000001', failedAt: '2026-11-22T00:00:00.000Z' },
  ]);
});

test('full-width letters, decorations and other names', () => {
  expect(
    read('■ＩＰコード：１２３４', '【オーダー番号】：Ａ－１', '・送信日時： 2026/11/22 9:05'),
  ).toEqual([{ ipCode: '1234', orderNumber: 'A-1', failedAt: '2026-11-22T00:05:00.000Z' }]);
});

test('several results in one mail', () => {
  expect(
    read(
      'IPコード: 1',
      'オーダーNo: A1',
      '発生日時: 2026/11/22 09:00:00',
      'IPコード: 1',
      'オーダーNo: A2',
    ),
  ).toEqual([
    { ipCode: '1', orderNumber: 'A1', failedAt: '2026-11-22T00:00:00.000Z' },
    { ipCode: '1', orderNumber: 'A2', failedAt: null },
  ]);
  expect(read('オーダーNo: A1', 'オーダーNo: A2')).toHaveLength(2);
});

test('what is no error mail, or names no payment', () => {
  expect(read('至急ご確認ください。')).toBeNull();
  expect(read('オーダーNo: 日本語')).toBeNull();
  const text = 'オーダーNo: A1';
  expect(readErrorMail({ subject: '処理完了のお知らせ', text })).toBeNull();
  expect(readErrorMail({ subject: 'キャリア決済の結果', text })).toBeNull();
});

test('an unreadable code or time is left open', () => {
  expect(read('IPコード: ***', 'オーダーNo.: A1', '発生日時: 昨日')).toEqual([
    { ipCode: null, orderNumber: 'A1', failedAt: null },
  ]);
});

test('the wording is data', () => {
  const wording = { ...errorMailWording, marks: ['send error'], orderNumber: ['Order'] };
  expect(readErrorMail({ subject: 'send error', text: 'Order: A1' }, wording)).toHaveLength(1);
});
