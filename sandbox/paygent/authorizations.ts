import { addDays, businessDateOf, startOfBusinessDate } from '../../billing/business-date.ts';

/**
 * What the simulated Paygent holds for one merchant: its authorizations and captures, per order.
 * Written apart from the merchant's own rules on purpose: it is the witness against them.
 */

export interface Authorization {
  readonly paymentId: string;
  readonly amountYen: number;
  readonly acceptanceNumber: string;
  readonly authorizedAt: string;
  /** From this instant on it cannot be captured: オーソリ期限切れ. */
  readonly expiresAt: string;
  capturedAt: string | null;
  capturedYen: number;
}

export interface OrderHistory {
  readonly orderNumber: string;
  /** Authorizations asked for, whatever came of them. */
  attempts: number;
  declines: number;
  readonly authorizations: Authorization[];
  captures: number;
  captureRefusals: number;
  /** Authorizations given while another of this order was alive and uncaptured. */
  authorizedWhileAlive: number;
  /** Authorizations given after this order had been captured. */
  authorizedAfterCapture: number;
}

export interface Account {
  readonly orders: Map<string, OrderHistory>;
  lastPaymentId: number;
}

export type CaptureRefusal =
  | 'no_authorization'
  | 'already_captured'
  | 'amount_over_authorization'
  | 'expired';

export type CaptureJudgement =
  | { readonly kind: 'ok'; readonly authorization: Authorization }
  | { readonly kind: 'refused'; readonly reason: CaptureRefusal };

const firstPaymentId = 226_860;

export function openAccount(): Account {
  return { orders: new Map(), lastPaymentId: firstPaymentId - 1 };
}

/** How many authorizations of the order were asked for so far. */
export function countAttempts(account: Account, orderNumber: string): number {
  return account.orders.get(orderNumber)?.attempts ?? 0;
}

/**
 * The instant at which an authorization is voided: 00:00 JST of the completion date + 60 days. The
 * manual leaves open whether the completion day counts; the sandbox takes the earlier end, so that a
 * merchant that counts generously is caught.
 */
export function voidInstant(authorizedAt: string, captureWindowDays: number): string {
  return startOfBusinessDate(addDays(businessDateOf(authorizedAt), captureWindowDays));
}

export function isAlive(authorization: Authorization, at: string): boolean {
  return authorization.capturedAt === null && at < authorization.expiresAt;
}

function historyOf(account: Account, orderNumber: string): OrderHistory {
  const known = account.orders.get(orderNumber);
  if (known) return known;
  const history: OrderHistory = {
    orderNumber,
    attempts: 0,
    declines: 0,
    authorizations: [],
    captures: 0,
    captureRefusals: 0,
    authorizedWhileAlive: 0,
    authorizedAfterCapture: 0,
  };
  account.orders.set(orderNumber, history);
  return history;
}

export function recordDecline(account: Account, orderNumber: string): void {
  const history = historyOf(account, orderNumber);
  history.attempts += 1;
  history.declines += 1;
}

/** Holds a new authorization, even beside a living one: Paygent authorizes what it is asked for. */
export function recordAuthorization(
  account: Account,
  orderNumber: string,
  authorization: Authorization,
): void {
  const history = historyOf(account, orderNumber);
  const { authorizations } = history;
  if (authorizations.some((other) => isAlive(other, authorization.authorizedAt))) {
    history.authorizedWhileAlive += 1;
  }
  if (history.captures > 0) history.authorizedAfterCapture += 1;
  history.attempts += 1;
  authorizations.push(authorization);
  account.lastPaymentId = Math.max(account.lastPaymentId, Number(authorization.paymentId));
}

/**
 * Judges a capture of an order at an instant, and names the authorization it would take.
 *
 * @param taken payment IDs that earlier records of the same file capture already.
 */
export function judgeCapture(
  account: Account,
  capture: { readonly orderNumber: string; readonly amountYen: number; readonly at: string },
  taken: ReadonlySet<string>,
): CaptureJudgement {
  const held = account.orders.get(capture.orderNumber)?.authorizations ?? [];
  const alive = held.filter(
    (authorization) => isAlive(authorization, capture.at) && !taken.has(authorization.paymentId),
  );
  const fitting = alive.findLast((authorization) => capture.amountYen <= authorization.amountYen);
  if (fitting) return { kind: 'ok', authorization: fitting };
  if (alive.length > 0) return { kind: 'refused', reason: 'amount_over_authorization' };
  if (held.some(({ capturedAt, paymentId }) => capturedAt !== null || taken.has(paymentId))) {
    return { kind: 'refused', reason: 'already_captured' };
  }
  return { kind: 'refused', reason: held.length > 0 ? 'expired' : 'no_authorization' };
}

export function recordCapture(
  account: Account,
  orderNumber: string,
  capture: { readonly paymentId: string; readonly amountYen: number; readonly at: string },
): void {
  const history = historyOf(account, orderNumber);
  const authorization = history.authorizations.find(
    ({ paymentId }) => paymentId === capture.paymentId,
  );
  if (!authorization) throw new Error(`no authorization ${capture.paymentId} to capture`);
  authorization.capturedAt = capture.at;
  authorization.capturedYen = capture.amountYen;
  history.captures += 1;
}

export function recordCaptureRefusal(account: Account, orderNumber: string): void {
  historyOf(account, orderNumber).captureRefusals += 1;
}
