import { sql } from 'kysely';
import type { Db, Trx } from '../database.ts';

/** A result that ZEUS could not hand over to us, by its own mail. */
export interface NewResendTask {
  readonly ipCode: string | null;
  readonly orderNumber: string;
  /** ISO instant of the failed call. */
  readonly failedAt: string;
}

export interface ResendTask extends NewResendTask {
  /** Public ID. */
  readonly id: string;
  readonly openedAt: string;
  /** When the call came after all, or a person closed it; null = 「ゼウスで再送信してください」. */
  readonly closedAt: string | null;
  readonly closedBy: 'call' | 'operator' | null;
}

/** The tasks of one mail. */
export async function openResendTasks(
  trx: Trx,
  merchantId: number,
  given: {
    readonly mailId: number;
    readonly tasks: readonly NewResendTask[];
    /** ISO instant. */
    readonly now: string;
  },
): Promise<void> {
  await trx
    .insertInto('carrier_resend_tasks')
    .values(
      given.tasks.map((task, index) => ({
        merchant_id: merchantId,
        mail_id: given.mailId,
        n: index + 1,
        ip_code: task.ipCode,
        order_number: task.orderNumber,
        failed_at: task.failedAt,
        opened_at: given.now,
      })),
    )
    .execute();
}

/**
 * When a call of the payment came, the failed one or a later. ZEUS's clock and ours differ a little,
 * and the call that failed there may have reached us a moment before the time that its mail gives:
 * hence the two minutes.
 */
const came = sql`lateral (
  select min(c.received_at) as at from carrier_results r
    join carrier_verdicts v on v.result_id = r.id
    join carrier_calls c on c.id = v.call_id
   where r.merchant_id = t.merchant_id and r.order_number = t.order_number
     and (t.ip_code is null or r.ip_code = t.ip_code)
     and c.received_at >= t.failed_at - interval '2 minutes')`;

/** Newest first; `before` is the ID of the last one on the page before. */
export async function listResendTasks(
  db: Db | Trx,
  merchantId: number,
  page: {
    readonly state: 'open' | 'closed' | 'all';
    readonly before: string | null;
    readonly limit: number;
  },
): Promise<ResendTask[]> {
  const { rows } = await sql<ResendTask>`
    select t.public_id as id, t.ip_code as "ipCode", t.order_number as "orderNumber",
      t.failed_at as "failedAt", t.opened_at as "openedAt",
      least(came.at, x.closed_at) as "closedAt",
      case when came.at is null and x.closed_at is null then null
        when x.closed_at is null or came.at <= x.closed_at then 'call' else 'operator' end
        as "closedBy"
    from carrier_resend_tasks t cross join ${came} came
      left join carrier_resend_closings x on x.task_id = t.id
    where t.merchant_id = ${merchantId}
      and (${page.state} = 'all' or (came.at is null and x.closed_at is null) = (${page.state} = 'open'))
      and (${page.before}::uuid is null or t.id < (select id from carrier_resend_tasks
        where merchant_id = ${merchantId} and public_id = ${page.before}))
    order by t.id desc limit ${page.limit}`.execute(db);
  return rows;
}

/** How many of these IDs are tasks of the merchant, open or closed. */
export async function countResendTasks(
  db: Db | Trx,
  merchantId: number,
  tasks: readonly string[],
): Promise<number> {
  const { count } = await db
    .selectFrom('carrier_resend_tasks')
    .where('merchant_id', '=', merchantId)
    .where('public_id', 'in', tasks)
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return count;
}

/** オーダーNo of a mail's tasks that no call has closed yet. */
export async function listOpenOfMail(
  db: Db | Trx,
  merchantId: number,
  mailId: number,
): Promise<string[]> {
  const { rows } = await sql<{ orderNumber: string }>`
    select t.order_number as "orderNumber"
    from carrier_resend_tasks t cross join ${came} came
    where t.merchant_id = ${merchantId} and t.mail_id = ${mailId} and came.at is null
    order by t.n`.execute(db);
  return rows.map((row) => row.orderNumber);
}

/**
 * Closes tasks by a decision that is recorded already. The caller rolls back when any is refused.
 *
 * @returns the IDs that are no open task of this merchant
 */
export async function closeResendTasks(
  trx: Trx,
  merchantId: number,
  closing: {
    readonly tasks: readonly string[];
    readonly decisionId: number;
    /** ISO instant. */
    readonly now: string;
  },
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    with closed as (
      insert into carrier_resend_closings (task_id, merchant_id, decision_id, closed_at)
      select t.id, ${merchantId}, ${closing.decisionId}, ${closing.now}
        from carrier_resend_tasks t cross join ${came} came
       where t.merchant_id = ${merchantId} and t.public_id = any (${closing.tasks}::uuid[])
         and came.at is null
      on conflict (task_id) do nothing
      returning task_id
    )
    select u.id from unnest(${closing.tasks}::uuid[]) as u (id)
     where not exists (select from closed c join carrier_resend_tasks t on t.id = c.task_id
                        where t.public_id = u.id)`.execute(trx);
  return rows.map((row) => row.id);
}
