import type { Command } from 'commander';
import { MIGRATION_CHECKS } from '../billing/card-migration.ts';
import { cardServices } from '../billing/card-service.ts';
import type { Lazily } from './access-commands.ts';

interface Parsers {
  readonly lazily: Lazily;
  readonly wholeNumber: (text: string) => number;
  readonly oneOf: (...values: readonly string[]) => (text: string) => string;
}

const load = () => import('./migration.ts');

const ofOne = (command: Command, { wholeNumber }: Parsers) =>
  command
    .requiredOption('--merchant <slug>', 'whose')
    .option('--number <n>', 'which migration (default: the one that is open)', wholeNumber);
const actOnOne = (command: Command, parsers: Parsers) =>
  ofOne(command, parsers).option('--reason <text>', 'for the audit');

/** カードの移行: stored cards from another cart or PSP. */
export function addMigrationCommands(program: Command, parsers: Parsers): void {
  const migration = program
    .command('migration')
    .description('move stored cards from another cart or PSP (docs/card-migration.md)');
  addCheckCommands(migration, parsers);
  addFileCommands(migration, parsers);
  addReportCommands(migration, parsers);
}

/** From its start to its link file. */
function addCheckCommands(migration: Command, parsers: Parsers): void {
  const { lazily, wholeNumber, oneOf } = parsers;
  const act = (command: Command) => actOnOne(command, parsers);
  migration
    .command('start')
    .description('start a migration; the checks come first')
    .requiredOption('--merchant <slug>', 'whose')
    .requiredOption('--service <name>', 'the PSP that gets the cards', oneOf(...cardServices))
    .requiredOption('--from <name>', 'the cart or PSP that has them today')
    .option('--share <percent>', 'a canary: this share of the customers', wholeNumber)
    .option('--customers <ids...>', 'a canary: these customers, US-00000001 …')
    .option('--follows <n>', 'the rest, after this canary', wholeNumber)
    .option('--rehearsal', 'go through all of it and change nothing')
    .option('--reason <text>', 'for the audit')
    .action(lazily(load, (module) => module.runMigrationStart));
  act(migration.command('acknowledge'))
    .description(`vouch for a check: ${MIGRATION_CHECKS.join(', ')}`)
    .requiredOption('--check <name>', 'which', oneOf(...MIGRATION_CHECKS))
    .option('--on <YYYY-MM-DD>', 'of several_cards_reported: the day of the report')
    .action(lazily(load, (module) => module.runMigrationAcknowledge));
  act(migration.command('decide'))
    .description('say what becomes of customers: one choice for all of them, or none is written')
    .requiredOption('--customer <ids...>', 'which customers, US-00000001 …')
    .requiredOption(
      '--choice <choice>',
      'default, acknowledged, excluded or included',
      oneOf('default', 'acknowledged', 'excluded', 'included'),
    )
    .option('--card <name>', 'of default: the card, by its name in `findings`')
    .action(lazily(load, (module) => module.runMigrationDecide));
  act(migration.command('release'))
    .description('make the link file, once every check is settled')
    .action(lazily(load, (module) => module.runMigrationRelease));
}

/** From its link file to its end. */
function addFileCommands(migration: Command, parsers: Parsers): void {
  const { lazily } = parsers;
  const act = (command: Command) => actOnOne(command, parsers);
  act(migration.command('handed-over'))
    .description('record that the PSP has the link file')
    .action(lazily(load, (module) => module.runMigrationHandedOver));
  act(migration.command('returned'))
    .description("import the PSP's file and wait for the end; a corrected one takes its place")
    .argument('<file>', 'CSV as the PSP returned it')
    .option('--addition', 'it adds to the files before it')
    .action(async (file: string, options: object) =>
      lazily(load, (module) => module.runMigrationReturned)({ file, ...options }),
    );
  act(migration.command('accept'))
    .description('accept the coverage: the migration is complete')
    .requiredOption('--uncovered <n>', 'how many customers have no card, as you saw it')
    .action(lazily(load, (module) => module.runMigrationAccept));
  act(migration.command('cancel'))
    .description('cancel it: its cards are removed, those from before come back')
    .action(lazily(load, (module) => module.runMigrationCancel));
}

/** What is told of it; nothing is changed. */
function addReportCommands(migration: Command, parsers: Parsers): void {
  const { lazily, wholeNumber } = parsers;
  const of = (command: Command) => ofOne(command, parsers);
  migration
    .command('list')
    .description('list the migrations, the newest first')
    .requiredOption('--merchant <slug>', 'whose')
    .option('--json', 'print JSON')
    .action(lazily(load, (module) => module.runMigrationList));
  of(migration.command('show'))
    .description('show one: what it waits for, its checks, files and coverage')
    .option('--json', 'print JSON')
    .action(lazily(load, (module) => module.runMigrationShow));
  of(migration.command('findings'))
    .description('customers for whom a person must decide')
    .option('--all', 'those with a decision too')
    .option('--json', 'print JSON')
    .action(lazily(load, (module) => module.runMigrationFindings));
  of(migration.command('link-file'))
    .description('write the newest link file into a folder')
    .requiredOption('--out <folder>', 'where to; made if missing')
    .action(lazily(load, (module) => module.runMigrationLinkFile));
  of(migration.command('rows'))
    .description('what became of each line of a returned file')
    .option('--file <n>', 'which returned file (default: the newest)', wholeNumber)
    .option('--csv', 'print CSV')
    .action(lazily(load, (module) => module.runMigrationRows));
  of(migration.command('uncovered'))
    .description('customers who are left without a card, and what that puts at risk')
    .option('--csv', 'print CSV')
    .action(lazily(load, (module) => module.runMigrationUncovered));
}
