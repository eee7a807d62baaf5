/** Why a row was set aside: a stable code for machines, a sentence for operators and one for logs. */
export interface RowReason {
  readonly code: string;
  /** What the operator reads. */
  readonly ja: string;
  readonly en: string;
}

/** A row that was set aside: nothing of it is used, and it is shown in every count. */
export interface QuarantinedRow {
  readonly kind: 'quarantined';
  /** Number of the data record in the file, from 1; blank lines are no records. */
  readonly record: number;
  /** Physical line on which the record starts, from 1. */
  readonly line: number;
  /** Header name of the column at fault, null when it is the row as a whole. */
  readonly column: string | null;
  /** What stood there; null for a column with personal data. */
  readonly value: string | null;
  readonly reason: RowReason;
  /** 注文番号 of the row, null when it could not be read. */
  readonly orderNumber: string | null;
}

export type UnusableFileCode =
  | 'empty'
  | 'not_csv'
  | 'wrong_encoding'
  | 'missing_column'
  | 'ambiguous_column'
  | 'wrong_columns'
  | 'settings_incomplete'
  | 'too_many_records';

/** The file as a whole cannot be read: nothing of it is used. */
export class UnusableFileError extends Error {
  override readonly name = 'UnusableFileError';
  readonly code: UnusableFileCode;
  /** The same sentence for operators. */
  readonly ja: string;

  constructor(code: UnusableFileCode, en: string, ja: string) {
    super(en);
    this.code = code;
    this.ja = ja;
  }
}
