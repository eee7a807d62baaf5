import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { disturbMonth, type MonthResult, patienceMs, planCampaign } from './disturbed-month.ts';
import type { Story } from './story.ts';
import { startTally } from './tally.ts';

/** Seeds that once failed stay here; one of today's is added to them. */
const seeds = [Date.now() % 1_000_000];

/** Every step of a story with every fault. Each story has a file, so that two run side by side. */
export function runFullMatrix(name: string, story: Story): void {
  const tally = startTally();
  afterAll(() => {
    process.stdout.write(`${name}, seeds ${seeds.join(', ')}: ${tally}\n`);
  });

  describe(name, () => {
    let undisturbed: MonthResult;
    beforeAll(async () => {
      undisturbed = await disturbMonth(0, story);
    });

    for (const seed of seeds) {
      for (const [index, disturbances] of planCampaign(story).entries()) {
        const timeout = patienceMs(disturbances) + 60_000;
        test(`seed ${seed}, month ${index + 1} of the full matrix`, { timeout }, async () => {
          const result = await disturbMonth(seed, story, disturbances);
          tally.count(result, disturbances);
          expect(result).toEqual(undisturbed);
        });
      }
    }
  });
}
