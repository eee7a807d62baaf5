import { Refusal } from '../paygent/refusal.ts';
import type { LinkerFault } from './faults.ts';
import type { LinkedPair } from './link-file.ts';
import type { LinkerMerchant } from './merchant.ts';

/** Everything that ever happens at the simulated linker; the state is its sum. */
export type LinkerEvent =
  | { readonly type: 'clock'; readonly now: string }
  | { readonly type: 'merchant'; readonly merchant: LinkerMerchant }
  | { readonly type: 'fault'; readonly merchantId: string; readonly fault: LinkerFault }
  | { readonly type: 'faults_cleared' }
  | {
      readonly type: 'taken';
      readonly merchantId: string;
      readonly fileName: string;
      readonly at: string;
      readonly pairs: readonly LinkedPair[];
    };

/** A link file that was taken, and what was agreed and ordered when it came. */
export interface TakenFile {
  readonly n: number;
  readonly fileName: string;
  readonly receivedAt: string;
  /** When its answer is ready. */
  readonly dueAt: string;
  readonly merchant: LinkerMerchant;
  readonly pairs: readonly LinkedPair[];
  readonly faults: readonly LinkerFault[];
}

export interface LinkerAccount {
  merchant: LinkerMerchant;
  readonly files: TakenFile[];
}

export interface OrderedFault {
  readonly merchantId: string;
  readonly fault: LinkerFault;
}

export interface LinkerState {
  now: string | null;
  readonly accounts: Map<string, LinkerAccount>;
  faults: OrderedFault[];
}

export function openLinkerState(): LinkerState {
  return { now: null, accounts: new Map(), faults: [] };
}

export function accountOf(state: LinkerState, merchantId: string): LinkerAccount {
  const account = state.accounts.get(merchantId);
  if (account !== undefined) return account;
  throw new Refusal(
    404,
    'unknown_merchant',
    `加盟店 ${merchantId} は登録されていません。PUT /merchants/${merchantId} で登録してください。`,
  );
}

/** Adds one event to the state; live and in replay, so that both cannot differ. */
export function applyLinkerEvent(state: LinkerState, event: LinkerEvent): void {
  switch (event.type) {
    case 'clock':
      state.now = event.now;
      return;
    case 'merchant': {
      const { merchant } = event;
      const known = state.accounts.get(merchant.merchantId);
      if (known !== undefined) known.merchant = merchant;
      else state.accounts.set(merchant.merchantId, { merchant, files: [] });
      return;
    }
    case 'fault':
      state.faults.push({ merchantId: event.merchantId, fault: event.fault });
      return;
    case 'faults_cleared':
      state.faults = [];
      return;
    case 'taken':
      applyTaken(state, event);
  }
}

/** What was ordered for this merchant strikes this file, and is used up. */
function applyTaken(state: LinkerState, event: Extract<LinkerEvent, { type: 'taken' }>): void {
  const { merchantId, fileName, at, pairs } = event;
  const { merchant, files } = accountOf(state, merchantId);
  const mine = (ordered: OrderedFault) => ordered.merchantId === merchantId;
  const faults = state.faults.filter(mine).map(({ fault }) => fault);
  state.faults = state.faults.filter((ordered) => !mine(ordered));
  files.push({
    ...{ n: files.length + 1, fileName, merchant, pairs, faults, receivedAt: at },
    dueAt: new Date(Date.parse(at) + merchant.delayMs).toISOString(),
  });
}
