import { readFile } from 'node:fs/promises';
import { beforeAll, expect, test } from 'vitest';
import {
  disturbInTurn,
  disturbMonth,
  type MonthResult,
  takeSteps,
} from '../campaign/disturbed-month.ts';
import { processFaults } from '../campaign/faults.ts';
import type { Story } from '../campaign/story.ts';
import { wholeMonth } from '../campaign/whole-month.ts';

/** The share of the campaign that every test run meets; `npm run campaign` takes a new seed each time. */
const seed = 109_507;

let story: Story;
let undisturbed: MonthResult;
beforeAll(async () => {
  story = wholeMonth(await readFile('test/fixtures/orders/orders-2026-11.csv'));
  undisturbed = await disturbMonth(seed, story);
});

test('the undisturbed month is whole', () => {
  expect(undisturbed).toMatchObject({
    stage: 'closed',
    selection: { orders: 368, selected: 326, amountYen: 3314934 },
    conservation: { rows: true, yen: true, broken: [] },
    ledger: { doubleAuthorizations: 0, authorizationsAfterCapture: 0, repeatedCaptures: 0 },
  });
  expect(undisturbed.authFiles).toHaveLength(5);
});

test('every fault of a process by turns at every other step: the same month', {
  timeout: 420_000,
}, async () => {
  const disturbances = disturbInTurn(takeSteps(story, 2, 0), processFaults.slice(0, 4), seed);
  expect(await disturbMonth(seed, story, disturbances), `seed ${seed}`).toEqual(undisturbed);
});
