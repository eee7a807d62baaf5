import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cardLikeNumber } from '../../db/card-like-number.ts';
import { fixture, runCommand, withFolder } from './run-command.ts';

describe('tsukigime import check', () => {
  test('customers: counts, and every error of every row', async () => {
    const { exitCode, stdout } = await runCommand([
      ...['import', 'check', 'customers', fixture('imports/customers.csv')],
    ]);
    expect(exitCode).toBe(0);
    // 職業 and 顧客タグ are known to the database alone: two rows fewer fail.
    expect(stdout).toContain('エラー      18 件');
    expect(stdout).toContain('17 行目  「メルマガ」は記載する場合、半角の0もしくは1で記載します');
  });

  test('cards: as JSON, by the rules of the PSP', async () => {
    const { exitCode, stdout } = await runCommand([
      ...['import', 'check', 'cards', fixture('imports/cards-yamato.csv')],
      ...['--psp', 'YAMATO', '--json'],
    ]);
    expect(exitCode).toBe(0);
    const report = JSON.parse(stdout) as {
      remarked: { line: number; errors: object[]; warnings: object[] }[];
    };
    const counts = { rows: 14, good: 2, failed: 12, warned: 2 };
    expect(report).toMatchObject({ kind: 'cards', encoding: 'utf-8', ...counts });
    const warned = report.remarked.filter(({ errors }) => errors.length === 0);
    expect(warned.map(({ line }) => line)).toEqual([2, 3]);
    expect(warned[0]?.warnings).toMatchObject([{ column: '顧客ID' }]);
    expect(report.remarked.find(({ line }) => line === 4)).toEqual({
      line: 4,
      errors: [
        {
          column: '決済代行会社',
          text: '【決済代行会社名】は「ZEUS」「GMO」もしくは「YAMATO」を記載します。',
        },
      ],
      warnings: [],
    });
  });

  test('cards: says that year and month seem exchanged', async () => {
    const { stdout } = await runCommand([
      ...['import', 'check', 'cards', fixture('imports/cards-zeus.csv'), '--psp', 'GMO'],
    ]);
    expect(stdout).toContain('注意  【有効期限】の多くが MMYY の順で記載されているようです');
  });

  test.each([
    ['no PSP', [fixture('imports/cards-gmo.csv')], '--psp'],
    ['another PSP', [fixture('imports/cards-gmo.csv'), '--psp', 'PAYGENT'], 'PAYGENT'],
    ['no such file', ['/nowhere.csv', '--psp', 'GMO'], 'no such file'],
    ['another file', [fixture('imports/customers.csv'), '--psp', 'GMO'], '9列'],
  ])('%s: one line and exit code 2', async (_, args, said) => {
    const { exitCode, stdout, stderr } = await runCommand(['import', 'check', 'cards', ...args]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(said);
  });

  test('a card number refuses the file, and is not repeated', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'cards.csv');
      await writeFile(file, `GMO,US-00010000,${cardLikeNumber()},VISA,,,0,3012\r\n`);
      const checked = await runCommand(['import', 'check', 'cards', file, '--psp', 'GMO']);
      expect(checked.exitCode).toBe(2);
      expect(checked.stderr).toContain('1 行目');
      expect(checked.stderr).not.toContain(cardLikeNumber());
    });
  });
});
