import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ReconciledRow,
  type ReconcileEvent,
  type ReconcileSummary,
  reconcileFiles,
} from '../../../psp/paygent/reconcile.ts';
import { encodeResultFile } from '../../../psp/paygent/result-file-encode.ts';
import { collect, streamOf } from '../../byte-source.ts';
import { golden } from './golden.ts';
import { approved, declined } from './records.ts';

const request = golden('authorization.csv').toString();
const result = golden('authorization-result.csv').toString();

async function reconcile(
  resultText: string,
  requestText = request,
): Promise<{
  readonly events: ReconcileEvent[];
  readonly summary: ReconcileSummary;
  readonly verdicts: Record<string, string>;
  readonly reasons: string[];
}> {
  const files = {
    request: () => streamOf(requestText, 13),
    result: () => streamOf(resultText, 17),
  };
  const events = await collect(reconcileFiles(files));
  const summary = events.at(-1);
  if (summary?.kind !== 'summary') throw new Error('no summary');
  const rows = events.filter((event): event is ReconciledRow => 'requestLine' in event);
  const verdicts = Object.fromEntries(rows.map((row) => [row.orderNumber, row.kind]));
  const reasons = rows.flatMap((row) => row.reasons.map((reason) => reason.en));
  expect(rows).toHaveLength(summary.sent.rows);
  expect(summary.conservation).toEqual({ rows: true, yen: true });
  return { events, summary, verdicts, reasons };
}

describe('reconciling', () => {
  it('says the same of a result line by line as of one in another order', async () => {
    // The second is looked up record by record; the lines that it is told of are its own.
    const withCode = (line: string, code: string) =>
      line.startsWith('3,')
        ? line
            .split(',')
            .map((cell, at) => (at === 15 ? code : cell))
            .join(',')
        : line;
    const answers = ['0', '1', '', '7'].map((code) =>
      result
        .split('\r\n')
        .map((line) => withCode(line, code))
        .join('\r\n'),
    );
    for (const text of [result, ...answers]) {
      const lines = text.split('\r\n');
      const turned = [lines[0], ...lines.slice(1, -2).reverse(), ...lines.slice(-2)].join('\r\n');
      const [one, other] = [await reconcile(text), await reconcile(turned)];
      const told = ({ events }: typeof one) =>
        events
          .flatMap((event) => ('requestLine' in event ? [{ ...event, resultLine: null }] : []))
          .sort((left, right) => left.requestLine - right.requestLine);
      expect(told(one)).toEqual(told(other));
      expect(one.summary).toEqual(other.summary);
    }
  });

  it('ends every record as OK, NG, unknown or quarantined, in rows and yen', async () => {
    const changed = result.replace('10175', '10157').replace('1,226860', '0,226860');
    const { summary, verdicts, reasons } = await reconcile(changed);
    expect(verdicts).toEqual({ '338': 'ok', '339': 'ng', '379': 'quarantined' });
    expect(reasons).toEqual(['amount 10175 sent, 10157 returned']);
    expect(summary).toMatchObject({
      fileKind: 'authorization',
      merchantId: '12345',
      sent: { rows: 3, yen: 28_443 },
      ok: { rows: 1, yen: 11_246 },
      ng: { rows: 1, yen: 7022 },
      unknown: { rows: 0, yen: 0 },
      quarantined: { rows: 1, yen: 10_175 },
      stray: 0,
      findings: 0,
    });
    expect((await reconcile(result)).verdicts).toEqual({
      '338': 'ok',
      '339': 'ng',
      '379': 'unknown',
    });
  });

  it('quarantines records that are missing from a truncated result', async () => {
    const cut = result.slice(0, result.indexOf('3,,379'));
    const { summary, verdicts, reasons } = await reconcile(cut);
    expect(verdicts['379']).toBe('quarantined');
    expect(reasons).toEqual(['the result has no row for this order']);
    expect(summary.findings).toBe(1);
  });

  it('believes no row in which the result breaks off, however whole it looks', async () => {
    // Half of 1G83: another code of decline, in a row that reads as whole.
    const cut = result.slice(0, result.indexOf('1G83') + '1G8'.length);
    const { verdicts, reasons } = await reconcile(cut);
    expect(verdicts).toEqual({ '338': 'ok', '339': 'quarantined', '379': 'quarantined' });
    expect(reasons).toContain('the result breaks off in this row');
    expect((await reconcile(`${cut}\r\n`)).verdicts['339']).toBe('ng');
  });

  it('reports a trailer that counts otherwise', async () => {
    const { events, summary } = await reconcile(result.replace('4,3', '4,4'));
    expect(summary.findings).toBe(1);
    expect(events).toContainEqual(
      expect.objectContaining({ kind: 'finding', line: 5, field: 'recordCount', value: '4' }),
    );
  });

  it('quarantines an order that comes back twice, and names the lines', async () => {
    const line = '3,,338,,11246,,,10,,,,200,,285,,0,226860,,,20261122101500\r\n';
    const { summary, verdicts, reasons } = await reconcile(result.replace('4,3', `${line}4,4`));
    expect(verdicts['338']).toBe('quarantined');
    expect(reasons).toEqual([
      'the result is blank: what became of it is not known yet',
      'the result has several rows for this order (lines 2, 5)',
    ]);
    expect(summary.stray).toBe(0);
  });

  it('keeps rows of orders that were not sent out of the balance', async () => {
    const line = '3,,999,,500,,,10,,,,200,,285,,0,226860,,,20261122101500\r\n';
    const { events, summary } = await reconcile(result.replace('4,3', `${line}${line}4,5`));
    expect(summary.stray).toBe(2);
    expect(events).toContainEqual(
      expect.objectContaining({ kind: 'stray', resultLine: 5, orderNumber: '999' }),
    );
  });

  it('says why a row cannot be read, rather than that it is missing', async () => {
    const { verdicts, reasons } = await reconcile(result.replace('3,,339,,7022', '3,,339,,70"22'));
    expect(verdicts['339']).toBe('quarantined');
    expect(reasons).toEqual([
      'amount 7022 sent, 70"22 returned',
      'the result is blank: what became of it is not known yet',
    ]);
  });

  it('refuses the result of another file, kind or merchant whole', async () => {
    const other = result.replaceAll(/3,,3(3|7)/g, '3,,4$1');
    await expect(reconcile(other)).rejects.toMatchObject({ code: 'other_request' });
    await expect(reconcile(golden('capture-result.csv').toString())).rejects.toMatchObject({
      code: 'wrong_kind',
    });
    const merchant = other.replace('12345', '54321');
    await expect(reconcile(merchant)).rejects.toMatchObject({ code: 'wrong_merchant' });
    await expect(reconcile(request)).rejects.toMatchObject({ code: 'no_result_columns' });
  });

  it('refuses a request that is not as it was built', async () => {
    const doubled = request.replace('339', '338');
    await expect(reconcile(result, doubled)).rejects.toThrow(
      'line 3: order 338 stands in the file',
    );
    await expect(reconcile(result, '1,020,12345\r\n4,0\r\n')).rejects.toThrow('holds no record');
  });

  it('conserves rows and yen however the result is shuffled, cut, doubled and changed', async () => {
    const change = fc.constantFrom(
      'same',
      'same',
      'same',
      'drop',
      'double',
      'amount',
      'code',
      'blank',
    );
    const changes = fc.array(change, { minLength: 1, maxLength: 12 });
    const all = fc.tuple(changes, fc.infiniteStream(fc.nat()));
    await fc.assert(
      fc.asyncProperty(all, async ([kinds, random]) => {
        const lines = kinds.map((_, at) => `3,,${at + 1},,${100 + at},,,10,,,,7,,8,`);
        const requestText = `1,020,1\r\n${lines.join('\r\n')}\r\n4,${lines.length}\r\n`;
        const answers = await collect(
          encodeResultFile(streamOf(requestText), (_, line) => (line % 2 ? approved : declined)),
        );
        const rows = Buffer.concat(answers).toString().split('\r\n').slice(1, -2);
        const changed = kinds.flatMap((kind, at) => changeRow(kind, rows[at] ?? ''));
        const order = changed.map((row) => ({ row, key: random.next().value ?? 0 }));
        const shuffled = order.sort((a, b) => a.key - b.key).map(({ row }) => row);
        fc.pre(shuffled.length > 0);
        const text = `1,020,1\r\n${shuffled.join('\r\n')}\r\n4,${shuffled.length}\r\n`;
        const { verdicts, summary } = await reconcile(text, requestText);
        kinds.forEach((kind, at) => {
          const clean = (at + 2) % 2 ? 'ok' : 'ng';
          const expected = { same: clean, blank: 'unknown' }[kind as string] ?? 'quarantined';
          expect(verdicts[String(at + 1)]).toBe(expected);
        });
        expect(summary.stray).toBe(0);
      }),
    );
  });
});

function changeRow(kind: string, row: string): string[] {
  const columns = row.split(',');
  if (kind === 'drop') return [];
  if (kind === 'double') return [row, row];
  if (kind === 'amount') columns[4] = '99999';
  if (kind === 'code') columns[15] = '7';
  if (kind === 'blank') columns[15] = '';
  return [columns.join(',')];
}
