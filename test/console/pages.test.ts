import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readText } from '../tidy/checkout.ts';
import { findScreenFault, keptDir, readmeScreens } from './readme-screens.ts';
import { readConsoleRoutes, storyRoutes, walkRoutes } from './routes.ts';

const told = Object.values(storyRoutes).flat() as string[];
const paths = () => readConsoleRoutes().map(({ path }) => path);

it('looks at every page: in a story, or, where a merchant is all it needs, in the walk', () => {
  expect(paths().length).toBeGreaterThan(45);
  const unseen = paths().filter((path) => !told.includes(path) && !walkRoutes().includes(path));
  // One of test/console/*.test.ts goes by it, and says so in test/console/routes.ts.
  expect(unseen).toEqual([]);
  expect(told.filter((path) => !paths().includes(path))).toEqual([]);
  expect(told.filter((path, at) => told.indexOf(path) !== at)).toEqual([]);
});

it('reads every page of the route table', () => {
  const imported = readText('console/src/routes.tsx').match(/import\('\.\/pages\//g);
  expect(paths()).toHaveLength(imported?.length ?? 0);
});

it('shows the README pictures that are light, of one size, and all of them', () => {
  expect(readdirSync(keptDir).sort()).toEqual(readmeScreens.map((name) => `${name}.png`).sort());
  const readme = readText('README.md');
  for (const name of readmeScreens) {
    expect(findScreenFault(readFileSync(join(keptDir, `${name}.png`)))).toBe(null);
    expect(readme).toContain(`docs/screens/${name}.png`);
  }
});

it('tells a picture that is too large or of another size', () => {
  const png = Buffer.alloc(200_000);
  png.write('PNG', 1);
  png.writeUInt32BE(1280, 16);
  png.writeUInt32BE(800, 20);
  expect(findScreenFault(png)).toBe('has 200000 bytes, 150000 at most');
  png.writeUInt32BE(900, 20);
  expect(findScreenFault(png)).toBe('is 1280×900, not 1280×800');
  expect(findScreenFault(Buffer.from('GIF89a'))).toBe('is no PNG');
});
