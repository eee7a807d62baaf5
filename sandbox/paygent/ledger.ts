import type { Account, Authorization, OrderHistory } from './authorizations.ts';

/**
 * The PSP's own count of what happened to each order. A test reads it to prove, without any record
 * of the merchant's, that nothing was authorized or captured twice.
 */

/** 決済ステータス of an authorization; オーソリ取消済 and 売上取消済 as in the public list [seen]. */
export type PaymentStatus =
  | 'オーソリOK'
  | '消込済'
  | 'オーソリ取消済'
  | 'オーソリ期限切れ'
  | '売上取消済';

export interface LedgerPayment {
  readonly paymentId: string;
  readonly acceptanceNumber: string;
  readonly amountYen: number;
  readonly capturedYen: number;
  readonly authorizedAt: string;
  readonly capturedAt: string | null;
  readonly voidedAt: string | null;
  readonly status: PaymentStatus;
}

export interface LedgerOrder {
  readonly orderNumber: string;
  readonly attempts: number;
  readonly declines: number;
  readonly authorizations: number;
  readonly captures: number;
  readonly captureRefusals: number;
  readonly authorizedWhileAlive: number;
  readonly authorizedAfterCapture: number;
  readonly payments: readonly LedgerPayment[];
}

export interface LedgerTotals {
  orders: number;
  attempts: number;
  declines: number;
  authorizations: number;
  authorizedYen: number;
  captures: number;
  capturedYen: number;
  captureRefusals: number;
  voids: number;
  expired: number;
  /** Authorizations given while another of the same order was alive: must be 0. */
  doubleAuthorizations: number;
  /** Authorizations of orders already captured; legal only where one number serves many months. */
  authorizationsAfterCapture: number;
  /** Captures beyond the first of an order; same remark. */
  repeatedCaptures: number;
}

/** What 情報照会 says of an authorization at an instant. */
export function statusOf(authorization: Authorization, now: string): PaymentStatus {
  if (authorization.capturedAt !== null) {
    return authorization.voidedAt === null ? '消込済' : '売上取消済';
  }
  if (authorization.voidedAt !== null) return 'オーソリ取消済';
  return now < authorization.expiresAt ? 'オーソリOK' : 'オーソリ期限切れ';
}

/** One order's account at an instant. */
export function showOrder(history: OrderHistory, now: string): LedgerOrder {
  return {
    orderNumber: history.orderNumber,
    attempts: history.attempts,
    declines: history.declines.length,
    authorizations: history.authorizations.length,
    captures: history.captures,
    captureRefusals: history.captureRefusals,
    authorizedWhileAlive: history.authorizedWhileAlive,
    authorizedAfterCapture: history.authorizedAfterCapture,
    payments: history.authorizations.map((authorization) => ({
      paymentId: authorization.paymentId,
      acceptanceNumber: authorization.acceptanceNumber,
      amountYen: authorization.amountYen,
      capturedYen: authorization.capturedYen,
      authorizedAt: authorization.authorizedAt,
      capturedAt: authorization.capturedAt,
      voidedAt: authorization.voidedAt,
      status: statusOf(authorization, now),
    })),
  };
}

/** Sums an account at an instant. */
export function sumAccount(account: Account, now: string): LedgerTotals {
  const totals: LedgerTotals = {
    orders: account.orders.size,
    attempts: 0,
    declines: 0,
    authorizations: 0,
    authorizedYen: 0,
    captures: 0,
    capturedYen: 0,
    captureRefusals: 0,
    voids: 0,
    expired: 0,
    doubleAuthorizations: 0,
    authorizationsAfterCapture: 0,
    repeatedCaptures: 0,
  };
  for (const history of account.orders.values()) {
    totals.attempts += history.attempts;
    totals.declines += history.declines.length;
    totals.authorizations += history.authorizations.length;
    totals.captures += history.captures;
    totals.captureRefusals += history.captureRefusals;
    totals.doubleAuthorizations += history.authorizedWhileAlive;
    totals.authorizationsAfterCapture += history.authorizedAfterCapture;
    totals.repeatedCaptures += Math.max(history.captures - 1, 0);
    for (const authorization of history.authorizations) {
      totals.authorizedYen += authorization.amountYen;
      totals.capturedYen += authorization.capturedYen;
      if (authorization.voidedAt !== null && authorization.capturedAt === null) totals.voids += 1;
      if (statusOf(authorization, now) === 'オーソリ期限切れ') totals.expired += 1;
    }
  }
  return totals;
}
