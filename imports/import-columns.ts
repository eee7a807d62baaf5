import type { ImportKind } from '../billing/file-import.ts';
import { type RowReason, UnusableFileError } from '../billing/row-reason.ts';

/**
 * The columns of both files, in their order (manual 001 for cards; the order of the customer columns
 * is ours). Customers are read by name, cards by position.
 */
export const importColumns = {
  customers: [
    '顧客番号',
    '顧客ID',
    '氏名',
    'フリガナ',
    '郵便番号',
    '都道府県名',
    '市区町村',
    '町名番地',
    '建物名',
    '電話番号',
    'メールアドレス',
    '性別',
    '生年月日',
    '職業',
    '顧客タグ',
    'メルマガ',
    '顧客タイプ',
  ],
  cards: [
    '決済代行会社',
    '顧客ID',
    'カード番号下3桁',
    'カードブランド',
    'カード名義人',
    'SEND ID',
    '連番物理',
    '有効期限',
    'クロネコwebコレクトカード認証キー',
  ],
} as const satisfies Record<ImportKind, readonly string[]>;

/** What the file of failed rows has besides the original columns: never read back. */
export const reportColumns = ['行数', 'エラー内容'] as const;

/**
 * For the card-number guard: 顧客番号 and 顧客ID are the shop's numbers and ours. Every column of a card
 * file is looked at, for there a whole number is the likeliest slip.
 *
 * @param exempt columns that the merchant's settings exempt.
 */
export function importGuardOptions(kind: ImportKind, exempt: readonly string[]) {
  const own = kind === 'customers' ? ['顧客番号', '顧客ID'] : [];
  return { header: true, exemptColumns: [...own, ...exempt] };
}

/** ZEUS and GMO have no カード認証キー: their files may end before it [assumed]. */
const shortCardWidth = 8;

/** Names by which the first column of a card file says that its row is a header. */
const cardHeaderStarts: ReadonlySet<string> = new Set(['決済代行会社', '決済代行会社名']);

/** Where the columns of a file stand. */
export interface ImportLayout {
  /** Whether the first row holds names. */
  readonly header: boolean;
  /** Position from 0 of every column of the kind; -1 where a short card file has none. */
  readonly positions: readonly number[];
  /** How many columns a row may have. */
  readonly widths: readonly number[];
}

/**
 * Finds the layout in the first row of a file.
 * @throws UnusableFileError that names what is missing, unknown or doubled.
 */
export function resolveImportLayout(kind: ImportKind, firstRow: readonly string[]): ImportLayout {
  const names = firstRow.map((name) => name.trim());
  return kind === 'customers' ? customerLayout(names) : cardLayout(names);
}

function customerLayout(names: readonly string[]): ImportLayout {
  const wanted: readonly string[] = importColumns.customers;
  const missing = wanted.filter((name) => !names.includes(name));
  if (missing.length === wanted.length) {
    throw wrongColumns(
      'the first line names none of the columns of a customer file',
      '1行目が顧客データの見出しではありません。見出し行のある CSV を指定してください',
    );
  }
  if (missing.length > 0) {
    throw wrongColumns(
      `the file has no column ${missing.join(', ')}`,
      `列「${missing.join('」「')}」がありません。見出し行を直してください`,
    );
  }
  refuseForeign(names, wanted);
  return {
    header: true,
    positions: wanted.map((name) => names.indexOf(name)),
    widths: [names.length],
  };
}

function cardLayout(names: readonly string[]): ImportLayout {
  const wanted: readonly string[] = importColumns.cards;
  const header = cardHeaderStarts.has(names[0] ?? '');
  const positions = wanted.map((_, index) => index);
  if (!header) {
    if (names.length !== wanted.length && names.length !== shortCardWidth) throw wrongCardWidth();
    return { header, positions, widths: [shortCardWidth, wanted.length] };
  }
  const given = names.filter((name) => !isReportColumn(name));
  if (given.length !== wanted.length && given.length !== shortCardWidth) throw wrongCardWidth();
  const wrong = given.findIndex((name, index) => !isCardColumn(name, index));
  if (wrong >= 0) {
    throw wrongColumns(
      `column ${wrong + 1} must be ${wanted[wrong]}`,
      `${wrong + 1} 列目は「${wanted[wrong]}」です。列の並びを直してください`,
    );
  }
  refuseForeign(names, [...given, ...wanted]);
  return {
    header,
    positions: positions.map((index) => (index < given.length ? index : -1)),
    widths: [names.length],
  };
}

/** 【SendID】 is how the manual's own errors write SEND ID, 【決済代行会社名】 how they write the first. */
function isCardColumn(name: string, index: number): boolean {
  const wanted = importColumns.cards[index];
  if (index === 0) return cardHeaderStarts.has(name);
  if (wanted === 'SEND ID') return name.replace(/\s/g, '').toUpperCase() === 'SENDID';
  return (
    name === wanted || (wanted?.endsWith('カード認証キー') === true && name === 'カード認証キー')
  );
}

function refuseForeign(names: readonly string[], wanted: readonly string[]): void {
  const foreign = names.filter((name) => !wanted.includes(name) && !isReportColumn(name));
  if (foreign.length > 0) {
    const positions = names.flatMap((name, index) => (foreign.includes(name) ? [index + 1] : []));
    // By position: what stands there may be a customer's data when the header is missing.
    throw wrongColumns(
      `unknown columns at ${positions.join(', ')}: take them out`,
      `${positions.join('、')} 列目は取り込みの項目ではありません。列を削除してください`,
    );
  }
  const doubled = names.find((name, index) => names.indexOf(name) !== index);
  if (doubled !== undefined) {
    throw new UnusableFileError(
      'ambiguous_column',
      `the column ${doubled} stands in the header more than once`,
      `見出しに列「${doubled}」が複数あります`,
    );
  }
}

function isReportColumn(name: string): boolean {
  return (reportColumns as readonly string[]).includes(name);
}

function wrongCardWidth(): UnusableFileError {
  return wrongColumns(
    'a card file has 9 columns, for ZEUS and GMO 8 are enough',
    'クレジットカードデータは9列 (ZEUS・GMO は8列でも可) です。列を確かめてください',
  );
}

function wrongColumns(en: string, ja: string): UnusableFileError {
  return new UnusableFileError('wrong_columns', en, ja);
}

/** A row that has another number of columns than its file. */
export function widthReason(found: number, layout: ImportLayout): RowReason {
  const expected = layout.widths.join('・');
  return {
    code: found < Math.min(...layout.widths) ? 'too_few_columns' : 'too_many_columns',
    ja: `列の数が正しくありません (${expected} 列のところ、この行は ${found} 列)`,
    en: `the row has ${found} columns, not ${expected}`,
  };
}
