// Builds console/dist when what it is made of has changed. Plain JavaScript: `cli/install.js` runs it
// before anything is compiled.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const checkout = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(checkout, 'console', 'dist');
const stamp = join(dist, '.built-from');
const sources = ['console', 'api/client', 'api/contract', 'api/contract.ts', 'billing'];

/** @param {string} path @returns {string[]} */
function listFiles(path) {
  if (/[/\\]dist(?:-\d+)?$/.test(path)) return [];
  const entries = readdirSync(path, { withFileTypes: true });
  return entries.flatMap((entry) =>
    entry.isDirectory() ? listFiles(join(path, entry.name)) : [join(path, entry.name)],
  );
}

function hashSources() {
  const files = sources
    .map((name) => join(checkout, name))
    .flatMap((path) => (path.endsWith('.ts') ? [path] : listFiles(path)));
  const hash = createHash('sha256').update(readFileSync(join(checkout, 'package-lock.json')));
  hash.update(readFileSync(fileURLToPath(import.meta.url)));
  for (const file of files.sort()) hash.update(relative(checkout, file)).update(readFileSync(file));
  return hash.digest('hex');
}

/**
 * @returns whether console/dist is there and of these sources; an installation without the development
 * dependencies builds nothing and serves what it was given
 */
export function buildConsole() {
  const vite = join(checkout, 'node_modules', 'vite', 'bin', 'vite.js');
  if (!existsSync(vite)) return existsSync(dist);
  const wanted = hashSources();
  const isBuilt = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;
  if (isBuilt()) return true;
  console.error('building the console …');
  // Beside the old one, which somebody may be looking at, and put in its place whole.
  const made = join(checkout, 'console', `dist-${process.pid}`);
  const { status } = spawnSync(
    process.execPath,
    [vite, 'build', 'console', '--outDir', made, '--emptyOutDir', '--logLevel', 'warn'],
    // Also from a test, which sets another one: React would come with its development checks.
    { cwd: checkout, stdio: ['ignore', 2, 2], env: { ...process.env, NODE_ENV: 'production' } },
  );
  if (status !== 0) {
    rmSync(made, { recursive: true, force: true });
    return false;
  }
  // Who builds at the same time and comes later leaves the one in its place, which may be in use by now.
  if (isBuilt()) {
    rmSync(made, { recursive: true, force: true });
    return true;
  }
  writeFileSync(join(made, '.built-from'), wanted);
  rmSync(dist, { recursive: true, force: true });
  renameSync(made, dist);
  return true;
}

if (process.argv[1] === fileURLToPath(import.meta.url) && !buildConsole()) process.exit(1);
