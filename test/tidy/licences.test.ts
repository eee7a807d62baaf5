import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from './checkout.ts';
import {
  allowedForTools,
  allowedLicences,
  findForbidden,
  isAllowed,
  listBundled,
  listDependencies,
  readLock,
  unsaid,
} from './licences.ts';

const lock = readLock();
const dependencies = listDependencies(lock, listBundled());

it('every package may be used under its licence', () => {
  expect(dependencies.length).toBeGreaterThan(300);
  expect(findForbidden(dependencies)).toEqual([]);
});

it('finds a licence that is not allowed, one that is for tools only, and none at all', () => {
  const packages = {
    '': {},
    'node_modules/a': { version: '1', license: 'AGPL-3.0-only' },
    'node_modules/a/node_modules/@b/c': { version: '2', license: 'MPL-2.0' },
    'node_modules/d': { version: '3', license: 'MPL-2.0', dev: true },
    'node_modules/e': { version: '4' },
  };
  expect(findForbidden(listDependencies({ packages }))).toEqual([
    ...['@b/c 2: MPL-2.0', 'a 1: AGPL-3.0-only', 'e 4: no licence'],
  ]);
  expect(isAllowed('(MIT OR GPL-3.0)', allowedLicences)).toBe(true);
  expect(isAllowed('MIT AND GPL-3.0', allowedLicences)).toBe(false);
  expect(isAllowed('MPL-2.0', allowedForTools)).toBe(true);
});

it('what the console bundles is shipped, with all that it needs', () => {
  const packages = {
    '': {},
    'node_modules/a': { version: '1', license: 'MIT', dev: true, dependencies: { b: '2' } },
    'node_modules/a/node_modules/b': { version: '2', license: 'MPL-2.0', dev: true },
    'node_modules/b': { version: '3', license: 'MPL-2.0', dev: true },
  };
  expect(findForbidden(listDependencies({ packages }, ['a']))).toEqual(['b 2: MPL-2.0']);
  const placed = dependencies.filter(({ place }) => place === 'console').map(({ name }) => name);
  expect(placed).toEqual(expect.arrayContaining(['react', '@mantine/core', 'scheduler']));
  expect(placed).not.toContain('vite');
});

it('what the lock file leaves out is what the packages say', () => {
  for (const [name, licence] of Object.entries(unsaid)) {
    expect(lock.packages[`node_modules/${name}`], name).toBeDefined();
    expect(lock.packages[`node_modules/${name}`]?.license, name).toBeUndefined();
    const path = join(root, 'node_modules', name, 'package.json');
    // Optional packages are not there on every machine.
    if (!existsSync(path)) continue;
    const { licenses } = JSON.parse(readFileSync(path, 'utf8')) as {
      licenses?: { type: string }[];
    };
    if (licenses !== undefined) expect(licenses[0]?.type, name).toBe(licence);
  }
});
