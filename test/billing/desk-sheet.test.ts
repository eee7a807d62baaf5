import fc from 'fast-check';
import iconv from 'iconv-lite';
import { describe, expect, test } from 'vitest';
import { splitCsvFields } from '../../billing/csv-records.ts';
import { csvStart, encodeCsv, writeCsv } from '../../billing/csv-writer.ts';
import {
  describeSheetProblems,
  deskSheetHeader,
  deskSheetRecord,
  judgeSheet,
  readDeskSheet,
} from '../../billing/desk-sheet.ts';
import type { DeskItem } from '../../billing/reconciliation-desk.ts';
import { detectEncoding, type TextEncoding } from '../../billing/text-encoding.ts';

function makeItem(line: number, orderNumber: string, amountYen = 7988): DeskItem {
  return {
    item: `line.2026-11.auth.1.${line}`,
    kind: 'unknown',
    month: '2026-11',
    exchange: { billingMonth: '2026-11', kind: 'auth', number: 1 },
    line,
    resultLine: line,
    round: 1,
    slot: 'authorization',
    orderNumber,
    customerNumber: '11',
    previousOrderNumber: '0801',
    amountYen,
    responseCode: null,
    responseDetail: null,
    reasons: [],
    recorded: null,
    received: null,
    knownIn: null,
    open: true,
    inquiry: null,
  };
}

const columnOf = (name: (typeof deskSheetHeader)[number]) => deskSheetHeader.indexOf(name);

/** Fills in 判断 and 理由 as an operator does, and damages what `damage` says. */
function fill(item: DeskItem, word: string, reason: string, damage: Record<number, string> = {}) {
  return deskSheetRecord(item).map((value, at) => {
    if (at === columnOf('判断')) return word;
    if (at === columnOf('理由')) return reason;
    return damage[at] ?? value;
  });
}

async function* once(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function readBack(
  records: readonly (readonly (string | number | null)[])[],
  encoding: TextEncoding,
) {
  const text = writeCsv([[...deskSheetHeader], ...records]);
  const bytes = Buffer.concat([csvStart(encoding), encodeCsv(text, encoding)]);
  expect(await detectEncoding(once(bytes))).toBe(encoding);
  return await readDeskSheet(once(bytes), encoding);
}

const none = new Map();

describe('a sheet of the reconciliation desk', () => {
  test.each(['utf-8', 'cp932'] as const)('comes back as it left, in %s', async (encoding) => {
    const items = [makeItem(2, '0901'), makeItem(3, '0902'), makeItem(4, '0903')];
    const [first, second, third] = items as [DeskItem, DeskItem, DeskItem];
    const found = new Map(items.map((item) => [item.item, item]));
    const sheet = await readBack(
      [
        fill(first, 'オーソリＯＫ', '髙橋が確認'),
        fill(second, '', ''),
        fill(third, 'declined', ''),
      ],
      encoding,
    );
    expect(sheet).toMatchObject({ undecided: 1, problems: [] });
    const { accepted, problems } = judgeSheet(sheet, found, none, '一括');
    expect(problems).toEqual([]);
    expect(accepted.map(({ choice }) => choice)).toEqual([
      { item: first.item, action: 'ok', reason: '髙橋が確認' },
      { item: third.item, action: 'declined', reason: '一括' },
    ]);
  });

  test('an order number of any shape is recognized again, and runs in no spreadsheet', async () => {
    const orders = fc.string({
      minLength: 1,
      maxLength: 20,
      unit: fc.constantFrom(...`09A'"=+-@,;. 　`),
    });
    await fc.assert(
      fc.asyncProperty(orders, async (orderNumber) => {
        const item = makeItem(2, orderNumber);
        const written = splitCsvFields(writeCsv([deskSheetRecord(item)]).trimEnd());
        expect(written.filter((field) => /^[=+@-]/.test(field))).toEqual([]);
        const sheet = await readBack([fill(item, 'オーソリOK', '確認')], 'utf-8');
        expect(judgeSheet(sheet, new Map([[item.item, item]]), none, null).problems).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  test('says line by line what a spreadsheet or a hand has damaged', async () => {
    const items = Array.from({ length: 9 }, (_, at) => makeItem(at + 2, `090${at}`));
    const found = new Map(items.map((item) => [item.item, item]));
    const [a, b, c, d, e, f, g, h, i] = items as [
      DeskItem,
      DeskItem,
      DeskItem,
      DeskItem,
      DeskItem,
      DeskItem,
      DeskItem,
      DeskItem,
      DeskItem,
    ];
    found.set(h.item, { ...h, open: false });
    const order = columnOf('注文番号');
    const sheet = await readBack(
      [
        fill(a, 'オーソリOK', '確認', { [order]: '900' }),
        fill(b, 'オーソリOK', '確認', { [order]: '9.01E+02' }),
        fill(c, 'オーソリOK', '確認', { [order]: '1234' }),
        fill(d, 'オーソリOK', '確認', { [columnOf('請求金額')]: '1' }),
        fill(e, 'たぶんOK', '確認'),
        fill(f, 'オーソリOK', ''),
        fill(g, '売上済', '確認'),
        fill(h, 'オーソリOK', '確認'),
        fill(i, 'オーソリOK', '確認', { 0: 'line.2026-11.auth.2.2' }),
        fill(i, 'オーソリOK', 'あ'.repeat(501)),
        fill(i, 'オーソリOK', '確認', { [columnOf('請求金額')]: '7,988 円' }),
      ],
      'utf-8',
    );
    const { accepted, problems } = judgeSheet(sheet, found, none, null);
    expect(problems.map(({ line, code }) => [line, code])).toEqual([
      [2, 'leading_zeros_lost'],
      [3, 'leading_zeros_lost'],
      [4, 'other_order'],
      [5, 'amount_changed'],
      [6, 'unknown_word'],
      [7, 'reason_missing'],
      [8, 'refused'],
      [9, 'refused'],
      [10, 'unknown_item'],
      [11, 'reason_too_long'],
    ]);
    expect(accepted.map(({ item }) => item.orderNumber)).toEqual(['0908']);
    expect(describeSheetProblems(problems)).toContain(
      '2 行目: 注文番号 0900 が 900 になっています',
    );
  });

  test('is refused when it is none, and broken rows are named', async () => {
    const other = Buffer.from('注文番号,金額\r\n1,2\r\n', 'utf8');
    await expect(readDeskSheet(once(other), 'utf-8')).rejects.toMatchObject({
      code: 'wrong_columns',
    });
    await expect(readDeskSheet(once(Buffer.alloc(0)), 'utf-8')).rejects.toMatchObject({
      code: 'wrong_columns',
    });
    const broken = Buffer.concat([
      iconv.encode(`${deskSheetHeader.join(',')}\r\n`, 'cp932'),
      Buffer.from([0x81, 0x20, 0x0d, 0x0a]),
    ]);
    const { problems } = await readDeskSheet(once(broken), 'cp932');
    expect(problems).toMatchObject([{ line: 2, code: 'unreadable_row' }]);
  });
});
