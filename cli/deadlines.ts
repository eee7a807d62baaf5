import { deadlinesToCsv, sumDeadlines } from '../billing/capture-calendar.ts';
import { writeCsv } from '../billing/csv-writer.ts';
import { formatYen } from '../billing/money.ts';
import { listDeadlines } from '../db/queries/capture-calendar.ts';
import { findMerchant } from '../db/queries/merchants.ts';
import { UsageError, withRecord } from './record-access.ts';

export interface DeadlinesCommand {
  readonly merchant: string;
  readonly within?: number;
  readonly csv?: boolean;
  readonly json?: boolean;
}

/** `tsukigime deadlines`: which authorizations of all open months end soon, in charges and yen. */
export async function runDeadlines(command: DeadlinesCommand): Promise<number> {
  return await withRecord(async ({ db, now: realNow }) => {
    const merchant = await findMerchant(db, command.merchant);
    if (merchant === undefined) throw new UsageError(`There is no merchant ${command.merchant}.`);
    const now = new Date(Date.parse(realNow) + merchant.clockOffsetMs).toISOString();
    const withinDays = command.within ?? 14;
    const days = await listDeadlines(db, merchant.id, { withinDays, now });
    const within = sumDeadlines(days);
    if (command.json) console.log(JSON.stringify({ asOf: now, within, days }, null, 2));
    else if (command.csv) process.stdout.write(writeCsv(deadlinesToCsv(days)));
    else {
      for (const sum of within) {
        console.log(`within ${inDays(sum.days)}: ${inCharges(sum.rows)}, ${formatYen(sum.yen)}`);
      }
      for (const day of days) {
        const parts = [
          ...(day.held.rows > 0 ? [`${day.held.rows} on hold`] : []),
          ...(day.returned.rows > 0 ? [`${day.returned.rows} returned by a file`] : []),
          ...(day.inFiles.rows > 0 ? [`${day.inFiles.rows} in files not uploaded`] : []),
        ];
        const of = parts.length > 0 ? ` (${parts.join(', ')})` : '';
        console.log(
          `${day.expiresOn}, ${inDays(day.daysLeft)} left: ${inCharges(day.rows)} of ${day.month}, ${formatYen(day.yen)}${of}`,
        );
      }
    }
  });
}

const inDays = (days: number) => (days === 1 ? '1 day' : `${days} days`);
const inCharges = (rows: number) => (rows === 1 ? '1 charge' : `${rows} charges`);
