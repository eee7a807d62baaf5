import type { BusinessDate } from './business-date.ts';
import { CHARGE_STATE_LABELS_JA, type ChargeState } from './charge.ts';
import { type CsvValue, csvInstant } from './csv-writer.ts';
import type { RowsAndYen } from './cycle.ts';
import { orderNumberDoubled } from './order-export.ts';
import { labelOfReason } from './order-reasons.ts';

export const ORDER_VERDICTS = ['selected', 'excluded', 'quarantined'] as const;
export type OrderVerdict = (typeof ORDER_VERDICTS)[number];

/** One order of a month, as its latest export has it, and what became of it. */
export interface OrderRow {
  /** The how-manieth export of the month brought this row. */
  readonly collection: number;
  readonly record: number;
  readonly line: number;
  readonly orderNumber: string | null;
  readonly customerNumber: string | null;
  readonly orderedAt: string | null;
  readonly paymentMethod: string | null;
  readonly cycleCount: number | null;
  readonly previousOrderNumber: string | null;
  readonly amountYen: number | null;
  readonly shipment: 'unknown' | 'unshipped' | 'shipped' | null;
  readonly shippedOn: BusinessDate | null;
  readonly status: string | null;
  readonly customerName: string | null;
  readonly email: string | null;
  readonly phone: string | null;
  readonly verdict: OrderVerdict;
  readonly reason: string | null;
  /** Rows that cannot be read: where and why; else null. */
  readonly column: string | null;
  readonly value: string | null;
  readonly reasonJa: string | null;
  readonly reasonEn: string | null;
  /** The latest complete export no longer has it. */
  readonly gone: boolean;
  /** The charge that bills it: of which month, in which state. Null while there is none. */
  readonly billedIn: string | null;
  readonly billedState: ChargeState | null;
}

/** What the shop's own search knows (manual 002, 2-1), and what became of the order here. */
export interface OrderSearch {
  /** 注文番号: compared as numbers when the bounds are digits alone, else as text. */
  readonly orderNumberFrom?: string | undefined;
  readonly orderNumberTo?: string | undefined;
  /** Parts of 顧客名 and メールアドレス, whatever their width, case and spaces. */
  readonly customerName?: string | undefined;
  readonly email?: string | undefined;
  /** A part of TEL; only its digits count. */
  readonly phone?: string | undefined;
  readonly paymentMethods?: readonly string[] | undefined;
  /** 受注日 in Japan, both days included. */
  readonly orderedFrom?: BusinessDate | undefined;
  readonly orderedTo?: BusinessDate | undefined;
  readonly amountFromYen?: number | undefined;
  readonly amountToYen?: number | undefined;
  readonly status?: string | undefined;
  readonly verdict?: OrderVerdict | undefined;
  readonly reason?: string | undefined;
  /** Of this month's charge. */
  readonly chargeState?: ChargeState | undefined;
  readonly gone?: boolean | undefined;
}

/** Where a page of the list ended: newest first by time of order. Rows without a time of order stand last. */
export interface OrderPlace {
  readonly orderedAt: string | null;
  readonly collection: number;
  readonly record: number;
}

/** For a query: `2026-11-01T00:00:00.000Z.1.25`, with `-` where there is no time. */
export function writeOrderPlace({ orderedAt, collection, record }: OrderPlace): string {
  return [orderedAt ?? '-', collection, record].join('.');
}

export const orderPlacePattern =
  /^(-|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)\.(\d{1,9})\.(\d{1,9})$/;

/** Null when the text is no place. */
export function readOrderPlace(text: string): OrderPlace | null {
  const match = orderPlacePattern.exec(text);
  if (match === null || (match[1] !== '-' && Number.isNaN(Date.parse(match[1] ?? '')))) return null;
  return {
    orderedAt: match[1] === '-' ? null : (match[1] ?? null),
    collection: Number(match[2]),
    record: Number(match[3]),
  };
}

/**
 * A doubled number is found over all rows at once, which have no words of their own for it.
 *
 * @param column what the merchant's export calls the order number.
 */
export function explainOrder(row: OrderRow, column: string | null): OrderRow {
  if (row.reason !== orderNumberDoubled.code || row.reasonJa !== null) return row;
  const { ja, en } = orderNumberDoubled;
  return { ...row, column, value: row.orderNumber, reasonJa: ja, reasonEn: en };
}

/** Without what tells who the customer is; what a broken row holds may tell it in any column. */
export function maskOrder(row: OrderRow): OrderRow {
  return { ...row, customerName: null, email: null, phone: null, value: null };
}

/** The fields of a search that only those may use who may see what they compare. */
export const personalSearchFields = ['customerName', 'email', 'phone'] as const;

export const verdictLabels: Readonly<Record<OrderVerdict, string>> = {
  selected: '請求対象',
  excluded: '対象外',
  quarantined: '要確認',
};

const shipmentLabels = { unknown: '', unshipped: '未発送', shipped: '' } as const;

export const orderCsvHeader = [
  '受注日時',
  '注文番号',
  '顧客番号',
  '顧客名',
  'メールアドレス',
  '電話番号',
  '支払方法',
  '定期回数',
  '直前回注文番号',
  '購入金額',
  '全商品発送日',
  '対応状況',
  '判定',
  '理由',
  '項目',
  '値',
  '最新の注文CSVにない',
  '請求月',
  '請求の状態',
  '取込回',
  '行',
] as const;

/** A row of the list as a record under `orderCsvHeader`; times are those of Japan. */
export function orderCsvRecord(row: OrderRow): CsvValue[] {
  return [
    csvInstant(row.orderedAt),
    row.orderNumber,
    row.customerNumber,
    row.customerName,
    row.email,
    row.phone,
    row.paymentMethod,
    row.cycleCount,
    row.previousOrderNumber,
    row.amountYen,
    row.shippedOn ?? (row.shipment === null ? null : shipmentLabels[row.shipment]),
    row.status,
    verdictLabels[row.verdict],
    row.reasonJa ?? labelOfReason(row.reason),
    row.column,
    row.value,
    row.gone ? 'はい' : null,
    row.billedIn,
    row.billedState === null ? null : CHARGE_STATE_LABELS_JA[row.billedState],
    row.collection,
    row.line,
  ];
}

/** What a search finds, counted; a row that cannot be read has no yen. */
export interface OrderTotals extends RowsAndYen {
  readonly byVerdict: Readonly<Record<OrderVerdict, RowsAndYen>>;
}

export function sumOrders(rows: readonly Pick<OrderRow, 'verdict' | 'amountYen'>[]): OrderTotals {
  const sum = (of: typeof rows): RowsAndYen => ({
    rows: of.length,
    yen: of.reduce((yen, { amountYen }) => yen + (amountYen ?? 0), 0),
  });
  const having = (verdict: OrderVerdict) => sum(rows.filter((row) => row.verdict === verdict));
  return {
    ...sum(rows),
    byVerdict: {
      selected: having('selected'),
      excluded: having('excluded'),
      quarantined: having('quarantined'),
    },
  };
}
