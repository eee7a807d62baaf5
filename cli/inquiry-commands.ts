import { type Command, InvalidArgumentError } from 'commander';
import type { Lazily } from './access-commands.ts';

interface Parsers {
  readonly lazily: Lazily;
  readonly wholeNumber: (text: string) => number;
}

/** 情報照会: the portal's list of payments against the record of a month. */
export function addInquiryCommands(paygent: Command, { lazily, wholeNumber }: Parsers): void {
  const inquiry = paygent
    .command('inquiry')
    .description("the portal's list of payments (情報照会) against the record");
  inquiry
    .command('check')
    .description('read a list and say what it would change; nothing is changed')
    .argument('<file>', 'CSV of 情報照会, CP932 or UTF-8')
    .requiredOption('--merchant <slug>', 'whose')
    .requiredOption('--month <YYYY-MM>', 'billing month')
    .option('--json', 'print JSON')
    .action(async (file: string, options: object) =>
      lazily(
        () => import('./payment-inquiry.ts'),
        (module) => module.runInquiryCheck,
      )({ file, ...options }),
    );
  inquiry
    .command('apply')
    .description('take a list that was read into the record')
    .requiredOption('--merchant <slug>', 'whose')
    .requiredOption('--month <YYYY-MM>', 'billing month')
    .requiredOption('--number <n>', 'number that `check` gave the list', wholeNumber)
    .requiredOption('--rows <n>', 'rows that it changes, as `check` said', nonNegative)
    .requiredOption('--yen <n>', 'their yen, as `check` said', nonNegative)
    .requiredOption('--reason <text>', 'why; it goes to the audit')
    .option('--json', 'print JSON')
    .action(
      lazily(
        () => import('./payment-inquiry.ts'),
        (module) => module.runInquiryApply,
      ),
    );
}

/** A list may change nothing. */
function nonNegative(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('is not a number.');
  return Number(text);
}
