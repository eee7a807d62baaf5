import { sql } from 'kysely';
import { requireMailKey } from '../../billing/mail/mail-key.ts';
import { type MailParameters, type MailTemplate, writeMail } from '../../billing/mail/templates.ts';
import type { Db } from '../database.ts';
import { postMail } from './mail-outbox.ts';
import { findSettings } from './settings.ts';

/** What operators are told in the console (the bell). */
export interface NewNotice {
  /** Unique per merchant: A-Za-z0-9:._-, up to 200. */
  readonly key: string;
  /** What kind of occasion, in a word: the template's name, or one of its own. */
  readonly kind: string;
  /** Japanese, one line; no personal data. */
  readonly subject: string;
  /** Japanese: what happened, what was kept, what to do next; no personal data. */
  readonly text: string;
  /** Below the merchant's page of the console: `exchanges/2026-11/auth/1`. */
  readonly link?: string | null;
  /** ISO instant. */
  readonly now: string;
}

/** Posts a notice once; the same key again changes nothing. @returns whether it is new */
export async function postNotice(trx: Db, merchantId: number, notice: NewNotice): Promise<boolean> {
  const row = await trx
    .insertInto('notices')
    .values({
      merchant_id: merchantId,
      key: requireMailKey(notice.key),
      kind: notice.kind,
      subject: notice.subject,
      text: notice.text,
      link: notice.link ?? null,
      posted_at: notice.now,
    })
    .onConflict((conflict) => conflict.columns(['merchant_id', 'key']).doNothing())
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * Tells a merchant's operators something: a notice, and a mail to the addresses of its settings
 * (`operatorMail`), if there are any. Once per key. After the commit the caller wakes the dispatcher
 * when a mail was posted: `deps.workflows.wakeMail(merchant)`.
 */
export async function notifyOperators<Name extends MailTemplate>(
  trx: Db,
  merchantId: number,
  about: {
    readonly key: string;
    readonly template: Name;
    readonly parameters: MailParameters<Name>;
    /** ISO instant. */
    readonly now: string;
  },
): Promise<{ readonly mailPosted: boolean }> {
  const { key, template, parameters, now } = about;
  const words = writeMail(template, parameters);
  await postNotice(trx, merchantId, { key, kind: template, ...words, now });
  const operators = (await findSettings(trx, merchantId))?.settings.operatorMail;
  if (operators === undefined || operators.to.length === 0) return { mailPosted: false };
  const mailPosted = await postMail(trx, merchantId, {
    key,
    template,
    recipients: operators.to,
    cc: operators.cc,
    parameters,
    dueAt: now,
    now,
  });
  return { mailPosted };
}

export interface Notice {
  readonly key: string;
  readonly kind: string;
  readonly subject: string;
  readonly text: string;
  readonly link: string | null;
  /** ISO instant. */
  readonly postedAt: string;
  /** When this reader marked it as read; null = unread. */
  readonly readAt: string | null;
}

/** Newest first; `before` is the key of the last one on the page before. */
export async function listNotices(
  db: Db,
  merchantId: number,
  page: {
    readonly actor: string;
    readonly unreadOnly: boolean;
    readonly before: string | null;
    readonly limit: number;
  },
): Promise<Notice[]> {
  const { rows } = await sql<Notice>`
    select n.key, n.kind, n.subject, n.text, n.link, n.posted_at as "postedAt",
           r.read_at as "readAt"
      from notices n
      left join notice_reads r
        on r.merchant_id = n.merchant_id and r.actor = ${page.actor} and r.notice_id = n.id
     where n.merchant_id = ${merchantId}
       and (${page.before}::text is null or n.id < (
             select id from notices where merchant_id = ${merchantId} and key = ${page.before}))
       and (not ${page.unreadOnly} or r.notice_id is null)
     order by n.id desc limit ${page.limit}`.execute(db);
  return rows;
}

export async function countUnreadNotices(
  db: Db,
  merchantId: number,
  actor: string,
): Promise<number> {
  const { rows } = await sql<{ unread: number }>`
    select count(*) as unread from notices n
     where n.merchant_id = ${merchantId}
       and not exists (select from notice_reads r
         where r.merchant_id = n.merchant_id and r.actor = ${actor} and r.notice_id = n.id)
  `.execute(db);
  return rows[0]?.unread ?? 0;
}

/**
 * Marks notices as read by one reader, once each; unknown keys are passed over.
 * @param keys null = all that there are
 */
export async function markNoticesRead(
  db: Db,
  merchantId: number,
  reading: {
    readonly actor: string;
    readonly keys: readonly string[] | null;
    readonly now: string;
  },
): Promise<void> {
  await sql`
    insert into notice_reads (merchant_id, actor, notice_id, read_at)
    select n.merchant_id, ${reading.actor}, n.id, ${reading.now}
      from notices n
     where n.merchant_id = ${merchantId}
       and (${reading.keys}::text[] is null or n.key = any(${reading.keys}::text[]))
    on conflict do nothing`.execute(db);
}
