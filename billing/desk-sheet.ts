import { type CsvRow, readCsvRows } from './csv-rows.ts';
import type { CsvValue } from './csv-writer.ts';
import {
  type AcceptedChoice,
  allowedActions,
  DESK_ACTIONS,
  type DeskAction,
  type DeskChoice,
  deskActionNames,
  type EarlierDecision,
  judgeChoices,
} from './desk-decision.ts';
import {
  type DeskItem,
  describeDifference,
  deskKindNames,
  parseDeskItem,
} from './reconciliation-desk.ts';
import { UnusableFileError } from './row-reason.ts';
import type { TextEncoding } from './text-encoding.ts';

/**
 * The desk as a CSV that operators fill in: out with every open item, back with 判断 and 理由. What a
 * spreadsheet did to the other columns on the way is found by comparing them with the record: nothing
 * but 判断 and 理由 is taken from it.
 */

/** As an upload is called. */
export const DESK_SHEET_KIND = 'desk-decisions';
/** Rows of one file: what a person can still look through. */
export const MOST_SHEET_ROWS = 20_000;
/** Characters of a reason, as the API takes it. */
const MOST_REASON = 500;

export const deskSheetHeader = [
  '項目ID',
  '月',
  'ファイル',
  '行',
  '種別',
  '注文番号',
  '請求金額',
  '項目差異',
  '結果の行',
  '判断候補',
  '判断',
  '理由',
] as const;
type Column = (typeof deskSheetHeader)[number];

/** Columns that hold our own numbers or the PSP's, which may be as long as a card number. */
export const deskSheetOwnNumbers: readonly Column[] = ['項目ID', '注文番号', '項目差異'];

/** Columns without which a sheet cannot be read back. */
const needed: readonly Column[] = ['項目ID', '注文番号', '請求金額', '判断', '理由'];

/** An item as a record under `deskSheetHeader`; 判断 and 理由 are left to the operator. */
export function deskSheetRecord(item: DeskItem): CsvValue[] {
  const { exchange } = item;
  const values: Record<Column, CsvValue> = {
    項目ID: item.item,
    // Excel takes 2026-11 for a date and writes it back as Nov-26.
    月: `${item.month.slice(0, 4)}年${item.month.slice(5)}月`,
    ファイル: exchange === null ? null : `${exchange.kind}-${exchange.number}`,
    行: item.line,
    種別: deskKindNames[item.kind],
    注文番号: item.orderNumber,
    請求金額: item.amountYen,
    項目差異: describeDifference(item),
    結果の行: item.resultLine,
    判断候補: allowedActions(item)
      .map((action) => deskActionNames[action])
      .join('・'),
    判断: null,
    理由: null,
  };
  return deskSheetHeader.map((column) => values[column]);
}

/** A filled-in row as it came back. */
export interface SheetRow {
  /** Physical line in the file. */
  readonly line: number;
  readonly item: string;
  readonly orderNumber: string;
  readonly amountText: string;
  readonly word: string;
  readonly reason: string;
}

export interface SheetProblem {
  readonly line: number;
  readonly code:
    | 'unreadable_row'
    | 'unknown_word'
    | 'unknown_item'
    | 'leading_zeros_lost'
    | 'other_order'
    | 'amount_changed'
    | 'reason_missing'
    | 'reason_too_long'
    | 'refused';
  readonly ja: string;
}

export interface Sheet {
  /** Rows with a 判断. */
  readonly rows: readonly SheetRow[];
  /** Rows without one: nothing is done with them. */
  readonly undecided: number;
  readonly problems: readonly SheetProblem[];
}

/**
 * Reads a sheet.
 * @throws UnusableFileError when it is none, or holds too many rows
 */
export async function readDeskSheet(
  source: AsyncIterable<Uint8Array>,
  encoding: TextEncoding,
): Promise<Sheet> {
  const rows: SheetRow[] = [];
  const problems: SheetProblem[] = [];
  let undecided = 0;
  let columns: ReadonlyMap<string, number> | undefined;
  for await (const batch of readCsvRows(source, encoding)) {
    for (const row of batch) {
      if (columns === undefined) {
        columns = findColumns(row);
        continue;
      }
      if (row.kind === 'broken') {
        problems.push({ line: row.line, code: 'unreadable_row', ja: row.reason.ja });
      } else {
        const read = readRow(row.line, row.fields, columns);
        if (read.word === '') undecided += 1;
        else rows.push(read);
      }
      if (rows.length + problems.length > MOST_SHEET_ROWS) throw tooManyRows();
    }
  }
  if (columns === undefined) throw noSheet(needed);
  return { rows, undecided, problems };
}

function findColumns(header: CsvRow): ReadonlyMap<string, number> {
  const columns = new Map(header.fields.map((name, index) => [name?.trim() ?? '', index]));
  const missing = needed.filter((name) => !columns.has(name));
  if (missing.length > 0) throw noSheet(missing);
  return columns;
}

function readRow(
  line: number,
  fields: readonly string[],
  columns: ReadonlyMap<string, number>,
): SheetRow {
  const of = (column: Column) => unguard(fields[columns.get(column) ?? -1]?.trim() ?? '');
  return {
    line,
    item: of('項目ID'),
    orderNumber: of('注文番号'),
    amountText: of('請求金額'),
    word: of('判断'),
    reason: of('理由'),
  };
}

/** Takes away the apostrophe by which the writer keeps a spreadsheet from running the text. */
function unguard(text: string): string {
  return /^'[=+\-@＝＋－＠]/.test(text) ? text.slice(1) : text;
}

const actionByWord: ReadonlyMap<string, DeskAction> = new Map(
  DESK_ACTIONS.flatMap((action) => [
    [deskActionNames[action], action] as const,
    [action, action] as const,
  ]),
);

/**
 * What the rows of a sheet ask for, set against the items of the record. One row at fault refuses the
 * file; the others are shown all the same.
 *
 * @param reason for rows that give none of their own; null = each row must
 */
export function judgeSheet<Item extends DeskItem>(
  sheet: Sheet,
  found: ReadonlyMap<string, Item>,
  earlier: ReadonlyMap<string, EarlierDecision>,
  reason: string | null,
): {
  readonly accepted: readonly AcceptedChoice<Item>[];
  readonly problems: readonly SheetProblem[];
} {
  const choices: DeskChoice[] = [];
  const lines: number[] = [];
  const problems: SheetProblem[] = [...sheet.problems];
  for (const row of sheet.rows) {
    const action = actionByWord.get(row.word.normalize('NFKC'));
    const problem = findProblem(row, found.get(row.item), action, reason);
    if (problem !== null) problems.push({ line: row.line, ...problem });
    else if (action !== undefined) {
      choices.push({ item: row.item, action, reason: row.reason || (reason ?? '') });
      lines.push(row.line);
    }
  }
  const { accepted, refused } = judgeChoices(choices, found, earlier);
  for (const { at, ja } of refused) problems.push({ line: lines[at] ?? 0, code: 'refused', ja });
  return { accepted, problems: problems.sort((one, other) => one.line - other.line) };
}

const NAMED = 20;

/** Why a sheet was refused, naming its lines. */
export function describeSheetProblems(problems: readonly SheetProblem[]): string {
  const named = problems.slice(0, NAMED).map(({ line, ja }) => `${line} 行目: ${ja}`);
  const more = problems.length > NAMED ? `。ほか ${problems.length - NAMED} 件` : '';
  return `CSVに誤りがあります: ${named.join('。')}${more}。何も変更していません。直してアップロードし直してください。`;
}

function findProblem(
  row: SheetRow,
  item: DeskItem | undefined,
  action: DeskAction | undefined,
  reason: string | null,
): Omit<SheetProblem, 'line'> | null {
  if (parseDeskItem(row.item) === null || item === undefined) {
    const ja = `項目ID「${row.item}」は要確認の項目にありません。別の加盟店や締めた月の出力ではありませんか`;
    return { code: 'unknown_item', ja };
  }
  const expected = unguard((item.orderNumber ?? '').trim());
  if (row.orderNumber !== expected) return tellOrder(row.orderNumber, expected);
  const amount = row.amountText.normalize('NFKC').replace(/[,¥\\円\s]/g, '');
  if (amount !== String(item.amountYen ?? '')) {
    const ja = `請求金額が ${row.amountText || '(空)'} になっています(記録は ${item.amountYen ?? '(空)'})。金額はここでは変えられません`;
    return { code: 'amount_changed', ja };
  }
  if (action === undefined) {
    const words = allowedActions(item).map((allowed) => deskActionNames[allowed]);
    const ja = `判断「${row.word}」はありません。${words.join('、')} のいずれかを入力してください`;
    return { code: 'unknown_word', ja };
  }
  if (row.reason === '' && reason === null) {
    return { code: 'reason_missing', ja: '理由がありません' };
  }
  if (row.reason.length > MOST_REASON) {
    return { code: 'reason_too_long', ja: `理由が ${MOST_REASON} 文字を超えています` };
  }
  return null;
}

/** What Excel does to a number with zeros in front, or with more than eleven digits. */
function tellOrder(read: string, expected: string): Omit<SheetProblem, 'line'> {
  const bare = (text: string) => text.replace(/^0+(?=.)/, '');
  if (/^\d+(\.\d+)?E\+\d+$/i.test(read) || bare(read) === bare(expected)) {
    const ja = `注文番号 ${expected} が ${read} になっています。Excelで直接開いて保存すると先頭の 0 や長い番号が失われます。書き出し直し、「データ」→「テキストまたはCSVから」で注文番号を文字列として開いてください`;
    return { code: 'leading_zeros_lost', ja };
  }
  const ja = `注文番号が ${read || '(空)'} ですが、この項目の注文は ${expected || '(空)'} です。別のファイルの行ではありませんか`;
  return { code: 'other_order', ja };
}

function noSheet(missing: readonly string[]): UnusableFileError {
  return new UnusableFileError(
    'wrong_columns',
    `the file is no sheet of the reconciliation desk: it lacks ${missing.join(', ')}`,
    `要確認のCSVではありません。列「${missing.join('」「')}」がありません`,
  );
}

function tooManyRows(): UnusableFileError {
  return new UnusableFileError(
    'too_many_records',
    `more than ${MOST_SHEET_ROWS} rows: split the file`,
    `${MOST_SHEET_ROWS} 行を超えています。ファイルを分けてください`,
  );
}
