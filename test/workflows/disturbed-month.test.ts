import { readFile } from 'node:fs/promises';
import { beforeAll, expect, test } from 'vitest';
import { disturbInTurn, disturbMonth, type MonthResult } from '../campaign/disturbed-month.ts';
import type { Story } from '../campaign/story.ts';
import { type StepName, wholeMonth } from '../campaign/whole-month.ts';

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

test('a worker killed in the middle of each stage: the same month', {
  timeout: 240_000,
}, async () => {
  const steps: StepName[] = [
    'collecting orders',
    'selecting orders',
    'between two authorization files',
    'authorizations claimed',
    'file opened for hand-over',
    'merging authorizations',
    'between two capture files',
  ];
  const kills = steps.map((step) => ({ step, fault: 'worker killed' as const }));
  expect(await disturbMonth(seed, story, kills), `seed ${seed}`).toEqual(undisturbed);
});

test('Postgres cut off, Postgres away, workflows gone, by turns at every step: the same month', {
  timeout: 420_000,
}, async () => {
  const others = ['connections cut', 'postgres away', 'temporal state lost'] as const;
  const disturbances = disturbInTurn(story, others, seed);
  expect(await disturbMonth(seed, story, disturbances), `seed ${seed}`).toEqual(undisturbed);
});
