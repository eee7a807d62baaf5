import { createReadStream, readFileSync } from 'node:fs';
import iconv from 'iconv-lite';
import { describe, expect, test } from 'vitest';
import type { CardService } from '../../billing/card-service.ts';
import { detectEncoding } from '../../billing/text-encoding.ts';
import { checkImportFile, type ImportChecks } from '../../imports/import-check.ts';
import { createPostalLookup } from '../../imports/postal-codes.ts';
import { streamOf } from '../byte-source.ts';

const path = (name: string) => new URL(`../fixtures/imports/${name}`, import.meta.url);

const customers: ImportChecks = {
  kind: 'customers',
  findPrefectures: createPostalLookup(),
  genders: new Set(['女性', '男性']),
  tagSeparator: '|',
  occupations: new Set(['会社員']),
  tags: new Set(['優良', '定期']),
};
const cards = (service: CardService): ImportChecks => ({
  kind: 'cards',
  service,
  hasCustomer: (id) => [10_000, 10_001].includes(id),
  month: '2026-11',
});

async function report(
  open: () => AsyncIterable<Uint8Array>,
  checks: ImportChecks,
): Promise<string> {
  const lines: string[] = [];
  for await (const event of checkImportFile(open, checks, await detectEncoding(open()))) {
    if (event.kind === 'summary') {
      const { rows, good, failed, warned, remarks } = event.summary;
      lines.push(`rows ${rows}, good ${good}, failed ${failed}, warned ${warned}`, ...remarks);
      continue;
    }
    const { line, errors, warnings } = event.row;
    const said = [
      ...errors.map(({ column, text }) => `  [${column}] ${text}`),
      ...warnings.map(({ column, text }) => `  (${column}) ${text}`),
    ];
    lines.push(`${line}:${said.length === 0 ? ' good' : ''}`, ...said);
  }
  return `${lines.join('\n')}\n`;
}

/** One row for each error of the tables of spec 2; the expected pages are checked by eye. */
describe.each([
  ['customers', customers],
  ['cards-gmo', cards('GMO')],
  ['cards-zeus', cards('ZEUS')],
  ['cards-yamato', cards('YAMATO')],
] as const)('%s', (name, checks) => {
  test('every row gets the errors of the tables', async () => {
    const said = await report(() => createReadStream(path(`${name}.csv`)), checks);
    await expect(said).toMatchFileSnapshot(path(`${name}.txt`).pathname);
  });

  test('CP932 says the same as UTF-8, with and without its mark', async () => {
    const utf8 = readFileSync(path(`${name}.csv`));
    const cp932 = iconv.encode(utf8.toString(), 'cp932');
    const marked = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), utf8]);
    const expected = readFileSync(path(`${name}.txt`), 'utf8');
    for (const bytes of [cp932, marked]) {
      expect(await report(() => streamOf(bytes, 7), checks)).toBe(expected);
    }
  });
});
