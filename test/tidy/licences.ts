import { packageOf } from './architecture.ts';
import { listSources, readText } from './checkout.ts';
import { findImports } from './source-scanner.ts';

/** Licences under which a package may be part of what we ship. None obliges us to open our sources. */
export const allowedLicences: readonly string[] = [
  ...['MIT', 'MIT-0', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'Apache-2.0'],
  ...['BlueOak-1.0.0', 'Unlicense', 'CC0-1.0'],
  // Of data (caniuse-lite): it asks for a word of thanks, which docs/dependencies.md is.
  'CC-BY-4.0',
];

/** Of tools besides: who changes their files passes the changed files on. We change none. */
export const allowedForTools: readonly string[] = [...allowedLicences, 'MPL-2.0'];

/** What the lock file does not say, as the packages' own LICENSE files say it. */
export const unsaid: Readonly<Record<string, string>> = {
  buildcheck: 'MIT',
  busboy: 'MIT',
  'cpu-features': 'MIT',
  rai: 'MIT',
  simplesmtp: 'MIT',
  ssh2: 'MIT',
  streamsearch: 'MIT',
  unionfs: 'Unlicense',
};

/** Older spellings. */
const spellings: Readonly<Record<string, string>> = { 'MIT/X11': 'MIT' };

/** In the image's node_modules, in the bundle of the console, or left out of the image. */
export type Place = 'image' | 'console' | 'tool';

export interface Dependency {
  readonly name: string;
  readonly version: string;
  /** An SPDX expression; undefined = nobody knows. */
  readonly licence: string | undefined;
  readonly place: Place;
}

interface LockedPackage {
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

const folder = 'node_modules/';

/**
 * Every package of the lock file, each version once.
 * @param bundled packages that the console imports
 */
export function listDependencies(lock: Lock, bundled: readonly string[] = []): Dependency[] {
  const inConsole = closureOf(lock, bundled);
  const places: readonly Place[] = ['image', 'console', 'tool'];
  const once = new Map<string, Dependency>();
  for (const [path, { version = '', license, dev, devOptional }] of Object.entries(lock.packages)) {
    if (path === '') continue;
    const name = path.slice(path.lastIndexOf(folder) + folder.length);
    const licence = license === undefined ? unsaid[name] : (spellings[license] ?? license);
    const left = inConsole.has(path) ? 'console' : 'tool';
    const one = { name, version, licence, place: dev || devOptional ? left : 'image' } as const;
    const known = once.get(nameAndVersion(one));
    if (known && places.indexOf(known.place) < places.indexOf(one.place)) continue;
    once.set(nameAndVersion(one), one);
  }
  return [...once.values()].sort((a, b) => (nameAndVersion(a) < nameAndVersion(b) ? -1 : 1));
}

/** The packages and all that they need, as paths of the lock file. */
function closureOf({ packages }: Lock, names: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>();
  const open = names.map((name) => ({ name, from: '' }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const path = resolvePackage(packages, next.name, next.from);
    if (path === undefined || found.has(path)) continue;
    found.add(path);
    const { dependencies = {}, peerDependencies = {}, ...rest } = packages[path] ?? {};
    const peers = Object.keys(peerDependencies).filter(
      (name) => rest.peerDependenciesMeta?.[name]?.optional !== true,
    );
    const needed = [...Object.keys(dependencies), ...peers];
    open.push(...needed.map((name) => ({ name, from: path })));
  }
  return found;
}

/** As Node looks: beside the importing package, then ever further out. */
function resolvePackage(packages: Lock['packages'], name: string, from: string) {
  for (let at = from; ; at = at.slice(0, Math.max(at.lastIndexOf(`/${folder}`), 0))) {
    const path = `${at === '' ? '' : `${at}/`}${folder}${name}`;
    if (packages[path] !== undefined) return path;
    if (at === '') return undefined;
  }
}

/** The packages that the console's own files import. */
export function listBundled(): string[] {
  const sources = listSources().filter((path) => path.startsWith('console/src/'));
  const imported = sources.flatMap((path) =>
    findImports(readText(path)).map(({ specifier }) => specifier),
  );
  return [...new Set(imported.filter((name) => !name.startsWith('.')).map(packageOf))];
}

export const readLock = () => JSON.parse(readText('package-lock.json')) as Lock;

export const nameAndVersion = ({ name, version }: Pick<Dependency, 'name' | 'version'>) =>
  `${name} ${version}`;

/** `A OR B`: one of them will do; `A AND B`: both hold. */
export function isAllowed(expression: string, allowed: readonly string[]): boolean {
  const words = expression.replace(/[()]/g, '');
  return words
    .split(/ OR /)
    .some((choice) => choice.split(/ AND /).every((licence) => allowed.includes(licence.trim())));
}

/** Packages under no licence, or one that is not allowed. */
export function findForbidden(dependencies: readonly Dependency[]): string[] {
  return dependencies
    .filter(({ licence, place }) => {
      const allowed = place === 'tool' ? allowedForTools : allowedLicences;
      return licence === undefined || !isAllowed(licence, allowed);
    })
    .map((one) => `${nameAndVersion(one)}: ${one.licence ?? 'no licence'}`);
}

/** One row for each licence: how many packages, and which. */
export function renderLicences(dependencies: readonly Dependency[], place: Place): string {
  const listed = dependencies.filter((one) => one.place === place);
  const licences = [...new Set(listed.map(({ licence }) => licence ?? 'unknown'))].sort();
  const rows = licences.map((licence) => {
    const names = listed.filter((one) => (one.licence ?? 'unknown') === licence);
    return `| ${licence} | ${names.length} | ${names.map(nameAndVersion).join(', ')} |`;
  });
  return ['| licence | packages | which |', '|---|---|---|', ...rows].join('\n');
}
