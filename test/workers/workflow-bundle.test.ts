import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { checkoutDir } from '../../config.ts';
import { createLogger } from '../../workers/logger.ts';
import { loadWorkflowBundle } from '../../workers/workflow-bundle.ts';
import { temporaryDir } from './test-workers.ts';

const dir = temporaryDir();
const logger = createLogger({ level: 'silent', name: 'test' });
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('a bundle is built once and again after any file that it holds has changed', async () => {
  const sources = join(dir, 'sources');
  const packs = join(dir, 'packs');
  mkdirSync(sources);
  symlinkSync(join(checkoutDir, 'node_modules'), join(dir, 'node_modules'));
  const workflowsPath = join(sources, 'index.ts');
  writeFileSync(workflowsPath, `export { story } from './story.ts';\n`);
  writeFileSync(
    join(sources, 'story.ts'),
    `import { ending } from './ending.ts';\nexport async function story(): Promise<string> { return ending; }\n`,
  );
  writeFileSync(join(sources, 'ending.ts'), `export const ending: string = 'the old end';\n`);
  const load = () => loadWorkflowBundle(packs, logger, workflowsPath);

  const first = await load();
  expect(first.built).toBe(true);
  expect(first.code).toContain('the old end');
  expect(await load()).toEqual({ code: first.code, built: false });

  // Two files away from the entry.
  writeFileSync(join(sources, 'ending.ts'), `export const ending: string = 'the new end';\n`);
  const second = await load();
  expect(second.built).toBe(true);
  expect(second.code).toContain('the new end');
  // The old pack is gone, nothing half-written is left.
  expect(readdirSync(packs).filter((name) => name.endsWith('.js'))).toHaveLength(1);
  expect(readdirSync(packs)).toHaveLength(2);

  // A damaged pack is not run.
  const pack = readdirSync(packs).find((name) => name.endsWith('.js')) ?? '';
  writeFileSync(join(packs, pack), 'damaged');
  const third = await load();
  expect(third).toEqual({ code: second.code, built: true });
});

test('what cannot be packed is named', async () => {
  const workflowsPath = join(dir, 'broken.ts');
  writeFileSync(workflowsPath, `export { story } from './nowhere.ts';\n`);
  await expect(loadWorkflowBundle(join(dir, 'packs'), logger, workflowsPath)).rejects.toThrow(
    /broken\.ts cannot be packed:.*nowhere/s,
  );
});

test('several processes that build at the same time all get a whole bundle', async () => {
  const workflowsPath = join(checkoutDir, 'workflows', 'index.ts');
  const bundles = await Promise.all(
    [1, 2, 3].map(() => loadWorkflowBundle(join(dir, 'shared'), logger, workflowsPath)),
  );
  expect(new Set(bundles.map((bundle) => bundle.code)).size).toBe(1);
  expect((await loadWorkflowBundle(join(dir, 'shared'), logger, workflowsPath)).built).toBe(false);
});
