import type { Command } from 'commander';
import { SCHEDULED_WORK } from '../billing/wanted-schedules.ts';
import type { Lazily } from './access-commands.ts';

interface Parsers {
  readonly lazily: Lazily;
  readonly oneOf: (...values: readonly string[]) => (text: string) => string;
}

/** What starts without a person, and what is started again. */
export function addScheduleCommands(program: Command, { lazily, oneOf }: Parsers): void {
  program
    .command('recover')
    .description("start again what Temporal has lost, from Postgres' rows; what runs is left alone")
    .option('--merchant <slug>', 'of this merchant only')
    .option('--json', 'print JSON')
    .action(
      lazily(
        () => import('./recover.ts'),
        (module) => module.runRecover,
      ),
    );
  const schedules = program
    .command('schedules')
    .description('what starts months, card refreshes and blanking without a person');
  const load = () => import('./schedules.ts');
  schedules
    .command('list')
    .description('list them with their next and last starts, and who holds one')
    .requiredOption('--merchant <slug>', 'whose')
    .option('--json', 'print JSON')
    .action(lazily(load, (module) => module.runSchedulesList));
  schedules
    .command('sync')
    .description('make the Schedules of Temporal equal to the settings of all merchants')
    .option('--merchant <slug>', 'of this merchant only')
    .option('--json', 'print JSON')
    .action(lazily(load, (module) => module.runSchedulesSync));
  const act = (name: string, description: string) =>
    schedules
      .command(name)
      .description(description)
      .requiredOption('--merchant <slug>', 'whose')
      .requiredOption('--what <kind>', SCHEDULED_WORK.join(', '), oneOf(...SCHEDULED_WORK))
      .requiredOption('--reason <words>', 'why; kept in the audit')
      .option('--json', 'print JSON');
  act('pause', 'hold one; it stays held when settings change').action(
    lazily(load, (module) => module.runSchedulesPause),
  );
  act('resume', 'let one go on; starts of the time in between are not made up for').action(
    lazily(load, (module) => module.runSchedulesResume),
  );
}
