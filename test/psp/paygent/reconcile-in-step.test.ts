import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ReconcileEvent,
  reconcileByNumber,
  reconcileInBatches,
} from '../../../psp/paygent/reconcile.ts';
import { stepThrough } from '../../../psp/paygent/reconcile-in-step.ts';
import { collect, streamOf } from '../../byte-source.ts';
import { golden } from './golden.ts';

const request = golden('authorization.csv').toString();
const result = golden('authorization-result.csv').toString();

/** Every batch of `stepThrough`, and what it returned. */
async function step(requestText: string, resultText: string) {
  const batches = stepThrough(filesOf(requestText, resultText), { encoding: 'utf-8' });
  const rows: ReconcileEvent[] = [];
  for (;;) {
    const { done, value } = await batches.next();
    if (done === true) return { rows, step: value };
    rows.push(...value);
  }
}

const filesOf = (requestText: string, resultText: string) => ({
  request: () => streamOf(requestText, 13),
  result: () => streamOf(resultText, 17),
});

/** The golden result with some cells of its data records replaced, or columns cut off. */
function altered(
  text: string,
  changes: readonly { line: number; column: number; cell: string }[],
): string {
  const lines = text.split('\r\n');
  for (const { line, column, cell } of changes) {
    const at = 1 + (line % (lines.length - 3));
    const cells = lines[at]?.split(',') ?? [];
    if (cell === 'cut') cells.length = Math.min(cells.length, Math.max(column, 1));
    else cells[column] = cell;
    lines[at] = cells.join(',');
  }
  return lines.join('\r\n');
}

const cell = fc.constantFrom(
  ...['', '0', '1', '7', 'cut', '1G83', '限度額オーバー', '20261122101500', '20261322101500'],
  ...['2026', 'a b', '"', '1,2', 'x'.repeat(300), '3'],
);
const change = fc.record({ line: fc.nat(20), column: fc.integer({ min: 12, max: 20 }), cell });

describe('a result in step with its request', () => {
  it('is read as record by record, whatever its columns say', async () => {
    const inStep = { yes: 0, no: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 3 }), async (changes) => {
        const text = altered(result, changes);
        const one = await step(request, text);
        inStep[one.step === null ? 'no' : 'yes'] += 1;
        if (one.step === null) return;
        const events = await collect(reconcileByNumber(filesOf(request, text), {}));
        const [summary, ...others] = events.flat().reverse();
        expect(one.rows).toEqual(others.reverse());
        expect(one.step).toMatchObject(
          summary?.kind === 'summary' ? { sent: summary.sent, fileKind: summary.fileKind } : {},
        );
      }),
      { numRuns: 400 },
    );
    expect(Math.min(inStep.yes, inStep.no)).toBeGreaterThan(20);
  });

  it.each([
    ['a byte order mark before both', both((text) => `\ufeff${text}`)],
    ['a blank line at the head of both', both((text) => `\r\n${text}`)],
    ['an amount with a zero in front', both((text) => text.replace(',11246,', ',011246,'))],
    [
      'a line too long for a record',
      [request, result.replace('1G83', 'x'.repeat(70_000))] as const,
    ],
  ])('says the same as record by record of %s, however the pieces are cut', async (_name, pair) => {
    for (const size of [17, 1 << 20]) {
      const files = {
        request: () => streamOf(pair[0], size),
        result: () => streamOf(pair[1], size),
      };
      const events = await collect(reconcileInBatches(files));
      expect(events.flat()).toEqual((await collect(reconcileByNumber(files, {}))).flat());
    }
  });

  it.each([
    ['a record that nobody builds', both((text) => altered(text, [noYen]))],
    ['a line twice', both(twice)],
    ['a line less', [request, result.replace(/\r\n3,[^\r]*/, '')] as const],
    ['a trailer that counts otherwise', both((text) => text.replace(/\r\n4,\d+/, '\r\n4,9999'))],
    ['a line behind the trailer', both((text) => `${text}4,1\r\n`)],
    ['no trailer', both((text) => text.replace(/4,\d+\r\n$/, ''))],
    ['no record', both((text) => `${text.split('\r\n')[0]}\r\n4,0\r\n`)],
  ])('does not come to its end with %s', async (_name, [requestText, resultText]) => {
    expect((await step(requestText, resultText)).step).toBeNull();
  });
});

const noYen = { line: 0, column: 4, cell: '0' };

function both(change: (text: string) => string): readonly [string, string] {
  return [change(request), change(result)];
}

/** With the first record at the end once more, and counted. */
function twice(text: string): string {
  const lines = text.split('\r\n');
  const records = lines.filter((line) => line.startsWith('3,'));
  const trailer = `4,${records.length + 1}`;
  return [lines[0], ...records, records[0], trailer, ''].join('\r\n');
}
