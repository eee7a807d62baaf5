import { parseBusinessDate } from '../billing/business-date.ts';
import { parseCustomerId } from '../billing/customer-id.ts';
import type { ImportCells, RowRemark } from './import-rows.ts';
import { normalizePostalCode, prefectureNames } from './postal-codes.ts';

/** Longest text by which rows are found again: an index of Postgres holds no entry of any length. */
export const maxKeyLength = 100;

/** A customer as a row of the file describes it; blank cells are null. */
export interface CustomerRow {
  /** 顧客番号, the old cart's number. */
  readonly customerNumber: string;
  /** The number in 顧客ID; null: one is given out. */
  readonly customerId: number | null;
  readonly name: string | null;
  readonly kana: string | null;
  /** Seven digits. */
  readonly postalCode: string;
  readonly prefecture: string;
  readonly city: string;
  readonly street: string;
  readonly building: string | null;
  readonly phone: string;
  readonly email: string | null;
  readonly gender: string | null;
  /** 'YYYY-MM-DD'; as it was written where it is no date. */
  readonly birthDate: string | null;
  readonly occupation: string | null;
  readonly tags: readonly string[];
  /** メルマガ; null where nothing was written. */
  readonly newsletter: boolean | null;
  /** 顧客タイプ: 1, 2 or 3. */
  readonly customerType: number;
}

/** A set or map of names. */
interface Names {
  has(name: string): boolean;
}

/** What rows are checked against. Null: not known here, and then not checked. */
export interface CustomerChecks {
  /** Prefectures of a postal code of seven digits; none: it does not exist. */
  readonly findPrefectures: (postalCode: string) => readonly string[];
  readonly genders: Names;
  /** Between the names in 顧客タグ. */
  readonly tagSeparator: string;
  readonly occupations: Names | null;
  readonly tags: Names | null;
}

export interface CheckedRow<Row> {
  readonly record: number;
  readonly line: number;
  /** Null when the row has errors. */
  readonly row: Row | null;
  readonly errors: readonly RowRemark[];
  /** The row is imported all the same. */
  readonly warnings: readonly RowRemark[];
}

/** Error texts of manual 000; those marked (ours) are not in it. */
const texts = {
  required: (column: string) => `【${column}】は必須です`,
  unknown: (column: string) => `【${column}】は存在しません`,
  newsletter: '「メルマガ」は記載する場合、半角の0もしくは1で記載します',
  customerType: '【顧客タイプ】は半角の1,2もしくは3で記載します',
  // (ours)
  numberTooLong: `【顧客番号】は${maxKeyLength}文字以内で記載します`,
  customerId: '【顧客ID】は US-XXXXXXXX の形式で記載します',
  otherPrefecture: '【郵便番号】と【都道府県名】が一致していません',
  birthDate: '【生年月日】を日付として読み取れません。記載のまま取り込みました',
} as const;

/** (ours) What only the other rows of the file, or the customers on record, can tell. */
export const customerConflicts = {
  numberDoubled: '【顧客番号】がファイル内で重複しています',
  idDoubled: '【顧客ID】がファイル内で重複しています',
  idTaken: '【顧客ID】は別の【顧客番号】で使用されています',
  idDiffers: '【顧客ID】が登録済みの顧客と一致しません',
} as const;

/** Reads one row and finds all its errors, in the order of the columns. */
export function readCustomerRow(
  { record, line, cells }: ImportCells,
  checks: CustomerChecks,
): CheckedRow<CustomerRow> {
  const errors: RowRemark[] = [];
  const warnings: RowRemark[] = [];
  const [number = '', id = ''] = cells;
  const postal = cellOf(cells, 4);
  const prefecture = cellOf(cells, 5);
  const gender = cellOf(cells, 11);
  const birth = cellOf(cells, 12);
  const occupation = cellOf(cells, 13);
  const newsletter = cellOf(cells, 15);
  const customerType = cellOf(cells, 16);
  if (requireCell(errors, '顧客番号', number) && number.length > maxKeyLength)
    errors.push({ column: '顧客番号', text: texts.numberTooLong });
  const customerId = id === '' ? null : parseCustomerId(id);
  if (id !== '' && !customerId) errors.push({ column: '顧客ID', text: texts.customerId });
  const postalCode = normalizePostalCode(postal) ?? '';
  const found = postalCode === '' ? [] : checks.findPrefectures(postalCode);
  if (requireCell(errors, '郵便番号', postal) && found.length === 0) {
    errors.push({ column: '郵便番号', text: texts.unknown('郵便番号') });
  }
  if (requireCell(errors, '都道府県名', prefecture)) {
    if (!prefectureNames.has(prefecture))
      errors.push({ column: '都道府県名', text: texts.unknown('都道府県名') });
    else if (found.length > 0 && !found.includes(prefecture)) {
      warnings.push({ column: '郵便番号', text: texts.otherPrefecture });
    }
  }
  requireCell(errors, '市区町村', cellOf(cells, 6));
  requireCell(errors, '町名番地', cellOf(cells, 7));
  requireCell(errors, '電話番号', cellOf(cells, 9));
  if (gender !== '' && !checks.genders.has(gender))
    errors.push({ column: '性別', text: texts.unknown('性別') });
  const birthDate = birth === '' ? null : parseBusinessDate(birth);
  if (birth !== '' && birthDate === null) {
    warnings.push({ column: '生年月日', text: texts.birthDate });
  }
  if (occupation !== '' && checks.occupations?.has(occupation) === false) {
    errors.push({ column: '職業', text: texts.unknown('職業') });
  }
  const tags = splitTags(cellOf(cells, 14), checks.tagSeparator);
  if (tags.some((tag) => checks.tags?.has(tag) === false)) {
    errors.push({ column: '顧客タグ', text: texts.unknown('顧客タグ') });
  }
  if (!['', '0', '1'].includes(newsletter))
    errors.push({ column: 'メルマガ', text: texts.newsletter });
  if (requireCell(errors, '顧客タイプ', customerType) && !['1', '2', '3'].includes(customerType)) {
    errors.push({ column: '顧客タイプ', text: texts.customerType });
  }
  if (errors.length > 0) return { record, line, row: null, errors, warnings: [] };
  const row: CustomerRow = {
    customerNumber: number,
    customerId,
    name: cellOf(cells, 2) || null,
    kana: cellOf(cells, 3) || null,
    postalCode,
    prefecture,
    city: cellOf(cells, 6),
    street: cellOf(cells, 7),
    building: cellOf(cells, 8) || null,
    phone: cellOf(cells, 9),
    email: cellOf(cells, 10) || null,
    gender: gender || null,
    birthDate: birthDate ?? (birth || null),
    occupation: occupation || null,
    tags,
    newsletter: newsletter === '' ? null : newsletter === '1',
    customerType: Number(customerType),
  };
  return { record, line, row, errors, warnings };
}

/** A cell by its position in `importColumns.customers`. */
function cellOf(cells: readonly string[], position: number): string {
  return cells[position] ?? '';
}

function requireCell(errors: RowRemark[], column: string, cell: string): boolean {
  if (cell === '') errors.push({ column, text: texts.required(column) });
  return cell !== '';
}

const noTags: readonly string[] = [];

function splitTags(cell: string, separator: string): readonly string[] {
  if (cell === '') return noTags;
  const names = cell.split(separator).map((name) => name.trim());
  return [...new Set(names.filter((name) => name !== ''))];
}
