import type { Command } from 'commander';
import { SEND_ERROR_CONDITIONS } from '../billing/send-error-search.ts';
import type { Lazily } from './access-commands.ts';

interface Parsers {
  readonly lazily: Lazily;
  readonly wholeNumber: (text: string) => number;
  readonly oneOf: (...values: readonly string[]) => (text: string) => string;
}

/** Carrier-payment results: what could not be delivered. */
export function addCarrierCommands(program: Command, parsers: Parsers): void {
  const { lazily, wholeNumber, oneOf } = parsers;
  const carrier = program.command('carrier').description('carrier-payment results (ZEUS)');
  carrier
    .command('send-errors')
    .description('list results that could not be delivered (CGISendErr), newest first')
    .requiredOption('--merchant <slug>', 'whose')
    .option('--condition <name>', 'all, open or done', oneOf(...SEND_ERROR_CONDITIONS), 'open')
    .option('--ip-code <codes...>', 'IPコード, one or several (default: all)')
    .option('--order <number>', 'オーダーNo')
    .option('--email <address>', 'メールアドレス')
    .option('--phone <number>', '電話番号, hyphens are taken out')
    .option('--send-id <id>', 'ID(sendid)')
    .option('--month <YYYY-MM>', '年月, within the past 8 months')
    .option('--date <YYYY-MM-DD>', '年月日, within the past 8 months')
    .option('--today', '今日')
    .option('--yesterday', '昨日')
    .option('--limit <n>', 'rows at most (default 100)', wholeNumber)
    .option('--json', 'print JSON')
    .addHelpText('after', sendErrorsHelp)
    .action(
      lazily(
        () => import('./send-errors.ts'),
        (module) => module.runSendErrors,
      ),
    );
}

const sendErrorsHelp = `
A period or a keyword is needed; of each payment only the latest error is listed. The JSON holds the send
parameters, which are personal. Sending again is done over the API (docs/carrier-results.md).`;
