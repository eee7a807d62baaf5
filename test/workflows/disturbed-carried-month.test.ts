import { expect, test } from 'vitest';
import { carriedMonth } from '../campaign/carried-month.ts';
import {
  disturbInTurn,
  disturbMonth,
  type MonthResult,
  takeSteps,
} from '../campaign/disturbed-month.ts';
import { type Fault, processFaults } from '../campaign/faults.ts';

/** Months that machines carry, approved by a person, under every fault in turn: a share of the campaign. */
const seed = 109_507;

/** What a month comes to that nothing happened to, and every other. */
const whole = {
  stage: 'closed',
  selection: { selected: 300, quarantined: 0 },
  charges: { captured: { rows: 296 }, given_up: { rows: 4 } },
  conservation: { rows: true, yen: true, broken: [] },
  ledger: {
    ...{ authorizations: 296, captures: 296, voids: 0 },
    ...{ doubleAuthorizations: 0, authorizationsAfterCapture: 0, repeatedCaptures: 0 },
  },
  mailsTwice: 0,
} satisfies Partial<Record<keyof MonthResult, unknown>>;

test.each([
  ['sftp', 0],
  ['telegram', 1],
] as const)(
  'every fault by turns at every third step: %s',
  {
    timeout: 300_000,
  },
  async (transport, from) => {
    const story = carriedMonth(transport);
    // What may happen to a process is divided between the two: each meets all faults of its own.
    const ofProcesses: readonly Fault[] = processFaults;
    const faults = story.faults.filter((fault) => {
      const place = ofProcesses.indexOf(fault);
      return place === -1 || place % 2 === from;
    });
    const third = takeSteps(story, 3, from);
    const disturbances = disturbInTurn(third, faults, 0);
    expect(new Set(disturbances.map(({ fault }) => fault)).size).toBe(faults.length);
    expect(await disturbMonth(seed, third, disturbances), `seed ${seed}`).toMatchObject(whole);
  },
);
