import { type CsvRecord, CsvRecordSplitter, splitCsvFields } from '../../billing/csv-records.ts';
import { createStrictDecoder } from '../../billing/text-encoding.ts';
import type { AskedCard } from './judge-card.ts';

/** What a request asks about, line by line; a line that is none is asked about all the same. */
export function readRequest(bytes: Uint8Array): AskedCard[] {
  const splitter = new CsvRecordSplitter();
  const decode = createStrictDecoder('cp932');
  return [...splitter.push(bytes), ...splitter.end()].map((record) => readLine(record, decode));
}

function readLine(record: CsvRecord, decode: (bytes: Uint8Array) => string | null): AskedCard {
  const text = record.problem === null ? decode(record.bytes) : null;
  const fields = text === null ? [] : splitCsvFields(text);
  const [member = '', sequence = '', free = ''] = fields;
  const readable =
    fields.length === 3 &&
    member !== '' &&
    /^[0-9]{1,4}$/.test(sequence) &&
    Buffer.byteLength(free) <= maxFreeBytes &&
    text?.startsWith('"') === true;
  return { member, sequence, free, readable };
}

/** 自由項目 [seen]. */
const maxFreeBytes = 50;
