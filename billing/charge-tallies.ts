import type { ChargeState } from './charge.ts';
import type { RowsAndYen } from './cycle.ts';
import type { ExchangeStage } from './exchange.ts';

/** Facts of one kind about a month's charges, added up as they were written (migration 42). */
export interface ChargeTally extends RowsAndYen {
  readonly fact:
    | 'charge'
    | 'item'
    | 'authorization'
    | 'ok'
    | 'declined'
    | 'rejected'
    | 'not_sent'
    | 'capture'
    | 'captured'
    | 'other';
  readonly exchangeId: number | null;
  /** Of `ok` and `capture`. */
  readonly captureBefore: string | null;
}

/** A file of the month, with what its newest result left without a definite answer. */
export interface TalliedFile {
  readonly exchangeId: number;
  readonly stage: ExchangeStage;
  readonly answered: boolean;
  readonly unknown: RowsAndYen;
  readonly quarantined: RowsAndYen;
}

/** How many charges stand where, as the walk over `charge_states` counts them. */
export interface StateTally extends RowsAndYen {
  readonly state: ChargeState;
  /** Of `authorized` and `capture_sent` only. */
  readonly captureBefore: string | null;
}

const NOTHING: RowsAndYen = { rows: 0, yen: 0 };

/**
 * How the charges of a month stand, from its tallies alone: while each has one authorization at most and
 * that one capture at most, and nothing contradicts anything, every fact moves its charges one state on.
 * Null for any other month: only its charges themselves know.
 */
export function countStates(
  tallies: readonly ChargeTally[],
  files: readonly TalliedFile[],
): StateTally[] | null {
  if (tallies.some(({ fact }) => fact === 'other')) return null;
  const known = new Map(files.map((file) => [file.exchangeId, file]));
  const states: StateTally[] = [];
  const put = (state: ChargeState, count: RowsAndYen, captureBefore: string | null = null) => {
    if (count.rows !== 0 || count.yen !== 0) states.push({ state, ...count, captureBefore });
  };
  const sum = (...facts: ChargeTally['fact'][]) =>
    add(tallies.filter(({ fact }) => facts.includes(fact)));

  const waiting = less(sum('authorization'), sum('rejected', 'not_sent'));
  put('planned', less({ rows: sum('charge').rows, yen: sum('item').yen }, waiting));
  put('declined', sum('declined'));
  for (const [captureBefore, count] of byWindow(tallies)) put('authorized', count, captureBefore);
  put('captured', sum('captured'));

  for (const exchangeId of new Set(tallies.map((tally) => tally.exchangeId))) {
    if (exchangeId === null) continue;
    const file = known.get(exchangeId);
    if (file === undefined) return null;
    const lines = tallies.filter((tally) => tally.exchangeId === exchangeId);
    const of = (...facts: ChargeTally['fact'][]) =>
      add(lines.filter(({ fact }) => facts.includes(fact)));
    const captures = of('capture').rows > 0;
    const open = captures
      ? less(of('capture'), of('captured'))
      : less(of('authorization'), of('ok', 'declined', 'rejected', 'not_sent'));
    if (open.rows === 0) continue;
    const { unknown, quarantined } = file;
    if (file.answered || unknown.rows + quarantined.rows > 0) {
      if (unknown.rows + quarantined.rows !== open.rows) return null;
      put('unknown', unknown);
      put('quarantined', quarantined);
    } else if (file.stage === 'unknown') put('unknown', open);
    else if (!captures) put('sent', open);
    else if (of('captured').rows > 0) return null;
    else {
      for (const line of lines) put('capture_sent', line, line.captureBefore);
    }
  }
  // Facts that do not add up are told by nobody but the charges themselves.
  return states.every(({ rows, yen }) => rows > 0 && yen >= 0) ? states : null;
}

/** Authorized and in no capture file, by the end of the window. */
function byWindow(tallies: readonly ChargeTally[]): Map<string | null, RowsAndYen> {
  const windows = new Map<string | null, RowsAndYen>();
  for (const { fact, captureBefore, ...count } of tallies) {
    if (fact !== 'ok' && fact !== 'capture') continue;
    const before = windows.get(captureBefore) ?? NOTHING;
    windows.set(captureBefore, fact === 'ok' ? add([before, count]) : less(before, count));
  }
  return windows;
}

function add(counts: readonly RowsAndYen[]): RowsAndYen {
  return counts.reduce(
    (total, { rows, yen }) => ({ rows: total.rows + rows, yen: total.yen + yen }),
    NOTHING,
  );
}

function less(from: RowsAndYen, taken: RowsAndYen): RowsAndYen {
  return { rows: from.rows - taken.rows, yen: from.yen - taken.yen };
}
