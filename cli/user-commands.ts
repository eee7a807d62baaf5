import type { Command } from 'commander';
import { rights, roles } from '../billing/role.ts';
import { collect, type Lazily } from './access-commands.ts';

interface Parsers {
  readonly lazily: Lazily;
  readonly oneOf: (...values: readonly string[]) => (text: string) => string;
}

/** People who log in. */
export function addUserCommands(program: Command, { lazily, oneOf }: Parsers): void {
  const users = program.command('users').description('people who log in, and what they may do');
  const load = () => import('./users.ts');
  users
    .command('add')
    .description('let a person in; the password is asked for, or read from standard input')
    .requiredOption('--login <name>', 'login name or mail address; the audit calls them by it')
    .requiredOption('--name <name>', 'as people read it')
    .option('--role <role>', roles.join(', '), oneOf(...roles))
    .option('--all-merchants', 'the role holds at every merchant, those of tomorrow too')
    .option('--merchant <slug>', 'the role holds at this merchant; give it again for more', collect)
    .option('--right <right>', `${rights.join(' or ')}; give it again for both`, collect)
    .option('--generate', 'make a password and print it, this once')
    .action(lazily(load, (module) => module.runUserAdd));
  users
    .command('list')
    .description('everybody, with what they may do where')
    .option('--json', 'print JSON')
    .action(lazily(load, (module) => module.runUserList));
  users
    .command('role')
    .description('say what a person is at a merchant; it holds at once')
    .requiredOption('--login <name>', 'who')
    .requiredOption('--role <role>', [...roles, 'none'].join(', '), oneOf(...roles, 'none'))
    .option('--all-merchants', 'at every merchant')
    .option('--merchant <slug>', 'at this merchant')
    .option('--reason <text>', 'for the audit')
    .action(lazily(load, (module) => module.runUserRole));
  users
    .command('right')
    .description('give a person one of the rights that no role brings along, or take it away')
    .requiredOption('--login <name>', 'who')
    .requiredOption('--right <right>', rights.join(' or '), oneOf(...rights))
    .option('--remove', 'take it away')
    .option('--all-merchants', 'at every merchant')
    .option('--merchant <slug>', 'at this merchant')
    .option('--reason <text>', 'for the audit')
    .action(lazily(load, (module) => module.runUserRight));
  users
    .command('password')
    .description('set a password; it is asked for, or read from standard input; sessions end')
    .requiredOption('--login <name>', 'whose')
    .option('--generate', 'make one and print it, this once')
    .option('--reason <text>', 'for the audit')
    .action(lazily(load, (module) => module.runUserPassword));
  for (const [name, disabled, description] of [
    ['disable', true, 'shut a person out; their sessions end at once'],
    ['enable', false, 'let a person in again'],
  ] as const) {
    const run = lazily(load, (module) => module.runUserSwitch);
    users
      .command(name)
      .description(description)
      .requiredOption('--login <name>', 'who')
      .option('--reason <text>', 'for the audit')
      .action((options: object) => run({ ...options, disabled }));
  }
}
