import { type CsvValue, csvInstant } from './csv-writer.ts';

/** One line of the 取消リスト: what an operator looks for on the portal. */
export interface VoidListLine {
  readonly orderNumber: string;
  readonly paymentId: string | null;
  readonly amountYen: number;
  /** ISO instants. */
  readonly authorizedAt: string;
  readonly captureBefore: string;
}

export const VOID_LIST_HEAD = ['注文番号', '決済ID', '金額', 'オーソリ日時', '売上期限'] as const;

/** A line of the 取消リスト as the operator's CSV has it. */
export function voidListRow(line: VoidListLine): CsvValue[] {
  return [
    line.orderNumber,
    line.paymentId,
    line.amountYen,
    csvInstant(line.authorizedAt),
    csvInstant(line.captureBefore),
  ];
}
