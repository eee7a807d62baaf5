import { sql } from 'kysely';
import type { ChargeState } from '../../billing/charge.ts';
import type { Db } from '../database.ts';

/** One month's charge of a customer's order. */
export interface CustomerCharge {
  /** Billing month. */
  readonly month: string;
  /** Within the month's export. */
  readonly position: number;
  readonly orderNumber: string;
  readonly state: ChargeState;
  readonly amountYen: number;
  readonly capturedYen: number;
  readonly responseCode: string | null;
  readonly captureBefore: string | null;
}

/** What a customer was billed, the newest month first, a page at a time. */
export async function listChargesOfCustomer(
  db: Db,
  merchantId: number,
  page: {
    readonly customerNumber: string;
    /** The last one of the page before. */
    readonly after: { readonly month: string; readonly position: number } | null;
    readonly limit: number;
  },
): Promise<CustomerCharge[]> {
  const { customerNumber, after, limit } = page;
  const { rows } = await sql<CustomerCharge>`
    with page as materialized (
      select c.id, c.position, y.billing_month as month
        from charges c join cycles y on y.id = c.cycle_id
       where c.merchant_id = ${merchantId} and c.customer_number = ${customerNumber}
         and (${after?.month ?? null}::text is null
              or y.billing_month < ${after?.month ?? null}
              or (y.billing_month = ${after?.month ?? null} and c.position > ${after?.position ?? null}))
       order by y.billing_month desc, c.position limit ${limit}
    )
    select p.month, p.position, s.order_number as "orderNumber", s.state, s.amount_yen as "amountYen",
           s.captured_yen as "capturedYen", s.response_code as "responseCode",
           s.capture_before as "captureBefore"
      from page p
      -- One after the other: as a join it would be asked of every charge for the few of a page.
      cross join lateral (select v.* from charge_states v where v.charge_id = p.id offset 0) s
     order by p.month desc, p.position`.execute(db);
  return rows;
}
