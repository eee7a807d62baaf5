import type { Authorization, Decline } from './authorizations.ts';
import { describeCard } from './card.ts';
import { readClock } from './clock.ts';
import type { Desk } from './desk.ts';
import { type PaymentStatus, statusOf } from './ledger.ts';
import { Refusal } from './refusal.ts';
import { accountOf, merchantOf } from './state.ts';

/** 決済ステータス of 情報照会, in the order of its drop-down. */
export const paymentStatuses = [
  'オーソリOK',
  'オーソリNG',
  '消込済',
  'オーソリ期限切れ',
  'オーソリ取消済',
  '売上取消済',
] as const satisfies readonly (PaymentStatus | 'オーソリNG')[];

/** One row of 情報照会: the portal's nine columns, instants in ISO-8601. */
export interface PaymentRow {
  /** 取引ID: the merchant's own number of the transaction, its 注文番号 [assumed]. */
  readonly transactionId: string;
  /** 決済ID */
  readonly paymentId: string;
  /** 支払機関名 */
  readonly institution: string;
  /** カード番号, masked. */
  readonly cardNumber: string;
  /** 決済ステータス */
  readonly status: (typeof paymentStatuses)[number];
  /** 取引発生日時 */
  readonly occurredAt: string;
  /** 最終更新日時 */
  readonly updatedAt: string;
  /** 支払日時; null until it is captured. */
  readonly paidAt: string | null;
  /** 決済金額: what was authorized, after a capture what was captured. */
  readonly amountYen: number;
}

export type PaymentColumn = keyof PaymentRow;

/** The nine columns, in the portal's order. */
export const paymentColumns: readonly { readonly id: PaymentColumn; readonly nameJa: string }[] = [
  { id: 'transactionId', nameJa: '取引ID' },
  { id: 'paymentId', nameJa: '決済ID' },
  { id: 'institution', nameJa: '支払機関名' },
  { id: 'cardNumber', nameJa: 'カード番号' },
  { id: 'status', nameJa: '決済ステータス' },
  { id: 'occurredAt', nameJa: '取引発生日時' },
  { id: 'updatedAt', nameJa: '最終更新日時' },
  { id: 'paidAt', nameJa: '支払日時' },
  { id: 'amountYen', nameJa: '決済金額' },
];

/** Every payment of a merchant, authorized or declined, as it stands at the sandbox's instant. */
export function listPayments(desk: Desk, merchantId: string): PaymentRow[] {
  const merchant = merchantOf(desk.state, merchantId);
  const now = readClock(desk);
  const { seed } = merchant.outcomes;
  const rows: PaymentRow[] = [];
  for (const { orderNumber, authorizations, declines } of accountOf(
    desk.state,
    merchantId,
  ).orders.values()) {
    for (const held of authorizations) rows.push(showAuthorization(orderNumber, held, seed, now));
    for (const decline of declines) rows.push(showDecline(orderNumber, decline, seed));
  }
  return rows;
}

/** One payment by its 決済ID. */
export function showPayment(desk: Desk, merchantId: string, paymentId: string): PaymentRow {
  const row = listPayments(desk, merchantId).find((one) => one.paymentId === paymentId);
  if (row) return row;
  throw new Refusal(404, 'unknown_payment', `決済ID ${paymentId} の取引はありません。`);
}

function showAuthorization(
  transactionId: string,
  authorization: Authorization,
  seed: string,
  now: string,
): PaymentRow {
  const { paymentId, customerNumber, capturedAt, voidedAt, authorizedAt } = authorization;
  const card = describeCard(seed, customerNumber);
  const status = statusOf(authorization, now);
  const expiredAt = status === 'オーソリ期限切れ' ? authorization.expiresAt : null;
  return {
    transactionId,
    paymentId,
    institution: card.institution,
    cardNumber: card.maskedNumber,
    status,
    occurredAt: authorizedAt,
    updatedAt: voidedAt ?? capturedAt ?? expiredAt ?? authorizedAt,
    paidAt: capturedAt,
    amountYen: capturedAt === null ? authorization.amountYen : authorization.capturedYen,
  };
}

function showDecline(transactionId: string, decline: Decline, seed: string): PaymentRow {
  const card = describeCard(seed, decline.customerNumber);
  return {
    transactionId,
    paymentId: decline.paymentId,
    institution: card.institution,
    cardNumber: card.maskedNumber,
    status: 'オーソリNG',
    occurredAt: decline.declinedAt,
    updatedAt: decline.declinedAt,
    paidAt: null,
    amountYen: decline.amountYen,
  };
}
