import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readCompletionMail } from '../../../psp/paygent/completion-mail.ts';

const subject = '処理完了のお知らせ';
const read = (...lines: string[]) => readCompletionMail({ subject, text: lines.join('\r\n') });

describe('a completion mail', () => {
  test('says number, kind and counts, however it is decorated', () => {
    const expected = {
      acceptanceNumber: '0123',
      transactionKind: 'オーソリ',
      records: 1234,
      ngCount: 5,
    };
    expect(read('受付番号: 0123', '取引種別: オーソリ', '件数: 1234', 'NG件数: 5')).toEqual(
      expected,
    );
    expect(
      read('■受付番号：０１２３', '・取引種別:オーソリ', '【件数】 : 1,234件', '■NG件数: 5 件'),
    ).toEqual(expected);
  });

  test('may say its 受付番号 alone, in the subject too', () => {
    const bare = { transactionKind: null, records: null, ngCount: null };
    expect(read('受付番号 A-1')).toEqual({ acceptanceNumber: 'A-1', ...bare });
    expect(
      readCompletionMail({ subject: '【処理完了】(受付番号 77)', text: 'ご確認ください。' }),
    ).toEqual({ acceptanceNumber: '77', ...bare });
  });

  test('counts nothing that it cannot read as a count', () => {
    expect(read('受付番号: 1', '件数: 約100件', 'NG件数: -')).toMatchObject({
      records: null,
      ngCount: null,
    });
  });

  test('of several files means none: which one is never guessed', () => {
    expect(read('受付番号: 1', '受付番号: 2')).toBeNull();
    expect(read('受付番号: 1', 'お問い合わせの際は受付番号 1 をお知らせください')).not.toBeNull();
  });
});

describe('another mail', () => {
  test.each([
    ['of processing, without a number', '処理が完了しました', '詳細は画面で確認してください'],
    ['of acceptance', '受付のお知らせ', '受付番号: 1\n処理中です'],
    ['of no such thing', 'セール', '本日限り'],
  ])('%s is none', (_what, otherSubject, text) => {
    expect(readCompletionMail({ subject: otherSubject, text })).toBeNull();
  });

  test('of a million blank lines or labels is none, and no work', () => {
    expect(read('\n'.repeat(1_000_000))).toBeNull();
    expect(read(`受付番号${' '.repeat(1_000_000)}`)).toBeNull();
    expect(read('受付番号'.repeat(100_000))).toBeNull();
  });

  test('whatever it says is read without an error', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }), (a, b) => {
        const mail = readCompletionMail({ subject: `${a}処理完了`, text: `受付番号${b}\n${a}` });
        expect(mail === null || mail.acceptanceNumber.length > 0).toBe(true);
      }),
    );
  });
});
