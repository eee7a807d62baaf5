import { writeFileSync } from 'node:fs';
import { testRefreshConnection } from '../activities/refresh-connection.ts';
import { parseBillingMonth } from '../billing/billing-month.ts';
import { describeRefresh } from '../billing/card-refresh.ts';
import { explainRefresh, refreshPreviewCsv } from '../billing/card-refresh-selection.ts';
import { csvStart } from '../billing/csv-writer.ts';
import { readConfig } from '../config.ts';
import {
  type CardRefresh,
  findRefresh,
  isFirstRefresh,
  listRefreshes,
} from '../db/queries/card-refresh.ts';
import { countRefreshCards, readRefreshCards } from '../db/queries/card-refresh-targets.ts';
import { findMerchant, type Merchant } from '../db/queries/merchants.ts';
import { findFileKeys, type RecordAccess, UsageError, withRecord } from './record-access.ts';

interface OfMerchant {
  readonly merchant: string;
  readonly json?: boolean;
}
interface OfMonth extends OfMerchant {
  readonly month: string;
}

/** The months that `list` shows. */
const LISTED = 24;

/** `tsukigime refresh list`. @returns the exit code, as of all commands on the record */
export function runRefreshList(command: OfMerchant): Promise<number> {
  return atMerchant(command, async ({ db }, merchant) => {
    const found = await listRefreshes(db, merchant.id, { before: null, limit: LISTED });
    if (command.json) console.log(JSON.stringify(found.map(show), null, 2));
    else if (found.length === 0) console.log('カード洗替はまだありません。');
    else for (const one of found) console.log(describe(one));
  });
}

/** `tsukigime refresh show`. */
export function runRefreshShow(command: OfMonth): Promise<number> {
  return atMerchant(command, async ({ db }, merchant) => {
    const found = await findRefresh(db, merchant.id, command.month);
    if (found === undefined) throw new UsageError(`There is no card refresh of ${command.month}.`);
    console.log(command.json ? JSON.stringify(show(found), null, 2) : describe(found));
  });
}

/** `tsukigime refresh preview`: which cards the month would ask for as they are now; chooses none. */
export function runRefreshPreview(command: OfMonth & { readonly csv?: string }): Promise<number> {
  return atMerchant(command, async ({ db }, merchant) => {
    const { month } = command;
    const known = await findRefresh(db, merchant.id, month);
    const rule = { month, first: known?.first ?? (await isFirstRefresh(db, merchant.id)) };
    const counts = await countRefreshCards(db, merchant.id, rule);
    if (command.csv !== undefined) {
      writeFileSync(command.csv, csvStart('utf-8'));
      let head = true;
      for await (const cards of readRefreshCards(db, merchant.id, { ...rule, included: null })) {
        writeFileSync(command.csv, refreshPreviewCsv(cards, { head }), { flag: 'a' });
        head = false;
      }
    }
    if (command.json) {
      console.log(JSON.stringify({ ...rule, counts }, null, 2));
      return;
    }
    const sum = (included: boolean) =>
      counts.filter((one) => one.included === included).reduce((n, { cards }) => n + cards, 0);
    console.log(`${month} の洗替: 対象 ${sum(true)} 枚、対象外 ${sum(false)} 枚`);
    for (const { why, cards } of counts) console.log(`${cards} 枚  ${explainRefresh(why)}`);
  });
}

/** `tsukigime refresh test-connection`. @returns 1 when the connection does not work */
export async function runRefreshConnectionTest(
  command: OfMerchant & { readonly month?: string },
): Promise<number> {
  let works = false;
  const code = await atMerchant(command, async ({ db }, merchant) => {
    const fileKeys = await findFileKeys(readConfig());
    const found = await testRefreshConnection({ db, fileKeys }, merchant, command.month ?? null);
    works = found.works;
    console.log(command.json ? JSON.stringify(found, null, 2) : found.detail);
  });
  return code === 0 && !works ? 1 : code;
}

function atMerchant(
  command: OfMerchant & { readonly month?: string },
  work: (access: RecordAccess, merchant: Merchant) => Promise<void>,
): Promise<number> {
  return withRecord(async (access) => {
    const { merchant: slug, month } = command;
    if (month !== undefined && parseBillingMonth(month) === null) {
      throw new UsageError(`--month ${month}: is not YYYY-MM.`);
    }
    const merchant = await findMerchant(access.db, slug);
    if (merchant === undefined) throw new UsageError(`There is no merchant ${slug}.`);
    await work(access, merchant);
  });
}

function show({ id: _, ...refresh }: CardRefresh) {
  return { ...refresh, waitsFor: describeRefresh(refresh as CardRefresh) };
}

function describe(refresh: CardRefresh): string {
  const { month, stage, attention } = refresh;
  return `${month} ${stage}${attention ? ' (要確認)' : ''}\n  ${describeRefresh(refresh)}`;
}
