import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Stories of minutes, which begin first: begun last, one of them would keep a single worker busy
 * while the others have nothing left.
 */
const longest = ['disturbed-', 'demo.test.ts', 'console/'];

/** What looks at the work of all others. */
const last = ['every-kind-replays.test.ts'];

function rankOf({ moduleId }: TestSpecification): number {
  if (longest.some((part) => moduleId.includes(part))) return 0;
  return last.some((part) => moduleId.includes(part)) ? 2 : 1;
}

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return [0, 1, 2].flatMap((rank) => sorted.filter((file) => rankOf(file) === rank));
  }
}
