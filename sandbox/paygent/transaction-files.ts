import { checkUploadedFile, type FormatError } from '../../psp/paygent/format-check.ts';
import {
  headerLayout,
  type TransactionFileKind,
  trailerLayout,
} from '../../psp/paygent/layouts.ts';
import { decodeRequestFile, RequestFileError } from '../../psp/paygent/request-file.ts';
import { encodeOutcome } from '../../psp/paygent/result-file-encode.ts';
import { encodeRecord, type FieldValues, type RecordLayout } from '../../psp/record-layout.ts';
import type { RequestRecord } from './judge-file.ts';
import type { SandboxMerchant } from './merchant.ts';
import { describeResult, type ResultRow, spoilRows } from './result-rows.ts';
import type { RecordResult, TransactionKind, Upload } from './state.ts';
import { uncontractedPaymentKind } from './upload-kinds.ts';
import type { UploadForm } from './uploads.ts';

/** Where the sandbox meets the codec: one layout serves both sides of the wire. */

export type UploadCheck =
  | {
      readonly ok: true;
      readonly transactionKind: TransactionKind;
      readonly records: number;
      readonly amountYen: number;
    }
  | { readonly ok: false; readonly errors: readonly FormatError[] };

/** A record as the upload holds it. */
export interface UploadedRecord extends RequestRecord {
  readonly columns: readonly string[];
}

const fileKinds: Readonly<Record<TransactionKind, TransactionFileKind>> = {
  オーソリ: 'authorization',
  売上: 'capture',
};

async function* asSource(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** The portal's format check: at most the first 51 errors of data records are given. */
export async function checkUpload(
  merchant: SandboxMerchant,
  form: UploadForm,
): Promise<UploadCheck> {
  const { transactionKind, bytes } = form;
  if (!isFileKind(transactionKind)) return { ok: false, errors: [refuseKind(form)] };
  const check = await checkUploadedFile(asSource(bytes), {
    chosenKind: fileKinds[transactionKind],
    merchantId: merchant.merchantId,
    maxRecords: merchant.maxRecordsPerFile,
    width: merchant.width,
  });
  if (!check.accepted) return { ok: false, errors: check.errors };
  const { records, amountYen } = check;
  try {
    // What was accepted must be readable when its processing ends.
    await readRequests(bytes);
  } catch (error) {
    if (!(error instanceof RequestFileError)) throw error;
    const { line, ja } = error;
    return { ok: false, errors: [{ part: 'data', line, item: '行', content: ja }] };
  }
  return { ok: true, transactionKind, records, amountYen };
}

/**
 * The portal's answer where another 取引種別 than オーソリ and 売上 was chosen. The file codes of those
 * kinds are not public, so whatever is uploaded here cannot be one of theirs.
 */
function refuseKind({ paymentKind, transactionKind, bytes }: UploadForm): FormatError {
  const header = bytes.subarray(0, 200).toString('latin1').split(/\r?\n/)[0] ?? '';
  if (paymentKind === uncontractedPaymentKind) {
    const content = `${paymentKind}は契約されていません`;
    return { part: 'file', line: 1, item: '決済種別', content };
  }
  const code = header.split(',')[1] ?? '';
  const content = `ヘッダレコードの取引種別「${code}」は、選択した取引種別「${transactionKind}」のものではありません`;
  return { part: 'header', line: 1, item: '取引種別', content };
}

function isFileKind(transactionKind: string): transactionKind is TransactionKind {
  return Object.hasOwn(fileKinds, transactionKind);
}

/** Reads the data records of a file that passed the format check. */
export async function readRequests(bytes: Buffer): Promise<UploadedRecord[]> {
  const requests: UploadedRecord[] = [];
  for await (const entry of decodeRequestFile(asSource(bytes))) {
    if (entry.kind !== 'record') continue;
    const { orderNumber, customerNumber, amountYen } = entry.record;
    requests.push({ orderNumber, customerNumber, amountYen, columns: entry.columns });
  }
  return requests;
}

/** Writes a result file: each uploaded record with its result appended, spoiled as ordered. */
export function writeResultFile(
  merchant: SandboxMerchant,
  upload: Upload,
  requests: readonly UploadedRecord[],
  results: readonly RecordResult[],
): Buffer {
  const { acceptanceNumber, faults, merchantId } = upload;
  const kind = fileKinds[upload.transactionKind];
  const rows = requests.map(({ columns }, index): ResultRow => {
    return { columns, outcome: describeResult(results[index]!, upload.dueAt) };
  });
  const spoiled = spoilRows(rows, faults, `${merchant.outcomes.seed} ${acceptanceNumber}`);
  const lines = [
    encodeLine(headerLayout(kind), { merchantId }),
    ...spoiled.map((row) => `${row.columns.join(',')},${encodeOutcome(row.outcome)}`),
    encodeLine(trailerLayout(kind), { recordCount: countForTrailer(spoiled.length, faults) }),
  ];
  return truncate(Buffer.from(lines.map((line) => `${line}\r\n`).join('')), faults);
}

function encodeLine(layout: RecordLayout, values: FieldValues): string {
  const encoded = encodeRecord(layout, values);
  if (encoded.ok) return encoded.line;
  const [finding] = encoded.findings;
  throw new Error(`the sandbox made a record that does not fit: ${finding?.reason.en}`);
}

function countForTrailer(records: number, faults: Upload['faults']): number {
  const fault = faults.find(({ kind }) => kind === 'trailer_count_off');
  return fault?.kind === 'trailer_count_off' ? Math.max(records + fault.by, 0) : records;
}

function truncate(bytes: Buffer, faults: Upload['faults']): Buffer {
  const fault = faults.find(({ kind }) => kind === 'truncated');
  if (fault?.kind !== 'truncated') return bytes;
  const length = Math.floor(bytes.length * fault.keep);
  // Never on a line break: the last row must be visibly cut.
  const lastLine = bytes.lastIndexOf('\r\n', length - 1);
  return bytes.subarray(0, length - lastLine < 4 ? Math.max(lastLine - 2, 0) : length);
}
