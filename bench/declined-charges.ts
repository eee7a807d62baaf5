import { sql } from 'kysely';
import { merchantSettingsSchema } from '../billing/merchant-settings.ts';
import type { Db } from '../db/database.ts';
import { moveBusinessClock } from '../db/queries/business-clock.ts';
import { openCycle } from '../db/queries/cycles.ts';
import { createMerchant, findMerchant, type Merchant } from '../db/queries/merchants.ts';
import { refreshStatistics } from '../db/statistics.ts';

/** The month whose charges are declined. */
export const declinedMonth = '2026-11';
/** Friday afternoon in Japan; what is due next is due on Tuesday at ten. */
export const declinedAt = '2026-11-20T06:00:00.000Z';
export const firstDueAt = '2026-11-24T01:00:00.000Z';

/**
 * A sandbox merchant, whose clock shows the day of the decline, with a month of declined charges: half of
 * them failures of the line (a retry), half exceeded limits (a mail to the customer first).
 */
export async function insertDeclined(
  db: Db,
  of: { readonly slug: string; readonly count: number },
): Promise<Merchant> {
  const { slug, count } = of;
  const now = declinedAt;
  const { id: merchantId } = await createMerchant(db, {
    slug,
    name: slug,
    kind: 'sandbox',
    settings: merchantSettingsSchema.parse({
      paygent: { merchantId: '10001' },
      ng: { contact: { enabled: true } },
    }),
    actor: 'bench',
    now,
  });
  await moveBusinessClock(db, merchantId, {
    offsetMs: Date.parse(now) - Date.now(),
    oldOffsetMs: 0,
  });
  await openCycle(db, merchantId, {
    ...{ billingMonth: declinedMonth, startedBy: 'bench', scope: 'all', now },
  });
  await sql`update cycles set stage = 'working_ng' where merchant_id = ${merchantId}`.execute(db);
  await sql`
    insert into files (merchant_id, sha256, name, kind, direction, bytes, chunks, stored_at, stored_by)
    values (${merchantId}, ${'0'.repeat(64)}, 'auth', 'auth-file', 'outbound', 0, 0, ${now}, 'bench')`.execute(
    db,
  );
  await sql`
    insert into exchanges (merchant_id, cycle_id, billing_month, kind, number, transport, stage,
                           file_id, records, amount_yen, created_at)
    select ${merchantId}, c.id, ${declinedMonth}, 'auth', 1, 'portal', 'reconciled', f.id, ${count}, 0, ${now}
      from cycles c join files f on f.merchant_id = c.merchant_id
     where c.merchant_id = ${merchantId}`.execute(db);
  await insertCharges(db, merchantId, count);
  const merchant = await findMerchant(db, slug);
  if (merchant === undefined) throw new Error('the merchant was just made');
  return merchant;
}

async function insertCharges(db: Db, merchantId: number, count: number): Promise<void> {
  const now = declinedAt;
  await sql`
    insert into charges (merchant_id, cycle_id, order_number, customer_number,
                         previous_order_number, position, created_at)
    select ${merchantId}, c.id, i::text, i::text, i::text, i, ${now}
      from cycles c, generate_series(1, ${count}::int) i
     where c.merchant_id = ${merchantId}`.execute(db);
  await sql`
    insert into charge_items (charge_id, origin_charge_id, merchant_id, yen)
    select id, id, merchant_id, 3980 from charges where merchant_id = ${merchantId}`.execute(db);
  await sql`
    insert into attempts (charge_id, n, merchant_id, kind, exchange_id, amount_yen, claimed_at)
    select c.id, 1, c.merchant_id, 'authorization', e.id, 3980, ${now}
      from charges c join exchanges e on e.merchant_id = c.merchant_id
     where c.merchant_id = ${merchantId}`.execute(db);
  await sql`
    insert into outcomes (charge_id, n, merchant_id, outcome, response_detail, recorded_at)
    select id, 1, merchant_id, 'declined',
           case when position % 2 = 0 then '1G95' else '1G55' end, ${now}
      from charges where merchant_id = ${merchantId}`.execute(db);
  // As after every file and result of that size.
  await refreshStatistics(db, count, ['charges', 'charge_items', 'attempts', 'outcomes']);
}
