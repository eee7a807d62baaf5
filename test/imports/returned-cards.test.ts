import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBrandReader } from '../../billing/card-brands.ts';
import { type CardService, cardServices, expiryFormat } from '../../billing/card-service.ts';
import { formatCustomerId } from '../../billing/customer-id.ts';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import { detectEncoding } from '../../billing/text-encoding.ts';
import {
  type TransformationChecks,
  type TransformedRow,
  transformReturnedRow,
  writeCardImport,
} from '../../imports/card-transformation.ts';
import { readImportRows } from '../../imports/import-rows.ts';
import { checkReturnedHead, readReturnedRows } from '../../imports/returned-cards.ts';
import { type AnswerOrder, writeAnswer } from '../../sandbox/linker/answer.ts';
import { linkerMerchantSchema } from '../../sandbox/linker/merchant.ts';

async function* give(bytes: Uint8Array) {
  yield bytes;
}

type Form = ReturnType<typeof formOf>;

function formOf(service: CardService, settings: object = {}) {
  const { returned, brandSpellings } = merchantSettingsSchema.parse({
    cardMigration: settings,
  }).cardMigration;
  return { service, layout: returned[service], readBrand: createBrandReader(brandSpellings) };
}

function checksOf(form: Form, scope: (id: number) => boolean = () => true): TransformationChecks {
  const { service, layout, readBrand } = form;
  const { expiry } = layout;
  const known = { service, hasCustomer: null, month: '2026-11' };
  return { ...known, inScope: scope, expiry, readBrand };
}

async function transform(form: Form, text: string | Buffer, checks = checksOf(form)) {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  const encoding = await detectEncoding(give(bytes));
  const rows: TransformedRow[] = [];
  for await (const batch of readReturnedRows(give(bytes), form, encoding)) {
    rows.push(...batch.map((row) => transformReturnedRow(row, checks)));
  }
  return rows;
}

const yamato = formOf('YAMATO');
const yamatoHead =
  'サブスクストアの顧客ID,カード番号下3桁,カードブランド,有効期限,クロネコwebコレクトカード認証キー\r\n';

describe('a returned card becomes the nine columns of the import', () => {
  test.each<[CardService, string, readonly string[]]>([
    [
      'YAMATO',
      `${yamatoHead}US-00010000,011,Visa,2912,AB12CD34\r\n`,
      ['YAMATO', 'US-00010000', '011', 'VISA', '', '', '', '2912', 'AB12CD34'],
    ],
    [
      'GMO',
      '顧客ID,カード番号下3桁,カードブランド,有効期限,連番物理\r\nUS-00010000,011,MASTERCARD,2912,0\r\n',
      ['GMO', 'US-00010000', '011', 'MASTER', '', '', '0', '2912', ''],
    ],
    [
      'ZEUS',
      '顧客ID,カード番号下3桁,カードブランド,有効期限,SEND ID,連番物理\r\nUS-00010000,011,American Express,1229,US-00010000-01,1\r\n',
      ['ZEUS', 'US-00010000', '011', 'AMEX', '', 'US-00010000-01', '1', '1229', ''],
    ],
  ])('of %s', async (service, text, cells) => {
    expect(await transform(formOf(service), text)).toEqual([
      { record: 1, line: 2, customerId: 10_000, verdict: 'passed', cells },
    ]);
  });

  test('whatever the order of its columns, and with columns that nobody asked for', async () => {
    const text =
      'カード 認証キー,メモ,有効期限,ブランド,下３桁,顧客ID\r\nK1,x,2912,ＪＣＢ,011,US-00010000\r\n';
    expect(await transform(yamato, text)).toMatchObject([
      { cells: ['YAMATO', 'US-00010000', '011', 'JCB', '', '', '', '2912', 'K1'] },
    ]);
  });

  test('by the configured order without a header line', async () => {
    const order = ['authKey', null, 'customerId', 'lastDigits', 'brand', 'expiry'];
    const form = formOf('YAMATO', { returned: { YAMATO: { order, expiry: 'MMYY' } } });
    expect(await transform(form, 'K1,x,US-00010000,011,VISA,1229\r\n')).toMatchObject([
      { line: 1, cells: ['YAMATO', 'US-00010000', '011', 'VISA', '', '', '', '2912', 'K1'] },
    ]);
  });
});

describe('a returned row that does not pass', () => {
  const rowOf = (cells: string) => transform(yamato, `${yamatoHead}${cells}\r\n`);

  test.each([
    ['US-00010000,011,UNIONPAY,2912,K1', 'カードブランド'],
    ['US-00010000,11,VISA,2912,K1', 'カード番号下3桁'],
    ['US-00010000,011,VISA,2913,K1', '有効期限'],
    ['US-00010000,011,VISA,2912,', 'クロネコwebコレクトカード認証キー'],
    ['10000,011,VISA,2912,K1', '顧客ID'],
    ['US-00010000,011,VISA,2912', null],
  ])('%s names the field %s', async (cells, column) => {
    expect(await rowOf(cells)).toMatchObject([
      { line: 2, verdict: 'failed', errors: [{ column }] },
    ]);
  });

  test('names every field at fault, and never what stands in it', async () => {
    const [row] = await rowOf('US-00010000,9876,CARD-X,1399,');
    expect(row).toMatchObject({ verdict: 'failed', errors: { length: 4 } });
    expect(JSON.stringify(row)).not.toMatch(/9876|CARD-X|1399/);
  });

  test('says the form of its own file where an expiry is none', async () => {
    const form = formOf('YAMATO', { returned: { YAMATO: { expiry: 'MMYY' } } });
    expect(await transform(form, `${yamatoHead}US-00010000,011,VISA,2912,K1\r\n`)).toMatchObject([
      { verdict: 'failed', swapped: true, errors: [{ text: expect.stringContaining('MMYY') }] },
    ]);
  });

  test('is quarantined when its customer is not in the scope, whatever else it holds', async () => {
    const checks = checksOf(yamato, (id) => id === 10_001);
    const text = `${yamatoHead}US-00010000,x,VISA,2912,K1\r\nUS-00010001,011,VISA,2912,K1\r\n`;
    expect(await transform(yamato, text, checks)).toMatchObject([
      { verdict: 'quarantined', customerId: 10_000, reason: { code: 'outside_scope' } },
      { verdict: 'passed', customerId: 10_001 },
    ]);
  });

  test('of ZEUS is quarantined by the customer in its SEND ID', async () => {
    const zeus = formOf('ZEUS');
    const checks = checksOf(zeus, () => false);
    const text = '下3桁,ブランド,有効期限,SEND ID,連番物理\r\n011,VISA,1229,US-00010000-01,1\r\n';
    expect(await transform(zeus, text, checks)).toMatchObject([
      { verdict: 'quarantined', customerId: 10_000 },
    ]);
  });
});

describe('a file that is none of the form is refused whole', () => {
  test.each([
    ['a column is missing', '顧客ID,下3桁,ブランド,有効期限\r\n', 'wrong_columns'],
    ['a column stands there twice', `${yamatoHead.trim()},有効期限\r\n`, 'ambiguous_column'],
    ['it has no header and another width', 'US-00010000,011,VISA\r\n', 'wrong_columns'],
    ['it is empty', '', 'empty'],
  ])('%s', async (_name, text, code) => {
    const head = checkReturnedHead(yamato);
    const look = () => {
      head.write(Buffer.from(text));
      head.end();
    };
    expect(look).toThrow(expect.objectContaining({ code }));
    await expect(transform(yamato, text)).rejects.toMatchObject({ code });
  });
});

const orders = fc.record({
  service: fc.constantFrom(...cardServices),
  header: fc.boolean(),
  encoding: fc.constantFrom('cp932', 'utf-8'),
  seed: fc.string(),
  ids: fc.uniqueArray(fc.integer({ min: 1, max: 99_000_000 }), { minLength: 1, maxLength: 20 }),
});

test('what the simulated PSPs return is imported as it was, and every row has one verdict', async () => {
  await fc.assert(
    fc.asyncProperty(orders, async ({ service, header, encoding, seed, ids }) => {
      const merchant = linkerMerchantSchema.parse({
        ...{ merchantId: 'any', service, header, seed, encoding },
      });
      const order: AnswerOrder = {
        merchant,
        pairs: ids.map((id) => [`old-${id}`, formatCustomerId(id)] as const),
        faults: [
          { kind: 'several_cards', count: 2 },
          { kind: 'stranger', count: 1 },
        ],
        receivedAt: '2026-11-22T00:00:00.000Z',
      };
      const form = formOf(service);
      const scope = new Set(ids);
      const rows = await transform(
        form,
        writeAnswer(order),
        checksOf(form, (id) => scope.has(id)),
      );
      const passed = rows.flatMap((row) => (row.verdict === 'passed' ? [row.cells] : []));
      expect(passed).toHaveLength(ids.length + Math.min(2, ids.length));
      expect(rows.filter(({ verdict }) => verdict === 'quarantined')).toHaveLength(1);
      expect(rows).toHaveLength(passed.length + 1);
      expect(await readBack(passed)).toEqual(passed);
      expect(passed[0]?.[7]).toMatch(expiryFormat(service) === 'YYMM' ? /^2|^3/ : /^[01]/);
    }),
    { numRuns: 60 },
  );
});

test('any text in a cell comes through the file of the import as it was', async () => {
  const cell = fc.string({ unit: 'grapheme' }).map((text) => text.replace(/\0/g, '').trim());
  // An apostrophe before a formula is a spreadsheet's: reading takes it away, so no cell has it here.
  const plain = cell.filter((text) => !/^'[=+\-@＝＋－＠]/.test(text) && !/[\r\n]/.test(text));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(plain, { minLength: 8, maxLength: 8 })), async (rows) => {
      const cells = rows.map((row) => ['YAMATO', ...row]);
      expect(await readBack(cells)).toEqual(cells);
    }),
  );
});

async function readBack(rows: readonly (readonly string[])[]) {
  async function* batches() {
    yield rows;
  }
  const pieces: Buffer[] = [];
  for await (const piece of writeCardImport(batches())) pieces.push(piece);
  const read: (readonly string[])[] = [];
  for await (const batch of readImportRows(give(Buffer.concat(pieces)), 'cards', 'utf-8')) {
    for (const row of batch) if (row.kind === 'cells') read.push(row.cells);
  }
  return read;
}
