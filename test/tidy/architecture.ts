import { findImports, lineOf, maskSource, resolveImport } from './source-scanner.ts';

/** A source with its path from the checkout. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** `path:line: what is wrong and what to do`. */
export type Problem = string;

interface Room {
  /** Rooms (or single files) whose values it may import; its own room is always allowed. */
  readonly imports: readonly string[];
  /** Rooms (or single files) of which it may import types only. */
  readonly types?: readonly string[];
}

/**
 * The one-way picture of design section 2. What is not listed is forbidden. `workflows/workflow-ids`
 * and `workflows/messages` are the words that API, workers and workflows speak to one another.
 */
export const rooms: Readonly<Record<string, Room>> = {
  billing: { imports: [] },
  psp: { imports: ['billing'] },
  imports: { imports: ['billing'] },
  db: { imports: ['billing'] },
  activities: { imports: ['billing', 'psp', 'imports', 'db'] },
  workflows: { imports: ['billing'], types: ['activities'] },
  temporal: {
    imports: ['workflows/messages.ts', 'workflows/workflow-ids.ts'],
    types: ['config.ts', 'workflows'],
  },
  workers: {
    imports: [
      'billing',
      'psp',
      'imports',
      'db',
      'activities',
      'workflows',
      'temporal',
      'config.ts',
    ],
  },
  api: {
    imports: [
      'billing',
      'db/queries',
      'workflows/messages.ts',
      'workflows/workflow-ids.ts',
      'temporal',
      'config.ts',
    ],
    types: ['db'],
  },
};

/** Rooms on top: they may import every room below them. Nothing below imports them. */
export const topRooms = ['cli', 'stack', 'sandbox', 'bench', 'test', 'docs', '.ci', ''];

/** Codecs and rules: the same input gives the same output, anywhere, at any time. */
const pureRooms = ['billing', 'psp', 'imports'];

/** Node built-ins that only compute. */
const pureBuiltins: Readonly<Record<string, readonly string[]>> = {
  'node:buffer': ['isAscii', 'isUtf8'],
  'node:crypto': ['createHash'],
  'node:assert/strict': ['*'],
  'node:util': ['TextDecoder', 'TextEncoder', 'isDeepStrictEqual'],
};

/** Packages that only compute and that a pure room may use. */
const purePackages = ['zod', 'csv-parse', 'csv-stringify', 'iconv-lite'];

const impureCalls: readonly [pattern: RegExp, name: string][] = [
  [/\bprocess\s*[.[]/g, 'process'],
  [/\bDate\s*\.\s*now\b/g, 'Date.now'],
  [/\bnew\s+Date\s*(?:\(\s*\)|(?!\s*\())/g, 'new Date() without an argument'],
  [/(?<!new\s)\bDate\s*\(/g, 'Date()'],
  [/\bMath\s*\.\s*random\b/g, 'Math.random'],
  [/\bperformance\s*\.\s*now\b/g, 'performance.now'],
  [/(?<![.\w$])set(?:Timeout|Interval|Immediate)\s*\(/g, 'a timer'],
  [/(?<![.\w$])fetch\s*\(/g, 'fetch'],
  [/(?<![.\w$])console\s*\./g, 'console'],
  [/\bcrypto\s*\.\s*(?:random\w+|getRandomValues)\b/g, 'randomness'],
];

const timeCalls: readonly [pattern: RegExp, name: string][] = [
  [/(?<![.\w$])Date\b(?!\s*[,;>|&)\]}])/g, 'Date'],
  [/(?<![.\w$])set(?:Timeout|Interval|Immediate)\s*\(/g, 'a timer'],
  [/(?<![.\w$])sleep\s*\(/g, 'sleep'],
  [/\bperformance\s*\.\s*now\b/g, 'performance.now'],
];

function roomOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.indexOf('/')) : '';
}

function within(path: string, allowed: readonly string[]): boolean {
  return allowed.some((entry) => path === entry || path.startsWith(`${entry}/`));
}

function isBuiltin(specifier: string): boolean {
  return specifier.startsWith('node:');
}

function findCalls(
  file: SourceFile,
  calls: readonly [pattern: RegExp, name: string][],
  rule: string,
): Problem[] {
  const masked = maskSource(file.text);
  return calls.flatMap(([pattern, name]) =>
    [...masked.matchAll(pattern)].map(
      (match) => `${file.path}:${lineOf(masked, match.index)}: ${name}: ${rule}`,
    ),
  );
}

/** Imports may only go the way of the picture. */
export function checkImportArrows(file: SourceFile): Problem[] {
  const room = roomOf(file.path);
  const rule = rooms[room];
  if (!rule) return [];
  return findImports(file.text).flatMap((found) => {
    const target = resolveImport(file.path, found.specifier);
    if (target === undefined || roomOf(target) === room) return [];
    if (within(target, rule.imports)) return [];
    if (found.typeOnly && within(target, rule.types ?? [])) return [];
    const allowed = [...rule.imports, ...(rule.types ?? []).map((name) => `types of ${name}`)];
    return [
      `${file.path}:${found.line}: imports ${target}; ${room}/ may import ${allowed.join(', ') || 'no other room'}`,
    ];
  });
}

/** Rooms that the production image leaves out: only they may import development dependencies. */
export const developmentRooms = ['sandbox', 'stack', 'test', 'bench', 'docs', ''];

export interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** A package that another one happens to bring along may be gone tomorrow. */
export function checkPackages(file: SourceFile, manifest: Manifest): Problem[] {
  return findImports(file.text).flatMap((found) => {
    if (found.specifier.startsWith('.') || isBuiltin(found.specifier)) return [];
    const name = packageOf(found.specifier);
    if (manifest.dependencies?.[name]) return [];
    const where = `${file.path}:${found.line}: imports ${name}`;
    // Types are erased, and declared by `@types/…` as well as by the package itself.
    const types = `@types/${name.replace(/^@/, '').replace('/', '__')}`;
    const development = manifest.devDependencies ?? {};
    if (!development[name] && !(found.typeOnly && development[types])) {
      return [`${where}: not declared in package.json`];
    }
    if (found.typeOnly || developmentRooms.includes(roomOf(file.path))) return [];
    return [`${where}: a development dependency, which the production image does not hold`];
  });
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** A folder that is neither in the picture nor on top of it would escape every rule. */
export function checkRoomIsKnown(file: SourceFile): Problem[] {
  const room = roomOf(file.path);
  if (rooms[room] || topRooms.includes(room)) return [];
  return [
    `${file.path}:1: room ${room}/ is not in the picture: add it to test/tidy/architecture.ts and ARCHITECTURE.md`,
  ];
}

/** Pure rooms: no I/O, no clock, no randomness; only packages that compute. */
export function checkPurity(file: SourceFile, outside: readonly string[]): Problem[] {
  if (!pureRooms.includes(roomOf(file.path)) || outside.includes(file.path)) return [];
  const rule = `${roomOf(file.path)}/ is pure: take it as an argument`;
  const imports = findImports(file.text).flatMap((found) => {
    if (found.specifier.startsWith('.') || found.typeOnly) return [];
    const where = `${file.path}:${found.line}: imports ${found.specifier}`;
    if (!isBuiltin(found.specifier)) {
      return purePackages.includes(packageOf(found.specifier))
        ? []
        : [`${where}: not a package of the pure rooms`];
    }
    const names = pureBuiltins[found.specifier];
    if (!names) return [`${where}: ${rule}`];
    if (names.includes('*')) return [];
    const imported = [...found.clause.replace(/^\{|\}$/g, '').split(',')].map((name) =>
      name.trim(),
    );
    const foreign = imported.filter(
      (name) => name !== '' && !name.startsWith('type ') && !names.includes(name),
    );
    return foreign.length > 0 ? [`${where} (${foreign.join(', ')}): ${rule}`] : [];
  });
  return [...imports, ...findCalls(file, impureCalls, rule)];
}

/** Workflows are replayed: no Node built-in, no packages that do I/O; only clock.ts knows the time. */
export function checkWorkflow(file: SourceFile): Problem[] {
  if (roomOf(file.path) !== 'workflows') return [];
  const imports = findImports(file.text).flatMap((found) => {
    if (found.specifier.startsWith('.') || found.typeOnly) return [];
    if (/^(?:@temporalio\/(?:workflow|common)|zod)(?:\/|$)/.test(found.specifier)) return [];
    return [
      `${file.path}:${found.line}: imports ${found.specifier}: workflows import only @temporalio/workflow and @temporalio/common`,
    ];
  });
  if (file.path === 'workflows/clock.ts') return imports;
  const rule = 'only workflows/clock.ts reads the time or sets a timer; use its now() and until()';
  return [...imports, ...findCalls(file, timeCalls, rule), ...findTimedConditions(file, rule)];
}

/** `condition(check, timeout)` sets a timer; `condition(check)` does not. */
function findTimedConditions(file: SourceFile, rule: string): Problem[] {
  const masked = maskSource(file.text);
  return [...masked.matchAll(/(?<![.\w$])condition\s*\(/g)].flatMap((match) => {
    const start = match.index + match[0].length;
    const call = masked.slice(start, closingParenthesis(masked, start));
    if (splitParameters(call).length < 2) return [];
    return [`${file.path}:${lineOf(masked, match.index)}: condition with a time-out: ${rule}`];
  });
}

function closingParenthesis(text: string, start: number): number {
  let depth = 1;
  for (let i = start; i < text.length; i += 1) {
    if (text[i] === '(') depth += 1;
    if (text[i] === ')') depth -= 1;
    if (depth === 0) return i;
  }
  return text.length;
}

/** process.env is read in one place; the listed entries only pass it through. */
export function checkEnvironment(file: SourceFile, readers: readonly string[]): Problem[] {
  if (readers.includes(file.path) || roomOf(file.path) === 'test') return [];
  return findCalls(
    file,
    [[/\bprocess\s*(?:\.\s*env\b|\[)/g, 'process.env']],
    'only config.ts reads the environment: add a variable there',
  );
}

/** SQL stands in db/: nobody else talks to Postgres or builds statements. */
export function checkSql(file: SourceFile, exceptions: readonly string[]): Problem[] {
  if (['db', 'test', 'bench'].includes(roomOf(file.path)) || exceptions.includes(file.path))
    return [];
  const imports = findImports(file.text).flatMap((found) =>
    /^(?:pg|pg-copy-streams|kysely)(?:\/|$)/.test(found.specifier) && !found.typeOnly
      ? [`${file.path}:${found.line}: imports ${found.specifier}: SQL stands in db/queries/`]
      : [],
  );
  const statement =
    /['"`]\s*(?:select\s[^'"`]*\sfrom\s|insert\s+into\s|update\s+[\w.]+\s+set\s|delete\s+from\s|SELECT\s[^'"`]*\sFROM\s|INSERT\s+INTO\s|UPDATE\s+[\w.]+\s+SET\s|DELETE\s+FROM\s)/g;
  const builder = /\.(?:selectFrom|insertInto|updateTable|deleteFrom|mergeInto)\s*\(/g;
  const statements = [
    ...file.text.matchAll(statement),
    ...maskSource(file.text).matchAll(builder),
  ].map(
    (match) =>
      `${file.path}:${lineOf(file.text, match.index)}: SQL outside db/: move it to db/queries/`,
  );
  return [...imports, ...statements];
}

/** A file of activities/ that makes activities, told by its `create…Activities`. */
export function makesActivities(file: SourceFile): boolean {
  return (
    roomOf(file.path) === 'activities' &&
    file.path !== 'activities/index.ts' &&
    /\bexport\s+(?:async\s+)?(?:function|const)\s+create\w*Activities\b/.test(maskSource(file.text))
  );
}

/** Activities own their transaction: one that calls another would hide a second one. */
export function checkActivities(file: SourceFile, activityFiles: readonly string[]): Problem[] {
  if (roomOf(file.path) !== 'activities' || file.path === 'activities/index.ts') return [];
  return findImports(file.text).flatMap((found) => {
    const target = resolveImport(file.path, found.specifier);
    if (!target || found.typeOnly || !activityFiles.includes(target)) return [];
    return [`${file.path}:${found.line}: imports ${target}: activities never call one another`];
  });
}

/** The sandbox is not in the production image: rooms below the command line do not know it. */
export function checkSandbox(file: SourceFile): Problem[] {
  const room = roomOf(file.path);
  if (['sandbox', 'test', 'bench'].includes(room)) return [];
  return findImports(file.text).flatMap((found) => {
    const target = resolveImport(file.path, found.specifier);
    if (!target || roomOf(target) !== 'sandbox' || found.typeOnly) return [];
    if (room === 'cli' && found.dynamic) return [];
    return [
      `${file.path}:${found.line}: imports ${target}: only cli/ may load the sandbox, by a dynamic import`,
    ];
  });
}

/** `export function f(db, merchantId, …)`: no query can forget whose rows it reads. */
export function checkQuerySignatures(file: SourceFile, exceptions: readonly string[]): Problem[] {
  if (!file.path.startsWith('db/queries/')) return [];
  const masked = maskSource(file.text);
  const declarations =
    /\bexport\s+(?:async\s+)?(?:function\s*\*?\s*|const\s+)(\w+)\s*(?:<[^(]*>)?(?:\s*=\s*(?:async\s*)?)?\(([^)]*)/g;
  return [...masked.matchAll(declarations)].flatMap((match) => {
    const name = match[1] as string;
    if (exceptions.includes(`${file.path}#${name}`)) return [];
    const parameters = splitParameters(match[2] as string).map(
      (text) => text.match(/^\w+/)?.[0] ?? text,
    );
    if (/^(?:db|trx)$/.test(parameters[0] ?? '') && parameters[1] === 'merchantId') return [];
    return [
      `${file.path}:${lineOf(masked, match.index)}: ${name}(${parameters.slice(0, 2).join(', ')}): queries take db first, merchantId second`,
    ];
  });
}

/** Splits at the commas that stand in no brackets. The `>` of an arrow closes nothing. */
function splitParameters(list: string): string[] {
  const text = list.replaceAll('=>', '  ');
  let depth = 0;
  const parts = [''];
  for (const char of text) {
    if ('<{[('.includes(char)) depth += 1;
    if ('>}])'.includes(char)) depth -= 1;
    if (char === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += char;
  }
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}
