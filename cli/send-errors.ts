import { parseBillingMonth } from '../billing/billing-month.ts';
import { formatCompactJstInstant, parseBusinessDate } from '../billing/business-date.ts';
import {
  planSendErrorSearch,
  type SendErrorCondition,
  type SendErrorPeriod,
} from '../billing/send-error-search.ts';
import { findMerchant } from '../db/queries/merchants.ts';
import { type SendError, searchSendErrors } from '../db/queries/send-errors.ts';
import { findSettings } from '../db/queries/settings.ts';
import { UsageError, withRecord } from './record-access.ts';

export interface SendErrorsCommand {
  readonly merchant: string;
  readonly condition: SendErrorCondition;
  readonly ipCode?: readonly string[];
  readonly order?: string;
  readonly email?: string;
  readonly phone?: string;
  readonly sendId?: string;
  readonly month?: string;
  readonly date?: string;
  readonly today?: boolean;
  readonly yesterday?: boolean;
  readonly limit?: number;
  readonly json?: boolean;
}

/** `tsukigime carrier send-errors`: the desk's search, with its rules and messages. */
export async function runSendErrors(command: SendErrorsCommand): Promise<number> {
  return await withRecord(async ({ db, now: realNow }) => {
    const merchant = await findMerchant(db, command.merchant);
    if (merchant === undefined) throw new UsageError(`There is no merchant ${command.merchant}.`);
    const now = new Date(Date.parse(realNow) + merchant.clockOffsetMs).toISOString();
    const ipCodes = (await findSettings(db, merchant.id))?.settings.carrier.ipCodes ?? [];
    const filter = {
      ipCodes: command.ipCode ?? [],
      condition: command.condition,
      keywords: {
        orderNumber: command.order ?? '',
        email: command.email ?? '',
        phone: command.phone ?? '',
        sendId: command.sendId ?? '',
      },
      period: readPeriod(command),
      mode: 'individual',
    } as const;
    const plan = planSendErrorSearch(filter, ipCodes, now);
    if (plan.kind === 'refused') {
      throw new UsageError(plan.findings.map(({ message }) => message).join('\n'));
    }
    const limit = command.limit ?? 100;
    const page = { search: plan.search, before: null, limit: limit + 1 };
    const found = await searchSendErrors(db, merchant.id, page);
    const shown = found.slice(0, limit);
    if (command.json === true) console.log(JSON.stringify(shown, null, 2));
    else for (const row of shown) console.log(writeLine(row));
    if (shown.length === 0) console.error('条件に合う送信エラーはありません。');
    if (found.length > limit) console.error(`More than ${limit}: narrow the search, or --limit.`);
  });
}

function readPeriod(command: SendErrorsCommand): SendErrorPeriod | null {
  const { month, date, today, yesterday } = command;
  const given = [month, date, today, yesterday].filter((one) => one !== undefined);
  if (given.length > 1) {
    throw new UsageError('Give one of --month, --date, --today and --yesterday.');
  }
  if (month !== undefined) {
    if (parseBillingMonth(month) === null) throw new UsageError('--month is written YYYY-MM.');
    return { kind: 'month', month };
  }
  if (date !== undefined) {
    const parsed = parseBusinessDate(date);
    if (parsed === null) throw new UsageError('--date is written YYYY-MM-DD.');
    return { kind: 'date', date: parsed };
  }
  if (today === true) return { kind: 'today' };
  return yesterday === true ? { kind: 'yesterday' } : null;
}

/** One error, without anything personal: this may be pasted into a ticket. */
function writeLine(row: SendError): string {
  const failed = formatCompactJstInstant(row.failedAt);
  const at = failed.replace(/(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)/, '$1-$2-$3 $4:$5:$6');
  const column = row.act === null ? '再送信' : '処理済';
  const why = row.status === null ? (row.outcome ?? '-') : `HTTP ${row.status}`;
  const place = `${row.ipCode} ${row.orderNumber}`;
  return `${at}  ${column}  ${place}  ${row.endpoint}  ${row.attempts} tries, ${why}  ${row.id}`;
}
