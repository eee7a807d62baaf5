import { expect, it } from 'vitest';
import { readText } from './checkout.ts';

interface Lock {
  readonly packages: Readonly<
    Record<string, { optionalDependencies?: Readonly<Record<string, string>> }>
  >;
}

/** Packages for other platforms that the lock file leaves out: `npm ci` refuses such a lock. */
function missingPlatforms(lock: Lock): string[] {
  const paths = Object.keys(lock.packages);
  return Object.entries(lock.packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !paths.some((other) => other.endsWith(`node_modules/${name}`)))
      .map((name) => `${name}, wanted by ${path}`),
  );
}

// A registry that mirrors only some platforms makes npm write such a lock without a word.
it('package-lock.json holds the packages of every platform', () => {
  expect(missingPlatforms(JSON.parse(readText('package-lock.json')))).toEqual([]);
  const pruned = { packages: { 'node_modules/a': { optionalDependencies: { 'a-darwin': '1' } } } };
  expect(missingPlatforms(pruned)).toEqual(['a-darwin, wanted by node_modules/a']);
});
