import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inheritedEnvironment } from '../../config.ts';
import { readText, root } from '../tidy/checkout.ts';
import { listImageFiles } from '../tidy/image.ts';
import { readLock } from '../tidy/licences.ts';

/**
 * Does by hand what the Dockerfile does: the files that .dockerignore leaves, only the packages that
 * `npm ci --omit=dev` installs, and its RUN that packs the workflows. Links stand for the packages: what
 * they bring along is found beside the originals, while our own files find nothing but these.
 */
export function makeImageTree(): { readonly dir: string; remove(): void } {
  const dir = mkdtempSync(join(tmpdir(), 'tsukigime-image-'));
  for (const path of listImageFiles()) cpSync(join(root, path), join(dir, path));
  for (const [path, { dev, devOptional }] of Object.entries(readLock().packages)) {
    const isOurs = /^node_modules\/(?:@[^/]+\/)?[^/]+$/.test(path) && !dev && !devOptional;
    if (!isOurs || !existsSync(join(root, path))) continue;
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    symlinkSync(join(root, path), join(dir, path));
  }
  execFileSync(process.execPath, packingArguments(dir), {
    ...{ cwd: dir, env: { ...inheritedEnvironment(), NODE_ENV: 'production' }, stdio: 'pipe' },
  });
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

/** The last RUN of the Dockerfile, for another folder than /app. */
function packingArguments(dir: string): string[] {
  const dockerfile = readText('Dockerfile').replace(/\\\n/g, '');
  const [, flags, script] = /^RUN node (.*) --eval "(.*)"$/m.exec(dockerfile) ?? [];
  if (flags === undefined || script === undefined) throw new Error('no RUN that packs workflows');
  return [...flags.split(' '), '--eval', script.replaceAll('/app/', `${dir}/`)];
}
