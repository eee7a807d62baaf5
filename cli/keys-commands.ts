import type { Command } from 'commander';
import type { Lazily } from './access-commands.ts';

/** Encryption keys: what they encrypt, a fresh one, and the change to it. */
export function addKeyCommands(
  program: Command,
  {
    lazily,
    oneOf,
  }: {
    readonly lazily: Lazily;
    readonly oneOf: (...values: readonly string[]) => (text: string) => string;
  },
): void {
  const keys = program.command('keys').description('the keys that encrypt what is stored');
  keys
    .command('list')
    .description('which key encrypts what, and which one is needed no more')
    .option('--json', 'print JSON')
    .action(
      lazily(
        () => import('./keys-list.ts'),
        (module) => module.runKeysList,
      ),
    );
  keys
    .command('new')
    .description('print a fresh key, to be put into the list of the environment; stores nothing')
    .option(
      '--for <what>',
      'file or payload: how its ID begins (default file)',
      oneOf('file', 'payload'),
    )
    .action(
      lazily(
        () => import('./keys-new.ts'),
        (module) => module.runKeysNew,
      ),
    );
  keys
    .command('rotate')
    .description(
      'encrypt with the newest key what older ones encrypt; goes on where it was stopped',
    )
    .option('--json', 'print JSON')
    .addHelpText('after', rotateHelp)
    .action(
      lazily(
        () => import('./keys-rotate.ts'),
        (module) => module.runKeysRotate,
      ),
    );
}

const rotateHelp = `
Every worker and API must have been started with the new key in its list before: what is encrypted
with a key that they do not know, they cannot read. It needs the owner's DATABASE_URL.`;
