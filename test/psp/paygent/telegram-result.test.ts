import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { paygentTelegramSchema } from '../../../billing/paygent-telegram.ts';
import { decodeResultFile } from '../../../psp/paygent/result-file.ts';
import {
  encodeResultHead,
  judgeResultHead,
  readResultHead,
  resultHeadLayout,
} from '../../../psp/paygent/telegram-result.ts';
import { fieldIndex } from '../../../psp/record-layout.ts';
import { golden } from './golden.ts';

const { codes } = paygentTelegramSchema.parse({ url: 'https://a.example/', connectId: 'c' });
const asked = { kind: 'authorization', merchantId: 'shop01', acceptanceNumber: '2881' } as const;
const judge = (line: string) => judgeResultHead(Buffer.from(line), asked, codes);

describe('the header of the answer to telegram 201', () => {
  test('has its verdict at the positions that public code reads', () => {
    const positions = ['recordId', 'result', 'responseCode', 'responseDetail'].map((id) =>
      fieldIndex(resultHeadLayout, id),
    );
    expect(positions).toEqual([0, 6, 7, 8]);
  });

  test('is read as it was written', () => {
    const text = fc.string({ unit: fc.constantFrom(...'aZ9-能表構髙﨑①'), maxLength: 12 });
    const head = fc.record({
      fileKind: fc.constantFrom('020', '021', ''),
      merchantId: text,
      acceptanceNumber: fc.stringMatching(/^[0-9A-Za-z-]{1,32}$/),
      records: fc.option(fc.nat({ max: 99_999 })),
      result: fc.stringMatching(/^[0-9A-Z]{1,2}$/),
      code: text,
      detail: text,
    });
    fc.assert(
      fc.property(head, (given) => {
        const written = encodeResultHead(given);
        expect(written.at(-1)).toBe(0x0a);
        expect(readResultHead(written.subarray(0, -1))).toEqual(given);
      }),
    );
  });

  test('is the header of a result file as well', async () => {
    const result = golden('authorization-result.csv');
    const end = result.indexOf('\n') + 1;
    const [, fileKind = '', merchantId = ''] = result.subarray(0, end).toString().split(',');
    const head = encodeResultHead({
      fileKind,
      merchantId: merchantId.trim(),
      acceptanceNumber: '2881',
      records: 3,
      result: '0',
      code: '',
      detail: '',
    });
    const kinds = async (bytes: Buffer) => {
      const source = (async function* () {
        yield bytes;
      })();
      const entries = [];
      for await (const entry of decodeResultFile(source)) entries.push(entry);
      return entries;
    };
    const told = Buffer.concat([head, result.subarray(end)]);
    expect(await kinds(told)).toEqual(await kinds(result));
  });

  test.each([
    ['completed', '1,020,shop01,2881,3,,0,,', { completed: true, records: 3 }],
    ['in hand', '1,020,shop01,2881,3,,1,SANDBOX-PROCESSING,', { completed: false, records: 3 }],
    [
      'completed, with blanks',
      '1,,,,,,0',
      { completed: true, records: null, acceptanceNumber: null },
    ],
  ])('finds a file: %s', (_what, line, said) => {
    expect(judge(line)).toMatchObject({ kind: 'found', ...said });
  });

  test('says that there is none only by a known code', () => {
    expect(judge('1,,,,,,1,SANDBOX-NOFILE,')).toEqual({ kind: 'absent' });
    expect(judge('1,,,,,,1,P999,ありません').kind).toBe('unclear');
    expect(judge('1,,,,,,0,SANDBOX-NOFILE,').kind).toBe('found');
  });

  test.each([
    ['another merchant', '1,020,shop02,2881,3,,0,,', 'マーチャントID'],
    ['another kind', '1,021,shop01,2881,3,,0,,', '取引種別'],
    ['another file', '1,020,shop01,2882,3,,0,,', '受付番号'],
    ['an unknown 処理結果', '1,020,shop01,2881,3,,9,,', '処理結果「9」'],
    ['no verdict', '1,020,shop01', 'ヘッダレコードではありません'],
    ['no header', '3,,12345', 'ヘッダレコードではありません'],
    ['a page', '<html>', 'ヘッダレコードではありません'],
    ['no text', '\x00', 'ヘッダレコードではありません'],
  ])('of %s is unclear', (_what, line, said) => {
    expect(judge(line)).toEqual({ kind: 'unclear', why: expect.stringContaining(said) });
    expect(judgeResultHead(null, asked, codes).kind).toBe('unclear');
  });
});
