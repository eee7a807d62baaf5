import { describe, expect, it } from 'vitest';
import { checkUploadedFile, type FormatCheckOptions } from '../../../psp/paygent/format-check.ts';
import { streamOf } from '../../byte-source.ts';
import { golden } from './golden.ts';

const good = golden('authorization.csv').toString();
const check = (content: string, options: Partial<FormatCheckOptions> = {}) =>
  checkUploadedFile(streamOf(content, 10), {
    chosenKind: 'authorization',
    merchantId: '12345',
    ...options,
  });

describe("the portal's format check", () => {
  it('accepts what we build and counts it', async () => {
    expect(await check(good)).toEqual({ accepted: true, records: 3, amountYen: 28_443 });
    const capture = golden('capture.csv').toString();
    expect(await check(capture, { chosenKind: 'capture' })).toMatchObject({ accepted: true });
    const narrow = good.replaceAll(/(285|360),/g, '$1');
    expect(await check(narrow)).toMatchObject({ accepted: true });
  });

  it.each([
    ['another chosen kind', good, { chosenKind: 'capture' as const }, 'header', 1, '取引種別'],
    ['Excel without the 0', good.replace('020', '20'), {}, 'header', 1, '取引種別'],
    ['another merchant', good, { merchantId: '1' }, 'header', 1, 'マーチャントID'],
    ['no header', good.replace('1,020,12345\r\n', ''), {}, 'header', 1, 'レコードID'],
    ['a trailer that counts otherwise', good.replace('4,3', '4,2'), {}, 'trailer', 5, '合計件数'],
    ['no trailer', good.replace('4,3\r\n', ''), {}, 'trailer', 4, 'レコードID'],
    ['a row behind the trailer', `${good}3\r\n`, {}, 'trailer', 6, 'レコードID'],
    ['0 yen', good.replace('7022', '0'), {}, 'data', 3, '請求金額'],
    ['an amount with a comma', good.replace('7022', '"7,022"'), {}, 'data', 3, '請求金額'],
    ['a missing column', good.replace(',,285,\r\n3,,339', '\r\n3,,339'), {}, 'data', 2, '顧客番号'],
    ['too many records', good, { maxRecords: 2 }, 'file', 5, '件数'],
    ['too many bytes', good, { maxBytes: 50 }, 'file', 5, 'ファイル'],
    ['no record', '1,020,12345\r\n4,0\r\n', {}, 'file', 2, '件数'],
    ['nothing', '', {}, 'file', 1, 'ファイル'],
  ])('refuses %s', async (_name, content, options, part, line, item) => {
    const result = await check(content, options);
    expect(result).toMatchObject({ accepted: false });
    const errors = result.accepted ? [] : result.errors;
    expect(errors).toContainEqual(expect.objectContaining({ part, line, item }));
  });

  it('shows the first 51 errors of data records', async () => {
    const rows = Array.from({ length: 60 }, (_, at) => `3,,${at},,0,,,10,,,,7,,8,`);
    const result = await check(`1,020,12345\r\n${rows.join('\r\n')}\r\n4,60\r\n`);
    if (result.accepted) throw new Error('was accepted');
    expect(result.errors).toHaveLength(51);
    expect(result.errors.at(-1)).toMatchObject({ part: 'data', line: 52, item: '請求金額' });
  });
});
