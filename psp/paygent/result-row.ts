import { parseCompactJstInstant } from '../../billing/business-date.ts';
import type { RowReason } from '../../billing/row-reason.ts';
import { decodeRecord, fieldIndex, type RecordLayout } from '../record-layout.ts';
import { dataLayout, defaultDataWidth, resultLayout } from './layouts.ts';

/** What Paygent says about one record. */
export interface PaygentOutcome {
  /** 処理結果 as it stands in the file; blank while there is no result. */
  readonly resultCode: string;
  /** 決済ID */
  readonly paymentId: string | null;
  /** レスポンスコード */
  readonly responseCode: string | null;
  /** レスポンス詳細; an issuer decline is `1G` + code. */
  readonly responseDetail: string | null;
  /** 処理日時 as ISO instant. */
  readonly processedAt: string | null;
}

/** One data record of a result file. Amount and numbers are as returned, not yet compared. */
export interface ResultRow {
  readonly kind: 'row';
  readonly line: number;
  readonly orderNumber: string;
  readonly amountText: string;
  readonly previousOrderNumber: string;
  readonly customerNumber: string;
  readonly outcome: PaygentOutcome;
  /** What of the row cannot be read; a row with any is quarantined. */
  readonly findings: readonly ResultFieldFinding[];
  /** All columns as they stand in the file. */
  readonly columns: readonly string[];
}

export interface ResultFieldFinding {
  readonly field: string;
  readonly nameJa: string;
  readonly value: string;
  readonly reason: RowReason;
}

/** Which columns a data record of a result file has. */
export interface ResultColumns {
  /** Columns of a data record in the request. */
  readonly width?: number;
  /** The columns appended to it. */
  readonly appended?: RecordLayout;
}

/** Reads single data records: used where columns were kept and are read again. */
export interface ResultRowDecoder {
  readonly width: number;
  readonly orderNumberColumn: number;
  decode(columns: readonly string[], line: number): ResultRow;
}

export function createResultRowDecoder(options: ResultColumns = {}): ResultRowDecoder {
  const width = options.width ?? defaultDataWidth;
  const data = dataLayout('authorization', width);
  const appended = options.appended ?? resultLayout;
  return {
    width,
    orderNumberColumn: fieldIndex(data, 'orderNumber'),
    decode(columns, line) {
      const request = decodeRecord(data, columns.slice(0, width));
      const { outcome, findings } = readAppended(appended, columns.slice(width));
      return {
        kind: 'row',
        line,
        orderNumber: request.values.orderNumber ?? '',
        amountText: request.values.amountYen ?? '',
        previousOrderNumber: request.values.previousOrderNumber ?? '',
        customerNumber: request.values.customerNumber ?? '',
        outcome,
        findings: request.findings.length === 0 ? findings : [...request.findings, ...findings],
        columns,
      };
    },
  };
}

/** Reads the columns that a result appends to a record, with what of them cannot be read. */
export function readAppended(
  layout: RecordLayout,
  columns: readonly string[],
): Pick<ResultRow, 'outcome' | 'findings'> {
  // Blank columns at the end may be left out; the result itself may not.
  const { values, findings } = decodeRecord(layout, columns, { minWidth: 1 });
  const processedAt = parseCompactJstInstant(values.processedAt ?? '');
  return {
    outcome: {
      resultCode: values.resultCode ?? '',
      paymentId: values.paymentId || null,
      responseCode: values.responseCode || null,
      responseDetail: values.responseDetail || null,
      processedAt,
    },
    findings:
      processedAt !== null && findings.length === 0
        ? none
        : [...findings, ...noMoment(processedAt, values)],
  };
}

const none: readonly ResultFieldFinding[] = [];

/** Fourteen digits that are no moment, such as a 13th month. */
function noMoment(
  processedAt: string | null,
  { processedAt: text }: Readonly<Record<string, string>>,
): ResultFieldFinding[] {
  if (processedAt !== null || !text || !/^[0-9]{14}$/.test(text)) return [];
  return [{ field: 'processedAt', nameJa: '処理日時', value: text, reason: noMomentReason }];
}

const noMomentReason: RowReason = {
  code: 'value_type',
  ja: '処理日時が日時として読めません',
  en: 'processedAt is no date and time',
};
