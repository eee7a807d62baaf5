import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inheritedEnvironment } from '../../config.ts';
import { temporaryDir } from '../stack/temporary-dir.ts';
import { readText } from '../tidy/checkout.ts';
import { type RunningApi, startApi } from './running-api.ts';

let api: RunningApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

interface Example {
  readonly lines: string;
  readonly expected: string;
}

/** The commands of the page, each with the comment after it that shows its answer. */
function findExamples(page: string): { readonly preamble: string; readonly examples: Example[] } {
  const [, block = ''] = /## Examples[\s\S]*?```sh\n([\s\S]*?)```/.exec(page) ?? [];
  const [preamble = '', ...parts] = block.trim().split(/\n\n/);
  const examples = parts.map((part) => {
    const [, lines = '', expected = ''] = /^([\s\S]*)\n# (.*)$/.exec(part) ?? [];
    return { lines, expected };
  });
  return { preamble, examples };
}

test('the examples of docs/api.md do what they show', async () => {
  const { preamble, examples } = findExamples(readText('docs/api.md'));
  expect(examples.length).toBeGreaterThan(6);
  const env = { ...inheritedEnvironment(), API: api.url, TOKEN: await api.addToken('admin') };
  const cwd = temporaryDir();
  for (const { lines, expected } of examples) {
    const { stdout } = await promisify(execFile)('bash', ['-euc', `${preamble}\n${lines}`], {
      ...{ cwd, env },
    });
    const shown: unknown = JSON.parse(expected);
    if (typeof shown === 'object') expect(JSON.parse(stdout), lines).toMatchObject(shown as object);
    else expect(stdout.trim(), lines).toBe(expected);
  }
});
