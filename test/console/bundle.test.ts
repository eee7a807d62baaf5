import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { root } from '../tidy/checkout.ts';

/** What a browser loads before it shows a page: the code of the page and all that it imports. */
const limitBytes = 300 * 1024;
const dist = join(root, 'console', 'dist');
const assets = join(dist, 'assets');

beforeAll(() => {
  execFileSync(process.execPath, [join(root, 'cli/build-console.js')], { stdio: 'ignore' });
}, 120_000);

/** Static imports of a built file, in whatever spelling the bundler gave them. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(assets, file), 'utf8');
  const statements = text.matchAll(
    /(?:^|[;}\n])import(?:[\w*{}\s,$]+from)?\s*["']\.\/([^"']+)["']/g,
  );
  return [...statements].map((match) => match[1] as string);
}

function loadedWith(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const other of importsOf(file)) loadedWith(other, seen);
  return seen;
}

const page = () => readFileSync(join(dist, 'index.html'), 'utf8');
const entry = () => /src="\/assets\/([^"]+\.js)"/.exec(page())?.[1] ?? '';

/** Pages by their source's name, as the route table imports them. */
function pages(): string[] {
  const sources = readdirSync(join(root, 'console/src/pages')).map((name) => name.split('.')[0]);
  return readdirSync(assets).filter((file) =>
    sources.some((source) => new RegExp(`^${source}-[\\w-]{8}\\.js$`).test(file)),
  );
}

const stem = (file: string) => file.replace(/-[\w-]{8}\.\w+$/, '');

/** Style sheets bear the name of the script that needs them. */
function stylesOf(scripts: readonly string[]): string[] {
  const needed = new Set(scripts.map(stem));
  return readdirSync(assets).filter((file) => file.endsWith('.css') && needed.has(stem(file)));
}

describe('the built console', () => {
  it('loads each page in less than 300 kB', () => {
    expect(pages().length).toBeGreaterThan(8);
    const loads = pages().map((file) => {
      const scripts = [...new Set([...loadedWith(entry()), ...loadedWith(file)])];
      const files = [...scripts, ...stylesOf(scripts)];
      const bytes = files
        .map((name) => gzipSync(readFileSync(join(assets, name))).byteLength)
        .reduce((sum, size) => sum + size, 0);
      return { file, files: files.length, bytes };
    });
    expect(Math.min(...loads.map(({ files }) => files))).toBeGreaterThan(5);
    expect(stylesOf([entry()])).toHaveLength(1);
    expect(loads.filter(({ bytes }) => bytes >= limitBytes)).toEqual([]);
  });

  it('brings no validator and no server into the browser', () => {
    const all = readdirSync(assets)
      .filter((file) => file.endsWith('.js'))
      .map((file) => readFileSync(join(assets, file), 'utf8'))
      .join('\n');
    expect(all).not.toMatch(/ZodType|invalid_type|iconv|@temporalio|kysely/);
  });

  it('runs no script and no style that stands in the page', () => {
    expect(page()).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/);
  });
});
