import type { OperatorDay } from './bill-month.ts';
import { type CountAndYen, uploadStoredFile } from './operator.ts';
import { act, type OperatorDesk, read } from './operator-desk.ts';
import {
  capturePayments,
  downloadPaymentsCsv,
  type PaymentConditions,
  type PortalAccount,
  searchPayments,
  voidPayments,
} from './paygent-operator.ts';

/** The simulated operator's work by lists: voids and captures on the portal, and 情報照会. */

interface ListedLine {
  readonly orderNumber: string;
  readonly amountYen: number;
}

const pathOf = (month: string, list: string) => `/cycles/${month}/${list}?limit=1000`;

export async function listVoids(desk: OperatorDesk, month: string): Promise<ListedLine[]> {
  return (await read<{ voids: ListedLine[] }>(desk, pathOf(month, 'voids'))).voids;
}

export async function listPortalCaptures(
  desk: OperatorDesk,
  month: string,
): Promise<{ captures: ListedLine[]; total: CountAndYen }> {
  return await read(desk, pathOf(month, 'portal-captures'));
}

/** Voids on the portal what stands on the 取消リスト, and says so. @returns how many */
export async function workVoids({ desk, portal }: OperatorDay, month: string): Promise<number> {
  const lines = await listVoids(desk, month);
  if (lines.length === 0) return 0;
  const orderNumbers = lines.map(({ orderNumber }) => orderNumber);
  await voidPayments(portal, await paymentsOf(portal, orderNumbers));
  await act(desk, `/cycles/${month}/confirmed-voids`, { orderNumbers, result: 'voided' });
  return lines.length;
}

/** Captures on the portal (一括売上処理) what stands on the 売上処理リスト, and says so. */
export async function workPortalCaptures(
  { desk, portal }: OperatorDay,
  month: string,
): Promise<CountAndYen> {
  const { captures, total } = await listPortalCaptures(desk, month);
  if (captures.length === 0) return total;
  const orderNumbers = captures.map(({ orderNumber }) => orderNumber);
  const done = await capturePayments(portal, await paymentsOf(portal, orderNumbers));
  const confirmed = { rows: done.records, yen: done.amountYen };
  return await act(desk, `/cycles/${month}/confirmed-captures`, {
    orderNumbers,
    confirmed,
    result: 'captured',
  });
}

/** 決済ID of the authorizations of these orders that are alive. */
async function paymentsOf(
  portal: PortalAccount,
  orderNumbers: readonly string[],
): Promise<string[]> {
  const ids: string[] = [];
  for (const transactionId of orderNumbers) {
    const found = await searchPayments(portal, { transactionId, status: 'オーソリOK' });
    ids.push(...found.map(({ paymentId }) => paymentId));
  }
  return ids;
}

export interface ComparedInquiry {
  readonly n: number;
  readonly rows: number;
  readonly counts: readonly (CountAndYen & { readonly class: string })[];
  readonly changes: CountAndYen;
  readonly unlisted: number;
}

/** Downloads the portal's list of payments and has Tsukigime compare it; nothing changes yet. */
export async function readInquiry(
  { desk, portal }: OperatorDay,
  month: string,
  conditions: PaymentConditions,
): Promise<ComparedInquiry> {
  const bytes = await downloadPaymentsCsv(portal, conditions);
  const name = 'inquiry.csv';
  const sha256 = await uploadStoredFile(desk, { name, kind: 'payment-inquiry', bytes });
  const path = `/cycles/${month}/payment-inquiries`;
  const { n } = await act<{ n: number }>(desk, path, { sha256 });
  return await read<ComparedInquiry>(desk, `${path}/${n}`);
}

/** Takes a list into the record as it was compared. */
export async function useInquiry(
  desk: OperatorDesk,
  month: string,
  { n, changes }: ComparedInquiry,
): Promise<CountAndYen> {
  const path = `/cycles/${month}/payment-inquiries/${n}/use`;
  return await act(desk, path, { confirmed: changes, reason: '情報照会で確認' });
}
