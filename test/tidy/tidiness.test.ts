import { describe, expect, it } from 'vitest';
import { listFiles, listSources, readText } from './checkout.ts';
import { headingSlugs } from './markdown.ts';
import {
  checkFileLength,
  checkForbidden,
  checkFunctionLength,
  checkName,
  checkTodos,
} from './tidiness.ts';

const files = listFiles();
const sources = listSources().map((path) => ({ path, text: readText(path) }));
// This room's own samples of what is forbidden would be found.
const judged = sources.filter((file) => !file.path.startsWith('test/tidy/'));

/** Files of more than 300 lines (tests: 400), and why. A number here may only get smaller. */
const longFiles: Record<string, { lines: number; reason: string }> = {};

/** Functions of more than 70 lines, as `path#name`, and why. */
const longFunctions: Record<string, string> = {};

function bad(text: string, path = 'billing/a.ts') {
  return { path, text };
}

describe('names', () => {
  it('are kebab-case and say something', () => {
    expect(files.flatMap(checkName)).toEqual([]);
  });

  it.each([
    'billing/utils/a.ts',
    'db/helpers.ts',
    'common/a.ts',
    'api/authToken.ts',
    'docs/Api.md',
  ])('refuses %s', (path) => {
    expect(checkName(path)).toHaveLength(1);
  });

  it.each(['README.md', '.ci/run', 'db/migrations/2026-11-22-01-merchants.ts', 'a/b.test.ts'])(
    'allows %s',
    (path) => {
      expect(checkName(path)).toEqual([]);
    },
  );
});

describe('length', () => {
  it('files stay readable', () => {
    expect(sources.flatMap((file) => checkFileLength(file, longFiles))).toEqual([]);
  });

  it('a long file may only shrink, and leaves the list when it is short again', () => {
    const allowed = { 'billing/a.ts': { lines: 310, reason: 'a table' } };
    expect(checkFileLength(bad('x\n'.repeat(301)), {})).toHaveLength(1);
    expect(checkFileLength(bad('x\n'.repeat(300)), {})).toEqual([]);
    expect(checkFileLength(bad('x\n'.repeat(400), 'test/a.test.ts'), {})).toEqual([]);
    expect(checkFileLength(bad('x\n'.repeat(401), 'test/a.test.ts'), {})).toHaveLength(1);
    expect(checkFileLength(bad('x\n'.repeat(311)), allowed)).toHaveLength(1);
    expect(checkFileLength(bad('x\n'.repeat(310)), allowed)).toEqual([]);
    expect(checkFileLength(bad('x\n'.repeat(300)), allowed)).toHaveLength(1);
  });

  it('functions fit on a screen', () => {
    expect(judged.flatMap((file) => checkFunctionLength(file, longFunctions))).toEqual([]);
    const long = bad(`export function a() {\n${'x();\n'.repeat(71)}}`);
    expect(checkFunctionLength(long, {})).toHaveLength(1);
    expect(checkFunctionLength(long, { 'billing/a.ts#a': 'a table' })).toEqual([]);
    expect(checkFunctionLength(long, { 'billing/a.ts#b': 'a table' })).toHaveLength(1);
  });

  it('no exception outlives its long function', () => {
    const stale = Object.keys(longFunctions).filter((entry) => {
      const file = sources.find(({ path }) => path === entry.split('#')[0]);
      return !file || checkFunctionLength(file, {}).length === 0;
    });
    expect(stale).toEqual([]);
  });

  it('no exception outlives its file', () => {
    const named = [...Object.keys(longFiles), ...Object.keys(longFunctions)];
    expect(named.filter((entry) => !files.includes(entry.split('#')[0] as string))).toEqual([]);
  });
});

describe('nothing is left lying about', () => {
  it('every TODO has its open question', () => {
    const questions = headingSlugs(readText('docs/open-questions.md'));
    expect(judged.flatMap((file) => checkTodos(file, questions))).toEqual([]);
    expect(checkTodos(bad('// TODO: later'), questions)).toHaveLength(1);
    expect(checkTodos(bad('// FIXME(no-such-question)'), questions)).toHaveLength(1);
    expect(checkTodos(bad('// TODO(known)'), ['known'])).toEqual([]);
  });

  it('holds for every source', () => {
    expect(judged.flatMap(checkForbidden)).toEqual([]);
  });

  it.each([
    'const a: any = 1;',
    'function a(b: any, c: string) {}',
    'const a = b as any;',
    'const a = new Map<string, any>();',
    'const a: any[] = [];',
    'export default function a() {}',
    "it.only('a', () => {});",
    "describe.skip('a', () => {});",
    "it.todo('a');",
    'enum A { B }',
    'const yen = Number.parseFloat(text);',
    'const yen = sum.toFixed(2);',
    '// @ts-ignore',
    '// @ts-expect-error because',
    '// biome-ignore lint/suspicious/noConsole',
  ])('refuses: %s', (text) => {
    expect(checkForbidden(bad(text))).toHaveLength(1);
  });

  it.each([
    "const a = 'any';",
    '// any month',
    'const a = z.any;',
    'if (a.any(b)) c();',
    "it.skipIf(!isRoot)('a', () => {});",
    '// biome-ignore lint/suspicious/noConsole: the operator reads it.',
  ])('allows: %s', (text) => {
    expect(checkForbidden(bad(text))).toEqual([]);
  });

  it('lets configurations export by default and frozen migrations use any', () => {
    expect(checkForbidden(bad('export default {};', 'vitest.config.ts'))).toEqual([]);
    expect(checkForbidden(bad('a: Kysely<any>', 'db/migrations/2026-01-01-a.ts'))).toEqual([]);
  });
});
