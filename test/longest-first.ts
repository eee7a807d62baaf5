import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Stories of minutes, which begin first: begun last, one of them would keep a single worker busy
 * while the others have nothing left.
 */
const longest = ['disturbed-', 'demo.test.ts', 'console/'];

const isLong = ({ moduleId }: TestSpecification) => longest.some((part) => moduleId.includes(part));

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}
