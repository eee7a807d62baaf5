import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseCompactJstInstant } from '../../../billing/business-date.ts';
import type { TextEncoding } from '../../../billing/text-encoding.ts';
import { dataLayout, resultLayout } from '../../../psp/paygent/layouts.ts';
import {
  type ReconcileEvent,
  reconcileByNumber,
  reconcileInBatches,
} from '../../../psp/paygent/reconcile.ts';
import { findStep } from '../../../psp/paygent/reconcile-in-step.ts';
import { WrongResultFileError } from '../../../psp/paygent/result-file.ts';
import { collect, cp932, streamOf } from '../../byte-source.ts';

/** The comparison as one would write it down for a person, held against the fast ones. */

const width = 15;
const orders = ['338', '0338', 'A-1', 'A-01', '9007199254740993', '41'];
const sent = orders.map((order, at) => {
  const cells = new Array<string>(width).fill('');
  return Object.assign(cells, { 0: '3', 2: order, 4: `${1000 + at}`, 7: '10', 11: '2', 13: '285' });
});

/** A line of a result. */
interface Row {
  readonly cells: readonly string[];
  readonly quoted: boolean;
}

/** Change `at` a row, `column` and `cell` as it needs them. */
const change = fc.record({
  kind: fc.constantFrom('drop', 'twice', 'last', 'cell', 'cut', 'blank', 'stray', 'odd', 'quoted'),
  at: fc.nat(9),
  column: fc.nat(19),
  cell: fc.constantFrom('', '0', '1', '999', '338', 'A-1', 'a b', '能', '10', 'x'.repeat(30)),
});

const said = fc.oneof(
  { weight: 6, arbitrary: fc.constant(['0', '226860', '', '', '20261122101500']) },
  { weight: 3, arbitrary: fc.constant(['1', '', 'P0001', '限度額ｵｰﾊﾞｰ', '20261122101500']) },
  fc.constantFrom(
    ...[['0'], ['1', '', 'P0001'], [''], ['', '', '', '', ''], ['7'], ['0', '', '', '', ''], []],
    ...[
      ['0', '', '', '', '20261322101500'],
      ['1', 'x'.repeat(21)],
      ['1', '', '', 'x'.repeat(257)],
    ],
    ...[
      ['1', '', '', '1G\0'],
      ['0', '1', '2', '3', '20261122101500', 'more'],
    ],
  ),
);

const scenario = fc.record({
  answers: fc.array(said, { minLength: 1, maxLength: orders.length }),
  changes: fc.oneof(fc.constant([]), fc.array(change, { maxLength: 3 })),
  /** By how many the trailer counts wrongly; null: there is none. */
  off: fc.constantFrom(0, 0, 0, 1, null),
  lineBreak: fc.constantFrom(...['\r\n', '\r\n', '\r\n', '\n', '\r']),
  endsInBreak: fc.constantFrom(true, true, false),
  encoding: fc.constantFrom<TextEncoding>('cp932', 'utf-8'),
  pieces: fc.tuple(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 1, max: 400 })),
});

type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

function changed(rows: Row[], { kind, at, column, cell }: Scenario['changes'][number]): void {
  const place = at % Math.max(rows.length, 1);
  const row = rows[place];
  if (row === undefined) return;
  const { cells } = row;
  const add = (...more: string[]) => rows.splice(place, 0, { cells: more, quoted: false });
  if (kind === 'drop') rows.splice(place, 1);
  if (kind === 'twice') rows.splice(column % (rows.length + 1), 0, row);
  if (kind === 'last') rows.push(...rows.splice(place, 1));
  if (kind === 'cell' && column < cells.length) {
    rows[place] = { ...row, cells: cells.map((other, index) => (index === column ? cell : other)) };
  }
  if (kind === 'cut') rows[place] = { ...row, cells: cells.slice(0, column + 1) };
  if (kind === 'blank') add('');
  if (kind === 'stray') add(...cells.map((other, index) => (index === 2 ? '77' : other)));
  if (kind === 'odd') add('8', 'x');
  if (kind === 'quoted') rows[place] = { ...row, quoted: true };
}

const textOf = ({ cells, quoted }: Row) => (quoted ? `"${cells.join('","')}"` : cells.join(','));

/** What a comparison says, line by line, as text. */
interface Said {
  readonly records: readonly string[];
  readonly strays: readonly string[];
  readonly findings: readonly string[];
}

const recordText = (
  line: number,
  order: string,
  [verdict, resultLine, fields]: readonly [string, number | null, readonly string[]],
) => `${line} ${order} ${verdict} ${resultLine} ${[...new Set(fields)].sort().join(' ')}`;

/** Null for a file that is no result of this request. */
function compareSlowly(records: readonly string[][], rows: readonly Row[], text: string) {
  const lines = rows.map((row, at) => ({ ...row, line: at + 2 }));
  const there = lines.filter((row) => textOf(row) !== '');
  const isBroken = ({ cells }: Row) => cells.some((cell) => cell.includes('\0'));
  const data = there.filter((row) => !isBroken(row) && row.cells[0] === '3');
  const isSent = ({ cells }: Row) => records.some((record) => record[2] === (cells[2] ?? ''));
  if (data.length > 0 && !data.some(isSent)) return null;
  if (there[0] === data[0] && data[0]?.cells.length === width) return null;

  const trailer = /(?:^|[\r\n])4,(\d+)[\r\n]*$/.exec(text)?.[1];
  const lastLine = there.at(-1)?.line ?? 1;
  const cutLine = trailer === undefined && !/[\r\n]$/.test(text) ? lastLine : null;
  const findings = there
    .filter((row) => !data.includes(row))
    .map((row) => `${row.line} ${isBroken(row) ? 'invalid_bytes' : 'record_id'}`);
  if (trailer === undefined) findings.push(`${lastLine} truncated`);
  else if (Number(trailer) !== there.length) findings.push(`${rows.length + 2} trailer_count`);

  const judged = records.map((record, at) => {
    const order = record[2] ?? '';
    const named = data.filter(({ cells }) => cells[2] === order);
    const [first] = named;
    const broken = there.findLast((row) => isBroken(row) && row.cells[2] === order);
    let said: readonly [string, number | null, readonly string[]];
    if (first === undefined && broken) said = ['quarantined', broken.line, ['']];
    else if (first === undefined) said = ['quarantined', null, ['orderNumber']];
    else if (named.length > 1) said = ['quarantined', first.line, ['orderNumber']];
    else if (first.line === cutLine) said = ['quarantined', first.line, ['orderNumber']];
    else said = judge(record, first);
    return recordText(at + 2, order, said);
  });
  const strays = data
    .filter((row) => !isSent(row))
    .map((row) => `${row.line} ${row.cells[2] ?? ''}`);
  return { records: judged, strays, findings };
}

const columnIds = dataLayout('authorization', width).fields.map(({ id }) => id);
const resultIds = resultLayout.fields.map(({ id }) => id);
const plainId = /^[\x21\x23-\x2b\x2d-\x7e]{0,20}$/;

function judge(record: readonly string[], { line, cells }: { line: number } & Row) {
  const [code, ...rest] = cells.slice(width);
  const [paymentId = '', responseCode = '', detail = '', at = ''] = rest;
  const fits = [
    code !== undefined && ['', '0', '1'].includes(code),
    plainId.test(paymentId),
    plainId.test(responseCode),
    detail.length <= 256,
    at === '' || parseCompactJstInstant(at) !== null,
  ];
  const wrong = [
    ...columnIds.filter((_id, index) => cells[index] !== record[index]),
    ...resultIds.filter((_id, index) => !fits[index]),
  ];
  if (wrong.length > 0) return ['quarantined', line, wrong] as const;
  if (code === '') return ['unknown', line, ['resultCode']] as const;
  return [code === '0' ? 'ok' : 'ng', line, []] as const;
}

function told(events: readonly ReconcileEvent[]): Said {
  const records: [number, string][] = [];
  const strays: string[] = [];
  const findings: string[] = [];
  for (const event of events) {
    if (event.kind === 'summary') {
      expect(event.conservation).toEqual({ rows: true, yen: true });
    } else if (event.kind === 'stray') strays.push(`${event.resultLine} ${event.orderNumber}`);
    else if (event.kind === 'finding') findings.push(`${event.line} ${event.reason.code}`);
    else {
      const fields = event.reasons.map(({ field }) => field);
      const said = [event.kind, event.resultLine, fields] as const;
      records.push([event.requestLine, recordText(event.requestLine, event.orderNumber, said)]);
    }
  }
  records.sort(([one], [other]) => one - other);
  return { records: records.map(([, text]) => text), strays, findings };
}

it('says of every line what a comparison written down says', async () => {
  const seen = { refused: 0, inStep: 0, other: 0 };
  await fc.assert(
    fc.asyncProperty(scenario, async (of) => {
      const { answers, changes, off, lineBreak, endsInBreak, encoding, pieces } = of;
      const records = sent.slice(0, answers.length);
      const rows: Row[] = records.map((cells, at) => ({
        cells: [...cells, ...(answers[at] ?? [])],
        quoted: false,
      }));
      for (const one of changes) changed(rows, one);
      const counted = rows.filter((row) => textOf(row) !== '').length;
      const trailer = off === null ? [] : [`4,${counted + off}`];
      const text = ['1,020,12345', ...rows.map(textOf), ...trailer].join(lineBreak);
      const whole = endsInBreak ? text + lineBreak : text;
      const request = ['1,020,12345', ...records, `4,${records.length}`, ''].join('\r\n');
      const bytes = encoding === 'cp932' ? cp932(whole) : Buffer.from(whole, 'utf8');
      const files = {
        request: () => streamOf(request, pieces[0]),
        result: () => streamOf(bytes, pieces[1]),
      };
      const expected = compareSlowly(records, rows, whole);
      for (const compare of [reconcileInBatches, reconcileByNumber]) {
        const events = collect(compare(files, { encoding }));
        if (expected === null) await expect(events).rejects.toThrow(WrongResultFileError);
        else expect(told((await events).flat())).toEqual(expected);
      }
      const inStep = (await findStep(files, { encoding })) !== null;
      seen[expected === null ? 'refused' : inStep ? 'inStep' : 'other'] += 1;
    }),
    { numRuns: 1500, seed: 20261124 },
  );
  expect(
    Object.values(seen).map((times) => times > 10),
    JSON.stringify(seen),
  ).toEqual([true, true, true]);
});
