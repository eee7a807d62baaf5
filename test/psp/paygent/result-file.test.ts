import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeResult } from '../../../psp/paygent/judge-result.ts';
import { decodeResultFile, type ResultRow } from '../../../psp/paygent/result-file.ts';
import { encodeResultFile } from '../../../psp/paygent/result-file-encode.ts';
import { collect, cp932, streamOf } from '../../byte-source.ts';
import { golden, render } from './golden.ts';
import { approved, declined, record } from './records.ts';

const unprocessed = {
  resultCode: '',
  paymentId: null,
  responseCode: null,
  responseDetail: null,
  processedAt: null,
};
const goldenOutcomes = new Map([
  ['338', approved],
  ['339', declined],
  ['379', unprocessed],
]);

const resultText = golden('authorization-result.csv').toString();
const read = (content: Uint8Array | string) => collect(decodeResultFile(streamOf(content, 9)));
const rowsOf = async (content: Uint8Array | string): Promise<ResultRow[]> =>
  (await read(content)).flatMap((entry) => (entry.kind === 'row' ? [entry] : []));
const findingsOf = async (content: Uint8Array | string) =>
  (await read(content)).flatMap((entry) => (entry.kind === 'finding' ? [entry] : []));

describe('a result file', () => {
  it.each(['authorization', 'capture'] as const)('for %s is the golden file', async (kind) => {
    const chunks = encodeResultFile(
      streamOf(golden(`${kind}.csv`)),
      ({ orderNumber }) => goldenOutcomes.get(orderNumber) ?? unprocessed,
    );
    const result = golden(`${kind}-result.csv`);
    expect(Buffer.concat(await collect(chunks))).toEqual(result);
    expect(render(result, kind)).toBe(golden(`${kind}-result.txt`).toString());
    const entries = await read(result);
    expect(entries).toMatchObject([
      { kind: 'header', fileKind: kind, merchantId: '12345' },
      { kind: 'row', line: 2, orderNumber: '338', amountText: '11246', outcome: approved },
      { kind: 'row', line: 3, orderNumber: '339', amountText: '7022', outcome: declined },
      { kind: 'row', line: 4, orderNumber: '379', amountText: '10175', outcome: unprocessed },
      { kind: 'trailer', records: 3 },
    ]);
  });

  it('may carry more columns in header, trailer and behind the results', async () => {
    const more = resultText
      .replace('1,020,12345', '1,020,12345,20261122,x')
      .replace('4,3', '4,3,1,1')
      .replace('20261122101500', '20261122101500,extra');
    expect(await rowsOf(more)).toMatchObject([
      { findings: [] },
      { findings: [] },
      { findings: [] },
    ]);
    expect(await findingsOf(more)).toEqual([]);
  });

  it('may leave out blank columns at the end of a row', async () => {
    const [, , third] = await rowsOf(resultText.replace(',360,,,,,,', ',360,,'));
    expect(third).toMatchObject({ findings: [], outcome: unprocessed });
  });

  it.each([
    ['empty', '', 'empty'],
    ['another kind', resultText.replace('020', '021'), 'wrong_kind'],
    ['a kind without its 0', resultText.replace('020', '20'), 'wrong_kind'],
    ['an unknown kind', resultText.replace('020', '022'), 'wrong_kind'],
    ['another merchant', resultText.replace('12345', '54321'), 'wrong_merchant'],
    ['no header', resultText.replace('1,020,12345\r\n', ''), 'not_a_transaction_file'],
    ['an order export', '注文番号,購入金額\r\n1,2\r\n', 'not_a_transaction_file'],
    ['the request itself', golden('authorization.csv').toString(), 'no_result_columns'],
  ])('is refused whole: %s', async (_name, content, code) => {
    const expected = { kind: 'authorization', merchantId: '12345' } as const;
    const reading = collect(decodeResultFile(streamOf(content), { expected }));
    await expect(reading).rejects.toMatchObject({ name: 'WrongResultFileError', code });
  });

  it.each([
    ['no trailer', resultText.replace('4,3\r\n', ''), 4, 'truncated'],
    ['a cut last row', resultText.slice(0, -12), 4, 'truncated'],
    ['a trailer that counts otherwise', resultText.replace('4,3', '4,5'), 5, 'trailer_count'],
    ['a trailer without a number', resultText.replace('4,3', '4,x'), 5, 'value_type'],
    ['a row behind the trailer', `${resultText}3,,1\r\n`, 6, 'after_trailer'],
    ['another record', resultText.replace('3,,339', '2,,339'), 3, 'record_id'],
    ['text behind a quote', resultText.replace('P0001', '"P0001"x'), 3, 'malformed_quotes'],
    ['an open quote', resultText.replace(',P0001', ',"P0001'), 3, 'malformed_quotes'],
  ])('gives a finding for %s', async (_name, content, line, code) => {
    const rows = await rowsOf(content);
    const ofRows = rows.flatMap((row) => row.findings.map(({ reason }) => [row.line, reason.code]));
    const ofFile = (await findingsOf(content)).map((finding) => [
      finding.line,
      finding.reason.code,
    ]);
    expect([...ofRows, ...ofFile]).toContainEqual([line, code]);
  });

  it('keeps the order number of a row whose bytes cannot be read', async () => {
    const [before = '', after = ''] = resultText.split('1G83');
    const bytes = Buffer.concat([Buffer.from(before), cp932('限度額'), Buffer.from(after)]);
    expect(await findingsOf(bytes)).toMatchObject([{ line: 3, orderNumber: '339' }]);
    const rows = await collect(decodeResultFile(streamOf(bytes), { encoding: 'cp932' }));
    expect(rows[2]).toMatchObject({ outcome: { responseDetail: '限度額' } });
  });

  it('loses no row, whatever a row looks like', async () => {
    const cell = fc.string({ unit: fc.constantFrom('3', '4', ',', 'x'), maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(fc.array(cell, { maxLength: 6 }), async (lines) => {
        const rows = lines.filter((line) => line !== '').map((line) => `3${line}`);
        const entries = await read(`1,020,12345\n${rows.join('\n')}\n`).catch((error: Error) => {
          expect(error.name).toBe('WrongResultFileError');
          return null;
        });
        if (!entries) return;
        const seen = new Set(entries.map((entry) => entry.line));
        for (let line = 1; line <= rows.length + 1; line += 1) expect(seen).toContain(line);
      }),
    );
  });
});

describe('judging a result', () => {
  const sent = record();
  const returned = {
    amountText: '11246',
    customerNumber: '285',
    previousOrderNumber: '200',
    findings: [],
    outcome: { resultCode: '0' },
  };
  it.each([
    ['ok', '0'],
    ['ng', '1'],
    ['unknown', ''],
  ])('is %s for result code %j', (verdict, resultCode) => {
    expect(judgeResult(sent, { ...returned, outcome: { resultCode } })).toEqual({
      verdict,
      reasons: [],
    });
  });

  it.each([
    [
      'amount',
      { amountText: '11264' },
      'amount 11246 sent, 11264 returned',
      '送信 11246、返却 11264',
    ],
    ['amount spelling', { amountText: '011246' }, 'amount 11246 sent, 011246 returned', '011246'],
    ['no amount', { amountText: '' }, 'amount 11246 sent, (blank) returned', '(空)'],
    ['customer', { customerNumber: '286' }, 'customer 285 sent, 286 returned', '顧客番号'],
    ['previous', { previousOrderNumber: '1' }, 'previous order 200 sent, 1 returned', '直前回'],
    ['code', { outcome: { resultCode: '2' } }, 'result code 2 is unknown', '処理結果 2'],
  ])('quarantines a differing %s', (_name, fields, en, ja) => {
    const { verdict, reasons } = judgeResult(sent, { ...returned, ...fields });
    expect(verdict).toBe('quarantined');
    expect(reasons.map((reason) => reason.en)).toEqual([en]);
    expect(reasons[0]?.ja).toContain(ja);
  });

  it('gives a reason per field', () => {
    const all = { ...returned, amountText: '1', customerNumber: '2', outcome: { resultCode: '9' } };
    const { reasons } = judgeResult(sent, all);
    expect(reasons.map((reason) => reason.field)).toEqual([
      'amountYen',
      'customerNumber',
      'resultCode',
    ]);
  });
});
