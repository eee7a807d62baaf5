import { sql } from 'kysely';
import { type ExchangeKind, type ExchangeName, exchangeFileName } from '../../billing/exchange.ts';
import type { MailboxMailState } from '../../billing/mail/mail-states.ts';
import type { Db, Trx } from '../database.ts';
import { findByAcceptanceNumber, recordCompletionNotice, requireExchange } from './exchanges.ts';
import { notifyOperators } from './notices.ts';

/** Where a mail lies: UIDs count per folder, anew when its UIDVALIDITY changes. */
export interface MailPlace {
  /** Hash of host, user and folder. */
  readonly mailbox: string;
  readonly uidValidity: number;
}

/** How far a folder was read. */
export interface MailboxMark {
  /** The highest UID that was taken under this UIDVALIDITY; 0 = none. */
  readonly lastUid: number;
  /** When a mail was last taken from the folder, under whatever UIDVALIDITY. ISO; null = never. */
  readonly lastTakenAt: string | null;
}

export async function findMailboxMark(
  db: Db,
  merchantId: number,
  place: MailPlace,
): Promise<MailboxMark> {
  const { rows } = await sql<MailboxMark>`
    select coalesce(max(uid) filter (where uid_validity = ${place.uidValidity}), 0) as "lastUid",
           max(taken_at) as "lastTakenAt"
      from mailbox_mails where merchant_id = ${merchantId} and mailbox = ${place.mailbox}
  `.execute(db);
  return rows[0] ?? { lastUid: 0, lastTakenAt: null };
}

export interface TakenMail extends MailPlace {
  readonly uid: number;
  /** Of what makes it the same mail: hex. */
  readonly sha256: string;
  readonly messageId: string | null;
  readonly subject: string;
  readonly fileId: number | null;
  readonly refused: 'card_number' | 'too_long' | null;
  readonly handler: string | null;
  readonly now: string;
}

/**
 * Notes a mail as taken. One that was taken before under another UID is a duplicate: noted, and not
 * to be handled again. @returns undefined when this very UID is noted already
 */
export async function insertMailboxMail(
  trx: Trx,
  merchantId: number,
  mail: TakenMail,
): Promise<{ id: number; duplicate: boolean } | undefined> {
  const { rows } = await sql<{ id: number; duplicate: boolean }>`
    insert into mailbox_mails (merchant_id, mailbox, uid_validity, uid, sha256, message_id, subject,
                               file_id, refused, duplicate_of, handler, taken_at)
    select ${merchantId}, ${mail.mailbox}, ${mail.uidValidity}, ${mail.uid}, ${mail.sha256},
           ${mail.messageId}, ${mail.subject}, ${mail.fileId}, ${mail.refused},
           (select id from mailbox_mails where merchant_id = ${merchantId}
              and sha256 = ${mail.sha256} and duplicate_of is null),
           ${mail.handler}, ${mail.now}
    on conflict (merchant_id, mailbox, uid_validity, uid) do nothing
    returning id, duplicate_of is not null as duplicate`.execute(trx);
  return rows[0];
}

export async function insertCompletionMail(
  trx: Trx,
  merchantId: number,
  mail: {
    readonly mailId: number;
    readonly acceptanceNumber: string;
    readonly transactionKind: string | null;
    readonly records: number | null;
    readonly ngCount: number | null;
  },
): Promise<void> {
  await trx
    .insertInto('completion_mails')
    .values({
      mail_id: mail.mailId,
      merchant_id: merchantId,
      acceptance_number: mail.acceptanceNumber,
      transaction_kind: mail.transactionKind,
      records: mail.records,
      ng_count: mail.ngCount,
    })
    .execute();
}

/** Which exchange the mails of a 受付番号 belong to, and whether somebody was told something. */
export interface MailMatch {
  /** Null = no file has this 受付番号 yet: the mails wait for it. */
  readonly exchange: ExchangeName | null;
  /** Mails that were matched now. */
  readonly matched: number;
  /** Then the caller wakes the dispatcher after its commit. */
  readonly mailPosted: boolean;
}

/**
 * Brings the completion mails of a 受付番号 to the exchange that has it: called when such a mail comes
 * and when the number is recorded, whichever is later. The exchange's row then says it is complete,
 * as of the moment the mail was taken; the caller wakes its workflow. A record count other than the
 * file's is noted and told to the operators. The caller holds the merchant (`lockMerchant`): else a
 * mail and its number that come at the same moment would miss each other.
 */
export async function matchWaitingMails(
  trx: Trx,
  merchantId: number,
  acceptanceNumber: string,
): Promise<MailMatch> {
  const name = await findByAcceptanceNumber(trx, merchantId, acceptanceNumber);
  if (name === undefined) return { exchange: null, matched: 0, mailPosted: false };
  const exchange = await requireExchange(trx, merchantId, name);
  const { rows } = await sql<{
    id: number;
    sha256: string;
    records: number | null;
    takenAt: string;
  }>`
    select m.id, m.sha256, c.records, m.taken_at as "takenAt"
      from completion_mails c join mailbox_mails m on m.id = c.mail_id
     where c.merchant_id = ${merchantId} and c.acceptance_number = ${acceptanceNumber}
     order by m.id`.execute(trx);
  let matched = 0;
  let mailPosted = false;
  for (const mail of rows) {
    const differs = mail.records !== null && mail.records !== exchange.records;
    const inserted = await trx
      .insertInto('completion_matches')
      .values({
        mail_id: mail.id,
        merchant_id: merchantId,
        exchange_id: exchange.id,
        finding: differs ? 'record_count' : null,
        matched_at: mail.takenAt,
      })
      .onConflict((conflict) => conflict.columns(['mail_id', 'exchange_id']).doNothing())
      .returning('mail_id')
      .executeTakeFirst();
    // Also for a known match: a number that was corrected away and back is complete again.
    await recordCompletionNotice(trx, merchantId, exchange.id, mail.takenAt);
    if (inserted === undefined) continue;
    matched += 1;
    if (!differs || mail.records === null) continue;
    const told = await notifyOperators(trx, merchantId, {
      key: `completion_count_differs:${mail.sha256.slice(0, 16)}:${exchange.kind}-${exchange.number}`,
      template: 'completion_count_differs',
      parameters: {
        month: exchange.billingMonth,
        kind: exchange.kind,
        number: exchange.number,
        fileName: exchangeFileName(exchange),
        records: exchange.records,
        amountYen: exchange.amountYen,
        acceptanceNumber,
        mailRecords: mail.records,
      },
      now: mail.takenAt,
    });
    mailPosted ||= told.mailPosted;
  }
  return { exchange: name, matched, mailPosted };
}

/** Completion mails taken between two instants whose 受付番号 no file has. */
export async function listUnmatchedCompletions(
  db: Db,
  merchantId: number,
  taken: { readonly from: string; readonly until: string },
): Promise<{ readonly sha256: string; readonly acceptanceNumber: string }[]> {
  const { rows } = await sql<{ sha256: string; acceptanceNumber: string }>`
    select m.sha256, c.acceptance_number as "acceptanceNumber"
      from completion_mails c join mailbox_mails m on m.id = c.mail_id
     where c.merchant_id = ${merchantId}
       and m.taken_at >= ${taken.from} and m.taken_at < ${taken.until}
       and not exists (select from completion_matches x where x.mail_id = c.mail_id)
     order by m.id`.execute(db);
  return rows;
}

/** Exchanges to which a mail was matched at an instant or later. */
export async function listMatchedSince(
  db: Db,
  merchantId: number,
  since: string,
): Promise<ExchangeName[]> {
  const { rows } = await sql<ExchangeName>`
    select distinct e.billing_month as "billingMonth", e.kind, e.number
      from completion_matches x join exchanges e on e.id = x.exchange_id
     where x.merchant_id = ${merchantId} and x.matched_at >= ${since}`.execute(db);
  return rows;
}

/** Whether a file of the merchant has been handed over since an instant and is not yet complete. */
export async function hasFreshHandOver(
  db: Db,
  merchantId: number,
  since: string,
): Promise<boolean> {
  const { rows } = await sql<{ fresh: boolean }>`
    select exists (select from exchanges e join sends s on s.exchange_id = e.id
      where e.merchant_id = ${merchantId} and e.stage in ('handing_over', 'awaiting_result')
        and e.completed_at is null
        and greatest(s.intended_at, e.accepted_at) >= ${since}) as fresh`.execute(db);
  return rows[0]?.fresh ?? false;
}

export interface MailboxMail {
  /** Names the mail within its merchant. */
  readonly sha256: string;
  readonly messageId: string | null;
  readonly subject: string;
  readonly state: MailboxMailState;
  readonly refused: 'card_number' | 'too_long' | null;
  /** The stored bytes; null where they were not kept. */
  readonly fileSha256: string | null;
  readonly handler: string | null;
  readonly acceptanceNumber: string | null;
  readonly records: number | null;
  readonly ngCount: number | null;
  readonly finding: string | null;
  /** The file whose 受付番号 it names. */
  readonly exchange: {
    readonly month: string;
    readonly kind: ExchangeKind;
    readonly number: number;
  } | null;
  readonly takenAt: string;
  /** Where the next page begins. */
  readonly n: number;
}

/** Newest first; `before` is the `n` of the last one on the page before. */
export async function listMailboxMails(
  db: Db,
  merchantId: number,
  page: {
    readonly state: MailboxMailState | null;
    readonly before: number | null;
    readonly limit: number;
  },
): Promise<MailboxMail[]> {
  const { rows } = await sql<MailboxMail>`
    select * from (
      select m.sha256, m.message_id as "messageId", m.subject, m.refused, f.sha256 as "fileSha256",
             m.handler, c.acceptance_number as "acceptanceNumber", c.records,
             c.ng_count as "ngCount", x.finding, x.exchange, m.taken_at as "takenAt",
             case when m.refused is not null then 'refused'
                  when m.duplicate_of is not null then 'duplicate'
                  when m.handler is null then 'not_understood'
                  when c.mail_id is null then 'handled'
                  when x.mail_id is null then 'waiting' else 'matched' end as state,
             row_number() over (order by m.id) as n
        from mailbox_mails m
        left join files f on f.id = m.file_id
        left join completion_mails c on c.mail_id = m.id
        left join lateral (select y.mail_id, y.finding, jsonb_build_object('month', e.billing_month,
            'kind', e.kind, 'number', e.number) as exchange
          from completion_matches y join exchanges e on e.id = y.exchange_id
          where y.mail_id = m.id order by y.matched_at desc, y.exchange_id desc limit 1) x on true
       where m.merchant_id = ${merchantId}) listed
     where (${page.state}::text is null or state = ${page.state})
       and (${page.before}::bigint is null or n < ${page.before})
     order by n desc limit ${page.limit}`.execute(db);
  return rows;
}

/** How the watch goes, as far as the record tells. */
export interface MailboxState {
  readonly lastTakenAt: string | null;
  /** What the latest notice of an unreadable mailbox says, if no mail was taken since. */
  readonly away: { readonly at: string; readonly text: string } | null;
}

export async function readMailboxState(db: Db, merchantId: number): Promise<MailboxState> {
  const { rows } = await sql<{ lastTakenAt: string | null; at: string | null; text: string }>`
    select t.at as "lastTakenAt", n.posted_at as at, n.text
      from (select max(taken_at) as at from mailbox_mails where merchant_id = ${merchantId}) t
      left join lateral (select posted_at, text from notices
        where merchant_id = ${merchantId} and kind = 'mailbox_away'
        order by id desc limit 1) n on t.at is null or n.posted_at >= t.at`.execute(db);
  const { lastTakenAt = null, at = null, text = '' } = rows[0] ?? {};
  return { lastTakenAt, away: at === null ? null : { at, text } };
}
