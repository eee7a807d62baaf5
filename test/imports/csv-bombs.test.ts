import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { deskSheetHeader, readDeskSheet } from '../../billing/desk-sheet.ts';
import { readOrderExport } from '../../billing/order-export.ts';
import { cagolabProfile } from '../../billing/order-profile.ts';
import { importColumns } from '../../imports/import-columns.ts';
import { readImportRows } from '../../imports/import-rows.ts';
import { readPaymentInquiry } from '../../psp/paygent/payment-inquiry.ts';
import { decodeResultFile } from '../../psp/paygent/result-file.ts';
import { header as orderHeader } from '../billing/order-rows.ts';

/** Files of one gigantic line, field or header: whoever reads them holds no more than a piece. */
const pieceBytes = 64 * 1024;
const pieces = 64;
/** A record of the longest length that is one, and its cells as text. */
const mostAtOnce = 8 * pieceBytes;

const readers: Record<string, (source: AsyncIterable<Uint8Array>) => AsyncIterable<unknown>> = {
  'order export': (source) => readOrderExport(source, cagolabProfile, { encoding: 'utf-8' }),
  customers: (source) => readImportRows(source, 'customers', 'utf-8'),
  cards: (source) => readImportRows(source, 'cards', 'utf-8'),
  'payments of 情報照会': (source) => readPaymentInquiry(source, 'utf-8'),
  'result file': (source) => decodeResultFile(source),
  'decisions of the desk': async function* (source) {
    yield await readDeskSheet(source, 'utf-8');
  },
};
const heads: Record<string, string> = {
  'order export': orderHeader,
  customers: importColumns.customers.join(','),
  cards: importColumns.cards.join(','),
  'payments of 情報照会': '決済ID,マーチャント取引ID,決済種別,決済ステータス,決済金額',
  'result file': '1,01,02,,10001,0',
  'decisions of the desk': deskSheetHeader.join(','),
};

async function* bomb(start: string, filling: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(start);
  const piece = Buffer.from(filling.repeat(pieceBytes / filling.length));
  for (let n = 0; n < pieces; n += 1) yield piece;
}

describe.each(Object.entries(readers))('%s', (what, read) => {
  const head = `${heads[what]}\r\n`;
  test.each([
    ['a field that never closes', `${head}"`, 'x'],
    ['a line that never ends', head, 'x'],
    ['a row of commas', head, ','],
    ['a row of quotes', head, '"'],
    ['a header of commas', '', ','],
    ['a header of quotes', '', '"'],
    ['empty lines', head, '\n'],
  ])('%s', async (_, start, filling) => {
    let largest = 0;
    try {
      for await (const given of read(bomb(start, filling))) {
        largest = Math.max(largest, JSON.stringify(given).length);
      }
    } catch (error) {
      expect(['UnusableFileError', 'WrongResultFileError']).toContain((error as Error).name);
    }
    expect(largest).toBeLessThan(mostAtOnce);
  });
});

describe.each(Object.entries(readers))('%s', (_, read) => {
  test('a packed file', async () => {
    // Ten megabytes of commas in ten kilobytes: read as the bytes that they are.
    const packed = gzipSync(Buffer.alloc(10 * 1024 * 1024, ','));
    let given = 0;
    const pieces = async function* () {
      yield packed;
    };
    try {
      for await (const piece of read(pieces())) given += JSON.stringify(piece).length;
    } catch (error) {
      expect(['UnusableFileError', 'WrongResultFileError']).toContain((error as Error).name);
    }
    expect(given).toBeLessThan(mostAtOnce);
  });
});

test('a sheet of broken rows is refused before they fill the memory', async () => {
  const broken = bomb(`${deskSheetHeader.join(',')}\r\n`, '"x\n\n');
  await expect(readDeskSheet(broken, 'utf-8')).rejects.toMatchObject({
    name: 'UnusableFileError',
    code: 'too_many_records',
  });
});
