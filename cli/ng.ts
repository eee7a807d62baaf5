import { parseBillingMonth } from '../billing/billing-month.ts';
import { formatJstMinute } from '../billing/business-date.ts';
import { writeCsv } from '../billing/csv-writer.ts';
import { type DeclineClass, declineLabels } from '../billing/decline.ts';
import { formatYen } from '../billing/money.ts';
import { type NgNextStep, ngNextStepLabels, ngOutcomeLabels } from '../billing/ng-case.ts';
import { NG_CASE_HEAD, ngCaseLine } from '../billing/ng-csv.ts';
import type { CarryOverLink } from '../db/fragments.ts';
import { findMerchant, type Merchant } from '../db/queries/merchants.ts';
import { findNgCases, listNgCasesById, type NgCaseView } from '../db/queries/ng-worklist.ts';
import { UsageError, withRecord } from './record-access.ts';

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
      if (one.carriedTo !== null) console.log(`  繰越先  ${writeLink(one.carriedTo)}`);
      for (const from of one.carriedFrom) console.log(`  繰越元  ${writeLink(from)}`);
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

function requireKnown(merchant: Merchant | undefined, command: OfOneOrMany): Merchant {
  if (command.month !== undefined && parseBillingMonth(command.month) === null) {
    throw new UsageError(`--month ${command.month}: is not YYYY-MM.`);
  }
  if (merchant === undefined) throw new UsageError(`There is no merchant ${command.merchant}.`);
  return merchant;
}

const at = (instant: string | null) => (instant === null ? '-' : formatJstMinute(instant));

const writeLink = ({ month, orderNumber, yen }: CarryOverLink) =>
  `${month}  ${orderNumber}  ${formatYen(yen)}`;

function writeLine(of: Omit<NgCaseView, 'id'>): string {
  const what = of.outcome === null ? ngNextStepLabels[of.nextStep] : ngOutcomeLabels[of.outcome];
  const declined = `${declineLabels[of.class]}(${of.code ?? '-'})`;
  const when = at(of.dueAt ?? of.closedAt);
  return `${of.month}  ${of.orderNumber}  ${formatYen(of.amountYen)}  ${declined}  ${of.attempt}回目  ${when}  ${what}  ${of.why}`;
}
