import { Refusal } from '../paygent/refusal.ts';
import type { CallOutcome } from './call.ts';
import type { ZeusFault } from './faults.ts';
import type { ZeusMerchant } from './merchant.ts';
import type { ZeusPayment } from './payment.ts';

/** Everything that ever happens at the simulated ZEUS; the state is its sum. */
export type ZeusEvent =
  | { readonly type: 'clock'; readonly now: string }
  | { readonly type: 'merchant'; readonly merchant: ZeusMerchant }
  | { readonly type: 'fault'; readonly fault: ZeusFault }
  | { readonly type: 'fault_struck'; readonly index: number }
  | { readonly type: 'faults_cleared' }
  /** A result, or another result of a payment that is known already. */
  | { readonly type: 'payment'; readonly merchantId: string; readonly payment: ZeusPayment }
  | SentEvent
  /** 処理済: an operator says that it needs no sending. */
  | {
      readonly type: 'settled';
      readonly merchantId: string;
      readonly orderNumber: string;
      readonly at: string;
    }
  | { readonly type: 'mailed'; readonly merchantId: string; readonly mailNumber: number };

export interface SentEvent {
  readonly type: 'sent';
  readonly merchantId: string;
  readonly orderNumber: string;
  readonly at: string;
  readonly outcome: CallOutcome;
  readonly mailLost: boolean;
}

export interface ZeusRecord {
  payment: ZeusPayment;
  readonly sends: { readonly at: string; readonly outcome: CallOutcome }[];
  /** CGISendErr: null = taken or not sent yet. */
  sendError: '再送信' | '処理済' | null;
  failedAt: string | null;
}

export interface ErrorMail {
  readonly mailNumber: number;
  readonly ipCode: string;
  readonly orderNumber: string;
  readonly at: string;
  readonly outcome: CallOutcome;
  sent: boolean;
}

export interface ZeusAccount {
  readonly merchant: ZeusMerchant;
  /** By オーダーNo, in the order of the payments. */
  readonly records: Map<string, ZeusRecord>;
  readonly mails: ErrorMail[];
}

export interface ZeusState {
  now: string | null;
  readonly accounts: Map<string, ZeusAccount>;
  faults: ZeusFault[];
}

export function openZeusState(): ZeusState {
  return { now: null, accounts: new Map(), faults: [] };
}

export function accountOf(state: ZeusState, merchantId: string): ZeusAccount {
  const account = state.accounts.get(merchantId);
  if (account !== undefined) return account;
  throw new Refusal(
    404,
    'unknown_merchant',
    `加盟店 ${merchantId} は登録されていません。PUT /merchants/${merchantId} で登録してください。`,
  );
}

export function recordOf(state: ZeusState, merchantId: string, orderNumber: string): ZeusRecord {
  const record = accountOf(state, merchantId).records.get(orderNumber);
  if (record !== undefined) return record;
  throw new Refusal(404, 'unknown_order', 'このオーダーNoの決済はありません。');
}

/** Adds one event to the state; live and in replay, so that both cannot differ. */
export function applyZeusEvent(state: ZeusState, event: ZeusEvent): void {
  switch (event.type) {
    case 'clock':
      state.now = event.now;
      return;
    case 'merchant':
      applyMerchant(state, event.merchant);
      return;
    case 'fault':
      state.faults.push(event.fault);
      return;
    case 'fault_struck':
      applyStrike(state, event.index);
      return;
    case 'faults_cleared':
      state.faults = [];
      return;
    case 'payment':
      applyPayment(accountOf(state, event.merchantId), event.payment);
      return;
    case 'sent':
      applySent(state, event);
      return;
    case 'settled':
      recordOf(state, event.merchantId, event.orderNumber).sendError = '処理済';
      return;
    case 'mailed':
      for (const mail of accountOf(state, event.merchantId).mails) {
        if (mail.mailNumber === event.mailNumber) mail.sent = true;
      }
  }
}

function applyMerchant(state: ZeusState, merchant: ZeusMerchant): void {
  const known = state.accounts.get(merchant.merchantId);
  state.accounts.set(merchant.merchantId, {
    merchant,
    records: known?.records ?? new Map(),
    mails: known?.mails ?? [],
  });
}

function applyStrike(state: ZeusState, index: number): void {
  state.faults = state.faults
    .map((fault, at) => (at === index ? { ...fault, count: fault.count - 1 } : fault))
    .filter((fault) => fault.count > 0);
}

function applyPayment(account: ZeusAccount, payment: ZeusPayment): void {
  const known = account.records.get(payment.orderNumber);
  if (known !== undefined) known.payment = payment;
  else {
    const record = { payment, sends: [], sendError: null, failedAt: null };
    account.records.set(payment.orderNumber, record);
  }
}

function applySent(state: ZeusState, event: SentEvent): void {
  const { merchantId, orderNumber, at, outcome, mailLost } = event;
  const record = recordOf(state, merchantId, orderNumber);
  const wasError = record.sendError !== null;
  record.sends.push({ at, outcome });
  if (outcome.kind === 'taken') {
    record.sendError = wasError ? '処理済' : null;
    return;
  }
  record.sendError = '再送信';
  record.failedAt = at;
  const { mails } = accountOf(state, merchantId);
  const { ipCode } = record.payment;
  mails.push({ mailNumber: mails.length + 1, ipCode, orderNumber, at, outcome, sent: mailLost });
}
