import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { absenceCountsFrom } from '../../billing/exchange.ts';
import { findSentFileDifference, guideHandOver } from '../../billing/hand-over.ts';

const bytes = (...lines: string[]) => Buffer.from(lines.map((line) => `${line}\r\n`).join(''));
const file = bytes('1,020,10001', '3,,338,,11246,,,10,,,,200,,285,', '4,1');
const differenceTo = (text: string) => findSentFileDifference(file, Buffer.from(text));

test('the guide names the one 取引種別 of a file and how 020 loses its 0', () => {
  expect(guideHandOver('auth')).toMatchObject({ transactionKind: 'オーソリ' });
  expect(guideHandOver('capture')?.caution).toContain('「売上」');
  expect(guideHandOver('retry')?.formatErrorHint).toContain('020');
  expect(guideHandOver('refresh')).toBeNull();
});

test('an absence says something 25 minutes after the upload was said to be unclear', () => {
  expect(absenceCountsFrom('2026-11-20T01:00:00.000Z')).toBe('2026-11-20T01:25:00.000Z');
});

describe('a file that was sent', () => {
  test('unchanged has no difference', () => {
    expect(findSentFileDifference(file, Buffer.from(file))).toBeNull();
  });

  test.each([
    [
      'as a spreadsheet saves it',
      file.toString().replace('1,020', '1,20'),
      { line: 1, column: 'B', part: 'header', expected: '020', sent: '20' },
      '先頭の 0 が消えています',
    ],
    [
      'with another amount',
      file.toString().replace('11246', '11264'),
      { line: 2, column: 'E', part: 'data', expected: '11246', sent: '11264' },
      '2 行目 E 列',
    ],
    [
      'with a column more',
      file.toString().replace('4,1', '4,1,'),
      { line: 3, column: 'C', part: 'trailer', expected: null, sent: '' },
      '3 行目 C 列',
    ],
    [
      'without its trailer',
      file.toString().replace('4,1\r\n', ''),
      { line: 3, column: null, part: 'trailer', sent: '' },
      '3 行目がありません',
    ],
    [
      'with a line behind the trailer',
      `${file}4,2\r\n`,
      { line: 4, column: null, expected: '' },
      '余分な行',
    ],
    [
      'with other line breaks',
      file.toString().replaceAll('\r\n', '\n'),
      { line: 1, column: null, part: 'header' },
      '改行コード',
    ],
  ])('%s is told by line and column', (_name, sent, difference, sentence) => {
    const found = differenceTo(sent);
    expect(found).toMatchObject(difference);
    expect(found?.ja).toContain(sentence);
  });

  test('any change of any byte is found', () => {
    const changed = fc.tuple(fc.nat({ max: file.length - 1 }), fc.integer({ min: 1, max: 255 }));
    fc.assert(
      fc.property(changed, ([at, by]) => {
        const sent = Buffer.from(file);
        sent[at] = ((sent[at] ?? 0) + by) % 256;
        const found = findSentFileDifference(file, sent);
        expect(found?.line).toBeGreaterThan(0);
        expect(found?.ja).not.toBe('');
      }),
    );
  });
});
