import type { Command } from 'commander';
import { DESK_ITEM_KINDS } from '../billing/reconciliation-desk.ts';
import type { Lazily } from './access-commands.ts';

interface Parsers {
  readonly lazily: Lazily;
  readonly oneOf: (...values: readonly string[]) => (text: string) => string;
}

/** The reconciliation desk: what results left open. */
export function addDeskCommands(program: Command, { lazily, oneOf }: Parsers): void {
  const desk = program.command('desk').description('what results left open (要確認)');
  const filtered = (command: Command) =>
    command
      .requiredOption('--merchant <slug>', 'whose')
      .option('--month <YYYY-MM>', 'of this month (default: all open months)')
      .option('--kind <kind>', DESK_ITEM_KINDS.join(', '), oneOf(...DESK_ITEM_KINDS));
  filtered(desk.command('list'))
    .description('list the items, what may be billed twice first')
    .option('--json', 'print JSON')
    .action(
      lazily(
        () => import('./desk-list.ts'),
        (module) => module.runDeskList,
      ),
    );
  filtered(desk.command('export'))
    .description('write the items as a CSV to fill in 判断 and 理由')
    .requiredOption('--out <file>', 'where to; an existing file is left alone')
    .option('--encoding <name>', 'cp932 or utf-8', oneOf('cp932', 'utf-8'), 'cp932')
    .action(
      lazily(
        () => import('./desk-list.ts'),
        (module) => module.runDeskExport,
      ),
    );
  desk
    .command('apply')
    .description('say what a filled-in CSV would do, or do it')
    .argument('<file>', 'the CSV, in CP932 or UTF-8')
    .requiredOption('--merchant <slug>', 'whose')
    .option('--confirm <rows:yen>', 'do it, if these are the counts that it showed')
    .option('--reason <text>', 'for rows without a 理由, and for the audit')
    .option('--json', 'print JSON')
    .addHelpText('after', applyHelp)
    .action(async (file: string, options: object) =>
      lazily(
        () => import('./desk-apply.ts'),
        (module) => module.runDeskApply,
      )({ file, ...options }),
    );
}

const applyHelp = `
Without --confirm nothing is changed. Exit code 2 when a row is at fault, the counts differ or the file
cannot be used; all of its decisions are done, or none.`;
