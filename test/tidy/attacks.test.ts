import { dirname, join, normalize } from 'node:path';
import { expect, it } from 'vitest';
import { readText } from './checkout.ts';

const page = 'docs/security.md';

/** What the page says is tried: a file, and the name of the test in it (null: all of them). */
interface NamedTest {
  readonly path: string;
  readonly name: string | null;
}

function namedTests(text: string): NamedTest[] {
  const links = /\[[\w-]+\]\((\.\.\/test\/[^)]+)\)((?:,? "[^"]+")*)/g;
  return [...text.matchAll(links)].flatMap(([, target = '', quoted = '']): NamedTest[] => {
    const path = normalize(join(dirname(page), target));
    const names = [...quoted.matchAll(/"([^"]+)"/g)].map(([, name = '']) => name);
    return names.length === 0 ? [{ path, name: null }] : names.map((name) => ({ path, name }));
  });
}

/** As it stands in the test's own call or table. */
const holds = (path: string, name: string) => readText(path).includes(`'${name}'`);

it('every attack of the list has its test, under the name that the list gives', () => {
  const named = namedTests(readText(page));
  expect(named.length).toBeGreaterThan(40);
  const missing = named.filter(({ path, name }) => name !== null && !holds(path, name));
  expect(missing).toEqual([]);
  expect(namedTests('[a](../test/a/b.test.ts) "c", "d"; [e](../test/e.test.ts)')).toEqual([
    { path: 'test/a/b.test.ts', name: 'c' },
    { path: 'test/a/b.test.ts', name: 'd' },
    { path: 'test/e.test.ts', name: null },
  ]);
});

it('every row says what is tried, what holds and which test', () => {
  const rows = readText(page)
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| attack'));
  expect(rows.length).toBeGreaterThan(25);
  for (const row of rows) {
    expect(row.split(' | '), row).toHaveLength(3);
    expect(namedTests(row), row).not.toEqual([]);
  }
});
