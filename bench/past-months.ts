import { shiftBillingMonth } from '../billing/billing-month.ts';
import { databaseOver, openPool } from '../db/database.ts';
import { findMerchant } from '../db/queries/merchants.ts';
import { withBareTables } from './bare-tables.ts';
import { fillCycle, fillOf, insertStoredFiles } from './million-charges.ts';
import { pastPrefix } from './month-to-fill.ts';
import { billedMonth } from './orders-file.ts';

/** Fills the months before the billed one: every one closed, every order of them captured. */
export async function fillPastMonths(
  ownerUrl: string,
  slug: string,
  of: {
    readonly months: number;
    readonly orders: number;
    readonly say: (line: string) => void;
  },
): Promise<void> {
  if (of.months === 0) return;
  const owner = openPool(ownerUrl, { maxConnections: 1 });
  const startedAt = performance.now();
  try {
    const merchant = await findMerchant(databaseOver(owner), slug);
    if (merchant === undefined) throw new Error(`there is no merchant ${slug}`);
    await insertStoredFiles(fillOf(owner, merchant.id));
    await withBareTables(owner, async () => {
      for (let back = of.months; back > 0; back -= 1) {
        const month = shiftBillingMonth(billedMonth, -back);
        const prefix = pastPrefix(month);
        await fillCycle(owner, merchant.id, { month, charges: of.orders, prefix, over: true });
      }
    });
  } finally {
    await owner.end();
  }
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  of.say(`${of.months} past months of ${of.orders} orders filled in ${seconds} s`);
}
