import type { Trx } from '../db/database.ts';
import { listCustomerNumbers, readNumbering } from '../db/queries/customer-numbers.ts';
import type { CustomerRow } from '../imports/customer-row.ts';
import { KeySet } from '../imports/key-set.ts';

/** Beyond so many customers on record, knowing their numbers by heart costs more memory than it is worth. */
const maxKnownCustomers = 1_000_000;

/** A row gives itself the 顧客ID that an earlier row of its file was given: the pass must begin again. */
export class FreshIdTakenError extends Error {
  override readonly name = 'FreshIdTakenError';
}

/**
 * Tells customers of whom nothing is left to be found out by comparison with the record or with other
 * rows of their file, and gives them their 顧客ID: they can be written at once.
 */
export interface FreshCustomers {
  /**
   * The ID of a new customer; null: the row has to be compared. To be asked once about every row.
   * @param row null when it has errors: a later one with its number is doubled all the same
   * @throws FreshIdTakenError
   */
  take(number: string, row: CustomerRow | null, hasRemarks: boolean): number | null;
  /** The last 顧客ID that was given out. */
  lastId(): number;
}

/** Null: no customer is known to be new, all rows are compared. The caller holds `lock_customers`. */
export async function openFreshCustomers(
  trx: Trx,
  merchantId: number,
): Promise<FreshCustomers | null> {
  const { last, beyond } = await readNumbering(trx, merchantId);
  // IDs that files gave lie among those to be counted next: passing them over is the merge's work.
  if (beyond > 0) return null;
  const numbers = new KeySet();
  for await (const number of listCustomerNumbers(trx, merchantId)) {
    numbers.add(number);
    if (numbers.size > maxKnownCustomers) return null;
  }
  const given = new Set<number>();
  let lastId = last;
  return {
    take(number, row, hasRemarks) {
      const isNew = number !== '' && numbers.add(number);
      const own = row?.customerId ?? null;
      if (own !== null && own > last) {
        if (own <= lastId) throw new FreshIdTakenError('an ID is given and counted in one file');
        given.add(own);
      }
      if (!isNew || row === null || own !== null || hasRemarks) return null;
      do lastId += 1;
      while (given.has(lastId));
      return lastId;
    },
    lastId: () => lastId,
  };
}
