import type { Command } from 'commander';

type Lazily = <M>(
  load: () => Promise<M>,
  pick: (module: M) => (options: never) => Promise<number>,
) => (options: unknown) => Promise<void>;

/** What a merchant's month came to, and what it would bill. */
export function addCycleCommands(program: Command, { lazily }: { readonly lazily: Lazily }): void {
  const cycle = program.command('cycle').description("a merchant's billing of one month");
  const ofMonth = (command: Command) =>
    command
      .requiredOption('--merchant <slug>', 'whose')
      .requiredOption('--month <YYYY-MM>', 'of which month');
  ofMonth(cycle.command('report'))
    .description('print the counts of a month as JSON')
    .option('--csv', 'print CSV, one line a count')
    .action(
      lazily(
        () => import('./cycle-report.ts'),
        (module) => module.runCycleReport,
      ),
    );
  ofMonth(cycle.command('preview'))
    .description('what a month would bill now, against last month; writes nothing down')
    .option('--csv <file>', 'write every order that stands out to a file')
    .option('--json', 'print JSON')
    .action(
      lazily(
        () => import('./cycle-preview.ts'),
        (module) => module.runCyclePreview,
      ),
    );
}
