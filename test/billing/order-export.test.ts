import { describe, expect, it } from 'vitest';
import { findDoubledOrders, type OrderRow, readOrderExport } from '../../billing/order-export.ts';
import { cagolabProfile, type OrderProfile } from '../../billing/order-profile.ts';
import type { TextEncoding } from '../../billing/text-encoding.ts';
import { collect, cp932, streamOf } from '../byte-source.ts';
import { header, orderLine } from './order-rows.ts';

async function read(
  content: Uint8Array | string,
  encoding: TextEncoding = 'utf-8',
  profile: OrderProfile = cagolabProfile,
): Promise<OrderRow[]> {
  const { doubled } = await findDoubledOrders(streamOf(content, 50), profile, { encoding });
  return collect(readOrderExport(streamOf(content, 50), profile, { encoding, doubled }));
}

const file = (...lines: string[]): string => `${[header, ...lines].join('\r\n')}\r\n`;

describe('reading an order export', () => {
  it('reads every column', async () => {
    const line = orderLine({
      全商品発送日: '2026/11/03',
      購入金額: '"7,988 円"',
      対応状況: '定期 配送中',
    });
    expect(await read(file(line))).toEqual([
      {
        kind: 'order',
        order: {
          record: 1,
          line: 2,
          orderNumber: '338',
          customerNumber: '285',
          orderedAt: '2026-11-04T05:06:00.000Z',
          paymentMethod: 'クレジットカード',
          cycleCount: 3,
          previousOrderNumber: '200',
          amountYen: 7988,
          shipment: { kind: 'shipped', on: '2026-11-03' },
          status: '定期配送中',
          customerName: '髙橋 能子',
          email: 'a@example.jp',
          phone: '0300000000',
        },
      },
    ]);
  });

  it('reads CP932, UTF-8 with and without a mark, CRLF, LF and CR alike', async () => {
    const text = file(
      orderLine({ 顧客名: '"﨑山, ""①㈱""\n能子 ｶﾅ"' }),
      orderLine({ 注文番号: '9' }),
    );
    const expected = await read(text);
    expect(expected.map((row) => row.kind)).toEqual(['order', 'order']);
    expect(await read(cp932(text), 'cp932')).toEqual(expected);
    expect(await read(`\ufeff${text}`)).toEqual(expected);
    expect(await read(text.replaceAll('\r\n', '\n'))).toEqual(expected);
    expect(await read(text.replaceAll('\r\n', '\r'))).toEqual(expected);
  });

  it('finds columns by name, in any order, and ignores others', async () => {
    const names = header.split(',').reverse();
    const cells = orderLine().split(',').reverse();
    const text = `備考,${names.join(',')},備考\nx,${cells.join(',')},y\n`;
    expect(await read(text)).toEqual(await read(file(orderLine())));
  });

  it('reads an optional column that is missing as blank', async () => {
    const { phone } = cagolabProfile.columns;
    const columns = { ...cagolabProfile.columns, phone: { ...phone, required: false } };
    const text = file(orderLine()).replace(',電話番号', '').replace(',0300000000', '');
    const [row] = await read(text, 'utf-8', { ...cagolabProfile, columns });
    expect(row).toMatchObject({ kind: 'order', order: { phone: '' } });
  });

  it('knows records and physical lines behind quoted line breaks and blank lines', async () => {
    const text = file(
      orderLine({ 注文番号: '1', 顧客名: '"a\nb\r\nc"' }),
      '',
      orderLine({ 注文番号: '2', 購入金額: 'abc' }),
    );
    expect(await read(text)).toMatchObject([
      { kind: 'order', order: { record: 1, line: 2 } },
      {
        kind: 'quarantined',
        record: 2,
        line: 6,
        column: '購入金額',
        value: 'abc',
        orderNumber: '2',
      },
    ]);
  });

  it.each([
    ['未発送', { kind: 'unshipped' }],
    ['未 発送', { kind: 'unshipped' }],
    ['', { kind: 'unknown' }],
    ['2026-11-03', { kind: 'shipped', on: '2026-11-03' }],
    ['2026/11/3 10:20', { kind: 'shipped', on: '2026-11-03' }],
  ])('reads 全商品発送日 %j', async (text, shipment) => {
    const [row] = await read(file(orderLine({ 全商品発送日: text })));
    expect(row).toMatchObject({ kind: 'order', order: { shipment } });
  });
});

describe('a file of more records than allowed', () => {
  it('is refused whole; one that just fits is read', async () => {
    const content = file(orderLine({}), orderLine({ 注文番号: '2' }));
    const readUpTo = (maxRecords: number) =>
      collect(
        readOrderExport(streamOf(content, 50), cagolabProfile, { encoding: 'utf-8', maxRecords }),
      );
    expect(await readUpTo(2)).toHaveLength(2);
    await expect(readUpTo(1)).rejects.toMatchObject({
      name: 'UnusableFileError',
      code: 'too_many_records',
    });
  });
});

describe('a row that cannot be read', () => {
  it('is one with a NUL, which no database keeps', async () => {
    // Far from the start, where a NUL would tell a file that is no text.
    const sound = Array.from({ length: 50 }, (_, n) => orderLine({ 注文番号: String(n + 1) }));
    const rows = await read(file(...sound, orderLine({ 注文番号: '99', 顧客名: '山\0田' })));
    expect(rows.filter((row) => row.kind === 'quarantined')).toMatchObject([
      {
        record: 51,
        column: '顧客名',
        value: '0x00 0xE7 0x94 0xB0',
        reason: { code: 'invalid_bytes' },
      },
    ]);
  });

  it.each([
    ['購入金額', { 購入金額: '' }, 'amount_empty'],
    ['購入金額', { 購入金額: '-300' }, 'amount_unreadable'],
    ['注文番号', { 注文番号: ' ' }, 'order_number_empty'],
    ['定期回数', { 定期回数: '二回' }, 'cycle_count_unreadable'],
    ['定期回数', { 定期回数: '-1' }, 'cycle_count_unreadable'],
    ['全商品発送日', { 全商品発送日: '近日' }, 'shipment_unreadable'],
    ['全商品発送日', { 全商品発送日: '2026/02/30' }, 'shipment_unreadable'],
    ['受注日時', { 受注日時: '2026/11/04 25:00' }, 'ordered_at_unreadable'],
  ])('is quarantined for %s %j', async (column, cells, code) => {
    const rows = await read(file(orderLine(cells), orderLine({ 注文番号: '9' })));
    expect(rows).toMatchObject([
      { kind: 'quarantined', record: 1, line: 2, column, reason: { code } },
      { kind: 'order' },
    ]);
    const [row] = rows;
    if (row?.kind !== 'quarantined') throw new Error('not quarantined');
    expect(row.reason.ja).toMatch(/[ぁ-んァ-ヶ一-龠]/);
    expect(row.reason.en).toMatch(/^[\x20-\x7e]+$/);
  });

  it('is quarantined for its amount even when it would not be billed', async () => {
    const [row] = await read(file(orderLine({ 購入金額: 'abc', 支払方法: '代金引換' })));
    expect(row).toMatchObject({ kind: 'quarantined', column: '購入金額' });
  });

  it('is quarantined, both times, when its order number stands there twice', async () => {
    const rows = await read(
      file(orderLine(), orderLine({ 注文番号: '9' }), orderLine({ 支払方法: '代金引換' })),
    );
    expect(rows).toMatchObject([
      { kind: 'quarantined', column: '注文番号', reason: { code: 'order_number_doubled' } },
      { kind: 'order' },
      { kind: 'quarantined', column: '注文番号', reason: { code: 'order_number_doubled' } },
    ]);
  });

  it('counts as a double also when it cannot be read itself', async () => {
    const rows = await read(file(orderLine(), orderLine({ 購入金額: 'abc' })));
    expect(rows.map((row) => row.kind)).toEqual(['quarantined', 'quarantined']);
  });

  it('is quarantined alone for bytes that are not valid', async () => {
    const bad = Buffer.concat([
      cp932(`${header}\r\n${orderLine({ 注文番号: '1' })}\r\n2026/11/04,2,285,能`),
      Buffer.from([0x81, 0x20, 0xff]),
      cp932(
        `,a@example.jp,03,クレジットカード,3,200,500,,定期配送中\r\n${orderLine({ 注文番号: '3' })}\r\n`,
      ),
    ]);
    const rows = await read(bad, 'cp932');
    expect(rows).toMatchObject([
      { kind: 'order' },
      {
        kind: 'quarantined',
        record: 2,
        line: 3,
        column: '顧客名',
        value: '0x81 0x20 0xFF',
        orderNumber: '2',
        reason: { code: 'invalid_bytes' },
      },
      { kind: 'order' },
    ]);
    expect(JSON.stringify(rows)).not.toContain('\ufffd');
  });

  it('is quarantined for too few and too many columns', async () => {
    const rows = await read(file('1,2,3', `${orderLine()},x`, orderLine({ 注文番号: '9' })));
    expect(rows).toMatchObject([
      { kind: 'quarantined', column: null, value: '3', reason: { code: 'too_few_columns' } },
      { kind: 'quarantined', column: null, value: '13', reason: { code: 'too_many_columns' } },
      { kind: 'order' },
    ]);
  });

  it('does not take the rows behind an unclosed quote with it', async () => {
    const rows = await read(
      file(
        orderLine({ 注文番号: '1', 顧客名: '"髙橋' }),
        orderLine({ 注文番号: '2' }),
        orderLine({ 注文番号: '3', 顧客名: '"髙橋, 能子"' }),
      ),
    );
    expect(rows).toMatchObject([
      { kind: 'quarantined', record: 1, line: 2, reason: { code: 'malformed_quotes' } },
      { kind: 'order', order: { orderNumber: '2' } },
      { kind: 'order', order: { orderNumber: '3' } },
    ]);
  });

  it('is counted: every record ends as order or quarantined', async () => {
    const content = file(orderLine(), 'x', orderLine({ 注文番号: '2' }), '"', orderLine());
    const { records } = await findDoubledOrders(streamOf(content), cagolabProfile, {
      encoding: 'utf-8',
    });
    expect((await read(content)).length).toBe(records);
    expect(records).toBe(5);
  });
});

describe('a file that cannot be used', () => {
  const refused = async (content: Uint8Array | string, encoding?: TextEncoding): Promise<unknown> =>
    read(content, encoding).then(
      () => 'was read',
      (error) => error,
    );

  it('is refused with the names of all missing columns', async () => {
    const text = file(orderLine()).replace('購入金額', '金額').replace('顧客番号', '会員');
    expect(await refused(text)).toMatchObject({
      name: 'UnusableFileError',
      code: 'missing_column',
      message: expect.stringContaining('顧客番号, 購入金額'),
    });
  });

  it('is refused when a column it needs stands there twice', async () => {
    const twice = `${header},購入金額\n${orderLine()},5\n`;
    expect(await refused(twice)).toMatchObject({ code: 'ambiguous_column' });
  });

  it('is refused in the wrong encoding', async () => {
    const text = file(orderLine());
    expect(await refused(cp932(text), 'utf-8')).toMatchObject({ code: 'wrong_encoding' });
    expect(await refused(text, 'cp932')).toMatchObject({ code: 'wrong_encoding' });
  });

  it('is refused when empty or no CSV', async () => {
    expect(await refused('')).toMatchObject({ code: 'empty' });
    expect(await refused('\r\n\r\n')).toMatchObject({ code: 'empty' });
    expect(await refused('<!DOCTYPE html>\n<p>ログイン</p>')).toMatchObject({ code: 'not_csv' });
    expect(await refused('"注文番号')).toMatchObject({ code: 'not_csv' });
    expect(await refused('x'.repeat(200_000))).toMatchObject({ code: 'not_csv' });
  });
});
