import { keptOutLabels, unlockLabels } from '../billing/card-lock.ts';
import { CARD_LOCK_HEAD, cardLockRows } from '../billing/card-lock-csv.ts';
import { refreshVerdictsJa } from '../billing/card-refresh.ts';
import { writeCsv } from '../billing/csv-writer.ts';
import { formatCustomerId } from '../billing/customer-id.ts';
import { REFRESH_RESULTS_HEAD, refreshResultRow } from '../billing/refresh-results-csv.ts';
import { type CardLock, listCardLocks } from '../db/queries/card-lock-evidence.ts';
import { findRefresh } from '../db/queries/card-refresh.ts';
import { findMerchant, type Merchant } from '../db/queries/merchants.ts';
import { listRefreshedCards } from '../db/queries/refresh-results.ts';
import { UsageError, withRecord } from './record-access.ts';

const PAGE = 1_000;

/** `tsukigime refresh results`: one line a card that was asked about. */
export async function runRefreshResults(command: {
  readonly merchant: string;
  readonly month: string;
  readonly json?: boolean;
}): Promise<number> {
  return await withRecord(async ({ db }) => {
    const { month } = command;
    const { id } = requireKnown(await findMerchant(db, command.merchant), command.merchant);
    if ((await findRefresh(db, id, month)) === undefined) {
      throw new UsageError(`No card refresh of ${month}. See: npx tsukigime refresh list`);
    }
    if (!command.json) process.stdout.write(writeCsv([REFRESH_RESULTS_HEAD]));
    for (let after = 0; ; ) {
      const cards = await listRefreshedCards(db, id, { month, verdict: null, after, limit: PAGE });
      for (const card of cards) {
        after = card.line;
        process.stdout.write(
          command.json ? `${JSON.stringify(card)}\n` : writeCsv([refreshResultRow(card)]),
        );
      }
      if (cards.length < PAGE) return;
    }
  });
}

/** `tsukigime refresh locks`: one line a lock, or its evidence as CSV. */
export async function runRefreshLocks(command: {
  readonly merchant: string;
  readonly state: 'open' | 'released' | 'all';
  readonly csv?: boolean;
  readonly json?: boolean;
}): Promise<number> {
  return await withRecord(async ({ db }) => {
    const { id } = requireKnown(await findMerchant(db, command.merchant), command.merchant);
    const filter = { state: command.state, verdict: null, customerNumber: null, number: null };
    if (command.csv) process.stdout.write(writeCsv([CARD_LOCK_HEAD]));
    for (let after = 0; ; ) {
      const locks = await listCardLocks(db, id, { ...filter, after, limit: PAGE });
      for (const lock of locks) {
        after = lock.number;
        if (command.csv) process.stdout.write(writeCsv(cardLockRows(lock)));
        else console.log(command.json ? JSON.stringify(lock) : describeLock(lock));
      }
      if (locks.length < PAGE) return;
    }
  });
}

/** A lock in one line. */
export function describeLock(lock: CardLock): string {
  const { number, customerNumber, customerId, lastDigits, expiry, verdict, month } = lock;
  const kept = lock.keptOut
    .map((out) => `${out.month} ${out.orderNumbers.length} 件(${keptOutLabels[out.at]})`)
    .join('、');
  const end = lock.unlockedBy === null ? '停止中' : `解除: ${unlockLabels[lock.unlockedBy]}`;
  return `${number}  ${customerNumber} (${formatCustomerId(customerId)})  *${lastDigits} ${expiry}  ${month} ${refreshVerdictsJa[verdict]}  ${end}  請求から除外: ${kept || 'なし'}`;
}

function requireKnown(merchant: Merchant | undefined, slug: string): Merchant {
  if (merchant !== undefined) return merchant;
  throw new UsageError(`No merchant ${slug}. See: npx tsukigime merchant list`);
}
