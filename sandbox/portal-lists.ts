import type { CallAnswer } from '../api/client/call.ts';
import type { Contract } from '../api/contract.ts';
import type { OperatorDay } from './bill-month.ts';
import { type CountAndYen, uploadStoredFile } from './operator.ts';
import { call, type OperatorDesk } from './operator-desk.ts';
import {
  capturePayments,
  downloadPaymentsCsv,
  type PaymentConditions,
  type PortalAccount,
  searchPayments,
  voidPayments,
} from './paygent-operator.ts';

/** The simulated operator's work by lists: voids and captures on the portal, and 情報照会. */

const whole = (month: string) => ({ params: { month }, query: { limit: 1000 } });

export async function listVoids(
  desk: OperatorDesk,
  month: string,
): Promise<CallAnswer<Contract['listVoids']>['voids']> {
  return (await call(desk, 'listVoids', whole(month))).voids;
}

export async function listPortalCaptures(
  desk: OperatorDesk,
  month: string,
): Promise<CallAnswer<Contract['listPortalCaptures']>> {
  return await call(desk, 'listPortalCaptures', whole(month));
}

/** Voids on the portal what stands on the 取消リスト, and says so. @returns how many */
export async function workVoids({ desk, portal }: OperatorDay, month: string): Promise<number> {
  const lines = await listVoids(desk, month);
  if (lines.length === 0) return 0;
  const orderNumbers = lines.map(({ orderNumber }) => orderNumber);
  await voidPayments(portal, await paymentsOf(portal, orderNumbers));
  const body = { orderNumbers, result: 'voided' } as const;
  await call(desk, 'confirmVoids', { params: { month }, body });
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
  const body = { orderNumbers, confirmed, result: 'captured' } as const;
  return await call(desk, 'confirmPortalCaptures', { params: { month }, body });
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

export type ComparedInquiry = CallAnswer<Contract['compareInquiry']>;

/** Downloads the portal's list of payments and has Tsukigime compare it; nothing changes yet. */
export async function readInquiry(
  { desk, portal }: OperatorDay,
  month: string,
  conditions: PaymentConditions,
): Promise<ComparedInquiry> {
  const bytes = await downloadPaymentsCsv(portal, conditions);
  const name = 'inquiry.csv';
  const sha256 = await uploadStoredFile(desk, { name, kind: 'payment-inquiry', bytes });
  const { n } = await call(desk, 'readInquiry', { params: { month }, body: { sha256 } });
  return await call(desk, 'compareInquiry', { params: { month, n } });
}

/** Takes a list into the record as it was compared. */
export async function useInquiry(
  desk: OperatorDesk,
  month: string,
  { n, changes }: Pick<ComparedInquiry, 'n' | 'changes'>,
): Promise<CountAndYen> {
  const body = { confirmed: changes, reason: '情報照会で確認' };
  return await call(desk, 'useInquiry', { params: { month, n }, body });
}
