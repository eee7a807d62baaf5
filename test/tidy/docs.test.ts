import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { rooms, topRooms } from './architecture.ts';
import { listFiles, listSources, readText } from './checkout.ts';
import { type GeneratedPart, generatedParts, readPart, replacePart } from './generated-parts.ts';
import { findLinks, headingSlugs, tableUnder, withoutCode } from './markdown.ts';

const files = listFiles();
const pages = files.filter((path) => path.endsWith('.md'));
const folders = new Set(files.flatMap((path) => foldersOf(path)));

function foldersOf(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

function exists(path: string): boolean {
  const plain = path.replace(/\/$/, '');
  return files.includes(plain) || folders.has(plain);
}

/** The links of a page that lead nowhere. */
function brokenLinks(path: string, text: string): string[] {
  return findLinks(text).flatMap(({ target, line }) => {
    if (/^(?:https?|mailto):/.test(target)) return [];
    const [file = '', anchor] = target.split('#');
    const page = file === '' ? path : normalize(join(dirname(path), file));
    if (page !== path && !exists(page)) return [`${path}:${line}: ${target}: no such file`];
    if (anchor === undefined || !page.endsWith('.md')) return [];
    return headingSlugs(page === path ? text : readText(page)).includes(anchor)
      ? []
      : [`${path}:${line}: ${target}: no such heading`];
  });
}

/** `a/b.ts`, `room/` and `room/x*` in code spans, as far as they look like paths of this checkout. */
function pathsIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)]
    .map((match) => match[1] as string)
    .filter((text) => /^[\w.-]+(?:\/[\w.*-]*)+$|^[\w-]+\.(?:ts|md|yml|json)$/.test(text));
}

function pathExists(path: string): boolean {
  if (!path.includes('*')) return exists(path);
  const pattern = new RegExp(`^${path.split('*').map(escapeRegex).join('[^/]*')}$`);
  return [...files, ...folders].some((candidate) => pattern.test(candidate));
}

function escapeRegex(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** Headings under which nothing stands, neither text nor a deeper heading. */
function emptySections(text: string): string[] {
  // A section of nothing but code or a picture is not empty.
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const isHeading = withoutCode(lines.join('\n'))
    .split('\n')
    .map((line) => line.match(/^(#+)\s/)?.[1]?.length);
  return lines.filter((_, index) => {
    const level = isHeading[index];
    if (level === undefined) return false;
    const next = isHeading[index + 1];
    return index === lines.length - 1 || (next !== undefined && next <= level);
  });
}

describe('every page', () => {
  it('has links that lead somewhere', () => {
    expect(pages.flatMap((path) => brokenLinks(path, readText(path)))).toEqual([]);
    expect(brokenLinks('docs/a.md', '[a](b.md) [c](#d) [e](../README.md)')).toHaveLength(2);
    expect(brokenLinks('docs/a.md', '[a](../docs/glossary.md#no-such-heading)')).toHaveLength(1);
    expect(brokenLinks('docs/a.md', '# Some `Heading`\n[a](#some-heading)')).toEqual([]);
  });

  it('is not empty, and neither is any of its sections', () => {
    for (const path of pages) expect(emptySections(readText(path)), path).toEqual([]);
    expect(emptySections('# A\n\n## B\n\ntext\n\n## C\n')).toEqual(['## C']);
    expect(emptySections('# A\n\n## B\n\n## C\n\ntext')).toEqual(['## B']);
  });

  it('of docs/ is reached from README', () => {
    const reached = findLinks(readText('README.md')).map(({ target }) => target.split('#')[0]);
    const docs = pages.filter((path) => path.startsWith('docs/'));
    expect(docs.filter((path) => !reached.includes(path))).toEqual([]);
  });
});

describe('what pages say again', () => {
  it.each(generatedParts)('$page: $what', (part) => {
    const hint = 'refresh it: node --import tsx test/tidy/refresh-docs.ts';
    expect(readPart(readText(part.page), part), hint).toBe(part.text);
  });

  it('is found out when it is stale', () => {
    const [part] = generatedParts as [GeneratedPart];
    const page = readText(part.page);
    const stale = page.replace(part.text, `${part.text}\n| \`GONE\` | a | b |`);
    expect(readPart(stale, part)).not.toBe(part.text);
    expect(replacePart(stale, part)).toBe(page);
    expect(readPart('nothing', part)).toBeUndefined();
  });
});

describe('README', () => {
  const readme = readText('README.md');

  it('finds the way: every path of the table exists', () => {
    const cells = tableUnder(readme, 'Find your way').flat();
    const named = cells.flatMap(pathsIn);
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((path) => !pathExists(path))).toEqual([]);
    expect(pathsIn('`cli/no-such.ts`').filter((path) => !pathExists(path))).toHaveLength(1);
  });

  it('names scripts that package.json has', () => {
    const { scripts } = JSON.parse(readText('package.json')) as { scripts: Record<string, string> };
    const named = [...readme.matchAll(/\bnpm (?:run )?(demo|test|check|format|campaign)\b/g)];
    expect(named.length).toBeGreaterThan(1);
    expect(named.map((match) => match[1]).filter((name) => !scripts[name as string])).toEqual([]);
  });
});

describe('ARCHITECTURE', () => {
  const architecture = readText('ARCHITECTURE.md');

  it('describes every room', () => {
    const described = tableUnder(architecture, 'Rooms').map(([room]) => room?.replace(/[`/]/g, ''));
    const existing = [...new Set(listSources().map((path) => path.split('/')[0] as string))].filter(
      (room) => folders.has(room),
    );
    expect(existing.filter((room) => !described.includes(room))).toEqual([]);
    const known = [...Object.keys(rooms), ...topRooms, 'docker'];
    expect(described.filter((room) => !known.includes(room as string))).toEqual([]);
  });

  it('names paths that exist', () => {
    expect(pathsIn(architecture).filter((path) => !pathExists(path))).toEqual([]);
  });

  it('states what must stay true', () => {
    expect(architecture.match(/^\*\*Invariant:\*\* /gm)?.length ?? 0).toBeGreaterThan(9);
  });
});

it('CHANGELOG has a section for what is not released yet', () => {
  expect(headingSlugs(readText('CHANGELOG.md'))).toContain('unreleased');
});

it('the glossary names things that the code has', () => {
  const code = listSources()
    .filter((path) => !path.startsWith('test/'))
    .map((path) => `${path}\n${readText(path)}`)
    .join('\n');
  const names = [...readText('docs/glossary.md').matchAll(/^\|(.*)\|$/gm)].flatMap((row) =>
    [...(row[1] as string).matchAll(/`([^`]+)`/g)].map((match) => match[1] as string),
  );
  const plain = names
    .filter((name) => !/^YYYY/.test(name))
    .map((name) => name.replace(/^\w+\.(?=\w+$)/, ''));
  expect(plain.length).toBeGreaterThan(30);
  expect(plain.filter((name) => !code.includes(name) && !exists(name))).toEqual([]);
});
