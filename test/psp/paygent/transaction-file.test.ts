import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeRequestFile } from '../../../psp/paygent/request-file.ts';
import {
  encodeTransactionFiles,
  findUnfitFields,
  type TransactionFileEvent,
  type TransactionFileOptions,
  type TransactionRecord,
  transactionFileName,
} from '../../../psp/paygent/transaction-file.ts';
import { collect, streamOf } from '../../byte-source.ts';
import { golden, render } from './golden.ts';
import { record } from './records.ts';

/** The records of the manual's picture. */
const manualRecords: TransactionRecord[] = [
  record({
    orderNumber: '338',
    amountYen: 11_246,
    previousOrderNumber: '200',
    customerNumber: '285',
  }),
  record({
    orderNumber: '339',
    amountYen: 7022,
    previousOrderNumber: '338',
    customerNumber: '285',
  }),
  record({
    orderNumber: '379',
    amountYen: 10_175,
    previousOrderNumber: '236',
    customerNumber: '360',
  }),
];

interface Built {
  readonly files: Buffer[];
  readonly completed: Extract<TransactionFileEvent, { kind: 'completed' }>[];
  readonly refused: Extract<TransactionFileEvent, { kind: 'refused' }>[];
}

async function build(
  records: readonly TransactionRecord[],
  options: Partial<TransactionFileOptions> = {},
): Promise<Built> {
  const parts: Uint8Array[][] = [];
  const built: Built = { files: [], completed: [], refused: [] };
  const all = { kind: 'authorization', merchantId: '12345', ...options } as const;
  for await (const event of encodeTransactionFiles(records, all)) {
    if (event.kind === 'completed') built.completed.push(event);
    else if (event.kind === 'refused') built.refused.push(event);
    else parts[event.file - 1] = [...(parts[event.file - 1] ?? []), event.bytes];
  }
  built.files.push(...parts.map((chunks) => Buffer.concat(chunks)));
  return built;
}

describe('a transaction file', () => {
  it.each(['authorization', 'capture'] as const)('for %s is the golden file', async (kind) => {
    const { files, completed } = await build(manualRecords, { kind });
    expect(files).toEqual([golden(`${kind}.csv`)]);
    expect(render(golden(`${kind}.csv`), kind)).toBe(golden(`${kind}.txt`).toString());
    const sha256 = createHash('sha256')
      .update(golden(`${kind}.csv`))
      .digest('hex');
    expect(completed).toMatchObject([{ file: 1, records: 3, amountYen: 28_443, sha256 }]);
  });

  it('holds the line that the specification shows', async () => {
    const { files } = await build(manualRecords);
    expect(files[0]?.toString()).toContain('\r\n3,,338,,11246,,,10,,,,200,,285,\r\n');
  });

  it('has as many columns as set, at least to N', async () => {
    const { files } = await build(manualRecords.slice(0, 1), { width: 14 });
    expect(files[0]?.toString()).toContain('\r\n3,,338,,11246,,,10,,,,200,,285\r\n');
    await expect(build(manualRecords, { width: 13 })).rejects.toThrow('14 to 26');
  });

  it('is the same bytes when built again', async () => {
    const again = await build(manualRecords);
    expect(again).toEqual(await build(manualRecords));
  });

  it('is split at the most records per file', async () => {
    const records = Array.from({ length: 7 }, (_, at) => record({ orderNumber: String(at + 1) }));
    const { files, completed } = await build(records, { maxRecords: 3 });
    expect(completed.map(({ file, records: count }) => [file, count])).toEqual([
      [1, 3],
      [2, 3],
      [3, 1],
    ]);
    expect(files.map((file) => file.toString().split('\r\n').at(-2))).toEqual([
      '4,3',
      '4,3',
      '4,1',
    ]);
    expect(completed.reduce((sum, { amountYen }) => sum + amountYen, 0)).toBe(7 * 11_246);
  });

  it('is split before it is longer than the most bytes', async () => {
    const records = Array.from({ length: 30 }, (_, at) => record({ orderNumber: String(at + 1) }));
    const { files, completed } = await build(records, { maxBytes: 300 });
    expect(files.length).toBeGreaterThan(3);
    for (const [index, file] of files.entries()) {
      expect(file.length).toBeLessThanOrEqual(300);
      expect(file.length).toBe(completed[index]?.byteCount);
      // Another record would not have fitted.
      if (index < files.length - 1) expect(file.length).toBeGreaterThan(300 - 45);
    }
    expect(completed.reduce((sum, { records: count }) => sum + count, 0)).toBe(30);
    await expect(build(records, { maxBytes: 40 })).rejects.toThrow('too small');
  });

  it('is none when there is no record', async () => {
    expect(await build([])).toEqual({ files: [], completed: [], refused: [] });
    const { files, refused } = await build([record({ amountYen: 0 })]);
    expect(files).toEqual([]);
    expect(refused).toHaveLength(1);
  });

  it.each([
    ['orderNumber', { orderNumber: '' }, 'value_empty'],
    ['orderNumber', { orderNumber: '3,3' }, 'value_type'],
    ['orderNumber', { orderNumber: '３' }, 'value_type'],
    ['orderNumber', { orderNumber: 'A'.repeat(26) }, 'value_too_long'],
    ['amountYen', { amountYen: 0 }, 'value_too_small'],
    ['amountYen', { amountYen: -1 }, 'value_type'],
    ['amountYen', { amountYen: 1.5 }, 'value_type'],
    ['amountYen', { amountYen: 10_000_000 }, 'value_too_long'],
    ['previousOrderNumber', { previousOrderNumber: null }, 'value_empty'],
    ['customerNumber', { customerNumber: '顧客' }, 'value_type'],
    ['customerNumber', { customerNumber: '' }, 'value_empty'],
  ])('refuses a record whose %s does not fit: %j', async (field, fields, code) => {
    const unfit = record({ ...fields });
    const { files, refused } = await build([manualRecords[0]!, unfit, manualRecords[1]!]);
    expect(refused).toMatchObject([{ record: unfit, findings: [{ field, reason: { code } }] }]);
    expect(files[0]?.toString()).toMatch(/4,2\r\n$/);
    expect(findUnfitFields(unfit, { kind: 'authorization' })).toEqual(refused[0]?.findings);
  });

  it('is refused as a whole for a merchant ID or limit that cannot be used', async () => {
    await expect(build(manualRecords, { merchantId: '' })).rejects.toThrow('merchant ID');
    await expect(build(manualRecords, { merchantId: '1,2' })).rejects.toThrow('merchant ID');
    await expect(build(manualRecords, { maxRecords: 0 })).rejects.toThrow('positive whole number');
  });

  it('reads back as what was written', async () => {
    const text = fc.string({ unit: fc.constantFrom(...'AZaz09-_/.'), minLength: 1, maxLength: 25 });
    const records = fc.uniqueArray(
      fc.record({
        orderNumber: text,
        amountYen: fc.integer({ min: 1, max: 9_999_999 }),
        previousOrderNumber: text,
        customerNumber: text,
      }),
      { selector: ({ orderNumber }) => orderNumber, minLength: 1, maxLength: 20 },
    );
    const kinds = fc.constantFrom('authorization' as const, 'capture' as const);
    const width = fc.integer({ min: 14, max: 20 });
    await fc.assert(
      fc.asyncProperty(records, kinds, width, async (written, kind, columns) => {
        const { files } = await build(written, { kind, width: columns });
        const entries = await collect(decodeRequestFile(streamOf(files[0]!, 11)));
        const read = entries.flatMap((entry) => (entry.kind === 'record' ? [entry.record] : []));
        expect(read).toEqual(written);
        expect(entries[0]).toMatchObject({ fileKind: kind, merchantId: '12345' });
        expect(entries.at(-1)).toMatchObject({ records: written.length });
      }),
    );
  });

  it('has a name', () => {
    expect(transactionFileName('authorization', 1)).toBe('auth-001.csv');
    expect(transactionFileName('capture', 1000)).toBe('capture-1000.csv');
  });
});

describe('reading a transaction file back', () => {
  const good = golden('authorization.csv').toString();
  it.each([
    ['empty', '', 'the file is empty'],
    ['no header', good.replace('1,020', '3,020'), 'line 1: not the header'],
    ['another kind', good.replace('020', '022'), 'line 1: not the header'],
    ['cut off', good.slice(0, -5), 'the trailer record is missing'],
    ['a line removed', good.replace(/3,,339.*\r\n/, ''), 'counts 3 records, the file holds 2'],
    ['a row behind the trailer', `${good}3,,1\r\n`, 'line 6: a row behind the trailer'],
    ['an amount edited', good.replace('7022', '7,022'), 'line 3: the record has 16 columns'],
    ['too few columns', good.replace(',,285,', ''), 'line 2: the record has 12 columns'],
    ['another fixed value', good.replace(',10,', ',61,'), 'line 2: paymentDivision must be 10'],
    ['an open quote', good.replace('379', '"379'), 'line 4: the quotes'],
  ])('refuses %s', async (_name, content, message) => {
    await expect(collect(decodeRequestFile(streamOf(content)))).rejects.toThrow(message);
  });
});
