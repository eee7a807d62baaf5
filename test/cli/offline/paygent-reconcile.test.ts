import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cardLikeNumber } from '../../db/card-like-number.ts';
import { type Finished, fixture, runCommand, withFolder } from './run-command.ts';

const request = fixture('paygent/authorization.csv');
const result = fixture('paygent/authorization-result.csv');

const run = (resultPath: string, ...more: string[]): Promise<Finished> =>
  runCommand(['paygent', 'reconcile', '--request', request, '--result', resultPath].concat(more));

async function runOnChanged(
  change: (text: string) => string,
  ...more: string[]
): Promise<Finished> {
  return withFolder(async (folder) => {
    const path = join(folder, 'result.csv');
    await writeFile(path, change(await readFile(result, 'utf8')));
    return run(path, ...more);
  });
}

describe('reconcile', () => {
  it('prints rows and yen of each verdict, with reasons per row and field', async () => {
    const { exitCode, stdout } = await runOnChanged(
      (text) => text.replace('11246', '11264'),
      '--json',
    );
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      sent: { rows: 3, yen: 28_443 },
      ok: { rows: 0, yen: 0 },
      ng: { rows: 1, yen: 7022 },
      unknown: { rows: 1, yen: 10_175 },
      quarantined: { rows: 1, yen: 11_246 },
      conservation: { rows: true, yen: true },
      ngRows: [{ orderNumber: '339', outcome: { responseDetail: '1G83' } }],
      quarantinedRows: [
        {
          orderNumber: '338',
          requestLine: 2,
          resultLine: 2,
          reasons: [{ field: 'amountYen', en: 'amount 11246 sent, 11264 returned' }],
        },
      ],
    });
  });

  it('prints the same for people', async () => {
    const { exitCode, stdout } = await run(result);
    expect(exitCode).toBe(0);
    for (const text of ['OK          1 件  11,246 円', '1G83', '結果不明    1 件', '一致']) {
      expect(stdout).toContain(text);
    }
  });

  it('shows truncated results, trailers that count otherwise and doubled rows', async () => {
    const cut = await runOnChanged((text) => text.slice(0, text.indexOf('3,,379')), '--json');
    expect(JSON.parse(cut.stdout)).toMatchObject({
      quarantined: { rows: 1, yen: 10_175 },
      quarantinedRows: [{ reasons: [{ code: 'missing_from_result' }] }],
      fileFindings: [{ reason: { code: 'truncated' } }],
    });
    const trailer = await runOnChanged((text) => text.replace('4,3', '4,9'), '--json');
    expect(JSON.parse(trailer.stdout)).toMatchObject({
      findings: { rows: 1 },
      fileFindings: [{ line: 5, reason: { code: 'trailer_count' } }],
    });
    const doubled = await runOnChanged((text) => text.replace('3,,339', '3,,338'), '--json');
    expect(JSON.parse(doubled.stdout)).toMatchObject({
      quarantined: { rows: 2 },
      quarantinedRows: [
        { orderNumber: '338', reasons: [{ code: 'duplicate_row' }] },
        { orderNumber: '339', reasons: [{ code: 'missing_from_result' }] },
      ],
    });
  });

  it.each<[string, (text: string) => string, string]>([
    ['another kind', (text) => text.replace('020', '021'), 'kind 021'],
    ['another merchant', (text) => text.replace('12345', '9'), 'another merchant'],
    ['another request', (text) => text.replaceAll(/3,,3(3|7)/g, '3,,5$1'), 'another file'],
    ['nothing', () => '', 'empty'],
    ['no Paygent file', () => 'a,b\n1,2\n', 'not the header'],
  ])('refuses %s whole, with one line and exit code 2', async (_name, change, text) => {
    const finished = await runOnChanged(change, '--json');
    expect(finished).toMatchObject({ exitCode: 2, stdout: '' });
    expect(finished.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(finished.stderr).toContain(text);
  });

  it('refuses the request in place of the result, and a request that was edited', async () => {
    expect((await run(request)).stderr).toContain('not its result');
    const swapped = await runCommand([
      'paygent',
      'reconcile',
      '--request',
      result,
      '--result',
      request,
    ]);
    expect(swapped).toMatchObject({ exitCode: 2, stdout: '' });
  });

  it('refuses a card number in the result', async () => {
    const card = cardLikeNumber();
    const finished = await runOnChanged((text) => text.replace('1G83', card));
    expect(finished).toMatchObject({ exitCode: 2, stdout: '' });
    expect(finished.stderr).toContain('line 3, column 19');
    expect(finished.stderr).not.toContain(card);
  });
});
