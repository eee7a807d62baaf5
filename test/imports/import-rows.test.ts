import { describe, expect, test } from 'vitest';
import type { ImportKind } from '../../billing/file-import.ts';
import { detectEncoding } from '../../billing/text-encoding.ts';
import { writeFailedRows } from '../../imports/failed-rows.ts';
import { importColumns } from '../../imports/import-columns.ts';
import { checkImportHead } from '../../imports/import-head.ts';
import { readImportRows } from '../../imports/import-rows.ts';
import { collect, cp932, streamOf } from '../byte-source.ts';

const customerHeader = importColumns.customers.join(',');
const cardHeader = importColumns.cards.join(',');
const cardRow = 'YAMATO,US-00010000,111,VISA,,,,3012,key';

async function readRows(kind: ImportKind, content: string | Uint8Array) {
  const encoding = await detectEncoding(streamOf(content));
  return (await collect(readImportRows(streamOf(content, 5), kind, encoding))).flat();
}

/** The code of the refusal, by the whole reader and by the look at the head alone. */
async function refusals(kind: ImportKind, content: string | Uint8Array): Promise<unknown[]> {
  const codeOf = (error: { code?: unknown }) => error.code;
  const head = async () => {
    const checked = checkImportHead(kind);
    for await (const chunk of streamOf(content, 300)) checked.write(chunk);
    checked.end();
    return 'taken';
  };
  return [await readRows(kind, content).then(() => 'taken', codeOf), await head().catch(codeOf)];
}

describe('columns', () => {
  test('of customers are found by name, in any order, those of a report left out', async () => {
    const names = [...importColumns.customers].reverse();
    const header = ['行数', ...names, 'エラー内容'].join(',');
    const values = names.map((_, index) => `v${16 - index}`).join(',');
    const [row] = await readRows('customers', `${header}\n9,${values},x\n`);
    expect(row).toMatchObject({ record: 1, line: 2, cells: names.map((_, index) => `v${index}`) });
  });

  test('the apostrophe that keeps a spreadsheet from calculating is no part of a value', async () => {
    const values = importColumns.customers.map((_, index) => (index === 9 ? "'+81985" : "'x"));
    const [row] = await readRows('customers', `${customerHeader}\n${values.join(',')}\n`);
    expect(row).toMatchObject({ cells: values.map((value, at) => (at === 9 ? '+81985' : value)) });
  });

  test.each([
    ['with header', `${cardHeader}\n${cardRow}\n`, 2],
    ['with the name that the errors use', `決済代行会社名${cardHeader.slice(6)}\n${cardRow}\n`, 2],
    ['without header', `${cardRow}\n`, 1],
  ])('of cards go by position, %s', async (_, content, line) => {
    expect(await readRows('cards', content)).toMatchObject([
      { record: 1, line, cells: cardRow.split(',') },
    ]);
  });

  test('of cards may end before the key, with and without header', async () => {
    const short = 'GMO,US-00010000,111,VISA,,,0,3012';
    const header = importColumns.cards.slice(0, 8).join(',');
    for (const content of [short, `${header}\n${short}`]) {
      expect(await readRows('cards', content)).toMatchObject([
        { cells: [...short.split(','), ''] },
      ]);
    }
  });

  test.each<[ImportKind, string, string]>([
    ['customers', '', 'empty'],
    ['cards', '\n\n', 'empty'],
    ['customers', `${customerHeader.slice(0, -7)}\n1`, 'wrong_columns'],
    ['customers', '1001,,花子\n', 'wrong_columns'],
    ['customers', `${customerHeader},備考\n`, 'wrong_columns'],
    ['customers', `${customerHeader},顧客番号\n`, 'ambiguous_column'],
    ['customers', `${cardHeader}\n`, 'wrong_columns'],
    ['cards', `${customerHeader}\n`, 'wrong_columns'],
    ['cards', 'a,b,c\n', 'wrong_columns'],
    ['cards', `${cardHeader.replace('連番物理,有効期限', '有効期限,連番物理')}\n`, 'wrong_columns'],
    ['cards', '"GMO\n', 'not_csv'],
  ])('%s: %j is refused as %s', async (kind, content, code) => {
    expect(await refusals(kind, content)).toEqual([code, code]);
  });

  test('a row of the file’s data is not repeated in a refusal', async () => {
    const said = await readRows('customers', `${customerHeader},山田花子\n`).catch(
      (error: { ja: string; message: string }) => error.ja + error.message,
    );
    expect(said).toContain('18');
    expect(said).not.toContain('山田');
  });
});

test.each<[string, Uint8Array, string]>([
  ['a workbook', Buffer.from('504b0304140006000800', 'hex'), 'not_csv'],
  ['an old workbook', Buffer.from(`d0cf11e0a1b11ae1${'00'.repeat(600)}`, 'hex'), 'wrong_encoding'],
  ['UTF-16', Buffer.from(`\ufeff${customerHeader}\n`, 'utf16le'), 'wrong_encoding'],
])('%s is refused before it is kept', async (_, bytes, code) => {
  expect((await refusals('customers', bytes))[1]).toBe(code);
  expect((await refusals('cards', bytes))[1]).toBe(code);
});

test('a line without end is refused after its first 64 KB', () => {
  const head = checkImportHead('customers');
  const piece = Buffer.alloc(16_384, 'a');
  let written = 0;
  const write = () => {
    for (; written < 200; written += 1) head.write(piece);
  };
  expect(write).toThrow(expect.objectContaining({ code: 'not_csv' }));
  expect(written).toBeLessThan(8);
});

test('行数 is the physical line; a row that cannot be read stops nothing', async () => {
  const cells = Array.from({ length: 17 }, (_, index) => String(index)).join(',');
  const content = Buffer.concat([
    cp932(`${customerHeader}\r\n${cells.replace('8', '"a\r\nb"')}\r\n1,2\r\n`),
    Buffer.from([0x81, 0x20]),
    cp932(`${cells.slice(1)}\r\n\r\n${cells}\r\n`),
  ]);
  const rows = await readRows('customers', content);
  expect(rows.map(({ record, line, kind }) => [record, line, kind])).toEqual([
    [1, 2, 'cells'],
    [2, 4, 'unreadable'],
    [3, 5, 'unreadable'],
    [4, 7, 'cells'],
  ]);
});

describe('the file of failed rows', () => {
  async function* failures(records: readonly number[]) {
    for (const record of records) yield { record, errors: ['【性別】は存在しません', '二つ目'] };
  }
  const row = (number: string, phone = '0985000000') =>
    importColumns.customers
      .map((name) => (name === '顧客番号' ? number : name === '電話番号' ? phone : ''))
      .join(',');
  const write = async (content: string | Uint8Array, records: readonly number[]) => {
    const encoding = await detectEncoding(streamOf(content));
    const rows = readImportRows(streamOf(content), 'customers', encoding);
    return Buffer.concat(
      await collect(writeFailedRows('customers', rows, failures(records), encoding)),
    );
  };

  test('has the failed rows alone, in the encoding of the file, with 行数 and every error', async () => {
    const content = cp932(`${customerHeader}\r\n${row('1')}\r\n${row('2')}\r\n${row('3')}\r\n`);
    const text = new TextDecoder('shift_jis').decode(await write(content, [2]));
    expect(text.split('\r\n')).toEqual([
      `${customerHeader},行数,エラー内容`,
      `${row('2')},3,【性別】は存在しません / 二つ目`,
      '',
    ]);
  });

  test('is safe in a spreadsheet and reads back as it was', async () => {
    const content = `${customerHeader}\r\n${row('=1', '+81985')}\r\n${row('-2')}\r\n`;
    const failed = await write(content, [1, 2]);
    expect(failed.toString()).toContain("'+81985");
    const again = await readRows('customers', failed);
    const before = await readRows('customers', content);
    expect(again).toEqual(before);
  });

  test('keeps what could be read of a broken row under the right names', async () => {
    const names = [...importColumns.customers].reverse();
    const cells = names.map((name) => (name === '電話番号' ? '+81985' : `v-${name}`));
    const broken = Buffer.concat([
      Buffer.from(`${names.join(',')}\r\n`),
      Buffer.from([0x81, 0x20]),
      Buffer.from(`${cells.join(',')}\r\n`),
    ]);
    const failed = (await write(broken, [1])).toString().split('\r\n');
    const shown = importColumns.customers.map((name) =>
      name === '電話番号' ? "'+81985" : name === '顧客タイプ' ? '' : `v-${name}`,
    );
    expect(failed[1]).toBe([...shown, '2', '【性別】は存在しません / 二つ目'].join(','));
    const [again] = await readRows('customers', failed.join('\r\n'));
    expect(again).toMatchObject({ cells: expect.arrayContaining(['+81985']) });
  });
});
