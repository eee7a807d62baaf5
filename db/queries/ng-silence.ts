import { sql } from 'kysely';
import { type CaseMails, SILENT_STEPS } from '../../billing/ng-silence.ts';
import type { Db, Trx } from '../database.ts';
import { PLAN_ACTOR } from './ng-cases.ts';

/** What a customer's silence means for a case, where the mail itself came late or has not left. */

export interface MailedCases extends CaseMails {
  readonly ids: readonly number[];
}

/** Cases with a due step that follows from silence and with any mail, by what became of their mails. */
export async function listDueSilence(
  db: Db,
  merchantId: number,
  now: string,
): Promise<MailedCases[]> {
  const { rows } = await sql<MailedCases>`
    select k.next_step as step, m.unsent, m.sent_on as "sentOn", array_agg(k.id order by k.id) as ids
      from ng_cases k
      cross join lateral (
        select bool_or(o.state in ('waiting', 'sending', 'unknown')) as unsent,
               max((t.tried_at at time zone 'Asia/Tokyo')::date)
                 filter (where o.state = 'sent') as sent_on
          from customer_mails x
          join mail_outbox o on o.id = x.mail_id
          left join customer_mail_tries t on t.mail_id = x.mail_id
         where x.case_id = k.id) m
     where k.merchant_id = ${merchantId} and k.closed_at is null
       and k.next_step = any(${[...SILENT_STEPS]}::text[]) and k.due_at <= ${now}
       and (m.unsent or m.sent_on is not null)
     group by 1, 2, 3 order by 1, 2, 3`.execute(db);
  return rows;
}

/** Puts the step of these cases off; what a person reads of it is kept once, not at every look. */
export async function putOff(
  trx: Trx,
  merchantId: number,
  of: {
    readonly ids: readonly number[];
    readonly dueAt: string;
    readonly why: string;
    readonly now: string;
  },
): Promise<void> {
  await sql`
    with known as (
      select id, why from ng_cases
       where merchant_id = ${merchantId} and id = any(${of.ids}::bigint[]) and closed_at is null
       order by id for update
    ), moved as (
      update ng_cases k set due_at = ${of.dueAt}, why = ${of.why}, revision = k.revision + 1
        from known w where k.id = w.id
      returning k.id, k.n, w.why is distinct from k.why as news
    )
    insert into ng_case_steps (case_id, merchant_id, kind, n, actor, why, taken_at)
    select id, ${merchantId}, 'planned', n, ${PLAN_ACTOR}, ${of.why}, ${of.now}
      from moved where news order by id`.execute(trx);
}
