import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  dataLayout,
  headerLayout,
  resultLayout,
  type TransactionFileKind,
  trailerLayout,
} from '../../../psp/paygent/layouts.ts';
import { columnLetter, type RecordLayout } from '../../../psp/record-layout.ts';

/** Bytes of a golden file under test/fixtures/paygent. */
export function golden(name: string): Buffer {
  return readFileSync(fileURLToPath(new URL(`../../fixtures/paygent/${name}`, import.meta.url)));
}

/** A file one column per line, the way the .txt beside each golden file shows it. */
export function render(content: Uint8Array, kind: TransactionFileKind): string {
  const lines = Buffer.from(content).toString('utf8').split('\r\n').slice(0, -1);
  return lines.map((line, index) => renderRecord(line, index + 1, kind)).join('\n');
}

function renderRecord(line: string, lineNumber: number, kind: TransactionFileKind): string {
  const columns = line.split(',');
  const layout = layoutOf(columns[0] ?? '', kind);
  const named = columns.map((value, index) => {
    const field = layout.fields[index] ?? resultLayout.fields[index - layout.fields.length];
    return `  ${columnLetter(index)} ${field?.nameJa ?? '?'} = ${value}`;
  });
  return `${[`line ${lineNumber}: ${layout.nameJa}`, ...named].join('\n')}\n`;
}

function layoutOf(recordId: string, kind: TransactionFileKind): RecordLayout {
  if (recordId === '1') return headerLayout(kind);
  return recordId === '4' ? trailerLayout(kind) : dataLayout(kind);
}
