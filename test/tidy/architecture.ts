import { findImports, resolveImport } from './source-scanner.ts';

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
  outside: { imports: ['billing'] },
  db: { imports: ['billing'] },
  activities: { imports: ['billing', 'psp', 'imports', 'outside', 'db'] },
  workflows: { imports: ['billing'], types: ['activities'] },
  temporal: {
    imports: ['workflows/messages.ts', 'workflows/workflow-ids.ts'],
    types: ['config.ts', 'workflows', 'billing'],
  },
  workers: {
    imports: [
      'billing',
      'psp',
      'imports',
      'outside',
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
      'imports',
      'db/queries',
      'workflows/messages.ts',
      'workflows/portal-messages.ts',
      'workflows/refresh-messages.ts',
      'workflows/migration-messages.ts',
      'workflows/workflow-ids.ts',
      'temporal',
      'config.ts',
      'psp/zeus/carrier-call.ts',
      'imports/carrier-call-guard.ts',
    ],
    types: ['db'],
  },
  // Types of the contract only: its schemas would bring a validator into every browser.
  console: { imports: ['billing', 'api/client'], types: ['api/contract', 'api/contract.ts'] },
};

/** Rooms on top: they may import every room below them. Nothing below imports them. */
export const topRooms = ['cli', 'stack', 'sandbox', 'bench', 'test', 'docs', '.ci', ''];

export function roomOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.indexOf('/')) : '';
}

function within(path: string, allowed: readonly string[]): boolean {
  return allowed.some((entry) => path === entry || path.startsWith(`${entry}/`));
}

export function isBuiltin(specifier: string): boolean {
  return specifier.startsWith('node:');
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

/**
 * Rooms that the production image leaves out, or holds as built files: only they may import development
 * dependencies.
 */
export const developmentRooms = ['sandbox', 'stack', 'test', 'bench', 'docs', 'console', ''];

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

export function packageOf(specifier: string): string {
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
