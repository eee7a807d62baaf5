import { sql } from 'kysely';
import { CUSTOMER_MAIL } from '../../billing/mail/customer-templates.ts';
import { SILENT_STEPS } from '../../billing/ng-silence.ts';
import type { Db, Trx } from '../database.ts';
import { PLAN_ACTOR } from './ng-cases.ts';

/** To which addresses mails to customers went, as hashes, and which of them came back. */

/** Notes, before the first byte leaves, to which address (hashed) a try goes. */
export async function insertCustomerMailTry(
  db: Db,
  merchantId: number,
  of: {
    readonly mailId: number;
    readonly sendNumber: number;
    readonly addressHash: string;
    readonly linkExpiresAt: string | null;
    readonly now: string;
  },
): Promise<void> {
  await db
    .insertInto('customer_mail_tries')
    .values({
      mail_id: of.mailId,
      send_number: of.sendNumber,
      merchant_id: merchantId,
      address_hash: of.addressHash,
      link_expires_at: of.linkExpiresAt,
      tried_at: of.now,
    })
    .execute();
}

/** Which of these addresses (hashed) nothing more goes to. */
export async function listBouncedAddresses(
  db: Db,
  merchantId: number,
  hashes: readonly string[],
): Promise<string[]> {
  const { rows } = await sql<{ hash: string }>`
    select distinct address_hash as hash from customer_mail_bounces
     where merchant_id = ${merchantId} and address_hash = any(${hashes}::text[])`.execute(db);
  return rows.map(({ hash }) => hash);
}

/**
 * Hands a case to people because its customer was not reached: what would have come of the customer's
 * silence (asking again, giving up, carrying over) does not happen by itself; a planned retry stays.
 *
 * @returns the case's month, which has to look again; null = the case is closed by now
 */
export async function handUndelivered(
  trx: Trx,
  merchantId: number,
  of: { readonly caseId: number; readonly why: string; readonly now: string },
): Promise<string | null> {
  const next = '顧客に連絡できていません。別の方法で連絡してから、次の対応を指示してください。';
  const decide = JSON.stringify([{ step: 'decide', dueAt: null, why: next }]);
  const { rows } = await sql<{ month: string }>`
    with moved as (
      update ng_cases k
         set next_step = case when ${silent} then 'decide' else k.next_step end,
             due_at = case when ${silent} then null else k.due_at end,
             why = case when ${silent} then ${`${of.why}${next}`} else k.why end,
             plan = case when k.next_step = 'retry' then ${decide}::jsonb else '[]' end,
             revision = k.revision + 1
       where k.merchant_id = ${merchantId} and k.id = ${of.caseId} and k.closed_at is null
      returning k.id, k.n, k.cycle_id
    ), noted as (
      insert into ng_case_steps (case_id, merchant_id, kind, n, actor, why, taken_at)
      select id, ${merchantId}, 'planned', n, ${PLAN_ACTOR}, ${of.why}, ${of.now} from moved
    )
    select m.billing_month as month from moved join cycles m on m.id = moved.cycle_id`.execute(trx);
  return rows[0]?.month ?? null;
}

const silent = sql`k.next_step = any(${[...SILENT_STEPS]}::text[])`;

/**
 * Notes that a customer's mail came back, once.
 *
 * @returns its case, null where it is about a card alone; undefined when it was known
 */
export async function insertBounce(
  trx: Trx,
  merchantId: number,
  of: {
    readonly mailId: number;
    readonly status: string;
    /** Whether nothing more goes to that address. */
    readonly faultOfAddress: boolean;
    readonly reportId: number | null;
    readonly now: string;
  },
): Promise<{ readonly caseId: number | null } | undefined> {
  const { rows } = await sql<{ caseId: number | null }>`
    with noted as (
      insert into customer_mail_bounces (mail_id, merchant_id, status, address_hash, report_id,
                                         recorded_at)
      select x.mail_id, ${merchantId}, ${of.status},
             case when ${of.faultOfAddress}
               then (select t.address_hash from customer_mail_tries t
                      where t.mail_id = x.mail_id order by t.send_number desc limit 1) end,
             ${of.reportId}::bigint, ${of.now}
        from customer_mails x
       where x.merchant_id = ${merchantId} and x.mail_id = ${of.mailId}
      on conflict (mail_id) do nothing
      returning mail_id
    )
    select x.case_id as "caseId"
      from noted d join customer_mails x on x.mail_id = d.mail_id`.execute(trx);
  return rows[0];
}

/** The mail of a Message-ID, and whether it is one to a customer. */
export async function findMailByMessageId(
  db: Db,
  merchantId: number,
  messageId: string,
): Promise<
  { readonly id: number; readonly key: string; readonly toCustomer: boolean } | undefined
> {
  const { rows } = await sql<{ id: number; key: string; toCustomer: boolean }>`
    select id, key, template = ${CUSTOMER_MAIL} as "toCustomer" from mail_outbox
     where merchant_id = ${merchantId} and message_id = ${messageId}`.execute(db);
  return rows[0];
}
