import { join } from 'node:path';
import { openJournal } from '../paygent/journal.ts';
import { Refusal } from '../paygent/refusal.ts';
import type { ZeusFaultKind } from './faults.ts';
import { applyZeusEvent, openZeusState, type ZeusEvent, type ZeusState } from './state.ts';

/** The simulated ZEUS's state with what keeps it. */
export interface ZeusDesk {
  readonly state: ZeusState;
  commit(event: ZeusEvent): void;
  /** The sandbox never looks at a wall clock; refuses when nobody has set its own yet. */
  now(): string;
  /** Time only moves forward. `kept` false: a restart forgets it. */
  moveClock(now: string, kept: boolean): void;
  /** Whether an ordered fault strikes this payment; it is used up then. */
  strike(fault: ZeusFaultKind, merchantId: string, orderNumber: string): boolean;
  close(): void;
}

/** @param dataDir belongs to one running sandbox; undefined = everything is forgotten at the end. */
export function openZeusDesk(dataDir: string | undefined): ZeusDesk {
  const state = openZeusState();
  const journal =
    dataDir === undefined
      ? null
      : openJournal<ZeusEvent>(join(dataDir, 'journal.ndjson'), (event) =>
          applyZeusEvent(state, event),
        );
  const commit = (event: ZeusEvent): void => {
    journal?.append(event);
    applyZeusEvent(state, event);
  };
  return {
    state,
    commit,
    now() {
      if (state.now !== null) return state.now;
      throw new Refusal(
        409,
        'clock_not_set',
        '時計がまだ合わされていません。PUT /clock に {"now": "2026-11-22T00:00:00Z"} の形で時刻を送ってください。',
      );
    },
    moveClock(now, kept) {
      if (state.now !== null && now <= state.now) return;
      if (kept) commit({ type: 'clock', now });
      else applyZeusEvent(state, { type: 'clock', now });
    },
    strike(fault, merchantId, orderNumber) {
      const index = state.faults.findIndex(
        (ordered) =>
          ordered.fault === fault &&
          ordered.merchantId === merchantId &&
          (ordered.orderNumber ?? orderNumber) === orderNumber,
      );
      if (index < 0) return false;
      commit({ type: 'fault_struck', index });
      return true;
    },
    close: () => journal?.close(),
  };
}
