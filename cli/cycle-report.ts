import { parseBillingMonth } from '../billing/billing-month.ts';
import { writeCsv } from '../billing/csv-writer.ts';
import { reportToCsv } from '../billing/cycle-report.ts';
import { readCycleReport } from '../db/queries/cycle-report.ts';
import { findCycle } from '../db/queries/cycles.ts';
import { findMerchant } from '../db/queries/merchants.ts';
import { UsageError, withRecord } from './record-access.ts';

export interface CycleReportCommand {
  readonly merchant: string;
  readonly month: string;
  readonly csv?: boolean;
}

/** `tsukigime cycle report`: the counts of a month, as JSON or as CSV in UTF-8 without a mark. */
export async function runCycleReport(command: CycleReportCommand): Promise<number> {
  return await withRecord(async ({ db }) => {
    const { merchant: slug, month } = command;
    if (parseBillingMonth(month) === null)
      throw new UsageError(`--month ${month}: is not YYYY-MM.`);
    const merchant = await findMerchant(db, slug);
    if (merchant === undefined) throw new UsageError(`There is no merchant ${slug}.`);
    const cycle = await findCycle(db, merchant.id, month);
    if (cycle === undefined) throw new UsageError(`${slug} has no billing cycle of ${month}.`);
    const report = await readCycleReport(db, merchant.id, cycle);
    if (command.csv) process.stdout.write(writeCsv(reportToCsv(report)));
    else console.log(JSON.stringify(report, null, 2));
  });
}
