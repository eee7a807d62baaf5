import { addDays, businessDateOf, startOfBusinessDate } from '../../billing/business-date.ts';

/**
 * What the simulated Paygent holds for one merchant: its authorizations and captures, per order.
 * Written apart from the merchant's own rules on purpose: it is the witness against them.
 */

interface Payment {
  /** 決済ID */
  readonly paymentId: string;
  readonly customerNumber: string;
  readonly amountYen: number;
  readonly acceptanceNumber: string;
}

export interface Authorization extends Payment {
  readonly authorizedAt: string;
  /** From this instant on it cannot be captured: オーソリ期限切れ. */
  readonly expiresAt: string;
  capturedAt: string | null;
  capturedYen: number;
  voidedAt: string | null;
}

/** An authorization that the issuer refused: オーソリNG. */
export interface Decline extends Payment {
  readonly declinedAt: string;
}

export interface OrderHistory {
  readonly orderNumber: string;
  /** Authorizations asked for, whatever came of them. */
  attempts: number;
  readonly declines: Decline[];
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
  /** The order that each 決済ID of an authorization belongs to. */
  readonly orderNumbers: Map<string, string>;
  lastPaymentId: number;
}

export type CaptureRefusal =
  | 'no_authorization'
  | 'already_captured'
  | 'amount_over_authorization'
  | 'voided'
  | 'expired';

export type CaptureJudgement =
  | { readonly kind: 'ok'; readonly authorization: Authorization }
  | { readonly kind: 'refused'; readonly reason: CaptureRefusal };

const firstPaymentId = 226_860;

export function openAccount(): Account {
  return { orders: new Map(), orderNumbers: new Map(), lastPaymentId: firstPaymentId - 1 };
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
  const { capturedAt, voidedAt, expiresAt } = authorization;
  return capturedAt === null && voidedAt === null && at < expiresAt;
}

function historyOf(account: Account, orderNumber: string): OrderHistory {
  const known = account.orders.get(orderNumber);
  if (known) return known;
  const history: OrderHistory = {
    orderNumber,
    attempts: 0,
    declines: [],
    authorizations: [],
    captures: 0,
    captureRefusals: 0,
    authorizedWhileAlive: 0,
    authorizedAfterCapture: 0,
  };
  account.orders.set(orderNumber, history);
  return history;
}

export function recordDecline(account: Account, orderNumber: string, decline: Decline): void {
  const history = historyOf(account, orderNumber);
  history.attempts += 1;
  history.declines.push(decline);
  noteLastPaymentId(account, decline);
}

function noteLastPaymentId(account: Account, { paymentId }: Payment): void {
  account.lastPaymentId = Math.max(account.lastPaymentId, Number(paymentId));
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
  account.orderNumbers.set(authorization.paymentId, orderNumber);
  noteLastPaymentId(account, authorization);
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
  const last = held.at(-1);
  if (!last) return { kind: 'refused', reason: 'no_authorization' };
  return { kind: 'refused', reason: last.voidedAt === null ? 'expired' : 'voided' };
}

export function recordCapture(
  account: Account,
  orderNumber: string,
  capture: { readonly paymentId: string; readonly amountYen: number; readonly at: string },
): void {
  const history = historyOf(account, orderNumber);
  const authorization = heldAuthorization(account, capture.paymentId);
  authorization.capturedAt = capture.at;
  authorization.capturedYen = capture.amountYen;
  history.captures += 1;
}

export function recordCaptureRefusal(account: Account, orderNumber: string): void {
  historyOf(account, orderNumber).captureRefusals += 1;
}

/** Captures an authorization in full, wherever the order for it came from. */
export function recordFullCapture(account: Account, paymentId: string, at: string): void {
  const { amountYen } = heldAuthorization(account, paymentId);
  const orderNumber = account.orderNumbers.get(paymentId) ?? '';
  recordCapture(account, orderNumber, { paymentId, amountYen, at });
}

export function recordVoid(account: Account, paymentId: string, at: string): void {
  heldAuthorization(account, paymentId).voidedAt = at;
}

function heldAuthorization(account: Account, paymentId: string): Authorization {
  const orderNumber = account.orderNumbers.get(paymentId) ?? '';
  const held = account.orders.get(orderNumber)?.authorizations ?? [];
  const authorization = held.find((candidate) => candidate.paymentId === paymentId);
  if (!authorization) throw new Error(`the account holds no authorization ${paymentId}`);
  return authorization;
}
