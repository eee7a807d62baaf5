import { expect, it } from 'vitest';
import { readText } from './checkout.ts';
import {
  embeddedCommands,
  followImports,
  imageEntries,
  listImageFiles,
  neverReached,
  readImage,
} from './image.ts';

const files = listImageFiles();
const { dependencies } = JSON.parse(readText('package.json')) as {
  dependencies: Record<string, string>;
};

it('the image holds no sandbox, no test, no secret and no built file of this checkout', () => {
  const rooms = new Set(
    files.filter((path) => path.includes('/')).map((path) => path.split('/')[0]),
  );
  for (const room of ['sandbox', 'test', 'bench', 'docs', '.ci', 'docker', 'node_modules', 'out']) {
    expect(rooms).not.toContain(room);
  }
  for (const room of ['activities', 'api', 'cli', 'console', 'db', 'workers', 'workflows']) {
    expect(rooms).toContain(room);
  }
  const named = [
    '.env',
    '.env.example',
    'a.log',
    'console/dist/a.js',
    'console/src/a.ts',
    'dist/a',
  ];
  expect(listImageFiles(named)).toEqual(['console/src/a.ts']);
});

it('what the containers run is in the image, with every package that it loads', () => {
  const loaded = followImports(imageEntries, readImage(files));
  expect(loaded.missing).toEqual([]);
  expect(loaded.files.length).toBeGreaterThan(400);
  const foreign = loaded.packages.filter((each) => !dependencies[each.split('#')[1] ?? '']);
  expect(foreign.filter((each) => neverReached[each] === undefined)).toEqual([]);
  expect(Object.keys(neverReached).filter((each) => !foreign.includes(each))).toEqual([]);
});

it('finds a package and a file that the image does not have', () => {
  const texts: Record<string, string> = {
    'cli/main.ts': "const a = () => import('./a.ts');\nimport type { B } from 'b';",
    'cli/a.ts': "import { c } from '@c/d/e';\nimport { x } from '../sandbox/x.ts';",
  };
  const loaded = followImports(['cli/main.ts'], (path) => texts[path]);
  expect(loaded.packages).toEqual(['cli/a.ts#@c/d']);
  expect(loaded.missing).toEqual(['sandbox/x.ts']);
  for (const command of embeddedCommands) expect(files).toContain(command);
});
