import { expect, test } from 'vitest';
import { listSources, readText, roomOf } from './checkout.ts';

/**
 * What a spreadsheet would run as a formula is disarmed in one place (billing/csv-writer.ts, proven in
 * test/billing/csv-writer.test.ts): so every CSV that people open must be written there.
 */
const sources = listSources().filter(
  (path) => !['test', 'bench', 'sandbox'].includes(roomOf(path)),
);

/** Files for a machine that compares every character, and that people do not open in a spreadsheet. */
const exactWriters = ['billing/csv-writer.ts', 'billing/link-file.ts'];
/** Layouts of PSPs, which know no apostrophe; their values come from checked columns. */
const machineRooms = ['psp'];

const filesWith = (pattern: RegExp) => sources.filter((path) => pattern.test(readText(path)));

test('CSV is written by one file', () => {
  expect(filesWith(/from 'csv-stringify/)).toEqual(['billing/csv-writer.ts']);
  expect(filesWith(/\bwriteExactCsv\b/)).toEqual(exactWriters);
});

test('nobody joins cells by hand', () => {
  const joining = /\.join\(\s*(['"`]),\1\s*\)[^;]*\\r?\\n/;
  expect(joining.test("cells.join(',') + '\\r\\n'")).toBe(true);
  const found = filesWith(joining).filter((path) => !machineRooms.includes(roomOf(path)));
  expect(found).toEqual([]);
});

test('an answer of the API that is a CSV comes from the writer', () => {
  const answering = filesWith(/fileName:[^\n]*\.csv/).filter((path) => path.startsWith('api/'));
  expect(answering.length).toBeGreaterThan(10);
  const written = /csv-writer|csv-download|Csv\b|stored-download|writeFailedRows|LinkFile/;
  expect(answering.filter((path) => !written.test(readText(path)))).toEqual([]);
});
