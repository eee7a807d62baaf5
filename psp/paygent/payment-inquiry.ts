import { parseCompactJstInstant, parseJstInstant } from '../../billing/business-date.ts';
import { type CsvRow, readCsvRows } from '../../billing/csv-rows.ts';
import { parseYen } from '../../billing/money.ts';
import type { Certainty } from '../../billing/order-profile.ts';
import type { PaymentStanding } from '../../billing/payment-inquiry.ts';
import { UnusableFileError } from '../../billing/row-reason.ts';
import type { TextEncoding } from '../../billing/text-encoding.ts';

/**
 * The CSV of 情報照会: the portal's own list of payments.
 *
 * Source: manual 002 names the nine columns of the screen and the four statuses of its text. That the
 * CSV has these heads, and that 取引ID is the 注文番号 of the file, is assumed (docs/open-questions.md).
 */
export const inquiryColumns = {
  orderNumber: { nameJa: '取引ID', required: true, certainty: 'assumed' },
  paymentId: { nameJa: '決済ID', required: true, certainty: 'manual' },
  institution: { nameJa: '支払機関名', required: false, certainty: 'manual' },
  status: { nameJa: '決済ステータス', required: true, certainty: 'manual' },
  occurredAt: { nameJa: '取引発生日時', required: true, certainty: 'manual' },
  updatedAt: { nameJa: '最終更新日時', required: false, certainty: 'manual' },
  paidAt: { nameJa: '支払日時', required: false, certainty: 'manual' },
  amount: { nameJa: '決済金額', required: true, certainty: 'manual' },
} as const satisfies Readonly<
  Record<string, { nameJa: string; required: boolean; certainty: Certainty }>
>;
type InquiryField = keyof typeof inquiryColumns;

/** Columns that hold our own numbers and the PSP's: as long as a card number, and none. */
export const inquiryNumberColumns: readonly string[] = [
  inquiryColumns.orderNumber.nameJa,
  inquiryColumns.paymentId.nameJa,
];

/** 決済ステータス by name and by code [seen]; the portal writes オーソリ期限切れ [manual]. */
const standings: Readonly<Record<string, PaymentStanding>> = {
  申込済: 'pending',
  '10': 'pending',
  オーソリNG: 'declined',
  '11': 'declined',
  オーソリOK: 'authorized',
  '20': 'authorized',
  オーソリ取消済: 'voided',
  '32': 'voided',
  オーソリ期限切: 'expired',
  オーソリ期限切れ: 'expired',
  '33': 'expired',
  消込済: 'captured',
  '40': 'captured',
  売上取消済: 'refunded',
  '60': 'refunded',
};

/** What a 決済ステータス means; one that nobody knows stays unknown. */
export function readPaymentStatus(status: string): PaymentStanding {
  const name = status.normalize('NFKC').replace(/\s+/g, '');
  return Object.hasOwn(standings, name) ? (standings[name] ?? 'unknown') : 'unknown';
}

/** One payment of the list. Instants are ISO; null where the list says nothing. */
export interface InquiryPayment {
  /** Physical line on which the row starts, from 1; the header is line 1. */
  readonly line: number;
  /** 取引ID */
  readonly orderNumber: string | null;
  readonly paymentId: string | null;
  readonly institution: string | null;
  /** As it is written. */
  readonly status: string;
  readonly standing: PaymentStanding;
  readonly occurredAt: string | null;
  readonly updatedAt: string | null;
  readonly paidAt: string | null;
  readonly amountYen: number | null;
  /** Why the row cannot be used, in an operator's words; null = it can. */
  readonly problem: string | null;
}

/**
 * Reads the list in bounded memory, a batch of rows per chunk. A row that cannot be read is given as
 * such and stops nothing; columns that we do not know are ignored.
 *
 * @throws UnusableFileError when the file as a whole is no such list.
 */
export async function* readPaymentInquiry(
  source: AsyncIterable<Uint8Array>,
  encoding: TextEncoding,
): AsyncGenerator<InquiryPayment[]> {
  let columns: ColumnPlaces | null = null;
  for await (const rows of readCsvRows(source, encoding)) {
    const read: InquiryPayment[] = [];
    for (const row of rows) {
      if (columns === null) columns = findColumns(row);
      else read.push(readPayment(row, columns));
    }
    if (read.length > 0) yield read;
  }
  if (columns === null) {
    throw new UnusableFileError('empty', 'the file is empty', 'ファイルが空です');
  }
}

interface ColumnPlaces {
  readonly width: number;
  readonly places: Readonly<Record<InquiryField, number>>;
}

function findColumns(head: CsvRow): ColumnPlaces {
  if (head.kind === 'broken') {
    throw new UnusableFileError(
      'not_csv',
      'the first line cannot be read: this is no CSV in CP932 or UTF-8',
      '1行目を読み取れません。情報照会の照会データCSVを指定してください',
    );
  }
  // The screen's heads carry the marks of its sorting; a copy of them may, too.
  const names = head.fields.map((name) => name.normalize('NFKC').replace(/[▼▲\s]/g, ''));
  const places: Partial<Record<InquiryField, number>> = {};
  const missing: string[] = [];
  for (const [field, { nameJa, required }] of Object.entries(inquiryColumns)) {
    const place = names.indexOf(nameJa.normalize('NFKC'));
    if (place < 0 && required) missing.push(nameJa);
    if (place >= 0 && names.indexOf(names[place] ?? '', place + 1) >= 0) {
      throw new UnusableFileError(
        'ambiguous_column',
        `the column ${nameJa} stands in the header more than once`,
        `見出しに列「${nameJa}」が複数あります`,
      );
    }
    places[field as InquiryField] = place;
  }
  if (missing.length > 0) {
    throw new UnusableFileError(
      'missing_column',
      `the file has no column ${missing.join(', ')}: download the list of 情報照会 again`,
      `列「${missing.join('、')}」がファイルにありません。情報照会の検索結果のCSVをダウンロードし直してください`,
    );
  }
  return { width: names.length, places: places as Record<InquiryField, number> };
}

function readPayment(row: CsvRow, { width, places }: ColumnPlaces): InquiryPayment {
  const cell = (field: InquiryField) => {
    const text = row.fields[places[field]]?.trim() ?? '';
    // The screen writes a dash where nothing has happened yet [manual].
    return text === '-' ? '' : text;
  };
  const known = {
    line: row.line,
    orderNumber: readKey(cell('orderNumber')),
    paymentId: readKey(cell('paymentId')),
    institution: cell('institution').slice(0, 100) || null,
    status: cell('status').slice(0, 40),
    standing: readPaymentStatus(cell('status')),
    occurredAt: null,
    updatedAt: null,
    paidAt: null,
    amountYen: null,
  };
  if (row.kind === 'broken') return { ...known, problem: row.reason.ja };
  if (row.fields.length !== width) {
    return { ...known, problem: `列の数が見出しと異なります(${row.fields.length} / ${width})` };
  }
  const times = { occurredAt: '', updatedAt: '', paidAt: '' } as Record<TimeField, string | null>;
  for (const field of ['occurredAt', 'updatedAt', 'paidAt'] as const) {
    const text = cell(field);
    times[field] = readTime(text);
    if (text !== '' && times[field] === null) {
      return { ...known, problem: `${inquiryColumns[field].nameJa}を日時として読み取れません` };
    }
  }
  const amount = parseYen(cell('amount'));
  const amountYen = amount.ok ? amount.amountYen : null;
  const problem = known.orderNumber === null ? '取引IDがありません' : null;
  return {
    ...known,
    ...times,
    amountYen,
    problem: problem ?? (amount.ok ? null : `決済金額: ${amount.reason.ja}`),
  };
}

type TimeField = 'occurredAt' | 'updatedAt' | 'paidAt';

function readTime(text: string): string | null {
  return parseJstInstant(text) ?? parseCompactJstInstant(text);
}

/** A number or ID as it is written, leading zeros kept; longer ones are none of ours. */
function readKey(text: string): string | null {
  return text === '' || text.length > 64 ? null : text;
}
