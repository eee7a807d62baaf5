import { maxCustomerId } from '../../billing/customer-id.ts';
import type { Db } from '../database.ts';

const pageRows = 50_000;

/**
 * Which customers there are, as one bit for each possible number: 12.5 MB, whatever the shop's size,
 * so that every row of a card file can be checked without a question to the database.
 */
export async function loadCustomerPresence(
  db: Db,
  merchantId: number,
): Promise<(customerId: number) => boolean> {
  const bits = new Uint8Array(Math.ceil((maxCustomerId + 1) / 8));
  let after = 0;
  for (;;) {
    const page = await db
      .selectFrom('customers')
      .where('merchant_id', '=', merchantId)
      .where('customer_id', '>', after)
      .where('deleted_at', 'is', null)
      .orderBy('customer_id')
      .limit(pageRows)
      .select('customer_id as id')
      .execute();
    for (const { id } of page) bits[id >> 3] = (bits[id >> 3] ?? 0) | (1 << (id & 7));
    if (page.length < pageRows) break;
    after = page.at(-1)?.id ?? after;
  }
  return (id) => id >= 1 && id <= maxCustomerId && ((bits[id >> 3] ?? 0) & (1 << (id & 7))) !== 0;
}
