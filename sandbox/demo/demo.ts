import { appendFileSync, existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseBillingMonth } from '../../billing/billing-month.ts';
import { ConfigError, checkoutDir, readConfig } from '../../config.ts';
import { AlreadyRunningError } from '../../stack/lock.ts';
import { runStackSession } from '../../stack/session.ts';
import { TemporalCliMissingError } from '../../stack/temporal-cli.ts';
import { billMonth, type OperatorDay } from '../bill-month.ts';
import { bundledExportPath } from '../fixtures/bundled-export.ts';
import { startMailServer, writeReceivedMail } from '../mail-server.ts';
import {
  ApiRefusal,
  type CycleView,
  type ExchangeView,
  type OperatorDesk,
  readCycle,
  startCycle,
  uploadStoredFile,
  useOrderExport,
} from '../operator.ts';
import { prepareDay } from './prepare-day.ts';
import { prepareLogin } from './prepare-login.ts';
import { createProgress, type Progress } from './progress.ts';
import { describeReport, makeReport } from './report.ts';

export interface DemoCommand {
  readonly orders?: string;
  readonly month?: string;
  readonly exit?: boolean;
  readonly report?: string;
  readonly fresh?: boolean;
}

/** What was asked for cannot be done as it was said: exit code 2 and its message. */
class UsageError extends Error {}

/** The order exports that come with the project: the shared one, else our own of the same kind. */
const examplePaths = [
  join(checkoutDir, '..', 'shared', 'examples', 'orders-2026-11.csv'),
  bundledExportPath,
];
/** `npm run demo`: a month from its order export to captured charges, on real servers. */
export async function runDemo(command: DemoCommand): Promise<number> {
  const progress = createProgress(process.stderr);
  // Until the summary stands, whatever ends the demo leaves the month unfinished.
  let exitCode = 130;
  try {
    const input = await readInput(command);
    const config = readConfig();
    await runStackSession(
      {
        dataDir: config.dataDir,
        config,
        fresh: command.fresh ?? false,
        onProgress: (detail) => progress.show('servers', { done: false, detail }),
      },
      async (stack, signal) => {
        const mailsPath = join(stack.logsDir, 'mails.txt');
        const mailServer = await startMailServer({
          onMail: (mail) => appendFileSync(mailsPath, writeReceivedMail(mail)),
        });
        try {
          const day = await prepareDay(stack, {
            mailServer,
            signal,
            onProgress: (detail, done) => progress.show('servers', { done, detail }),
          });
          const person = await prepareLogin(stack);
          const cycle = await bill(day, input, progress);
          progress.end();
          const report = await makeReport(day.desk, cycle.view, {
            alreadyBilled: cycle.alreadyBilled,
            urls: stack.urls(),
          });
          if (command.report !== undefined) {
            await writeFile(command.report, `${JSON.stringify(report, null, 2)}\n`);
          }
          process.stdout.write(describeReport(report, { staysUp: command.exit !== true }));
          exitCode = cycle.view.trouble === null ? 0 : 1;
          if (command.exit === true) return;
          process.stdout.write(
            `  Console: ${stack.urls().api} (log in: ${person.login}, password ${person.password})\n  Every mail of this world, to customers too: ${mailsPath}\n  Ctrl-C stops it; the data stays. \`npm run demo -- --fresh\` starts anew.\n\n`,
          );
          if (!signal.aborted) {
            await new Promise((resolve) =>
              signal.addEventListener('abort', resolve, { once: true }),
            );
          }
        } finally {
          await mailServer.stop();
        }
      },
    );
    return exitCode;
  } catch (error) {
    progress.end();
    const expected = [
      ConfigError,
      AlreadyRunningError,
      TemporalCliMissingError,
      UsageError,
      ApiRefusal,
    ];
    const message =
      error instanceof Error && !expected.some((kind) => error instanceof kind)
        ? error.stack
        : String(error instanceof Error ? error.message : error);
    process.stderr.write(`${message}\n`);
    return error instanceof UsageError || isUnusableInput(error) ? 2 : 1;
  }
}

/** The export itself was refused: as with the offline commands, nothing was done. */
function isUnusableInput(error: unknown): boolean {
  return (
    error instanceof ApiRefusal && ['file-unusable', 'card-number-found'].includes(error.problem)
  );
}

interface DemoInput {
  readonly name: string;
  readonly bytes: Buffer;
  readonly month: string;
}

async function readInput(command: DemoCommand): Promise<DemoInput> {
  const path = command.orders ?? examplePaths.find((candidate) => existsSync(candidate));
  if (path === undefined) throw new UsageError('no order export: name one with --orders FILE');
  const month = command.month ?? /\d{4}-(0[1-9]|1[0-2])/.exec(basename(path))?.[0];
  if (month === undefined) {
    throw new UsageError('which month do these orders bill? Say it with --month YYYY-MM');
  }
  if (parseBillingMonth(month) === null) {
    throw new UsageError(`--month ${month} is no month: write it YYYY-MM, such as 2026-11`);
  }
  try {
    return { name: basename(path), bytes: await readFile(path), month };
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${(error as NodeJS.ErrnoException).code}`);
  }
}

/** The month itself, from wherever it stands: a demo that was stopped goes on. */
async function bill(
  day: OperatorDay,
  input: DemoInput,
  progress: Progress,
): Promise<{ view: CycleView; alreadyBilled: boolean }> {
  const { desk } = day;
  const { month } = input;
  await startCycle(desk, month);
  const before = await readCycle(desk, month);
  if (before.stage === 'collecting') await collect(desk, input, progress);
  const alreadyBilled = ['working_ng', 'closing', 'closed'].includes(before.stage);
  const view = await billMonth(
    { ...day, onLook: (cycle, exchanges) => showMonth(progress, cycle, exchanges) },
    month,
  );
  return { view, alreadyBilled };
}

async function collect(desk: OperatorDesk, input: DemoInput, progress: Progress): Promise<void> {
  progress.show('collect', { done: false, detail: input.name });
  const sha256 = await uploadStoredFile(desk, {
    name: input.name,
    kind: 'order-export',
    bytes: input.bytes,
  });
  const collected = await useOrderExport(desk, input.month, sha256);
  progress.show('collect', { done: true, detail: `${collected.records} records` });
}

function showMonth(progress: Progress, cycle: CycleView, exchanges: readonly ExchangeView[]): void {
  const { selection, charges } = cycle;
  if (selection === null) return;
  const rows = (...states: string[]) =>
    states.reduce((sum, state) => sum + (charges[state]?.rows ?? 0), 0);
  progress.show('collect', { done: true, detail: `${selection.orders} orders` });
  progress.show('select', {
    done: true,
    detail: `${selection.selected} selected, ¥${selection.amountYen.toLocaleString('ja-JP')}`,
  });
  const auth = exchanges.filter((exchange) => exchange.kind === 'auth');
  const capture = exchanges.filter((exchange) => exchange.kind === 'capture');
  const count = (list: readonly ExchangeView[], test: (one: ExchangeView) => boolean) => ({
    count: list.filter(test).length,
    total: list.length,
    done: list.length > 0 && list.every(test),
  });
  const finished = cycle.stage === 'working_ng' || cycle.stage === 'closed';
  progress.show('authFiles', {
    done: auth.length > 0 || finished,
    detail: plural(auth.length, 'file'),
  });
  if (auth.length > 0) {
    const numbers = auth.map((one) => one.acceptanceNumber).filter((number) => number !== null);
    progress.show('authUpload', {
      ...count(auth, (one) => one.acceptanceNumber !== null),
      detail: numbers.slice(0, 5).join(' '),
    });
    progress.show(
      'authMail',
      count(auth, (one) => one.completedAt !== null),
    );
    progress.show('authResult', {
      ...count(auth, (one) => one.stage === 'reconciled'),
      detail: `${rows('authorized', 'capture_sent', 'captured')} OK, ${rows('declined')} NG`,
    });
  }
  if (capture.length > 0) {
    progress.show('captureFiles', { done: true, detail: plural(capture.length, 'file') });
    const granted = rows('authorized', 'capture_sent', 'captured');
    progress.show('captureResult', { done: finished, count: rows('captured'), total: granted });
  }
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
