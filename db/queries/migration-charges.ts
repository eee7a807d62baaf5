import { sql } from 'kysely';
import type { ChargeState } from '../../billing/charge.ts';
import type { Db } from '../database.ts';

/** A charge that is still under way at the PSP from which cards are moved away. */
export interface OpenCharge {
  readonly month: string;
  readonly orderNumber: string;
  /** The number in our customer ID. */
  readonly customerId: number;
  readonly state: ChargeState;
  readonly amountYen: number;
}

/**
 * Charges of a migration's customers that have an authorization nobody has ended: it lives at the old
 * PSP, so they are captured or voided there, whatever card the customer has by now. By order number.
 */
export async function listOpenCharges(
  db: Db,
  merchantId: number,
  page: { readonly migrationId: number; readonly after: string; readonly limit: number },
): Promise<OpenCharge[]> {
  const { rows } = await sql<OpenCharge>`
    select y.billing_month as month, s.order_number as "orderNumber",
           c.customer_id as "customerId", s.state, s.amount_yen as "amountYen"
      from charge_states s
      join cycles y on y.id = s.cycle_id and y.stage <> 'closed'
      join customers c on c.merchant_id = ${merchantId} and c.customer_number = s.customer_number
      join migration_scope m on m.migration_id = ${page.migrationId}
       and m.customer_id = c.customer_id
     where s.merchant_id = ${merchantId} and s.order_number > ${page.after}
       and s.state in ('sent', 'unknown', 'authorized', 'capture_sent', 'void_sent', 'quarantined')
     order by s.order_number limit ${page.limit}`.execute(db);
  return rows;
}

export async function countOpenCharges(
  db: Db,
  merchantId: number,
  migrationId: number,
): Promise<{ readonly rows: number; readonly yen: number }> {
  const { rows } = await sql<{ rows: number; yen: number }>`
    select count(*) as rows, coalesce(sum(s.amount_yen), 0) as yen
      from charge_states s
      join cycles y on y.id = s.cycle_id and y.stage <> 'closed'
      join customers c on c.merchant_id = ${merchantId} and c.customer_number = s.customer_number
      join migration_scope m on m.migration_id = ${migrationId} and m.customer_id = c.customer_id
     where s.merchant_id = ${merchantId}
       and s.state in ('sent', 'unknown', 'authorized', 'capture_sent', 'void_sent', 'quarantined')`.execute(
    db,
  );
  return rows[0] ?? { rows: 0, yen: 0 };
}
