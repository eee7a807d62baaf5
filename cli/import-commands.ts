import type { Command } from 'commander';
import { cardServices } from '../billing/card-service.ts';
import { importKinds } from '../billing/file-import.ts';
import type { Lazily } from './access-commands.ts';

interface Parsers {
  readonly lazily: Lazily;
  readonly oneOf: (...values: readonly string[]) => (text: string) => string;
}

/** Customer and card files: checked offline, or imported. */
export function addImportCommands(program: Command, { lazily, oneOf }: Parsers): void {
  const imports = program.command('import').description('customer and card files of a shop');
  const check = imports
    .command('check')
    .description('say what is wrong with a file, row by row, without any service');
  for (const kind of importKinds) {
    check
      .command(kind)
      .description(kind === 'customers' ? 'a customer file' : 'a card file')
      .argument('<file>', 'CSV in CP932 or UTF-8')
      .option(
        '--psp <name>',
        'where the cards are kept: ZEUS, GMO or YAMATO',
        oneOf(...cardServices),
      )
      .option('--json', 'print JSON')
      .addHelpText('after', checkHelp)
      .action(async (file: string, options: object) =>
        lazily(
          () => import('./import-check.ts'),
          (module) => module.runImportCheck,
        )({ kind, file, ...options }),
      );
  }
  for (const kind of importKinds) {
    imports
      .command(kind)
      .description(
        kind === 'customers'
          ? 'import a customer file and wait for the end'
          : 'import a card file and wait for the end',
      )
      .argument('<file>', 'CSV in CP932 or UTF-8')
      .requiredOption('--merchant <slug>', 'whose they are')
      .option('--json', 'print JSON')
      .addHelpText('after', importHelp)
      .action(async (file: string, options: object) =>
        lazily(
          () => import('./import-file.ts'),
          (module) => module.runImportFile,
        )({ kind, file, ...options }),
      );
  }
  program
    .command('retention')
    .description('blank personal data and files that are kept no longer, as every night')
    .requiredOption('--merchant <slug>', 'whose; its settings say how long')
    .action(
      lazily(
        () => import('./retention.ts'),
        (module) => module.runRetention,
      ),
    );
}

const importHelp = `
Exit code 0 also with failed rows: the first are printed, the history of imports lists them all; 2 with one line on stderr when the
file or an argument cannot be used. A command that is ended leaves the import running.`;

const checkHelp = `
Exit code 0 also with failed rows; 2 with one line on stderr when the file or an argument cannot be used.
What only the database knows is not checked: whether 職業, 顧客タグ and 顧客ID exist, which 顧客番号 a
顧客ID belongs to. A merchant's own imports settings (性別, the separator of 顧客タグ) are not known here.`;
