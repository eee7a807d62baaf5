import type { Command } from 'commander';
import { rights } from '../billing/role.ts';
import { addUserCommands } from './user-commands.ts';

export type Lazily = <Module>(
  load: () => Promise<Module>,
  pick: (module: Module) => (options: never) => Promise<number>,
) => (options: unknown) => Promise<void>;

interface Parsers {
  readonly lazily: Lazily;
  readonly wholeNumber: (text: string) => number;
  readonly oneOf: (...values: readonly string[]) => (text: string) => string;
}

/** Who may use the API, for whom, and the API itself. */
export function addAccessCommands(program: Command, { lazily, wholeNumber, oneOf }: Parsers): void {
  program
    .command('api')
    .description('run the API until Ctrl-C, on servers and keys given by the environment')
    .action(
      lazily(
        () => import('./api.ts'),
        (module) => module.runApi,
      ),
    );
  const token = program.command('token').description('who may use the API');
  token
    .command('create')
    .description('make a token; its secret is shown this once')
    .requiredOption('--actor <name>', 'who will hold it, as the audit will name them')
    .requiredOption(
      '--role <role>',
      'viewer, operator, approver or admin',
      oneOf('viewer', 'operator', 'approver', 'admin'),
    )
    .option('--all-merchants', 'for every merchant, those of tomorrow too')
    .option('--merchant <slug>', 'for this merchant; give it again for more', collect)
    .option(
      '--right <right>',
      `${rights.join(' or ')}; give it again for both (default: as the role had them before)`,
      collect,
    )
    .option('--no-rights', 'neither of the two rights')
    .option('--days <n>', 'valid for so many days (default 365)', wholeNumber)
    .option('--json', 'print JSON')
    .action(
      lazily(
        () => import('./tokens.ts'),
        (module) => module.runTokenCreate,
      ),
    );
  token
    .command('list')
    .description('all tokens, newest first')
    .option('--json', 'print JSON')
    .action(
      lazily(
        () => import('./tokens.ts'),
        (module) => module.runTokenList,
      ),
    );
  token
    .command('revoke')
    .description('end a token at once')
    .requiredOption('--id <id>', 'as `token list` shows it')
    .option('--reason <text>', 'for the audit')
    .action(
      lazily(
        () => import('./tokens.ts'),
        (module) => module.runTokenRevoke,
      ),
    );
  addUserCommands(program, { lazily, oneOf });
  addMerchantCommands(program, { lazily, oneOf });
}

function addMerchantCommands(
  program: Command,
  { lazily, oneOf }: Pick<Parsers, 'lazily' | 'oneOf'>,
): void {
  const merchant = program.command('merchant').description('for whom we bill');
  merchant
    .command('create')
    .description('register a merchant with its first settings')
    .requiredOption('--merchant <slug>', '3 to 32 of a-z, 0-9 and -; it can never be changed')
    .requiredOption('--name <name>', 'as people read it')
    .requiredOption('--kind <kind>', 'real or sandbox', oneOf('real', 'sandbox'))
    .option('--settings <file>', 'JSON file; what it leaves out has its default')
    .option('--paygent-id <id>', 'マーチャントID given by Paygent')
    .action(
      lazily(
        () => import('./merchants.ts'),
        (module) => module.runMerchantCreate,
      ),
    );
  merchant
    .command('show')
    .description('print a merchant and its settings as JSON')
    .requiredOption('--merchant <slug>', 'which one')
    .action(
      lazily(
        () => import('./merchants.ts'),
        (module) => module.runMerchantShow,
      ),
    );
  addSecretCommands(merchant, { lazily });
}

function addSecretCommands(merchant: Command, { lazily }: Pick<Parsers, 'lazily'>): void {
  const secret = merchant
    .command('secret')
    .description('passwords, keys and certificates of a merchant: they can be set, not read');
  const set = lazily(
    () => import('./merchant-secrets.ts'),
    (module) => module.runSecretSet,
  );
  secret
    .command('set')
    .description('set a secret; its value is asked for, or read from standard input')
    .argument('<name>', '1 to 64 of a-z, 0-9 and -, as the settings name it')
    .requiredOption('--merchant <slug>', 'whose')
    .action((name: string, options: { merchant: string }) => set({ ...options, name }));
  secret
    .command('list')
    .description('the names of all secrets, with version, date and author')
    .requiredOption('--merchant <slug>', 'whose')
    .action(
      lazily(
        () => import('./merchant-secrets.ts'),
        (module) => module.runSecretList,
      ),
    );
}

export function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}
