import { dataLayout, resultCodes } from '../../psp/paygent/layouts.ts';
import type { PaygentOutcome } from '../../psp/paygent/result-file.ts';
import { fieldIndex } from '../../psp/record-layout.ts';
import { createRandom, hashWords } from '../shop/random.ts';
import type { Fault } from './faults.ts';
import type { RecordOutcome, RecordResult } from './state.ts';

/** One row of a result file: the columns that were uploaded, and what is appended to them. */
export interface ResultRow {
  readonly columns: readonly string[];
  readonly outcome: PaygentOutcome;
}

/** 処理結果 that no table knows. */
const unknownResultCode = '9';

// Paygent's own レスポンスコード are not public: these are the sandbox's, and look like it.
const responseCodes: Readonly<Record<string, string>> = {
  declined: 'SBX001',
  no_authorization: 'SBX101',
  already_captured: 'SBX102',
  amount_over_authorization: 'SBX103',
  expired: 'SBX104',
  voided: 'SBX105',
};

/** What Paygent says about one record that was processed at an instant. */
export function describeResult(
  [, , paymentId, outcome]: RecordResult,
  processedAt: string,
): PaygentOutcome {
  return { ...describeOutcome(outcome), paymentId: paymentId || null, processedAt };
}

function describeOutcome(
  outcome: RecordOutcome,
): Omit<PaygentOutcome, 'paymentId' | 'processedAt'> {
  const blank = { responseCode: null, responseDetail: null };
  if (outcome === 'ok') return { resultCode: resultCodes.ok, ...blank };
  if (outcome === 'unknown') return { resultCode: unknownResultCode, ...blank };
  const issuer = outcome.startsWith('G');
  return {
    resultCode: resultCodes.ng,
    responseCode: responseCodes[issuer ? 'declined' : outcome] ?? null,
    responseDetail: issuer ? `1${outcome}` : outcome,
  };
}

/** Spoils the rows as the ordered faults say; what Paygent really did stays in its ledger. */
export function spoilRows(
  rows: readonly ResultRow[],
  faults: readonly Fault[],
  seed: string,
): ResultRow[] {
  let spoiled = [...rows];
  for (const [index, fault] of faults.entries()) {
    if (!('count' in fault)) continue;
    const chosen = chooseRows(spoiled, fault, hashWords(seed, 'fault', index));
    spoiled = spoiled.flatMap((row, place) => (chosen.has(place) ? spoilRow(row, fault) : [row]));
  }
  return spoiled;
}

type RowFault = Extract<Fault, { count: number }>;

const layout = dataLayout('authorization');
const amountColumn = fieldIndex(layout, 'amountYen');
const orderNumberColumn = fieldIndex(layout, 'orderNumber');

function spoilRow(row: ResultRow, fault: RowFault): ResultRow[] {
  switch (fault.kind) {
    case 'row_missing':
      return [];
    case 'row_doubled':
      return [row, row];
    case 'unknown_result_code':
      return [{ ...row, outcome: { ...row.outcome, resultCode: unknownResultCode } }];
    case 'amount_changed':
      return [{ ...row, columns: row.columns.with(amountColumn, changeAmount(row)) }];
  }
}

/** Another amount with the same number of digits, so that only a comparison can notice. */
function changeAmount({ columns }: ResultRow): string {
  const amount = columns[amountColumn] ?? '';
  const last = Number(amount.at(-1));
  return `${amount.slice(0, -1)}${(last + 1) % 10 || 1}`;
}

function chooseRows(rows: readonly ResultRow[], fault: RowFault, seed: number): Set<number> {
  const { orderNumbers, count } = fault;
  if (orderNumbers) {
    const named = rows.flatMap(({ columns }, place) =>
      orderNumbers.includes(columns[orderNumberColumn] ?? '') ? [place] : [],
    );
    return new Set(named);
  }
  const random = createRandom(seed);
  const chosen = new Set<number>();
  while (chosen.size < Math.min(count, rows.length)) chosen.add(random.int(rows.length));
  return chosen;
}
