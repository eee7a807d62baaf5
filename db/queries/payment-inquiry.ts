import { sql } from 'kysely';
import type { RowsAndYen } from '../../billing/cycle.ts';
import type { Db, Trx } from '../database.ts';

/** A 情報照会 CSV that was read for a month. */
export interface PaymentInquiry {
  readonly id: number;
  readonly n: number;
  readonly sha256: string;
  readonly fileName: string;
  readonly rows: number;
  readonly readAt: string;
  readonly readBy: string;
  /** When its differences went into the record; null = not yet. */
  readonly usedAt: string | null;
}

const inquiries = (merchantId: number, cycleId: number) => sql`
  select i.id, i.n, f.sha256, f.name as "fileName", i.rows, i.read_at as "readAt",
         d.actor as "readBy", u.used_at as "usedAt"
    from payment_inquiries i
    join files f on f.id = i.file_id
    join decisions d on d.id = i.decision_id
    left join payment_inquiry_uses u on u.inquiry_id = i.id
   where i.merchant_id = ${merchantId} and i.cycle_id = ${cycleId}`;

/** The lists that a month has read, the newest first. */
export async function listInquiries(
  db: Db,
  merchantId: number,
  cycleId: number,
): Promise<PaymentInquiry[]> {
  const { rows } = await sql<PaymentInquiry>`
    ${inquiries(merchantId, cycleId)} order by i.n desc limit 1000`.execute(db);
  return rows;
}

export async function findInquiry(
  db: Db,
  merchantId: number,
  of: { cycleId: number; n: number },
): Promise<PaymentInquiry | undefined> {
  const { rows } = await sql<PaymentInquiry>`
    ${inquiries(merchantId, of.cycleId)} and i.n = ${of.n}`.execute(db);
  return rows[0];
}

/** The reading of a file for a month, if it was read. */
export async function findInquiryOfFile(
  db: Db,
  merchantId: number,
  of: { cycleId: number; fileId: number },
): Promise<{ n: number; rows: number } | undefined> {
  return await db
    .selectFrom('payment_inquiries')
    .select(['n', 'rows'])
    .where('merchant_id', '=', merchantId)
    .where('cycle_id', '=', of.cycleId)
    .where('file_id', '=', of.fileId)
    .executeTakeFirst();
}

/** Columns of a row as it was read; the reader fills them by COPY. */
export const INQUIRY_ROW_COLUMNS = [
  'inquiry_id',
  'line',
  'merchant_id',
  'order_number',
  'payment_id',
  'status',
  'standing',
  'amount_yen',
  'institution',
  'occurred_at',
  'updated_at',
  'paid_at',
  'problem',
] as const;

/** The ID under which the rows of a list are written before the list itself. */
export async function nextInquiryId(db: Db, merchantId: number): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    select nextval(pg_get_serial_sequence('payment_inquiries', 'id'))::float8 as id
      from merchants where id = ${merchantId}`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error(`no merchant ${merchantId}`);
  return row.id;
}

/** Adds a list whose rows are there; the caller holds the merchant's lock. */
export async function insertInquiry(
  trx: Trx,
  merchantId: number,
  inquiry: { id: number; cycleId: number; fileId: number; decisionId: number; now: string },
): Promise<{ n: number; rows: number }> {
  const { rows } = await sql<{ n: number; rows: number }>`
    insert into payment_inquiries (id, merchant_id, cycle_id, n, file_id, rows, newest_at,
                                   decision_id, read_at)
    overriding system value
    select ${inquiry.id}, ${merchantId}, ${inquiry.cycleId},
           (select coalesce(max(n), 0) + 1 from payment_inquiries where cycle_id = ${inquiry.cycleId}),
           ${inquiry.fileId}, count(*), max(greatest(occurred_at, updated_at, paid_at)),
           ${inquiry.decisionId}, ${inquiry.now}
      from payment_inquiry_rows where inquiry_id = ${inquiry.id}
    returning n, rows`.execute(trx);
  const [row] = rows;
  if (row === undefined) throw new Error('an aggregate always yields a row');
  return row;
}

/** What went into the record when a list was used; undefined = it was not. */
export async function findInquiryUse(
  db: Db,
  merchantId: number,
  inquiryId: number,
): Promise<RowsAndYen | undefined> {
  return await db
    .selectFrom('payment_inquiry_uses')
    .select(['rows', 'yen'])
    .where('merchant_id', '=', merchantId)
    .where('inquiry_id', '=', inquiryId)
    .executeTakeFirst();
}

export async function insertInquiryUse(
  trx: Trx,
  merchantId: number,
  use: RowsAndYen & { inquiryId: number; decisionId: number; now: string },
): Promise<void> {
  await trx
    .insertInto('payment_inquiry_uses')
    .values({
      inquiry_id: use.inquiryId,
      merchant_id: merchantId,
      decision_id: use.decisionId,
      rows: use.rows,
      yen: use.yen,
      used_at: use.now,
    })
    .execute();
}
