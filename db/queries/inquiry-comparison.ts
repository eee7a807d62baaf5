import { sql } from 'kysely';
import {
  INQUIRY_CLASSES,
  type InquiryClass,
  type InquiryCount,
  type RecordedStanding,
} from '../../billing/payment-inquiry.ts';
import { comparedRowsOf, type InquiryPlace } from '../compared-payments.ts';
import type { Db } from '../database.ts';

/** What a list says against the record as it is now, counted by class; absent classes are absent. */
export async function countInquiry(
  db: Db,
  merchantId: number,
  place: InquiryPlace,
): Promise<InquiryCount[]> {
  const { rows } = await sql<InquiryCount>`
    select judged as class, count(*)::int as rows, coalesce(sum(amount_yen), 0)::float8 as yen
      from (${comparedRowsOf(merchantId, place)}) c
     group by judged
     order by array_position(${INQUIRY_CLASSES}::text[], judged)`.execute(db);
  return rows;
}

/** A row of the list as an operator reads it, beside the record. */
export interface ComparedPayment {
  readonly line: number;
  readonly class: InquiryClass;
  readonly orderNumber: string | null;
  readonly paymentId: string | null;
  readonly status: string;
  readonly amountYen: number | null;
  readonly occurredAt: string | null;
  readonly paidAt: string | null;
  readonly attempt: number | null;
  readonly recorded: RecordedStanding | null;
  readonly recordedYen: number | null;
  readonly problem: string | null;
}

/** Rows of a list, of one class or all, in the order of the file, a page at a time. */
export async function listComparedPayments(
  db: Db,
  merchantId: number,
  page: InquiryPlace & { class: InquiryClass | null; afterLine: number; limit: number },
): Promise<ComparedPayment[]> {
  const { rows } = await sql<ComparedPayment>`
    select line, judged as class, order_number as "orderNumber", payment_id as "paymentId", status,
           amount_yen as "amountYen", occurred_at as "occurredAt", paid_at as "paidAt",
           n as attempt, case when charge_id is not null then recorded end as recorded,
           case when charge_id is not null then recorded_yen end as "recordedYen", problem
      from (${comparedRowsOf(merchantId, page)}) c
     where line > ${page.afterLine} and (${page.class}::text is null or judged = ${page.class})
     order by line limit ${page.limit}`.execute(db);
  return rows;
}

/**
 * Charges of the month that were sent, and of which the list says nothing. It may have been searched
 * for less: that proves nothing about them.
 */
export async function countUnlisted(
  db: Db,
  merchantId: number,
  { inquiryId, cycleId }: InquiryPlace,
): Promise<number> {
  const { rows } = await sql<{ unlisted: number }>`
    select count(*)::int as unlisted from charges c
     where c.merchant_id = ${merchantId} and c.cycle_id = ${cycleId}
       and exists (select from attempts a where a.charge_id = c.id and a.kind = 'authorization')
       and c.order_number not in (
             select r.order_number from payment_inquiry_rows r
              where r.inquiry_id = ${inquiryId} and r.order_number is not null)`.execute(db);
  return rows[0]?.unlisted ?? 0;
}
