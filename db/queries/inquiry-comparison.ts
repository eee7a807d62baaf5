import { sql } from 'kysely';
import type { RowsAndYen } from '../../billing/cycle.ts';
import {
  DIFFERING_CLASSES,
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

/** A list with differences that nobody has looked at. */
export interface OpenDifferences extends RowsAndYen {
  /** The list. */
  readonly n: number;
}

/** What people decide that they have looked at, for a list of a month. */
export const ACKNOWLEDGE_INQUIRY = 'acknowledge-inquiry';

/**
 * The differences of one list, in rows and yen: what it says otherwise than the record and changes
 * nothing. Where a newer list of the month names the order, that one speaks for it.
 */
export async function countDifferences(
  db: Db,
  merchantId: number,
  place: InquiryPlace,
): Promise<RowsAndYen> {
  const { rows } = await sql<RowsAndYen>`
    select count(*)::int as rows, coalesce(sum(c.amount_yen), 0)::float8 as yen
      from (${comparedRowsOf(merchantId, place)}) c
     where c.judged = any(${[...DIFFERING_CLASSES]}::text[])
       and not exists (select from payment_inquiries i
                         join payment_inquiry_rows r on r.inquiry_id = i.id
                        where i.cycle_id = ${place.cycleId} and i.id > ${place.inquiryId}
                          and r.order_number = c.order_number)`.execute(db);
  return rows[0] ?? { rows: 0, yen: 0 };
}

/** Lists of a month whose differences nobody has acknowledged, the oldest first. */
export async function listOpenDifferences(
  db: Db,
  merchantId: number,
  of: { readonly cycleId: number; readonly workflowId: string },
): Promise<OpenDifferences[]> {
  const { rows } = await sql<{ id: number; n: number }>`
    select i.id, i.n from payment_inquiries i
     where i.merchant_id = ${merchantId} and i.cycle_id = ${of.cycleId}
       and not exists (select from decisions d
                        where d.merchant_id = ${merchantId} and d.workflow_id = ${of.workflowId}
                          and d.act = ${ACKNOWLEDGE_INQUIRY} and (d.body ->> 'n')::int = i.n)
     order by i.n`.execute(db);
  const open: OpenDifferences[] = [];
  for (const { id: inquiryId, n } of rows) {
    const found = await countDifferences(db, merchantId, { inquiryId, cycleId: of.cycleId });
    if (found.rows > 0) open.push({ n, ...found });
  }
  return open;
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
