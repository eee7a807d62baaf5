import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { header, orderLine } from '../../billing/order-rows.ts';
import { cp932 } from '../../byte-source.ts';
import { cardLikeNumber } from '../../db/card-like-number.ts';
import { type Finished, fixture, runCommand, withFolder } from './run-command.ts';

interface Report {
  readonly orders: number;
  readonly selected: number;
  readonly excluded: Record<string, number>;
  readonly quarantined: {
    readonly record: number;
    readonly line: number;
    readonly column: string | null;
    readonly orderNumber: string | null;
    readonly reason: string;
    readonly reasonCode: string;
  }[];
  readonly amountYen: number;
  readonly files: { name: string; records: number; amountYen: number; sha256: string }[];
  readonly movedAside: string[];
}

const runOn = (orders: string, out: string, ...more: string[]): Promise<Finished> =>
  runCommand(
    ['paygent', 'auth-file', '--orders', orders, '--merchant-id', '12345', '--out', out].concat(
      more,
    ),
  );

async function reportOf(orders: string, out: string, ...more: string[]): Promise<Report> {
  const { exitCode, stdout, stderr } = await runOn(orders, out, '--json', ...more);
  expect(stderr).toBe('');
  expect(exitCode).toBe(0);
  return JSON.parse(stdout) as Report;
}

async function writeOrders(folder: string, content: Uint8Array | string): Promise<string> {
  const path = join(folder, 'orders.csv');
  await writeFile(path, content);
  return path;
}

const lines = (...rows: string[]): string => `${[header, ...rows].join('\r\n')}\r\n`;

const examples = [
  fixture('orders/orders-2026-11.csv'),
  '/work/shared/examples/orders-2026-11.csv',
].filter((path) => existsSync(path));

describe.each(examples)('auth-file on %s', (path) => {
  it('gives what is expected, to every data line', async () => {
    const expected = JSON.parse(await readFile(path.replace('.csv', '.expected.json'), 'utf8'));
    await withFolder(async (folder) => {
      const out = join(folder, 'new', 'out');
      const report = await reportOf(path, out);
      const { orders, selected, excluded, amountYen } = expected;
      expect(report).toMatchObject({ orders, selected, excluded, amountYen, movedAside: [] });
      expect(Object.keys(report.excluded).sort()).toEqual(Object.keys(excluded).sort());
      const quarantined = report.quarantined.map(({ record, orderNumber, column }) => ({
        record,
        orderNumber,
        column,
      }));
      expect(quarantined).toEqual(expected.quarantined);
      for (const row of report.quarantined) expect(row.reason).toMatch(/[ぁ-ん]/);
      expect(report.quarantined.slice(0, 3).map((row) => row.line)).toEqual([2, 41, 55]);

      const bytes = await readFile(join(out, 'auth-001.csv'));
      const wanted = ['1,020,12345', ...expected.lines, `4,${selected}`, ''].join('\r\n');
      expect(bytes.toString('latin1')).toBe(wanted);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      expect(report.files).toEqual([
        { name: 'auth-001.csv', records: selected, amountYen, sha256 },
      ]);
      expect(await readdir(out)).toEqual(['auth-001.csv']);
    });
  });

  it('gives the same in UTF-8, with and without a mark, and with LF', async () => {
    const text = new TextDecoder('shift_jis').decode(await readFile(path));
    await withFolder(async (folder) => {
      const original = await reportOf(path, join(folder, 'a'));
      for (const changed of [text, `\ufeff${text}`, text.replaceAll('\r\n', '\n')]) {
        const orders = await writeOrders(folder, changed);
        expect(await reportOf(orders, join(folder, 'b'))).toEqual(original);
      }
    });
  });
});

describe('auth-file', () => {
  const example = fixture('orders/orders-2026-11.csv');

  it('splits at --max-records', async () => {
    await withFolder(async (out) => {
      const report = await reportOf(example, out, '--max-records', '100');
      expect(report.files.map(({ name, records }) => [name, records])).toEqual([
        ['auth-001.csv', 100],
        ['auth-002.csv', 100],
        ['auth-003.csv', 100],
        ['auth-004.csv', 26],
      ]);
      expect(report.files.reduce((sum, file) => sum + file.amountYen, 0)).toBe(report.amountYen);
    });
  });

  it('moves files of an earlier run aside, so that none is uploaded by mistake', async () => {
    await withFolder(async (out) => {
      const before = await reportOf(example, out, '--max-records', '200');
      const [first, second] = before.files;
      const after = await reportOf(example, out);
      expect(after.movedAside).toEqual([
        `auth-001.csv.old-${first?.sha256.slice(0, 8)}`,
        `auth-002.csv.old-${second?.sha256.slice(0, 8)}`,
      ]);
      expect((await readdir(out)).sort()).toEqual(['auth-001.csv', ...after.movedAside]);
      expect((await reportOf(example, out)).movedAside).toEqual([]);
    });
  });

  it('prints for people what it prints as JSON', async () => {
    await withFolder(async (out) => {
      const { exitCode, stdout } = await runOn(example, out);
      expect(exitCode).toBe(0);
      for (const text of [
        '368 件',
        '326 件  3,314,934 円',
        '初回の注文  8 件',
        '1 件目 (2 行目)',
      ]) {
        expect(stdout).toContain(text);
      }
    });
  });

  it('writes no file when nobody is billed, and says so', async () => {
    await withFolder(async (folder) => {
      const orders = await writeOrders(folder, lines(orderLine({ 支払方法: '代金引換' })));
      const out = join(folder, 'out');
      const { exitCode, stdout } = await runOn(orders, out);
      expect(exitCode).toBe(0);
      expect(stdout).toContain('オーソリファイルは作成しませんでした');
      expect(existsSync(out)).toBe(false);
      expect(await reportOf(orders, out)).toMatchObject({ orders: 1, selected: 0, files: [] });
      expect(await reportOf(await writeOrders(folder, lines()), out)).toMatchObject({ orders: 0 });
    });
  });

  it('quarantines orders that do not fit the layout and bills the others', async () => {
    await withFolder(async (folder) => {
      const rows = [
        orderLine({ 注文番号: '"1,2"' }),
        orderLine({ 注文番号: '2', 顧客番号: '顧客2' }),
        orderLine({ 注文番号: '3', 直前回注文番号: 'A'.repeat(26) }),
        orderLine({ 注文番号: '4', 顧客番号: '' }),
        orderLine({ 注文番号: '5' }),
      ];
      const report = await reportOf(await writeOrders(folder, lines(...rows)), join(folder, 'out'));
      expect(report).toMatchObject({ orders: 5, selected: 1, amountYen: 11_246 });
      const places = report.quarantined.map(({ record, line, column }) => [record, line, column]);
      expect(places).toEqual([
        [1, 2, '注文番号'],
        [2, 3, '顧客番号'],
        [3, 4, '直前回注文番号'],
        [4, 5, '顧客番号'],
      ]);
    });
  });

  it('counts every row exactly once, whatever is wrong with it', async () => {
    await withFolder(async (folder) => {
      const rows = [
        orderLine({ 注文番号: '1' }),
        orderLine({ 注文番号: '1' }),
        orderLine({ 注文番号: '2', 顧客名: '"髙橋' }),
        'x,y',
        orderLine({ 注文番号: '3', 対応状況: '謎' }),
        orderLine({ 注文番号: '4', 対応状況: 'キャン セル' }),
        orderLine({ 注文番号: '5', 顧客名: '"髙橋\n能子"' }),
      ];
      const report = await reportOf(await writeOrders(folder, lines(...rows)), join(folder, 'out'));
      expect(report.quarantined.map((row) => row.reasonCode)).toEqual([
        'order_number_doubled',
        'order_number_doubled',
        'malformed_quotes',
        'too_few_columns',
        'unknown_status',
      ]);
      expect(report).toMatchObject({ orders: 7, selected: 1, excluded: { cancelled: 1 } });
    });
  });

  describe('refuses with one line and exit code 2, and writes nothing', () => {
    const good = lines(orderLine());
    it.each<[string, Uint8Array | string, string[], string]>([
      ['a missing column', good.replace('購入金額', '金額'), [], '購入金額'],
      ['an empty file', '', [], 'empty'],
      ['a file that is no CSV', '<html>\n</html>\n', [], 'not a CSV'],
      ['a workbook', Buffer.from('PK\x03\x04xxxx'), [], 'Excel'],
      ['UTF-16', Buffer.from(`\ufeff${good}`, 'utf16le'), [], 'neither CP932'],
      ['CP932 read as UTF-8', cp932(good), ['--encoding', 'utf-8'], 'try cp932'],
      ['UTF-8 read as CP932', good, ['--encoding', 'cp932'], 'try utf-8'],
      ['an unknown encoding', good, ['--encoding', 'euc-jp'], '--encoding'],
      ['no number of records', good, ['--max-records', '0'], '--max-records'],
      ['a bad width', good, ['--width', '13'], '--width'],
      ['an unknown option', good, ['--bogus'], '--bogus'],
      ['a merchant ID with a comma', good, ['--merchant-id', '1,2'], 'merchant ID'],
    ])('%s', async (_name, content, more, text) => {
      await withFolder(async (folder) => {
        const out = join(folder, 'out');
        const finished = await runOn(await writeOrders(folder, content), out, ...more);
        expect(finished).toMatchObject({ exitCode: 2, stdout: '' });
        expect(finished.stderr.trimEnd().split('\n')).toHaveLength(1);
        expect(finished.stderr).toContain(text);
        expect(existsSync(out)).toBe(false);
      });
    });

    it('a card number anywhere, without repeating it', async () => {
      const card = cardLikeNumber();
      await withFolder(async (folder) => {
        const rows = lines(orderLine({ 注文番号: card }), orderLine({ 顧客名: `髙橋 ${card}` }));
        const finished = await runOn(await writeOrders(folder, cp932(rows)), join(folder, 'out'));
        expect(finished).toMatchObject({ exitCode: 2, stdout: '' });
        expect(finished.stderr).toContain('line 3, column 顧客名');
        expect(finished.stderr).not.toContain(card);
      });
    });

    it('a file that is not there, a folder, a folder it cannot make', async () => {
      await withFolder(async (folder) => {
        const missing = await runOn(join(folder, 'none.csv'), folder);
        expect(missing).toMatchObject({ exitCode: 2, stdout: '' });
        expect(missing.stderr).toContain('no such file');
        expect(await runOn(folder, folder)).toMatchObject({ exitCode: 2 });
        const orders = await writeOrders(folder, good);
        const blocked = await runOn(orders, join(orders, 'out'));
        expect(blocked).toMatchObject({ exitCode: 2, stdout: '' });
        expect(blocked.stderr).toContain('cannot write there');
      });
    });

    it('missing arguments', async () => {
      const finished = await runCommand(['paygent', 'auth-file']);
      expect(finished).toMatchObject({ exitCode: 2, stdout: '' });
      expect(finished.stderr.trimEnd().split('\n')).toHaveLength(1);
    });
  });

  it('explains itself', async () => {
    const { exitCode, stdout } = await runCommand(['paygent', 'auth-file', '--help']);
    expect(exitCode).toBe(0);
    for (const option of ['--orders', '--merchant-id', '--out', '--max-records', '--encoding']) {
      expect(stdout).toContain(option);
    }
  });
});
