import { Command, InvalidArgumentError } from 'commander';
import { addAccessCommands } from './access-commands.ts';
import { addAuditCommands } from './audit-commands.ts';
import { addCallCommand } from './call-commands.ts';
import { addCarrierCommands } from './carrier-commands.ts';
import { addCycleCommands } from './cycle-commands.ts';
import { addDeskCommands } from './desk-commands.ts';
import { addImportCommands } from './import-commands.ts';
import { addInquiryCommands } from './inquiry-commands.ts';
import { addKeyCommands } from './keys-commands.ts';
import { addMigrationCommands } from './migration-commands.ts';
import { addNgCommands } from './ng-commands.ts';
import { addRefreshCommands } from './refresh-commands.ts';
import { addScheduleCommands } from './schedule-commands.ts';
import { addWebhookCommands } from './webhook-commands.ts';
import { addWorkerCommands } from './worker-commands.ts';

// Each command's code is loaded when it is called: the offline commands never load Temporal or
// Postgres, and start in a moment.
type Run = (options: never) => Promise<number>;

function lazily<M>(load: () => Promise<M>, pick: (module: M) => Run) {
  return async (options: unknown): Promise<void> => {
    const run = pick(await load()) as (options: unknown) => Promise<number>;
    process.exitCode = await run(options);
  };
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^[0-9]+$/.test(text) || value < 1 || !Number.isSafeInteger(value)) {
    throw new InvalidArgumentError('It must be a whole number from 1.');
  }
  return value;
}

function oneOf(...values: readonly string[]) {
  return (text: string): string => {
    if (!values.includes(text)) {
      throw new InvalidArgumentError(`It must be one of ${values.join(', ')}.`);
    }
    return text;
  };
}

/** All commands with their options; running one loads its code. */
export function createProgram(): Command {
  const program = new Command('tsukigime')
    .description('Monthly card billing for Japanese subscription shops')
    .exitOverride()
    .showSuggestionAfterError(false)
    .configureHelp({ showGlobalOptions: true });
  addStackCommands(program);
  addPaygentCommands(program);
  addSandboxCommands(program);
  addClockCommands(program);
  addCycleCommands(program, { lazily });
  addDeadlineCommand(program);
  addScheduleCommands(program, { lazily, oneOf });
  addAccessCommands(program, { lazily, wholeNumber, oneOf });
  addAuditCommands(program, { lazily });
  addCallCommand(program, { lazily });
  addKeyCommands(program, { lazily, oneOf });
  addImportCommands(program, { lazily, oneOf });
  addCarrierCommands(program, { lazily, wholeNumber, oneOf });
  addDeskCommands(program, { lazily, oneOf });
  addMigrationCommands(program, { lazily, wholeNumber, oneOf });
  addNgCommands(program, { lazily, wholeNumber, oneOf });
  addRefreshCommands(program, { lazily, oneOf });
  addWebhookCommands(program, { lazily, wholeNumber, oneOf });
  addWorkerCommands(program, { lazily });
  program
    .command('docs', { hidden: true })
    .command('formats')
    .description('write docs/paygent-formats.md from the layouts')
    .action(
      lazily(
        () => import('./docs-formats.ts'),
        (module) => module.runDocsFormats,
      ),
    );
  return program;
}

const up = lazily(
  () => import('./up.ts'),
  (module) => module.runUp,
);

/** Not through up.ts: it brings servers along that the production image does not have. */
const productionCheck = lazily(
  () => import('./production-check.ts'),
  (module) => module.runProductionCheck,
);

function addStackCommands(program: Command): void {
  program
    .command('demo')
    .description('bill a month from its order export to captured charges, on real servers')
    .option('--orders <file>', 'order export to bill (default: the example that is bundled)')
    .option('--month <YYYY-MM>', "billing month (default: the one in the file's name)")
    .option('--exit', 'end after the summary, leaving no process behind')
    .option('--report <file>', 'write what happened as JSON')
    .option('--fresh', 'start with an empty database')
    .action(
      lazily(
        () => import('./sandbox.ts'),
        (module) => module.runSandboxDemo,
      ),
    );
  program
    .command('up')
    .description('start Postgres, Temporal and the services, until Ctrl-C')
    .option('--fresh', 'start with an empty database')
    .option('--production-check', 'start nothing; say whether all is as production needs it')
    .option('--json', 'with --production-check: print JSON')
    .action((options: { readonly productionCheck?: boolean }) =>
      (options.productionCheck ? productionCheck : up)(options),
    );
  program
    .command('migrate')
    .description('bring the database of DATABASE_URL to the latest schema')
    .action(
      lazily(
        () => import('./migrate.ts'),
        (module) => module.runMigrate,
      ),
    );
  program
    .command('doctor')
    .description('say whether every part is as it must be, and what to do if not')
    .option('--json', 'print JSON')
    .action(
      lazily(
        () => import('./doctor.ts'),
        (module) => module.runDoctor,
      ),
    );
}

function addPaygentCommands(program: Command): void {
  const paygent = program
    .command('paygent')
    .description('Paygent files; auth-file and reconcile need no service');
  addInquiryCommands(paygent, { lazily, wholeNumber });
  paygent
    .command('auth-file')
    .description('build authorization files from an order export')
    .requiredOption('--orders <file>', 'order export (CSV)')
    .requiredOption('--merchant-id <id>', 'マーチャントID given by Paygent')
    .requiredOption('--out <folder>', 'folder for auth-001.csv and so on; made if missing')
    .option('--max-records <n>', 'data records per file (default 10000)', wholeNumber)
    .option('--width <n>', 'columns of a data record (default 15)', wholeNumber)
    .option(
      '--encoding <name>',
      'auto, cp932 or utf-8 (default auto)',
      oneOf('auto', 'cp932', 'utf-8'),
    )
    .option('--json', 'print JSON')
    .addHelpText('after', authFileHelp)
    .action(
      lazily(
        () => import('./paygent-auth-file.ts'),
        (module) => module.runAuthFile,
      ),
    );
  paygent
    .command('reconcile')
    .description('compare a transaction file with its result file')
    .requiredOption('--request <file>', 'transaction file that was uploaded')
    .requiredOption('--result <file>', 'result file that Paygent gave for it')
    .option('--json', 'print JSON')
    .addHelpText('after', reconcileHelp)
    .action(
      lazily(
        () => import('./paygent-reconcile.ts'),
        (module) => module.runReconcile,
      ),
    );
}

function addClockCommands(program: Command): void {
  program
    .command('clock')
    .description('the business clock of a sandbox merchant')
    .command('advance')
    .description('move it forward and let everything that is due happen in its order')
    .requiredOption('--merchant <slug>', 'a sandbox merchant; real ones live in real time')
    .option('--days <n>', 'by so many days of 24 hours', wholeNumber)
    .option('--to <instant>', 'to a date (its midnight in Japan) or an ISO-8601 instant')
    .option('--step <unit>', 'stop on the way at least once a day', oneOf('day'))
    .option('--json', 'print JSON')
    .action(
      lazily(
        () => import('./clock-advance.ts'),
        (module) => module.runClockAdvance,
      ),
    );
}

function addDeadlineCommand(program: Command): void {
  program
    .command('deadlines')
    .description('authorizations of all open months that expire soon, in charges and yen')
    .requiredOption('--merchant <slug>', 'whose')
    .option('--within <days>', 'days to look ahead, 60 at most (default 14)', wholeNumber)
    .option('--csv', 'print CSV, one line a month and date')
    .option('--json', 'print JSON')
    .action(
      lazily(
        () => import('./deadlines.ts'),
        (module) => module.runDeadlines,
      ),
    );
}

function addSandboxCommands(program: Command): void {
  const sandbox = program
    .command('sandbox')
    .description('the simulated world; not in the production image');
  const places = (command: Command, name: string) =>
    command
      .option('--port <n>', 'port on loopback (default: a free one)', wholeNumber)
      .option(
        '--data-dir <folder>',
        `where it keeps its state (default .tsukigime/sandbox/${name})`,
      )
      .option('--now <instant>', 'hold the clock at this instant (default: feed the real time)');
  const sendsMail = (command: Command) =>
    command.option('--smtp <host:port>', 'mail server for its mails (default: none are sent)');
  sendsMail(places(sandbox.command('paygent'), 'paygent'))
    .description('run the simulated Paygent Online until Ctrl-C (docs/sandbox.md)')
    .action(
      lazily(
        () => import('./sandbox.ts'),
        (module) => module.runSandboxPaygent,
      ),
    );
  sendsMail(places(sandbox.command('zeus'), 'zeus'))
    .description('run the simulated ZEUS and a shop until Ctrl-C (docs/sandbox.md)')
    .action(
      lazily(
        () => import('./sandbox.ts'),
        (module) => module.runSandboxZeus,
      ),
    );
  places(sandbox.command('gmo'), 'gmo')
    .description('run the simulated card refresh of GMO until Ctrl-C (docs/sandbox.md)')
    .action(
      lazily(
        () => import('./sandbox.ts'),
        (module) => module.runSandboxGmo,
      ),
    );
  places(sandbox.command('linker'), 'linker')
    .description('run the simulated PSP of card migrations until Ctrl-C (docs/sandbox.md)')
    .action(
      lazily(
        () => import('./sandbox.ts'),
        (module) => module.runSandboxLinker,
      ),
    );
}

const authFileHelp = `
Exit code 0 also with quarantined rows; 2 with one line on stderr when a file or argument cannot be used.
With no order to bill no file is written.
auth-NNN.csv files that an earlier run left in the folder are never mixed with the new ones: those with
other contents are kept as auth-NNN.csv.old-<hash> and named in the output.`;

const reconcileHelp = `
Exit code 0 also with NG and quarantined rows; 2 with one line on stderr when a file cannot be used,
for example the result of another file.`;
