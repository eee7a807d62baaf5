import fc from 'fast-check';
import iconv from 'iconv-lite';
import { describe, expect, test } from 'vitest';
import type { FormatError } from '../../../billing/exchange.ts';
import { paygentTelegramSchema } from '../../../billing/paygent-telegram.ts';
import {
  decodeFileRequestAnswer,
  encodeFileRequestAnswer,
} from '../../../psp/paygent/telegram-answer.ts';

const settings = paygentTelegramSchema.parse({ url: 'https://a.example/', connectId: 'c' });
const read = (text: string, whole = true) =>
  decodeFileRequestAnswer(iconv.encode(text, 'cp932'), settings, whole);
const lines = (...all: string[]) => all.map((line) => `${line}\r\n`).join('');
const code = 'SANDBOX-FORMAT';

describe('the answer to telegram 200', () => {
  test('with 処理結果 0 says that the file was taken', () => {
    const text = lines('result=0', 'response_code=', 'response_detail=', 'acceptance_no=2881');
    expect(read(text)).toEqual({ kind: 'accepted', acceptanceNumber: '2881' });
  });

  test.each([
    ['none', lines('result=0')],
    ['an odd one', lines('result=0', 'acceptance_no=28 81')],
    ['one of another name', lines('result=0', 'no=2881')],
  ])('may have no 受付番号 that can be used: %s', (_what, text) => {
    expect(read(text)).toEqual({ kind: 'accepted', acceptanceNumber: null });
  });

  test('with a code of the list says what is wrong with the format', () => {
    const text = lines(
      'result=1',
      `response_code=${code}`,
      'response_detail=書式エラー',
      'format_error_1=header,1,取引種別,20 は、020 のはずです',
      'format_error_2=data,3,請求金額,請求金額が空です, たぶん',
      'format_error_3=何かが違います',
    );
    expect(read(text)).toEqual({
      kind: 'rejected',
      errors: [
        { part: 'header', line: 1, item: '取引種別', content: '20 は、020 のはずです' },
        { part: 'data', line: 3, item: '請求金額', content: '請求金額が空です, たぶん' },
        { part: 'data', line: null, item: '書式', content: '何かが違います' },
      ],
    });
  });

  test('with such a code alone shows its レスポンス詳細', () => {
    const detail = '取引ファイルの形式が不正です';
    const text = lines('result=1', `response_code=${code}`, `response_detail=${detail}`);
    const error = { part: 'header', line: null, item: code, content: detail };
    expect(read(text)).toEqual({ kind: 'rejected', errors: [error] });
  });

  test('of more than 51 errors keeps the first 51', () => {
    const errors = Array.from({ length: 60 }, (_, at) => `format_error_${at + 1}=data,${at},a,b`);
    const answer = read(lines('result=1', `response_code=${code}`, ...errors));
    expect(answer).toMatchObject({ kind: 'rejected', errors: { length: 51 } });
  });

  test('with a code of the other list says that nothing was taken', () => {
    const text = lines('result=1', 'response_code=SANDBOX-AUTH', 'response_detail=接続エラー');
    const why = expect.stringContaining('「接続エラー」');
    expect(read(text)).toEqual({ kind: 'not_taken', why });
  });

  test('in the shape of a header record is read as well', () => {
    expect(read('1,020,shop01,2881,3,,0,,\r\n')).toMatchObject({ acceptanceNumber: '2881' });
    expect(read(`1,020,shop01,,,,1,${code},だめ\r\n`)).toMatchObject({ kind: 'rejected' });
    expect(read('1,020,shop01\r\n')).toMatchObject({ kind: 'unclear' });
  });

  test.each([
    ['nothing', ''],
    ['no 処理結果', lines('response_code=')],
    ['an unknown 処理結果', lines('result=2', `response_code=${code}`)],
    ['an unknown code', lines('result=1', 'response_code=P001', 'response_detail=システムエラー')],
    ['no code', lines('result=1')],
    ['two 処理結果', lines('result=1', 'result=0')],
    ['a page', '<html><body>result=0</body></html>'],
  ])('that holds %s is unclear', (_what, text) => {
    expect(read(text).kind).toBe('unclear');
  });

  test('that is no text names the line, and a code that is unknown is shown', () => {
    const bytes = Buffer.concat([
      Buffer.from('result=0\r\nx='),
      Buffer.from([0x82]),
      Buffer.from('\r\n'),
    ]);
    expect(decodeFileRequestAnswer(bytes, settings)).toMatchObject({
      why: 'ペイジェントの応答: 2 行目を文字として読み取れません。',
    });
    const answer = read(
      lines('result=1', 'response_code=P001', `response_detail=${'1234'.repeat(4)}`),
    );
    expect(answer).toMatchObject({ why: expect.stringContaining('「P001」') });
    expect(JSON.stringify(answer)).not.toMatch(/\d{12}/);
  });

  test('whose end nobody announced must end its last line', () => {
    const text = lines('result=0', 'acceptance_no=2881');
    expect(read(text, false).kind).toBe('accepted');
    for (let length = 1; length < text.length; length += 1) {
      const cut = read(text.slice(0, length), false);
      if (!text.slice(0, length).endsWith('\n')) expect(cut.kind, String(length)).toBe('unclear');
    }
  });

  test('is read as it was written', () => {
    const cp932 = fc.string({ unit: fc.constantFrom(...'aZ9 -=能表構髙﨑①㈱ｱｶﾞ'), maxLength: 20 });
    const trimmed = cp932.map((text) => text.trim());
    const error: fc.Arbitrary<FormatError> = fc.record({
      part: fc.constantFrom('header', 'data', 'trailer'),
      line: fc.option(fc.integer({ min: 1, max: 99_999 })),
      item: cp932,
      content: trimmed,
    });
    fc.assert(
      fc.property(fc.array(error, { minLength: 1, maxLength: 51 }), trimmed, (errors, detail) => {
        const told = encodeFileRequestAnswer({ kind: 'failed', code, detail, errors }, settings);
        expect(decodeFileRequestAnswer(told, settings)).toEqual({ kind: 'rejected', errors });
      }),
    );
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9A-Za-z-]{1,32}$/), (acceptanceNumber) => {
        const told = encodeFileRequestAnswer({ kind: 'accepted', acceptanceNumber }, settings);
        expect(decodeFileRequestAnswer(told, settings)).toEqual({
          kind: 'accepted',
          acceptanceNumber,
        });
      }),
    );
  });
});
