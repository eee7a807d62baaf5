import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { root } from '../tidy/checkout.ts';
import { readConsoleRoutes } from './routes.ts';

/** What a browser loads before it shows a page: the code of the page and all that it imports. */
const limitBytes = 300_000;
const dist = join(root, 'console', 'dist');
const assets = join(dist, 'assets');

/** Of each source that became a file: what it loads at once, as the bundler tells. */
interface Chunk {
  readonly file: string;
  readonly imports?: readonly string[];
  readonly css?: readonly string[];
}
let chunks: Record<string, Chunk>;

beforeAll(() => {
  execFileSync(process.execPath, [join(root, 'cli/build-console.js')], { stdio: 'ignore' });
  chunks = JSON.parse(readFileSync(join(dist, '.vite', 'manifest.json'), 'utf8'));
}, 120_000);

/** @returns the files, scripts and styles, that come with a source */
function filesOf(source: string, seen = new Set<string>()): string[] {
  if (seen.has(source)) return [];
  seen.add(source);
  const chunk = chunks[source];
  if (chunk === undefined) throw new Error(`the build has no ${source}`);
  const { file, css = [], imports = [] } = chunk;
  return [file, ...css, ...imports.flatMap((other) => filesOf(other, seen))];
}

const sizes = new Map<string, number>();
function gzippedBytes(file: string): number {
  const bytes = sizes.get(file) ?? gzipSync(readFileSync(join(dist, file))).byteLength;
  sizes.set(file, bytes);
  return bytes;
}

const readAll = (ending: '.js' | '.css') =>
  readdirSync(assets)
    .filter((file) => file.endsWith(ending))
    .map((file) => readFileSync(join(assets, file), 'utf8'))
    .join('\n');

/** Mantine's names of classes, the same in its scripts and in its styles. */
const classesIn = (text: string) => [...new Set(text.match(/\bm_[0-9a-f]{6,8}\b/g))];

const page = () => readFileSync(join(dist, 'index.html'), 'utf8');

describe('the built console', () => {
  it('loads each page in less than 300 kB', () => {
    const loads = readConsoleRoutes().map(({ path, source }) => {
      const files = [...new Set([...filesOf('index.html'), ...filesOf(source)])];
      expect(files.filter((file) => file.endsWith('.css'))).not.toEqual([]);
      return { path, bytes: files.map(gzippedBytes).reduce((sum, size) => sum + size, 0) };
    });
    expect(loads.length).toBeGreaterThan(45);
    expect(Math.min(...loads.map(({ bytes }) => bytes))).toBeGreaterThan(50_000);
    expect(loads.filter(({ bytes }) => bytes >= limitBytes)).toEqual([]);
  });

  it('has the styles of every part of Mantine that it uses', () => {
    const styles = readFileSync(join(root, 'node_modules/@mantine/core/styles.css'), 'utf8');
    const styled = new Set(classesIn(styles));
    const used = classesIn(readAll('.js')).filter((name) => styled.has(name));
    expect(used.length).toBeGreaterThan(100);
    const brought = new Set(classesIn(readAll('.css')));
    expect(used.filter((name) => !brought.has(name))).toEqual([]);
  });

  it('brings no validator and no server into the browser', () => {
    expect(readAll('.js')).not.toMatch(/ZodType|invalid_type|iconv|@temporalio|kysely/);
  });

  it('runs no script and no style that stands in the page', () => {
    expect(page()).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/);
  });
});
