import { randomUUID } from 'node:crypto';
import { parseBillingMonth } from '../billing/billing-month.ts';
import { formatJstMinute, parseBusinessDate } from '../billing/business-date.ts';
import { writeCsv } from '../billing/csv-writer.ts';
import { type DeclineClass, declineLabels } from '../billing/decline.ts';
import { formatYen } from '../billing/money.ts';
import type { NgAct } from '../billing/ng-act.ts';
import { type NgNextStep, ngNextStepLabels, ngOutcomeLabels } from '../billing/ng-case.ts';
import { NG_CASE_HEAD, ngCaseLine } from '../billing/ng-csv.ts';
import { readConfig } from '../config.ts';
import { openDatabase } from '../db/database.ts';
import { findMerchant, type Merchant } from '../db/queries/merchants.ts';
import { findNgCases, listNgCasesById, type NgCaseView } from '../db/queries/ng-worklist.ts';
import { findRunningStack } from '../stack/running-stack.ts';
import { connectTemporal } from '../temporal/client.ts';
import { wakeNgDesk } from '../temporal/start-ng-desk.ts';
import { createWorkflowStarter } from '../temporal/workflow-starter.ts';
import { actOnNgCases } from '../workflows/messages.ts';
import { ngDeskWorkflowId } from '../workflows/workflow-ids.ts';
import { readActor, UsageError, withRecord } from './record-access.ts';
import { sayRefusal } from './say-refusal.ts';
import { requireStack, unknownMerchant } from './store-input.ts';
import { runReporting, UnusableInputError } from './unusable-input.ts';

interface OfOneOrMany {
  readonly merchant: string;
  readonly month?: string;
}

export interface NgListCommand extends OfOneOrMany {
  readonly class?: DeclineClass;
  readonly next?: NgNextStep;
  readonly state: 'open' | 'closed' | 'all';
  readonly csv?: boolean;
  readonly json?: boolean;
}

const PAGE = 5_000;

/** `tsukigime ng list`: one line a case. */
export async function runNgList(command: NgListCommand): Promise<number> {
  return await withRecord(async ({ db }) => {
    const merchant = await requireKnown(await findMerchant(db, command.merchant), command);
    const filter = {
      month: command.month ?? null,
      class: command.class ?? null,
      nextStep: command.next ?? null,
      dueBefore: null,
      state: command.state,
    };
    if (command.csv) process.stdout.write(writeCsv([NG_CASE_HEAD]));
    for (let afterId = 0; ; ) {
      const page = { ...filter, afterId, limit: PAGE };
      const cases = await listNgCasesById(db, merchant.id, page);
      for (const { id, ...one } of cases) {
        afterId = id;
        if (command.csv) process.stdout.write(writeCsv([ngCaseLine(one)]));
        else console.log(command.json ? JSON.stringify(one) : writeLine(one));
      }
      if (cases.length < PAGE) return;
    }
  });
}

/** `tsukigime ng show`: every episode of an order, its plan and what was done. */
export async function runNgShow(
  command: OfOneOrMany & { readonly month: string; readonly order: string; json?: boolean },
): Promise<number> {
  return await withRecord(async ({ db }) => {
    const merchant = await requireKnown(await findMerchant(db, command.merchant), command);
    const { month, order: orderNumber } = command;
    const cases = await findNgCases(db, merchant.id, { month, orderNumber });
    if (cases.length === 0)
      throw new UsageError(`Order ${orderNumber} has no NG case in ${month}.`);
    for (const { id: _, ...one } of cases) {
      if (command.json) {
        console.log(JSON.stringify(one, null, 2));
        continue;
      }
      console.log(writeLine(one));
      for (const { step, dueAt, why } of one.plan) {
        console.log(`  その後  ${at(dueAt)}  ${ngNextStepLabels[step]}  ${why}`);
      }
      for (const { takenAt, actor, kind, why, reason } of one.steps) {
        const said = reason === null ? '' : `(${reason})`;
        console.log(`  ${at(takenAt)}  ${actor}  ${kind}  ${why}${said}`);
      }
    }
  });
}

interface NgActCommand extends OfOneOrMany {
  readonly month: string;
  readonly order: readonly string[];
  readonly reason?: string;
}

/** `tsukigime ng retry`: tells the merchant's NG desk; 2 when it refuses. */
export function runNgRetry(command: NgActCommand & { readonly on?: string }): Promise<number> {
  const on = command.on === undefined ? null : parseBusinessDate(command.on);
  return runReporting(async () => {
    if (command.on !== undefined && on === null) {
      throw new UnusableInputError('--on is written YYYY-MM-DD', '日付を確かめてください');
    }
    const changed = await tellDesk(command, { kind: 'retry', on });
    console.log(`再オーソリを指示しました: ${changed} 件(${on ?? 'すぐに'})`);
    return 0;
  });
}

/** `tsukigime ng ask`: mails the customers, in the hours of the settings. */
export function runNgAsk(command: NgActCommand): Promise<number> {
  return runReporting(async () => {
    const changed = await tellDesk(command, { kind: 'ask_customer' });
    console.log(`顧客へのメールを送信待ちにしました: ${changed} 件`);
    return 0;
  });
}

/** `tsukigime ng skip-mail`: the next mail to the customers does not leave. */
export function runNgSkipMail(command: NgActCommand): Promise<number> {
  return runReporting(async () => {
    const changed = await tellDesk(command, { kind: 'skip_contact' });
    console.log(`次の顧客へのメールを取りやめました: ${changed} 件`);
    return 0;
  });
}

async function tellDesk(command: NgActCommand, what: NgAct): Promise<number> {
  const stack = requireStack(findRunningStack(readConfig()));
  const { appDatabaseUrl, temporalAddress: address, temporalNamespace: namespace } = stack;
  const db = openDatabase(appDatabaseUrl, { maxConnections: 2 });
  const merchant = await findMerchant(db, command.merchant).finally(() => db.destroy());
  if (merchant === undefined) throw unknownMerchant(command.merchant);
  const client = await connectTemporal({ address, namespace, keys: stack.payloadKeys });
  const idempotencyKey = randomUUID();
  const cases = command.order.map((orderNumber) => ({ month: command.month, orderNumber }));
  const act = { actor: readActor(), idempotencyKey, reason: command.reason ?? null };
  try {
    await wakeNgDesk(createWorkflowStarter(client), merchant);
    const { changed } = await client.workflow
      .getHandle(ngDeskWorkflowId(merchant.slug))
      .executeUpdate(actOnNgCases, { args: [{ ...act, cases, what }], updateId: idempotencyKey });
    return changed;
  } catch (error) {
    throw sayRefusal(error);
  } finally {
    await client.connection.close();
  }
}

function requireKnown(merchant: Merchant | undefined, command: OfOneOrMany): Merchant {
  if (command.month !== undefined && parseBillingMonth(command.month) === null) {
    throw new UsageError(`--month ${command.month}: is not YYYY-MM.`);
  }
  if (merchant === undefined) throw new UsageError(`There is no merchant ${command.merchant}.`);
  return merchant;
}

const at = (instant: string | null) => (instant === null ? '-' : formatJstMinute(instant));

function writeLine(of: Omit<NgCaseView, 'id'>): string {
  const what = of.outcome === null ? ngNextStepLabels[of.nextStep] : ngOutcomeLabels[of.outcome];
  const declined = `${declineLabels[of.class]}(${of.code ?? '-'})`;
  const when = at(of.dueAt ?? of.closedAt);
  return `${of.month}  ${of.orderNumber}  ${formatYen(of.amountYen)}  ${declined}  ${when}  ${what}  ${of.why}`;
}
