import type { Problem, SourceFile } from './architecture.ts';
import { findLongFunctions, lineOf, maskSource } from './source-scanner.ts';

export const maxFileLines = 300;
/** A test is a list of cases, read one by one. */
export const maxTestLines = 400;
export const maxFunctionLines = 70;
/** A workflow is one story, read from top to bottom (design section 3: 60 to 150 lines). */
export const maxStoryLines = 150;

/** Folders whose files come from elsewhere or are never edited again. */
const frozen = ['db/migrations/'];

/** Names that say nothing about what is inside. */
const emptyNames = ['util', 'utils', 'helper', 'helpers', 'common', 'misc', 'shared', 'lib'];

/** Names that a tool or a habit gives. */
const namedByTools =
  /^(?:README|ARCHITECTURE|CHANGELOG|LICENSE|CONTRIBUTING|SECURITY)(?:\.md)?$|^Dockerfile$|^\./;

/** kebab-case, no empty names; a dot may divide what a tool wants divided (`x.test.ts`). */
export function checkName(path: string): Problem[] {
  if (path.startsWith('test/fixtures/') || path.startsWith('sandbox/fixtures/')) return [];
  const parts = path.split('/');
  return parts.flatMap((part) => {
    const stem = part.replace(/^\./, '').split('.')[0] as string;
    if (emptyNames.includes(stem)) return [`${path}: "${stem}" says nothing: name it by its noun`];
    if (namedByTools.test(part) || /^[a-z0-9]+(?:[-.][a-z0-9]+)*$/.test(part)) return [];
    return [`${path}: "${part}" is not kebab-case`];
  });
}

export function countLines(text: string): number {
  return text.replace(/\n$/, '').split('\n').length;
}

/**
 * Long files need a reason, and may only shrink: `allowed` holds the number of lines a file may have.
 */
export function checkFileLength(
  file: SourceFile,
  allowed: Readonly<Record<string, { lines: number; reason: string }>>,
): Problem[] {
  if (frozen.some((folder) => file.path.startsWith(folder))) return [];
  const lines = countLines(file.text);
  const limit = file.path.startsWith('test/') ? maxTestLines : maxFileLines;
  const entry = allowed[file.path];
  if (!entry) {
    return lines <= limit
      ? []
      : [`${file.path}: ${lines} lines, ${limit} are allowed: divide it by its nouns`];
  }
  if (lines <= limit) return [`${file.path}: short again: take it off the list`];
  return lines <= entry.lines
    ? []
    : [`${file.path}: ${lines} lines, may only shrink from ${entry.lines}`];
}

export function checkFunctionLength(
  file: SourceFile,
  allowed: Readonly<Record<string, string>>,
): Problem[] {
  // A test's `describe` is a list, and a migration's `up` is one statement after another.
  if (/^(?:test|db\/migrations)\//.test(file.path)) return [];
  const limit = file.path.startsWith('workflows/') ? maxStoryLines : maxFunctionLines;
  return findLongFunctions(file.text, limit)
    .filter((found) => !Object.keys(allowed).some((key) => isEntry(key, file.path, found.header)))
    .map(
      (found) =>
        `${file.path}:${found.line}: ${found.lines} lines, ${limit} are allowed: ${found.header}`,
    );
}

function isEntry(key: string, path: string, header: string): boolean {
  const [entryPath, name = ''] = key.split('#');
  return entryPath === path && new RegExp(`\\b${name}\\b`).test(header);
}

/** `TODO(slug)` must have its heading in docs/open-questions.md: nothing is left to be forgotten. */
export function checkTodos(file: SourceFile, openQuestions: readonly string[]): Problem[] {
  return [...file.text.matchAll(/\b(?:TODO|FIXME|XXX|HACK)\b(?:\(([\w-]*)\))?/g)].flatMap(
    (match) =>
      match[1] && openQuestions.includes(match[1])
        ? []
        : [
            `${file.path}:${lineOf(file.text, match.index)}: ${match[0]}: do it, or write TODO(slug) with an entry in docs/open-questions.md`,
          ],
  );
}

const forbidden: readonly [pattern: RegExp, what: string, where?: RegExp][] = [
  [/(?<![.\w$'"-])any\b(?=\s*[\])>;,|&=)[]|\s*$)/gm, 'any: name the type, or use unknown'],
  [/\bexport\s+default\b/g, 'a default export: name it'],
  [/\b(?:it|test|describe|suite)\s*\.\s*(?:only|skip|todo|fails)\b/g, 'a test that is not run'],
  [/\benum\s+\w+\s*\{/g, 'an enum: use a union of strings'],
  [
    /\bparseFloat\b|\.toFixed\s*\(/g,
    'a float: money is integer yen',
    /^(?:billing|psp|imports|db|activities|workflows|api)\//,
  ],
];

const forbiddenComments: readonly [pattern: RegExp, what: string][] = [
  [/@ts-(?:ignore|expect-error|nocheck)\b/g, 'a silenced type error'],
  [/biome-ignore[^\n]*noExplicitAny/g, 'a silenced any'],
  [
    /biome-ignore(?:-\w+)?\s+(?:lint|format|assist)\b(?![^\n]*:\s*\S)/g,
    'an ignored rule without a reason',
  ],
];

/** What no source may hold. Configurations export by default because their tools ask for it. */
export function checkForbidden(file: SourceFile): Problem[] {
  const isConfig = /(?:^|\/)[\w-]+\.config\.ts$/.test(file.path);
  const isMigration = frozen.some((folder) => file.path.startsWith(folder));
  const masked = maskSource(file.text);
  const found = (text: string, [pattern, what]: readonly [RegExp, string, ...unknown[]]) =>
    [...text.matchAll(pattern)].map(
      (match) => `${file.path}:${lineOf(file.text, match.index)}: ${what}`,
    );
  return [
    ...forbidden
      .filter(([, , where]) => where === undefined || where.test(file.path))
      .filter(([, what]) => !(isConfig && what.startsWith('a default export')))
      .filter(([, what]) => !(isMigration && what.startsWith('any')))
      .flatMap((rule) => found(masked, rule)),
    ...forbiddenComments
      .filter(([, what]) => !(isMigration && what === 'a silenced any'))
      .flatMap((rule) => found(file.text, rule)),
  ];
}
