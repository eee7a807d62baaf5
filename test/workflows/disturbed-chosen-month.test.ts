import { beforeAll, expect, test } from 'vitest';
import { chosenMonth } from '../campaign/chosen-month.ts';
import {
  disturbInTurn,
  disturbMonth,
  type MonthResult,
  takeSteps,
} from '../campaign/disturbed-month.ts';
import { processFaults } from '../campaign/faults.ts';

/** Newer exports, runs, holds and capture waves under fire: a share of the campaign. */
const seed = 109_507;

let undisturbed: MonthResult;
beforeAll(async () => {
  undisturbed = await disturbMonth(seed, chosenMonth);
});

test('the undisturbed month is whole', () => {
  expect(undisturbed).toMatchObject({
    stage: 'closed',
    selection: { selected: 61, excluded: { cancelled: 1 }, quarantined: 1 },
    conservation: { rows: true, yen: true, broken: [] },
    ledger: { doubleAuthorizations: 0, authorizationsAfterCapture: 0, repeatedCaptures: 0 },
  });
  expect(undisturbed.authFiles).toHaveLength(4);
  const { captured, given_up: givenUp } = undisturbed.charges;
  expect((captured?.rows ?? 0) + (givenUp?.rows ?? 0)).toBe(61);
  expect(undisturbed.captured).toHaveLength(58);
});

test('every fault by turns at every other step: the same month', { timeout: 420_000 }, async () => {
  const half = takeSteps(chosenMonth, 2, 1);
  const disturbances = disturbInTurn(half, processFaults.slice(0, 4), seed);
  expect(await disturbMonth(seed, chosenMonth, disturbances), `seed ${seed}`).toEqual(undisturbed);
});
