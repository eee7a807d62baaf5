// Sets up what the sources need, on a machine that has Node and npm only: `npm run demo` and
// `npm test` run it first. Plain JavaScript, because nothing is installed yet.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const checkout = dirname(dirname(fileURLToPath(import.meta.url)));

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Tsukigime needs Node 20.19 or later; this is ${process.versions.node}.`);
  process.exit(2);
}

const lock = readFileSync(join(checkout, 'package-lock.json'));
const wanted = createHash('sha256').update(lock).digest('hex');
const stamp = join(checkout, 'node_modules', '.tsukigime-installed');

function isInstalled() {
  if (!existsSync(join(checkout, 'node_modules', 'tsx'))) return false;
  if (existsSync(stamp)) return readFileSync(stamp, 'utf8') === wanted;
  // Installed by hand with `npm ci`: npm leaves its own copy of the lock, newer than ours.
  return existsSync(join(checkout, 'node_modules', '.package-lock.json'));
}

if (!isInstalled()) {
  console.error('installing packages (npm ci) …');
  const { status } = spawnSync('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error'], {
    cwd: checkout,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (status !== 0) {
    console.error('npm ci failed: see above; Tsukigime needs the npm registry once.');
    process.exit(1);
  }
}
writeFileSync(stamp, wanted);

const { buildConsole } = await import('./build-console.js');
if (!buildConsole()) {
  console.error('the console could not be built: see above.');
  process.exit(1);
}
