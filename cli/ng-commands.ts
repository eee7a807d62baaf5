import type { Command } from 'commander';
import { DECLINE_CLASSES } from '../billing/decline.ts';
import { NG_NEXT_STEPS } from '../billing/ng-case.ts';
import type { Lazily } from './access-commands.ts';

interface Parsers {
  readonly lazily: Lazily;
  readonly oneOf: (...values: readonly string[]) => (text: string) => string;
}

/** NG対応: declined charges and what becomes of them. */
export function addNgCommands(program: Command, { lazily, oneOf }: Parsers): void {
  const ng = program
    .command('ng')
    .description('declined charges and what becomes of them (NG対応)');
  ng.command('list')
    .description('list the cases: what comes next, when and why')
    .requiredOption('--merchant <slug>', 'whose')
    .option('--month <YYYY-MM>', 'of this month (default: all)')
    .option('--class <class>', DECLINE_CLASSES.join(', '), oneOf(...DECLINE_CLASSES))
    .option('--next <step>', NG_NEXT_STEPS.join(', '), oneOf(...NG_NEXT_STEPS))
    .option('--state <state>', 'open, closed or all', oneOf('open', 'closed', 'all'), 'open')
    .option('--csv', 'print CSV')
    .option('--json', 'print JSON')
    .action(
      lazily(
        () => import('./ng.ts'),
        (module) => module.runNgList,
      ),
    );
  ng.command('show')
    .description('show one case with its plan and its history')
    .requiredOption('--merchant <slug>', 'whose')
    .requiredOption('--month <YYYY-MM>', 'of which month')
    .requiredOption('--order <number>', 'which order')
    .option('--json', 'print JSON')
    .action(
      lazily(
        () => import('./ng.ts'),
        (module) => module.runNgShow,
      ),
    );
  ng.command('retry')
    .description('authorize declined orders again: on a day, or at once; all of them or none')
    .requiredOption('--merchant <slug>', 'whose')
    .requiredOption('--month <YYYY-MM>', 'of which month')
    .requiredOption('--order <numbers...>', 'which orders')
    .option('--on <YYYY-MM-DD>', 'on this day in Japan (default: at once)')
    .option('--reason <text>', 'for the audit')
    .action(
      lazily(
        () => import('./ng.ts'),
        (module) => module.runNgRetry,
      ),
    );
  addMailCommands(ng, lazily);
}

/** What customers are told. */
function addMailCommands(ng: Command, lazily: Lazily): void {
  ng.command('mail')
    .description('show what the customer would be told now; sends nothing')
    .requiredOption('--merchant <slug>', 'whose')
    .requiredOption('--month <YYYY-MM>', 'of which month')
    .requiredOption('--order <number>', 'which order')
    .action(
      lazily(
        () => import('./ng-mail.ts'),
        (module) => module.runNgMail,
      ),
    );
  ng.command('ask')
    .description('mail the customers, in the hours of the settings')
    .requiredOption('--merchant <slug>', 'whose')
    .requiredOption('--month <YYYY-MM>', 'of which month')
    .requiredOption('--order <numbers...>', 'which orders')
    .option('--reason <text>', 'for the audit')
    .action(
      lazily(
        () => import('./ng.ts'),
        (module) => module.runNgAsk,
      ),
    );
  ng.command('skip-mail')
    .description('do not send the next mail to the customers, planned or waiting')
    .requiredOption('--merchant <slug>', 'whose')
    .requiredOption('--month <YYYY-MM>', 'of which month')
    .requiredOption('--order <numbers...>', 'which orders')
    .option('--reason <text>', 'for the audit')
    .action(
      lazily(
        () => import('./ng.ts'),
        (module) => module.runNgSkipMail,
      ),
    );
}
