import {
  type Account,
  type CaptureRefusal,
  openAccount,
  recordAuthorization,
  recordCapture,
  recordCaptureRefusal,
  recordDecline,
  recordFullCapture,
  recordVoid,
  voidInstant,
} from './authorizations.ts';
import type { Fault, OrderedFault } from './faults.ts';
import type { SandboxMerchant } from './merchant.ts';
import type { IssuerCode } from './outcome-rules.ts';
import { Refusal } from './refusal.ts';

/** 取引種別 of the portal that this sandbox carries out, and the file kind each stands for. */
export type TransactionKind = 'オーソリ' | '売上';

/** `ok`, an issuer's decline, a code nobody knows, or why a capture was refused. */
export type RecordOutcome = 'ok' | 'unknown' | IssuerCode | CaptureRefusal;

/**
 * What became of one data record: order number, yen, 決済ID ('' for a refused capture), outcome,
 * customer number.
 */
export type RecordResult = readonly [string, number, string, RecordOutcome, string];

/** Everything that ever happens here; the state is their sum, and so survives a restart. */
export type SandboxEvent =
  | { readonly type: 'clock'; readonly now: string }
  | { readonly type: 'merchant'; readonly merchant: SandboxMerchant }
  | { readonly type: 'fault'; readonly ordered: OrderedFault }
  | { readonly type: 'faults_cleared' }
  /** A fault that struck before anything was accepted: it is used up. */
  | { readonly type: 'fault_spent'; readonly index: number }
  | AcceptedEvent
  | {
      readonly type: 'processed';
      readonly acceptanceNumber: string;
      readonly at: string;
      readonly results: readonly RecordResult[];
    }
  | { readonly type: 'mailed'; readonly acceptanceNumber: string }
  /** A telegram 200 came, whatever became of it. */
  | {
      readonly type: 'telegram';
      readonly merchantId: string;
      readonly reference: string;
      readonly at: string;
    }
  | { readonly type: 'result_cut'; readonly acceptanceNumber: string }
  /** 一括売上処理 or 取消 in 情報照会: what was ticked and could be done. */
  | {
      readonly type: 'captured_on_portal' | 'voided_on_portal';
      readonly merchantId: string;
      readonly at: string;
      readonly paymentIds: readonly string[];
    };

export interface AcceptedEvent {
  readonly type: 'accepted';
  readonly merchantId: string;
  readonly acceptanceNumber: string;
  readonly transactionKind: TransactionKind;
  readonly sha256: string;
  readonly records: number;
  readonly amountYen: number;
  readonly at: string;
  /** When its processing ends. */
  readonly dueAt: string;
  readonly faults: readonly Fault[];
  /** The file's name in the SFTP folder, for one that came there. */
  readonly droppedAs?: string;
  /** The sender's own number, for one that came by telegram. */
  readonly reference?: string;
}

export interface Upload extends Omit<AcceptedEvent, 'type'> {
  processedAt: string | null;
  ngCount: number;
  /** 担当者1 to 3 when the processing ended: who comes later gets no mail of the past. */
  recipients: readonly string[];
  mailed: boolean;
  /** Whether an ordered fault has cut its result already. */
  resultCut: boolean;
}

export interface PaygentState {
  now: string | null;
  lastAcceptanceNumber: number;
  readonly merchants: Map<string, SandboxMerchant>;
  readonly accounts: Map<string, Account>;
  /** In the order of acceptance, over all merchants. */
  readonly uploads: Map<string, Upload>;
  faults: OrderedFault[];
  /** Telegrams 200 in the order in which they came. */
  readonly telegrams: { readonly merchantId: string; readonly reference: string }[];
}

const firstAcceptanceNumber = 2881;

export function openState(): PaygentState {
  return {
    now: null,
    lastAcceptanceNumber: firstAcceptanceNumber - 1,
    merchants: new Map(),
    accounts: new Map(),
    uploads: new Map(),
    faults: [],
    telegrams: [],
  };
}

export function merchantOf(state: PaygentState, merchantId: string): SandboxMerchant {
  const merchant = state.merchants.get(merchantId);
  if (merchant) return merchant;
  throw new Refusal(
    404,
    'unknown_merchant',
    `マーチャントID ${merchantId} は登録されていません。PUT /merchants/${merchantId} で登録してください。`,
  );
}

export function accountOf(state: PaygentState, merchantId: string): Account {
  const known = state.accounts.get(merchantId);
  if (known) return known;
  const account = openAccount();
  state.accounts.set(merchantId, account);
  return account;
}

/** Adds one event to the state; live and in replay, so that both cannot differ. */
export function applyEvent(state: PaygentState, event: SandboxEvent): void {
  switch (event.type) {
    case 'clock':
      state.now = event.now;
      return;
    case 'merchant':
      state.merchants.set(event.merchant.merchantId, event.merchant);
      return;
    case 'fault':
      state.faults.push(event.ordered);
      return;
    case 'faults_cleared':
      state.faults = [];
      return;
    case 'fault_spent':
      state.faults.splice(event.index, 1);
      return;
    case 'accepted':
      applyAccepted(state, event);
      return;
    case 'processed':
      applyProcessed(state, event);
      return;
    case 'mailed':
      uploadOf(state, event.acceptanceNumber).mailed = true;
      return;
    case 'telegram':
      state.telegrams.push({ merchantId: event.merchantId, reference: event.reference });
      return;
    case 'result_cut':
      uploadOf(state, event.acceptanceNumber).resultCut = true;
      return;
    case 'captured_on_portal':
      for (const paymentId of event.paymentIds) {
        recordFullCapture(accountOf(state, event.merchantId), paymentId, event.at);
      }
      return;
    case 'voided_on_portal':
      for (const paymentId of event.paymentIds) {
        recordVoid(accountOf(state, event.merchantId), paymentId, event.at);
      }
  }
}

function applyAccepted(state: PaygentState, { type: _, ...accepted }: AcceptedEvent): void {
  state.lastAcceptanceNumber = Number(accepted.acceptanceNumber);
  state.faults = state.faults.filter((ordered) => !concernsUpload(ordered, accepted));
  const open = { processedAt: null, ngCount: 0, recipients: [], mailed: false, resultCut: false };
  const upload = { ...accepted, ...open };
  state.uploads.set(accepted.acceptanceNumber, upload);
  state.now = later(state.now, accepted.at);
}

/** Whether an ordered fault waits for this upload. */
export function concernsUpload(
  ordered: OrderedFault,
  upload: { readonly merchantId: string; readonly transactionKind: TransactionKind },
): boolean {
  const kind = ordered.transactionKind;
  return (
    ordered.merchantId === upload.merchantId &&
    (kind === undefined || kind === upload.transactionKind)
  );
}

function applyProcessed(
  state: PaygentState,
  event: Extract<SandboxEvent, { type: 'processed' }>,
): void {
  const upload = uploadOf(state, event.acceptanceNumber);
  upload.processedAt = event.at;
  upload.recipients = state.merchants.get(upload.merchantId)?.contacts ?? [];
  upload.ngCount = event.results.filter(([, , , outcome]) => outcome !== 'ok').length;
  state.now = later(state.now, event.at);
  const windowDays = state.merchants.get(upload.merchantId)?.captureWindowDays ?? 60;
  const times = { at: event.at, expiresAt: voidInstant(event.at, windowDays) };
  for (const result of event.results) applyResult(state, upload, times, result);
}

/** Books one record's result in the merchant's account. */
function applyResult(
  state: PaygentState,
  upload: Upload,
  { at, expiresAt }: { readonly at: string; readonly expiresAt: string },
  [orderNumber, amountYen, paymentId, outcome, customerNumber]: RecordResult,
): void {
  const account = accountOf(state, upload.merchantId);
  if (upload.transactionKind === '売上') {
    if (outcome === 'ok') recordCapture(account, orderNumber, { paymentId, amountYen, at });
    else recordCaptureRefusal(account, orderNumber);
    return;
  }
  const { acceptanceNumber } = upload;
  const payment = { paymentId, customerNumber, amountYen, acceptanceNumber };
  if (outcome !== 'ok') {
    recordDecline(account, orderNumber, { ...payment, declinedAt: at });
    return;
  }
  recordAuthorization(account, orderNumber, {
    ...payment,
    authorizedAt: at,
    expiresAt,
    capturedAt: null,
    capturedYen: 0,
    voidedAt: null,
  });
}

export function uploadOf(state: PaygentState, acceptanceNumber: string): Upload {
  const upload = state.uploads.get(acceptanceNumber);
  if (!upload) throw new Error(`the journal names an unknown acceptance ${acceptanceNumber}`);
  return upload;
}

function later(now: string | null, instant: string): string {
  return now !== null && now > instant ? now : instant;
}
