import type { Command } from 'commander';
import { DECLINE_CLASSES } from '../billing/decline.ts';
import { LIMIT_KINDS, NG_NEXT_STEPS } from '../billing/ng-case.ts';
import type { Lazily } from './access-commands.ts';

const NAMED_CLASSES = DECLINE_CLASSES.filter((name) => name !== 'unknown');

interface Parsers {
  readonly lazily: Lazily;
  readonly wholeNumber: (text: string) => number;
  readonly oneOf: (...values: readonly string[]) => (text: string) => string;
}

/** NG対応: declined charges and what becomes of them. */
export function addNgCommands(program: Command, parsers: Parsers): void {
  const { lazily, oneOf } = parsers;
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
  addActCommands(ng, parsers);
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
}

/** What a person may do, with one case or many. */
function addActCommands(ng: Command, { lazily, wholeNumber, oneOf }: Parsers): void {
  const load = () => import('./ng-acts.ts');
  const act = (name: string, description: string) =>
    ng
      .command(name)
      .description(`${description}; all of them or none`)
      .requiredOption('--merchant <slug>', 'whose')
      .requiredOption('--month <YYYY-MM>', 'of which month')
      .requiredOption('--order <numbers...>', 'which orders')
      .option('--attempt <n>', 'only where the case stands at this decline yet', wholeNumber);
  const audited = (command: Command) => command.option('--reason <text>', 'for the audit');
  const explained = (command: Command) =>
    command.requiredOption('--reason <text>', 'why, for the audit');
  audited(act('retry', 'authorize declined orders again, on a day or at once'))
    .option('--on <YYYY-MM-DD>', 'on this day in Japan (default: at once)')
    .action(lazily(load, (module) => module.runNgRetry));
  audited(act('carry-over', 'bill them with the customer’s next order (翌月繰越)'))
    .option('--to <number>', 'with this order (default: the one that follows)')
    .action(lazily(load, (module) => module.runNgCarryOver));
  audited(act('limit', 'say which limit was exceeded'))
    .requiredOption('--limit <limit>', LIMIT_KINDS.join(', '), oneOf(...LIMIT_KINDS))
    .option('--raised', 'the customer had it raised: authorize again')
    .option('--on <YYYY-MM-DD>', 'with --raised: on this day in Japan (default: at once)')
    .action(lazily(load, (module) => module.runNgLimit));
  audited(act('new-card', 'a new card or registration lives at the PSP or shop'))
    .option('--previous <number>', 'column L names this order (default: the same registration)')
    .action(lazily(load, (module) => module.runNgNewCard));
  explained(act('replaced', 'another order was paid in their place'))
    .requiredOption('--by <number>', 'that order')
    .action(lazily(load, (module) => module.runNgReplaced));
  explained(act('classify', 'say what kind of decline it was'))
    .requiredOption('--class <class>', NAMED_CLASSES.join(', '), oneOf(...NAMED_CLASSES))
    .action(lazily(load, (module) => module.runNgClassify));
  explained(act('cancel', 'end the charges unbilled')).action(
    lazily(load, (module) => module.runNgCancel),
  );
  explained(act('give-up', 'end the charges unbilled and tell the shop')).action(
    lazily(load, (module) => module.runNgGiveUp),
  );
  audited(act('ask', 'mail the customers, in the hours of the settings')).action(
    lazily(load, (module) => module.runNgAsk),
  );
  audited(
    act('skip-mail', 'do not send the next mail to the customers, planned or waiting'),
  ).action(lazily(load, (module) => module.runNgSkipMail));
}
