import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../cli/program.ts';
import { listFiles, readText } from './checkout.ts';

interface Invocation {
  readonly page: string;
  /** `paygent auth-file` */
  readonly command: string;
  /** `--orders` … */
  readonly options: readonly string[];
}

/** The command lines of a page, in code blocks and code spans. */
function findInvocations(page: string, text: string): Invocation[] {
  const joined = text.replace(/\\\n\s*/g, '');
  return [...joined.matchAll(/\bnpx tsukigime ([^`#\n|>]*)/g)].map((match) => {
    const words = (match[1] as string).trim().split(/\s+/);
    const first = words.findIndex((word) => !/^[a-z][a-z-]*$/.test(word));
    return {
      page,
      command: words.slice(0, first < 0 ? words.length : first).join(' '),
      options: words.filter((word) => word.startsWith('--')),
    };
  });
}

const invocations = listFiles()
  .filter((path) => path.endsWith('.md'))
  .flatMap((path) => findInvocations(path, readText(path)));

const program = createProgram();

function findCommand(words: string): Command | undefined {
  return words
    .split(' ')
    .reduce<Command | undefined>(
      (above, word) => above?.commands.find((one) => one.name() === word),
      program,
    );
}

/** What is wrong with an invocation. */
function judge({ page, command, options }: Invocation): string[] {
  const found = findCommand(command);
  if (found === undefined) return [`${page}: no command ${command}`];
  const known = new Set(['--help', ...found.options.map(({ long }) => long)]);
  return options
    .filter((option) => !known.has(option))
    .map((option) => `${page}: ${command} has no ${option}`);
}

describe('commands in the pages', () => {
  it('are found', () => {
    expect(findInvocations('a.md', '```sh\nnpx tsukigime a b-c --d 1 \\\n  --e # f\n```')).toEqual([
      { page: 'a.md', command: 'a b-c', options: ['--d', '--e'] },
    ]);
    expect(invocations.length).toBeGreaterThan(5);
  });

  it('exist with the options that are shown', () => {
    expect(invocations.flatMap(judge)).toEqual([]);
  });

  it('take example files that exist', () => {
    const files = listFiles();
    const named = [...readText('README.md').matchAll(/--(?:orders|request|result) ([a-z]\S+)/g)];
    expect(named.length).toBe(3);
    expect(
      named.map((match) => match[1] as string).filter((path) => !files.includes(path)),
    ).toEqual([]);
  });

  it('are found out when they do not exist', () => {
    const gone = { page: 'a.md', command: 'paygent gone', options: [] };
    expect(judge(gone)).toEqual(['a.md: no command paygent gone']);
    const wrong = { page: 'a.md', command: 'doctor', options: ['--json', '--gone'] };
    expect(judge(wrong)).toEqual(['a.md: doctor has no --gone']);
  });
});
