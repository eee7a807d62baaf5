// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the samples are sources.
import { describe, expect, it } from 'vitest';
import { findImports, findLongFunctions, maskSource, resolveImport } from './source-scanner.ts';

describe('maskSource', () => {
  it('blanks comments and the insides of strings, and keeps every offset', () => {
    const source =
      "const a = 'Date.now()'; // Date.now()\n/* Date.now() */ call(`x ${Date.now()} y`);\n";
    const masked = maskSource(source);
    expect(masked).toHaveLength(source.length);
    expect(masked.match(/Date\.now/g)).toHaveLength(1);
    expect(masked.indexOf('Date.now')).toBe(source.lastIndexOf('Date.now'));
  });

  it('knows a regular expression from a division', () => {
    expect(maskSource('const a = b / c; process.exit(1 / 2);')).toContain('process.exit');
    expect(maskSource('const q = /[\'"`]/; process.exit();')).toContain('process.exit');
    expect(maskSource('return /process/.test(x);')).not.toContain('process');
    expect(maskSource('const q = /[/]process/g; process.cwd();').match(/process/g)).toHaveLength(1);
  });

  it('finds its way out of nested templates and braces', () => {
    const source = 'const a = `${[1].map((n) => { return `${n}' + "'" + '`; })}`; process.exit();';
    expect(maskSource(source)).toContain('process.exit');
  });

  it('knows the keywords that a regular expression may follow, on a line of their own too', () => {
    expect(maskSource('foo()\nreturn    /process/.test(x);')).not.toContain('process');
    expect(maskSource('const myreturn = 4; myreturn /process.length/ 2;')).toContain('process');
  });

  it('survives escapes', () => {
    expect(maskSource("const a = 'it\\'s'; process.exit();")).toContain('process.exit');
  });
});

describe('findImports', () => {
  it('reads every form of import', () => {
    const source = `
import { a } from './a.ts';
import type { B } from '../b.ts';
import { type C, type D } from './c.ts';
import { type E, f } from './e.ts';
import * as g from 'node:fs';
import h, { i } from 'h';
import './j.ts';
export { k } from './k.ts';
export type { L } from './l.ts';
export * from './m.ts';
const n = await import('./n.ts');
import {
  o,
  p,
} from './o.ts';
`;
    const imports = findImports(source);
    expect(imports.map((found) => found.specifier)).toEqual([
      './a.ts',
      '../b.ts',
      './c.ts',
      './e.ts',
      'node:fs',
      'h',
      './j.ts',
      './k.ts',
      './l.ts',
      './m.ts',
      './n.ts',
      './o.ts',
    ]);
    expect(imports.filter((found) => found.typeOnly).map((found) => found.specifier)).toEqual([
      '../b.ts',
      './c.ts',
      './l.ts',
    ]);
    expect(imports.filter((found) => found.dynamic).map((found) => found.line)).toEqual([12]);
  });

  it('is not fooled by comments, strings and exported values', () => {
    const source = `
// import { a } from './a.ts';
const text = "import { b } from './b.ts'";
export const c = './c.ts';
export function d() { return './d.ts'; }
export { e };
const f = './f.ts';
`;
    expect(findImports(source)).toEqual([]);
  });
});

it('resolves a relative import from the checkout', () => {
  expect(resolveImport('psp/paygent/layouts.ts', '../../billing/money.ts')).toBe(
    'billing/money.ts',
  );
  expect(resolveImport('psp/a.ts', 'zod')).toBeUndefined();
});

describe('findLongFunctions', () => {
  const body = 'x();\n'.repeat(80);

  it.each([
    ['a declaration', `function a(b: string): Promise<void> {\n${body}}`],
    ['a result with braces', `function a(b: { c: d }): Promise<{ e: f[] }> {\n${body}}`],
    ['an arrow', `const a = async (b: string) => {\n${body}};`],
    ['a method', `class A {\n  run(b: () => void) {\n${body}}\n}`],
  ])('finds %s', (_name, source) => {
    expect(findLongFunctions(source, 70)).toHaveLength(1);
  });

  it('says where a function begins, also when its parameters take lines', () => {
    const source = `\nfunction a(\n  b: string,\n  c: { d: string },\n): void {\n${body}}`;
    expect(findLongFunctions(source, 70)).toEqual([{ header: 'function a(', line: 2, lines: 82 }]);
  });

  it.each([
    ['an object', `const a = {\n${'b: 1,\n'.repeat(80)}};`],
    ['a class', `class A {\n${'a() { b(); }\n'.repeat(80)}}`],
    [
      'a factory of short functions',
      `function a() {\n  return {\n${'b() {\nx();\nx();\nx();\n},\n'.repeat(30)}};\n}`,
    ],
    ['a short function', `function a() {\n${'x();\n'.repeat(20)}}`],
  ])('leaves %s alone', (_name, source) => {
    expect(findLongFunctions(source, 70)).toEqual([]);
  });
});
