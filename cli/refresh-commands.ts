import type { Command } from 'commander';
import { CARD_NEEDS } from '../billing/refresh-status.ts';
import type { Lazily } from './access-commands.ts';

interface Parsers {
  readonly lazily: Lazily;
  readonly oneOf: (...values: readonly string[]) => (text: string) => string;
}

/** カード洗替: the monthly refresh of stored cards at GMO Payment Gateway. */
export function addRefreshCommands(program: Command, { lazily, oneOf }: Parsers): void {
  const refresh = program
    .command('refresh')
    .description('the monthly refresh of stored cards at GMO (自動洗替)');
  const load = () => import('./refresh.ts');
  const acts = () => import('./refresh-acts.ts');
  const ofMerchant = (name: string, description: string) =>
    refresh
      .command(name)
      .description(description)
      .requiredOption('--merchant <slug>', 'whose')
      .option('--json', 'print JSON');
  const ofMonth = (name: string, description: string) =>
    ofMerchant(name, description).requiredOption('--month <YYYY-MM>', 'month of the result');

  ofMerchant('list', 'list the months and what each waits for').action(
    lazily(load, (module) => module.runRefreshList),
  );
  ofMonth('show', 'show where a month stands').action(
    lazily(load, (module) => module.runRefreshShow),
  );
  ofMonth('preview', 'count the cards that would be asked for, and why others would not')
    .option('--csv <file>', 'write every card and its reason')
    .action(lazily(load, (module) => module.runRefreshPreview));
  ofMerchant('test-connection', 'connect with the settings now; writes and takes nothing')
    .option('--month <YYYY-MM>', 'look for the request of this month')
    .action(lazily(load, (module) => module.runRefreshConnectionTest));
  ofMonth('start', 'start a month that no Schedule starts').action(
    lazily(acts, (module) => module.runRefreshStart),
  );
  ofMonth('run', 'try now what waits, or run a month that was not run')
    .requiredOption('--reason <text>', 'why, for the audit')
    .action(lazily(acts, (module) => module.runRefreshNow));
  ofMonth('decide', 'say whether an unclear request arrived at GMO')
    .requiredOption('--arrived <answer>', 'yes or no', oneOf('yes', 'no'))
    .requiredOption('--reason <text>', 'how it is known, for the audit')
    .action(lazily(acts, (module) => module.runRefreshDecision));
  ofMonth('close', 'end a month as it is')
    .requiredOption('--reason <text>', 'why, for the audit')
    .action(lazily(acts, (module) => module.runRefreshClose));
  const lists = () => import('./refresh-lists.ts');
  ofMonth('results', 'print what was said of each card as CSV (GMO 洗替結果取得)').action(
    lazily(lists, (module) => module.runRefreshResults),
  );
  ofMerchant('locks', 'list locked cards and what they were kept out of')
    .option('--state <state>', 'open, released or all', oneOf('open', 'released', 'all'), 'open')
    .option('--csv', 'print the evidence as CSV')
    .action(lazily(lists, (module) => module.runRefreshLocks));
  addOverrideCommands(refresh, { lazily, oneOf });
  const notices = () => import('./card-notices.ts');
  ofMerchant('notify', 'mail the customers whose card needs action; without --confirmed count them')
    .option(
      '--need <need>',
      'locked, expired, not_renewed or any',
      oneOf(...CARD_NEEDS, 'any'),
      'any',
    )
    .option('--customers <ids>', '顧客IDs with commas between; all without it')
    .option('--confirmed <count>', 'how many customers are to be mailed')
    .option('--reason <text>', 'why, for the audit')
    .action(lazily(notices, (module) => module.runRefreshNotify));
  ofMonth('result', 'take in a result file that was brought by hand')
    .argument('<file>', 'CSV of GMO')
    .action(async (file: string, options: object) =>
      lazily(acts, (module) => module.runRefreshResult)({ file, ...options }),
    );
}

/** Four eyes over a card that a wrong row or a wrong month has locked. */
function addOverrideCommands(refresh: Command, { lazily, oneOf }: Parsers): void {
  const override = refresh
    .command('override')
    .description('release a locked card whose verdict is a proven mis-match (four eyes)');
  const load = () => import('./lock-overrides.ts');
  const ofLock = (name: string, description: string) =>
    override
      .command(name)
      .description(description)
      .requiredOption('--merchant <slug>', 'whose')
      .requiredOption('--lock <number>', 'number of the lock: see refresh locks')
      .requiredOption('--reason <text>', 'why, for the audit')
      .option('--confirmed', 'you have read the warning; without it nothing is done')
      .option('--json', 'print JSON');
  ofLock('request', 'ask for it, with a file that proves it')
    .requiredOption(
      '--mismatch <which>',
      'wrong_row or wrong_month',
      oneOf('wrong_row', 'wrong_month'),
    )
    .requiredOption('--evidence <file>', 'the file, or the sha256 of one that is stored')
    .action(lazily(load, (module) => module.runOverrideRequest));
  ofLock('answer', 'answer what somebody else has asked for')
    .requiredOption('--answer <answer>', 'approved or rejected', oneOf('approved', 'rejected'))
    .option('--request <n>', 'the request that you read; its number is shown without --confirmed')
    .action(lazily(load, (module) => module.runOverrideAnswer));
}
