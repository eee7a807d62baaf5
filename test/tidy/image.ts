import { isBuiltin, packageOf, type SourceFile } from './architecture.ts';
import { listFiles, readText } from './checkout.ts';
import { findImports, resolveImport } from './source-scanner.ts';

/** What `COPY . .` of the Dockerfile takes, by .dockerignore: its patterns are meant from the root. */
export function listImageFiles(
  files: readonly string[] = listFiles(),
  ignore: string = readText('.dockerignore'),
): string[] {
  const patterns = ignore
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const plain = line.replace(/\/$/, '').replace(/[.+?^${}()|[\]\\]/g, '\\$&');
      return new RegExp(`^${plain.replaceAll('*', '[^/]*')}(?:/|$)`);
    });
  return files.filter((path) => !patterns.some((pattern) => pattern.test(path)));
}

/** What the containers run, and what the SDK loads by its path. */
export const imageEntries: readonly string[] = [
  'cli/tsukigime.js',
  'cli/main.ts',
  'workers/main.ts',
  'workflows/index.ts',
  'temporal/failure-converter.cjs',
];

/** Commands that bring up embedded servers or play the outside: they are for other machines. */
export const embeddedCommands: readonly string[] = ['cli/up.ts', 'cli/sandbox.ts'];

/** Development packages that a file of the image names, where the image never comes to it. */
export const neverReached: Readonly<Record<string, string>> = {
  'stack/temporal-cli.ts#proper-lockfile': 'while a Temporal CLI is being installed',
};

/** What the entries load, directly or not: files, and packages as `file#package`. */
export function followImports(
  entries: readonly string[],
  read: (path: string) => string | undefined,
): { readonly files: string[]; readonly packages: string[]; readonly missing: string[] } {
  const files = new Set<string>();
  const packages = new Set<string>();
  const missing: string[] = [];
  const open = [...entries];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (files.has(path) || embeddedCommands.includes(path)) continue;
    files.add(path);
    const text = read(path);
    if (text === undefined) {
      missing.push(path);
      continue;
    }
    for (const { specifier, typeOnly } of findImports(text)) {
      if (typeOnly || isBuiltin(specifier)) continue;
      const target = resolveImport(path, specifier);
      if (target === undefined) packages.add(`${path}#${packageOf(specifier)}`);
      else open.push(target);
    }
  }
  return { files: [...files], packages: [...packages], missing };
}

/** For `followImports`: the files of the image and nothing else. */
export function readImage(files: readonly string[]): (path: string) => string | undefined {
  const known = new Set(files);
  return (path: SourceFile['path']) => (known.has(path) ? readText(path) : undefined);
}
