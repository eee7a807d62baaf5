import { Refusal } from '../paygent/refusal.ts';
import type { GmoFault, OrderedGmoFault } from './faults.ts';
import type { GmoShop } from './shop.ts';

/** Everything that ever happens at the simulated GMO; the state is its sum. */
export type GmoEvent =
  | { readonly type: 'clock'; readonly now: string }
  | { readonly type: 'shop'; readonly shop: GmoShop }
  | { readonly type: 'fault'; readonly fault: OrderedGmoFault }
  | { readonly type: 'faults_cleared' }
  | ReceivedEvent
  /** Judged, with the shop as it was then and the faults that strike the result. */
  | {
      readonly type: 'answered';
      readonly shopId: string;
      readonly name: string;
      readonly shop: GmoShop;
      readonly faults: readonly GmoFault[];
    };

interface ReceivedEvent {
  readonly type: 'received';
  readonly shopId: string;
  readonly name: string;
  readonly sha256: string;
  /** ISO instant in UTC. */
  readonly at: string;
  /** YYYY-MM of the result. */
  readonly month: string;
  /** A refresh of this month was asked for before: this file is answered by nobody. */
  readonly repeated: boolean;
}

export interface GmoRequest extends Omit<ReceivedEvent, 'type' | 'shopId'> {
  /** Null until the day of the result. */
  answer: { readonly shop: GmoShop; faults: readonly GmoFault[] } | null;
}

export interface GmoAccount {
  shop: GmoShop;
  readonly requests: GmoRequest[];
}

export interface GmoState {
  now: string | null;
  readonly accounts: Map<string, GmoAccount>;
  faults: OrderedGmoFault[];
}

export function openGmoState(): GmoState {
  return { now: null, accounts: new Map(), faults: [] };
}

export function accountOf(state: GmoState, shopId: string): GmoAccount {
  const account = state.accounts.get(shopId);
  if (account !== undefined) return account;
  throw new Refusal(
    404,
    'unknown_shop',
    `ショップ ${shopId} は登録されていません。PUT /shops/${shopId} で登録してください。`,
  );
}

/** Adds one event to the state; live and in replay, so that both cannot differ. */
export function applyGmoEvent(state: GmoState, event: GmoEvent): void {
  switch (event.type) {
    case 'clock':
      state.now = event.now;
      return;
    case 'shop': {
      const { shop } = event;
      const requests = state.accounts.get(shop.shopId)?.requests ?? [];
      state.accounts.set(shop.shopId, { shop, requests });
      return;
    }
    case 'fault':
      state.faults.push(event.fault);
      return;
    case 'faults_cleared':
      state.faults = [];
      for (const { requests } of state.accounts.values()) {
        for (const { answer } of requests) if (answer !== null) answer.faults = [];
      }
      return;
    case 'received': {
      const { type: _, shopId, ...request } = event;
      accountOf(state, shopId).requests.push({ ...request, answer: null });
      return;
    }
    case 'answered': {
      const { shopId, name, shop, faults } = event;
      state.faults = state.faults.filter((ordered) => ordered.shopId !== shopId);
      for (const request of accountOf(state, shopId).requests) {
        if (request.name === name && !request.repeated) request.answer = { shop, faults };
      }
    }
  }
}
