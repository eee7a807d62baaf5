import { type CsvValue, csvInstant } from './csv-writer.ts';

/** One line of the 売上処理リスト: what an operator ticks on the portal. */
export interface PortalCaptureLine {
  readonly orderNumber: string;
  readonly paymentId: string | null;
  readonly amountYen: number;
  readonly authorizedYen: number;
  /** ISO instants. */
  readonly authorizedAt: string;
  readonly captureBefore: string;
}

export const PORTAL_CAPTURE_HEAD = [
  '注文番号',
  '決済ID',
  '売上金額',
  'オーソリ金額',
  'オーソリ日時',
  '売上期限',
] as const;

/** A line of the 売上処理リスト as the operator's CSV has it. */
export function portalCaptureRow(line: PortalCaptureLine): CsvValue[] {
  return [
    line.orderNumber,
    line.paymentId,
    line.amountYen,
    line.authorizedYen,
    csvInstant(line.authorizedAt),
    csvInstant(line.captureBefore),
  ];
}
