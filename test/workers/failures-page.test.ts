import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkoutDir } from '../../config.ts';

const read = (path: string) => readFileSync(join(checkoutDir, path), 'utf8');

/** The quoted members of `export type <name> = 'a' | 'b';`. */
function unionMembers(path: string, name: string): string[] {
  const declaration = new RegExp(`export type ${name} =([^;]+);`).exec(read(path))?.[1] ?? '';
  return [...declaration.matchAll(/'(\w+)'/g)].map((match) => match[1] ?? '');
}

test('docs/failures.md lists every failure type, and none that is gone', () => {
  const types = [
    ...unionMembers('activities/failures.ts', 'FailureType'),
    ...[...read('temporal/payload-codec.ts').matchAll(/^ {4}'(Payload\w+)',$/gm)].map(
      (match) => match[1] ?? '',
    ),
    ...unionMembers('workers/clock-advance-error.ts', 'ClockAdvanceProblem'),
  ];
  expect(types.length).toBeGreaterThan(15);
  const listed = [...read('docs/failures.md').matchAll(/^\| `(\w+)` \|/gm)].map(
    (match) => match[1] ?? '',
  );
  expect(listed.sort()).toEqual(types.sort());
});
