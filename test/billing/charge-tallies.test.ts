import { describe, expect, test } from 'vitest';
import { type ChargeTally, countStates, type TalliedFile } from '../../billing/charge-tallies.ts';

const END = '2027-01-22T15:00:00.000Z';
const NONE = { rows: 0, yen: 0 };

const tally = (fact: ChargeTally['fact'], rows: number, rest: Partial<ChargeTally> = {}) => ({
  ...{ fact, rows, yen: rows * 100, exchangeId: null, captureBefore: null },
  ...rest,
});
const file = (exchangeId: number, rest: Partial<TalliedFile> = {}): TalliedFile => ({
  ...{ exchangeId, stage: 'awaiting_result', answered: false, unknown: NONE, quarantined: NONE },
  ...rest,
});
const month = [tally('charge', 10, { yen: 0 }), tally('item', 10)];
const sent = [...month, tally('authorization', 8, { exchangeId: 1 })];
const answered = [
  ...sent,
  tally('ok', 5, { exchangeId: 1, captureBefore: END }),
  tally('declined', 1, { exchangeId: 1 }),
];
const states = (tallies: readonly ChargeTally[], files: readonly TalliedFile[]) =>
  countStates(tallies, files)?.map(({ state, rows, captureBefore }) => [
    state,
    rows,
    captureBefore,
  ]);

describe('the states of a month by its tallies', () => {
  test('follow its facts from charge to capture', () => {
    expect(states(month, [])).toEqual([['planned', 10, null]]);
    const planned = ['planned', 2, null];
    expect(states(sent, [file(1)])).toEqual([planned, ['sent', 8, null]]);
    expect(states(sent, [file(1, { stage: 'unknown' })])).toEqual([planned, ['unknown', 8, null]]);
    const unknown = { answered: true, unknown: { rows: 2, yen: 200 } };
    const open = [planned, ['declined', 1, null]];
    expect(states(answered, [file(1, unknown)])).toEqual([
      ...[...open, ['authorized', 5, END], ['unknown', 2, null]],
    ]);
    const captured = [...answered, tally('capture', 5, { exchangeId: 2, captureBefore: END })];
    expect(states(captured, [file(1, unknown), file(2)])).toEqual([
      ...[...open, ['unknown', 2, null], ['capture_sent', 5, END]],
    ]);
    const done = [...captured, tally('captured', 5, { exchangeId: 2 })];
    expect(states(done, [file(1, unknown), file(2, { answered: true })])).toEqual([
      ...[...open, ['captured', 5, null], ['unknown', 2, null]],
    ]);
  });

  test('are not told after anything out of the ordinary, or where the sums do not fit', () => {
    expect(countStates([...answered, tally('other', 1)], [file(1)])).toBeNull();
    expect(countStates(sent, [])).toBeNull();
    expect(countStates(answered, [file(1, { answered: true })])).toBeNull();
    expect(
      countStates([...month, tally('authorization', 11, { exchangeId: 1 })], [file(1)]),
    ).toBeNull();
  });
});
