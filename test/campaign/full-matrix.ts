import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { disturbMonth, type MonthResult, patienceMs, planCampaign } from './disturbed-month.ts';
import type { Story } from './story.ts';
import { startTally } from './tally.ts';

/**
 * Every step of a story with every fault. Each story has a file, so that two run side by side.
 *
 * @param failedSeeds seeds that once failed; one of today's is added to them
 */
export function runFullMatrix(name: string, story: Story, failedSeeds: number[] = []): void {
  const seeds = [...failedSeeds, Date.now() % 1_000_000];
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
