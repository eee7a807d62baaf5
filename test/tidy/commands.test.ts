import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { listFiles, readText, root } from './checkout.ts';

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

async function readHelp(command: string): Promise<string> {
  const args = [join(root, 'cli/tsukigime.js'), ...command.split(' '), '--help'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root });
  return stdout;
}

/** What is wrong with an invocation, by the help of the command it names. */
function judge({ page, command, options }: Invocation, help: string): string[] {
  // An unknown command shows the help of the one above it.
  if (!help.startsWith(`Usage: tsukigime ${command} `)) return [`${page}: no command ${command}`];
  return options
    .filter((option) => !help.includes(option))
    .map((option) => `${page}: ${command} has no ${option}`);
}

describe('commands in the pages', () => {
  it('are found', () => {
    expect(findInvocations('a.md', '```sh\nnpx tsukigime a b-c --d 1 \\\n  --e # f\n```')).toEqual([
      { page: 'a.md', command: 'a b-c', options: ['--d', '--e'] },
    ]);
    expect(invocations.length).toBeGreaterThan(5);
  });

  const commands = [...new Set(invocations.map((invocation) => invocation.command))];

  it.each(commands)('tsukigime %s exists with the options that are shown', async (command) => {
    const help = await readHelp(command);
    const shown = invocations.filter((invocation) => invocation.command === command);
    expect(shown.flatMap((invocation) => judge(invocation, help))).toEqual([]);
  });

  it('take example files that exist', () => {
    const files = listFiles();
    const named = [...readText('README.md').matchAll(/--(?:orders|request|result) ([a-z]\S+)/g)];
    expect(named.length).toBe(3);
    expect(
      named.map((match) => match[1] as string).filter((path) => !files.includes(path)),
    ).toEqual([]);
  });

  it('are found out when they do not exist', async () => {
    const gone = { page: 'a.md', command: 'paygent gone', options: [] };
    expect(judge(gone, await readHelp(gone.command))).toEqual(['a.md: no command paygent gone']);
    const wrong = { page: 'a.md', command: 'doctor', options: ['--json', '--gone'] };
    expect(judge(wrong, await readHelp(wrong.command))).toEqual(['a.md: doctor has no --gone']);
  });
});
