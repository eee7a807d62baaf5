import { posix } from 'node:path';

export interface ImportStatement {
  readonly specifier: string;
  /** Erased at run time: `import type`, `export type … from`, or nothing but `type` names in braces. */
  readonly typeOnly: boolean;
  readonly dynamic: boolean;
  /** What stands between `import`/`export` and `from`. */
  readonly clause: string;
  readonly line: number;
}

/** After one of these a slash opens a regular expression, else it divides. */
const beforeRegex =
  /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|of|in|void|yield|await))$/;

/**
 * Blanks out comments, and the insides of strings, templates and regular expressions, character by
 * character, so that every offset and line stays where it was. Code inside `${}` is kept.
 */
export function maskSource(source: string): string {
  const out = source.split('');
  const blank = (from: number, to: number) => {
    for (let i = from; i < to && i < out.length; i += 1) if (out[i] !== '\n') out[i] = ' ';
  };
  /** Brace depths at which a template's `${` was opened. */
  const templates: number[] = [];
  let depth = 0;
  let significant = '';
  let i = 0;

  const skipTemplate = (start: number): number => {
    let at = start;
    while (at < source.length) {
      if (source[at] === '\\') at += 2;
      else if (source[at] === '`') {
        blank(start, at);
        return at + 1;
      } else if (source.startsWith('${', at)) {
        blank(start, at);
        templates.push(depth);
        return at + 2;
      } else at += 1;
    }
    blank(start, at);
    return at;
  };
  const skipQuoted = (start: number, quote: string): number => {
    let at = start + 1;
    while (at < source.length && source[at] !== quote && source[at] !== '\n') {
      at += source[at] === '\\' ? 2 : 1;
    }
    blank(start + 1, at);
    return at + 1;
  };
  const skipRegex = (start: number): number => {
    let at = start + 1;
    let inClass = false;
    while (at < source.length && source[at] !== '\n' && (inClass || source[at] !== '/')) {
      if (source[at] === '[') inClass = true;
      if (source[at] === ']') inClass = false;
      at += source[at] === '\\' ? 2 : 1;
    }
    blank(start + 1, at);
    return at + 1;
  };

  while (i < source.length) {
    const char = source[i] as string;
    if (source.startsWith('//', i) || (i === 0 && source.startsWith('#!'))) {
      const end = source.indexOf('\n', i);
      blank(i, end < 0 ? source.length : end);
      i = end < 0 ? source.length : end;
      continue;
    }
    if (source.startsWith('/*', i)) {
      const end = source.indexOf('*/', i + 2);
      blank(i, end < 0 ? source.length : end + 2);
      i = end < 0 ? source.length : end + 2;
      continue;
    }
    if (char === "'" || char === '"') i = skipQuoted(i, char);
    else if (char === '`') i = skipTemplate(i + 1);
    else if (char === '/' && beforeRegex.test(significant.trimEnd())) i = skipRegex(i);
    else if (char === '}' && templates.length > 0 && templates.at(-1) === depth) {
      templates.pop();
      i = skipTemplate(i + 1);
    } else {
      if (char === '{') depth += 1;
      if (char === '}') depth -= 1;
      i += 1;
    }
    significant = (significant + (/\s/.test(char) ? ' ' : char)).slice(-12);
  }
  return out.join('');
}

/** The line of an offset, from 1. */
export function lineOf(source: string, offset: number): number {
  return source.slice(0, offset).split('\n').length;
}

/** Static imports, re-exports and dynamic imports of a source, comments and strings left out. */
export function findImports(source: string): ImportStatement[] {
  const masked = maskSource(source);
  const found: ImportStatement[] = [];
  const statements =
    /(?<![.\w$])(import|export)\b(?!\s*[(.])([^'"`;()=]*?)(?:\bfrom\s*)?(['"])( *)\3/g;
  for (const match of masked.matchAll(statements)) {
    const [whole, keyword, clause = ''] = match;
    // `export const x = '…'` has an `=` and never matches; `export { a }` without from has no string.
    if (keyword === 'export' && !/\bfrom\s*['"]/.test(whole)) continue;
    const end = match.index + whole.length - 1;
    const start = masked.lastIndexOf(match[3] as string, end - 1);
    found.push({
      specifier: source.slice(start + 1, end),
      typeOnly: isTypeOnly(clause),
      dynamic: false,
      clause: clause.replace(/\bfrom\s*$/, '').trim(),
      line: lineOf(source, match.index),
    });
  }
  for (const match of masked.matchAll(/(?<![.\w$])import\s*\(\s*(['"`])( *)\1/g)) {
    const end = match.index + match[0].length - 1;
    const start = end - (match[2] as string).length;
    found.push({
      specifier: source.slice(start, end),
      // `import('x').Type` in a type position cannot be told apart here: counted as a real import.
      typeOnly: false,
      dynamic: true,
      clause: '',
      line: lineOf(source, match.index),
    });
  }
  return found.sort((a, b) => a.line - b.line);
}

function isTypeOnly(clause: string): boolean {
  const text = clause.trim();
  if (/^type\b(?!\s+from\b|\s*,)/.test(text)) return true;
  const braces = text.match(/^\{([\s\S]*)\}/);
  if (!braces) return false;
  const names = (braces[1] as string).split(',').map((name) => name.trim());
  return names.some(Boolean) && names.filter(Boolean).every((name) => /^type\s/.test(name));
}

/** The path, from the checkout, that a relative import in `path` names; undefined for packages. */
export function resolveImport(path: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  return posix.normalize(posix.join(posix.dirname(path), specifier));
}

export interface LongBlock {
  readonly header: string;
  readonly line: number;
  readonly lines: number;
}

/**
 * Functions (declarations, methods, arrows with a block) of more than `limit` lines of their own:
 * what stands in a function inside counts for that one, so a factory is not blamed for its methods.
 */
export function findLongFunctions(source: string, limit: number): LongBlock[] {
  const masked = maskSource(source);
  const opened: { start: number; header: number | undefined; inner: number }[] = [];
  const found: LongBlock[] = [];
  for (let i = 0; i < masked.length; i += 1) {
    if (masked[i] === '{') {
      // A signature is shorter than this; the whole source before each brace would be slow.
      const from = Math.max(0, i - 4000);
      const header = startOfFunction(masked.slice(from, i));
      opened.push({ start: i, header: header === undefined ? undefined : from + header, inner: 0 });
    }
    if (masked[i] !== '}') continue;
    const block = opened.pop();
    if (block === undefined) continue;
    const all = masked.slice(block.start, i).split('\n').length;
    const lines = all - block.inner;
    const parent = opened.at(-1);
    // The lines of a function belong to nobody above it; other blocks hand theirs on.
    if (parent) parent.inner += block.header === undefined ? block.inner : all - 1;
    if (block.header === undefined || lines <= limit) continue;
    const line = lineOf(masked, block.header);
    found.push({ header: source.split('\n')[line - 1]?.trim() ?? '', line, lines });
  }
  return found;
}

/** Where the function begins whose body a brace after this text opens; undefined for other braces. */
function startOfFunction(before: string): number | undefined {
  const text = before.trimEnd();
  if (text.endsWith('=>')) return text.length - 2;
  const end = endOfParameters(text);
  if (end === undefined) return undefined;
  let depth = 0;
  for (let i = end; i >= 0; i -= 1) {
    if (text[i] === ')') depth += 1;
    if (text[i] === '(') depth -= 1;
    if (depth > 0) continue;
    const word = text.slice(0, i).match(/([\w$]+)\s*(?:<[^<>]*>)?\s*$/)?.[1] ?? '';
    return ['if', 'for', 'while', 'switch', 'catch', 'with', 'await'].includes(word)
      ? undefined
      : i;
  }
  return undefined;
}

/** Where the `)` of `(…)` or `(…): Result<{ … }>` stands that ends this text. */
function endOfParameters(text: string): number | undefined {
  let depth = 0;
  for (let i = text.length - 1; i >= 0; i -= 1) {
    const char = text[i] as string;
    if (depth === 0 && char === ')') {
      const result = text.slice(i + 1).trim();
      return result === '' || result.startsWith(':') ? i : undefined;
    }
    if ('}])'.includes(char) || (char === '>' && text[i - 1] !== '=')) depth += 1;
    if ('{[(<'.includes(char)) depth -= 1;
    if (depth < 0 || (depth === 0 && /[;=]/.test(char))) return undefined;
  }
  return undefined;
}
