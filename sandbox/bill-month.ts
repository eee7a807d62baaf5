import { setTimeout as sleep } from 'node:timers/promises';
import type { MailServer } from './mail-server.ts';
import {
  type CycleView,
  downloadExchangeFile,
  type ExchangeView,
  ingestResult,
  listExchanges,
  type OperatorDesk,
  readCycle,
  readCycleLine,
  recordAcceptance,
  recordCompletion,
} from './operator.ts';
import {
  downloadResult,
  handOverFile,
  type PortalAccount,
  searchResults,
  waitForCompletionMail,
} from './paygent-operator.ts';

/** A day of the simulated operator: between Tsukigime, the portal and the mailbox. */
export interface OperatorDay {
  readonly desk: OperatorDesk;
  readonly portal: PortalAccount;
  readonly mailServer: Pick<MailServer, 'waitForMail'>;
  /** Called after each step, with where the month stands. */
  readonly onStep?: (step: OperatorStep, exchange: ExchangeView) => void | Promise<void>;
  /** Called when a look at the month shows something new. */
  readonly onLook?: (cycle: CycleView, exchanges: readonly ExchangeView[]) => void;
}

export type OperatorStep = 'downloaded' | 'uploaded' | 'accepted' | 'completed' | 'reconciled';

/** Between two looks at the month. */
const LOOK_MS = 150;

/** Stages in which a month needs no more files carried. */
const DONE = ['working_ng', 'closing', 'closed'];

/**
 * Carries every file of a month to the portal and every result back, until none is left or the month
 * stands still for a reason that is not this operator's to remove.
 */
export async function billMonth(day: OperatorDay, month: string): Promise<CycleView> {
  let seen = '';
  for (;;) {
    // The sums of a month take a while in a large one: they are read when something has changed.
    const cycle = await readCycleLine(day.desk, month);
    const exchanges = await listExchanges(day.desk, month);
    const look = JSON.stringify([cycle, exchanges]);
    if (look !== seen) day.onLook?.(await readCycle(day.desk, month), exchanges);
    seen = look;
    const open = exchanges.filter(
      (exchange) => exchange.stage === 'handing_over' || waits(exchange),
    );
    if (open.length === 0 && (DONE.includes(cycle.stage) || cycle.trouble !== null)) {
      const view = await readCycle(day.desk, month);
      // A result that has just come may let captures go: their file is about to be built.
      if (cycle.trouble !== null || view.capture.ready === 0) return view;
    }
    for (const exchange of open) await carryFile(day, exchange);
    if (open.length === 0) await sleep(LOOK_MS);
  }
}

function waits(exchange: ExchangeView): boolean {
  // What was reconciled with open rows waits for a decision, not for this operator's next walk.
  return exchange.stage === 'awaiting_result' && !exchange.attention;
}

/** The round trip of one file, from wherever it stands. */
export async function carryFile(day: OperatorDay, exchange: ExchangeView): Promise<void> {
  const { desk, portal, mailServer } = day;
  const step = async (name: OperatorStep) => await day.onStep?.(name, exchange);
  let { acceptanceNumber } = exchange;
  if (acceptanceNumber === null) {
    acceptanceNumber = await findEarlierUpload(day, exchange);
    if (acceptanceNumber !== null) {
      await recordAcceptance(desk, exchange, acceptanceNumber);
      await step('accepted');
    }
  }
  if (acceptanceNumber === null) {
    const bytes = await downloadExchangeFile(desk, exchange);
    await step('downloaded');
    const transactionKind = transactionKindOf(exchange);
    const upload = { bytes, fileName: exchange.fileName, transactionKind };
    const accepted = await handOverFile(portal, upload, exchange);
    acceptanceNumber = accepted.acceptanceNumber;
    await step('uploaded');
    await recordAcceptance(desk, exchange, acceptanceNumber);
    await step('accepted');
  }
  await waitForCompletion(portal, mailServer, acceptanceNumber);
  await recordCompletion(desk, exchange);
  await step('completed');
  await ingestResult(desk, exchange, await downloadResult(portal, acceptanceNumber));
  await step('reconciled');
}

/**
 * The mail, else the portal's list: a mail that came while nobody was there is not sent again, and
 * a day that waits for it alone would never go on.
 */
export async function waitForCompletion(
  portal: PortalAccount,
  mailServer: Pick<MailServer, 'waitForMail'>,
  acceptanceNumber: string,
  patienceMs?: number,
): Promise<void> {
  try {
    await waitForCompletionMail(mailServer, acceptanceNumber, patienceMs);
  } catch (noMail) {
    const rows = await searchResults(portal, { acceptanceNumber });
    if (rows[0]?.status !== '完了処理済') throw noMail;
  }
}

const transactionKindOf = ({ kind }: ExchangeView) =>
  kind === 'capture' ? ('売上' as const) : ('オーソリ' as const);

/**
 * The 受付番号 of an upload of this file that was never recorded, because the operator was stopped in
 * between: uploading again would bill every order in it twice. The portal shows no file names, so it
 * is known by 取引種別, count and a number that Tsukigime does not know; files are carried one after
 * the other, so there is at most one such upload.
 */
async function findEarlierUpload(
  { desk, portal }: OperatorDay,
  exchange: ExchangeView,
): Promise<string | null> {
  const rows = await searchResults(portal, { transactionKind: transactionKindOf(exchange) });
  const alike = rows.filter((row) => row.processingKind === String(exchange.records));
  if (alike.length === 0) return null;
  const known = new Set((await listExchanges(desk)).map((one) => one.acceptanceNumber));
  const unknown = alike.filter((row) => !known.has(row.acceptanceNumber));
  if (unknown.length > 1) {
    const numbers = unknown.map((row) => row.acceptanceNumber).join('、');
    throw new Error(
      `${exchange.fileName}: ペイジェントに受付番号が未記録のアップロードが複数あります(${numbers})。どのファイルのものか確認し、受付番号を記録してください。`,
    );
  }
  return unknown[0]?.acceptanceNumber ?? null;
}
