import type { BillingMonth } from '../../billing/billing-month.ts';
import type { RefreshQuarantineReason, RefreshVerdict } from '../../billing/card-refresh.ts';
import type { RefreshResultLayout } from '../../billing/card-refresh-settings.ts';
import { type CsvRow, readCsvRows } from '../../billing/csv-rows.ts';
import { fieldIndex } from '../record-layout.ts';
import { refreshResultLayout } from './refresh-layouts.ts';
import { readRefreshReference } from './refresh-request.ts';

/** A row of a result. What is null was empty, or is not among the columns. */
export interface RefreshResultRow {
  /** Physical line on which the row starts, from 1. */
  readonly line: number;
  readonly memberId: string | null;
  readonly sequence: string | null;
  /** Line of the request that 自由項目 names. */
  readonly targetLine: number | null;
  readonly verdict: RefreshVerdict | null;
  /** The last three or four digits of the number that the issuer gave. */
  readonly lastDigits: string | null;
  /** YYYY-MM that the issuer gave. */
  readonly expiry: string | null;
  /** Why nothing of the row may be used. */
  readonly fault: RefreshRowFault | null;
}

export interface RefreshRowFault {
  readonly reason: RefreshQuarantineReason;
  /** The column at fault by its name; null: the row as a whole. */
  readonly field: string | null;
}

/**
 * Reads a result in bounded memory, a batch of rows per chunk. A row that cannot be used is given with
 * what is wrong with it and stops nothing. Results are CP932, as requests are.
 *
 * @param month of the refresh: rows that name another one are no part of it
 */
export async function* readRefreshResult(
  source: AsyncIterable<Uint8Array>,
  settings: RefreshResultLayout,
  month: BillingMonth,
): AsyncGenerator<RefreshResultRow[]> {
  const read = createRowReader(settings, month);
  for await (const rows of readCsvRows(source, 'cp932')) yield rows.map(read);
}

/** Positions of the columns, from 0; -1: a result has no such column. */
interface Places {
  readonly memberId: number;
  readonly sequence: number;
  readonly freeText: number;
  readonly verdict: number;
  readonly cardNumber: number;
  readonly expiry: number;
}

function createRowReader(
  settings: RefreshResultLayout,
  month: BillingMonth,
): (row: CsvRow) => RefreshResultRow {
  const layout = refreshResultLayout(settings);
  const width = layout.fields.length;
  const place = (id: string, position: number | null) =>
    position === null ? -1 : fieldIndex(layout, id);
  const at: Places = {
    memberId: place('memberId', settings.memberId),
    sequence: place('cardSequence', settings.cardSequence),
    freeText: place('freeText', settings.freeText),
    verdict: place('verdict', settings.verdict),
    cardNumber: place('cardNumber', settings.cardNumber),
    expiry: place('expiry', settings.expiry),
  };
  const refuse = (row: CsvRow, reason: RefreshQuarantineReason, column = -1): RefreshResultRow => {
    const memberId = row.fields.length === width ? row.fields[at.memberId] || null : null;
    const fault = { reason, field: layout.fields[column]?.nameJa ?? null };
    return { ...nothing, line: row.line, memberId: short(memberId), fault };
  };

  return (row) => {
    if (row.kind === 'broken') return refuse(row, 'unreadable', row.column ?? -1);
    const { fields } = row;
    if (fields.length !== width) return refuse(row, 'bad_columns');
    let targetLine: number | null = null;
    if (at.freeText >= 0) {
      const reference = readRefreshReference(fields[at.freeText] ?? '');
      if (reference === null) return refuse(row, 'unmatched', at.freeText);
      if (reference.month !== month) return refuse(row, 'other_month', at.freeText);
      targetLine = reference.line;
    }
    const memberId = fields[at.memberId] || null;
    if (memberId === null) return refuse(row, 'unmatched', at.memberId);
    const verdict = verdicts.get(fields[at.verdict] ?? '');
    if (verdict === undefined) return refuse(row, 'bad_verdict', at.verdict);
    // What is given beside a refusal is not used: nothing of it may keep the refusal away.
    const number = verdict === 0 ? fields[at.cardNumber] || null : null;
    const lastDigits = number === null ? null : readLastDigits(number);
    if (number !== null && lastDigits === null) return refuse(row, 'bad_data', at.cardNumber);
    const written = verdict === 0 ? fields[at.expiry] || null : null;
    const expiry = written === null ? null : readExpiry(written, settings.expiryFormat);
    if (written !== null && expiry === null) return refuse(row, 'bad_data', at.expiry);
    const sequence = fields[at.sequence] || null;
    const { line } = row;
    const said = { verdict, lastDigits, expiry, fault: null };
    return { line, memberId: short(memberId), sequence, targetLine, ...said };
  };
}

const nothing = {
  sequence: null,
  targetLine: null,
  verdict: null,
  lastDigits: null,
  expiry: null,
} as const;

const verdicts: ReadonlyMap<string, RefreshVerdict> = new Map([
  ['0', 0],
  ['1', 1],
  ['2', 2],
  ['3', 3],
]);

/** Enough to be found by; a longer one is none of ours. */
const longestMemberId = 60;

function short(text: string | null): string | null {
  return text === null ? null : text.slice(0, longestMemberId);
}

/**
 * The last digits of a masked number: `*************111`, `************1111`, `411111******1111`. A
 * masked end, or many digits without a mask, says nothing that may be kept.
 */
function readLastDigits(masked: string): string | null {
  if (!/^[0-9*＊xX-]{3,30}$/.test(masked)) return null;
  const digits = /[0-9]{3,}$/.exec(masked)?.[0];
  if (digits === undefined || (digits.length > 4 && digits.length === masked.length)) return null;
  return digits.slice(-4);
}

function readExpiry(text: string, format: 'YYMM' | 'MMYY'): string | null {
  if (!/^[0-9]{4}$/.test(text)) return null;
  const [first, second] = [text.slice(0, 2), text.slice(2)];
  const [year, month] = format === 'YYMM' ? [first, second] : [second, first];
  return month >= '01' && month <= '12' ? `20${year}-${month}` : null;
}
