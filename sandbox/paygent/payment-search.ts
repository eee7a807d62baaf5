import { institutions } from './card.ts';
import type { Desk } from './desk.ts';
import {
  listPayments,
  type PaymentColumn,
  type PaymentRow,
  paymentColumns,
  paymentStatuses,
} from './payments.ts';
import { parsePortalTime } from './portal-time.ts';
import { Refusal } from './refusal.ts';

/** The search of 情報照会. */

/** What is entered, by field; blanks are no condition. */
export type SearchFields = Readonly<Record<string, unknown>>;

export interface PaymentSearch {
  readonly transactionId: string;
  readonly paymentId: string;
  readonly status: string;
  readonly institution: string;
  /** ISO instants, inclusive. */
  readonly periods: Readonly<Record<Period, { from: string | null; to: string | null }>>;
  readonly amountFromYen: number | null;
  readonly amountToYen: number | null;
  readonly sort: PaymentColumn;
  readonly direction: 'asc' | 'desc';
}

export const periods = [
  { id: 'occurred', column: 'occurredAt', nameJa: '取引発生日時' },
  { id: 'updated', column: 'updatedAt', nameJa: '最終更新日時' },
  { id: 'paid', column: 'paidAt', nameJa: '支払日時' },
] as const;

type Period = (typeof periods)[number]['id'];

/**
 * Reads the conditions. At least one of those that the portal marks with ▲ must be there [manual];
 * which ones bear the mark is assumed: the two IDs and the three periods.
 *
 * @throws Refusal `condition_missing` or `unreadable_condition`, in the words of the screen.
 */
export function readPaymentSearch(fields: SearchFields): PaymentSearch {
  const text = (name: string): string => {
    const value = fields[name];
    return typeof value === 'string' ? value.trim() : '';
  };
  const period = (id: Period, nameJa: string) => ({
    from: readTime(text(`${id}From`), 'from', nameJa),
    to: readTime(text(`${id}To`), 'to', nameJa),
  });
  const [occurred, updated, paid] = periods.map(({ id, nameJa }) => period(id, nameJa));
  const search: PaymentSearch = {
    transactionId: text('transactionId'),
    paymentId: text('paymentId'),
    status: readChoice(text('status'), paymentStatuses, '決済ステータス'),
    institution: readChoice(text('institution'), institutions, '支払機関名'),
    periods: { occurred: occurred!, updated: updated!, paid: paid! },
    amountFromYen: readYen(text('amountFromYen')),
    amountToYen: readYen(text('amountToYen')),
    sort: readColumn(text('sort')),
    direction: text('direction') === 'desc' ? 'desc' : 'asc',
  };
  const marked = Object.values(search.periods).some(({ from, to }) => from !== null || to !== null);
  if (search.transactionId === '' && search.paymentId === '' && !marked) {
    throw new Refusal(
      400,
      'condition_missing',
      '▲がついている項目のいずれか1つに検索条件を入力してください。',
    );
  }
  return search;
}

function readTime(text: string, end: 'from' | 'to', nameJa: string): string | null {
  const instant = text === '' ? null : parsePortalTime(text, end);
  if (text === '' || instant !== null) return instant;
  throw unreadable(nameJa, '2026/11/20 10:00 の形で入力してください');
}

function readChoice(text: string, choices: readonly string[], nameJa: string): string {
  if (text === '' || choices.includes(text)) return text;
  throw unreadable(nameJa, `${choices.join('、')} から選択してください`);
}

function readYen(text: string): number | null {
  if (text === '') return null;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw unreadable('決済金額', '円単位の数字で入力してください');
}

function readColumn(text: string): PaymentColumn {
  // The manual: results come with the earliest 取引発生日時 first.
  if (text === '') return 'occurredAt';
  const column = paymentColumns.find(({ id }) => id === text);
  if (column) return column.id;
  throw unreadable('並び順', paymentColumns.map(({ id }) => id).join('、'));
}

function unreadable(nameJa: string, remedyJa: string): Refusal {
  return new Refusal(400, 'unreadable_condition', `${nameJa}: ${remedyJa}。`);
}

/** All payments that meet the conditions, sorted as asked. */
export function searchPayments(
  desk: Desk,
  merchantId: string,
  search: PaymentSearch,
): PaymentRow[] {
  const found = listPayments(desk, merchantId).filter((row) => meets(row, search));
  const sign = search.direction === 'asc' ? 1 : -1;
  return found.sort((a, b) => sign * (compare(a, b, search.sort) || compare(a, b, 'paymentId')));
}

function meets(row: PaymentRow, search: PaymentSearch): boolean {
  const { transactionId, paymentId, status, institution, amountFromYen, amountToYen } = search;
  return (
    (transactionId === '' || row.transactionId === transactionId) &&
    (paymentId === '' || row.paymentId === paymentId) &&
    (status === '' || row.status === status) &&
    (institution === '' || row.institution === institution) &&
    (amountFromYen === null || row.amountYen >= amountFromYen) &&
    (amountToYen === null || row.amountYen <= amountToYen) &&
    periods.every(({ id, column }) => isWithin(row[column], search.periods[id]))
  );
}

function isWithin(
  instant: string | null,
  { from, to }: { readonly from: string | null; readonly to: string | null },
): boolean {
  if (from === null && to === null) return true;
  if (instant === null) return false;
  return (from === null || instant >= from) && (to === null || instant <= to);
}

/** Numbers within texts by their value: 決済ID 9 stands before 10. */
const collator = new Intl.Collator('ja', { numeric: true });

function compare(a: PaymentRow, b: PaymentRow, column: PaymentColumn): number {
  const [left, right] = [a[column], b[column]];
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  const [text, other] = [String(left ?? ''), String(right ?? '')];
  // A collator is slow, and instants and numbers of one length have the order of their characters.
  const plain = text.length === other.length && /^[\d:.TZ-]*$/.test(text + other);
  if (!plain) return collator.compare(text, other);
  return text < other ? -1 : Number(text > other);
}
