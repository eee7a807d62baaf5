import { type Kysely, sql } from 'kysely';

/**
 * The outbox becomes a queue over its facts; notices for people who are in front of the console; and
 * the merchant's mailbox as far as it was read.
 */
// biome-ignore lint/suspicious/noExplicitAny: a frozen migration must not follow today's table types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`
    alter table mail_outbox
      add column cc text[] not null default '{}',
      add column state text not null default 'waiting'
        check (state in ('waiting', 'sending', 'sent', 'refused', 'unknown')),
      -- When a waiting mail is tried, first or again; null in every other state.
      add column next_due_at timestamptz,
      add constraint waiting_mails_are_due check ((state = 'waiting') = (next_due_at is not null));
    create index mail_outbox_due on mail_outbox (merchant_id, next_due_at) where state = 'waiting';
    create index mail_outbox_unanswered on mail_outbox (merchant_id, id)
      where state in ('sending', 'unknown');
    create index mail_outbox_newest on mail_outbox (merchant_id, id desc);
    grant update (state, next_due_at) on mail_outbox to tsukigime_app;

    alter table mail_sends add column merchant_id bigint not null references merchants;
    -- How many left within the last minute.
    create index mail_sends_newest on mail_sends (merchant_id, claimed_at desc);
    alter table mail_send_answers
      add column merchant_id bigint not null references merchants,
      -- A person's word about a mail that nobody else can tell anything about.
      add column decision_id bigint references decisions,
      -- After not_sent: when the next try is due.
      add column retry_at timestamptz,
      add constraint only_mails_not_sent_are_tried_again
        check (retry_at is null or answer = 'not_sent');

    -- What operators are told in the console, in the words of that day.
    create table notices (
      id bigint generated always as identity primary key,
      merchant_id bigint not null references merchants,
      key text not null,
      kind text not null,
      subject text not null,
      text text not null,
      link text,
      posted_at timestamptz not null,
      unique (merchant_id, key)
    );
    create index notices_newest on notices (merchant_id, id desc);
    create table notice_reads (
      merchant_id bigint not null references merchants,
      actor text not null,
      notice_id bigint not null references notices,
      read_at timestamptz not null,
      primary key (merchant_id, actor, notice_id)
    );

    -- Every mail that the watch has taken from the merchant's mailbox. UIDs of one folder only grow
    -- until its UIDVALIDITY changes, and then the same mails come under new ones.
    create table mailbox_mails (
      id bigint generated always as identity primary key,
      merchant_id bigint not null references merchants,
      -- Host, user and folder, hashed: another mailbox counts its mails anew.
      mailbox text not null check (mailbox ~ '^[0-9a-f]{64}$'),
      uid_validity bigint not null,
      uid bigint not null check (uid >= 1),
      -- Of Message-ID, date, subject and text: what makes a mail the same one, however it came. For
      -- a mail that could not be read, of its place.
      sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
      message_id text,
      subject text not null,
      -- Null where the bytes were not kept: a card number in them, or too long.
      file_id bigint references files,
      refused text check (refused in ('card_number', 'too_long')),
      duplicate_of bigint references mailbox_mails,
      -- The handler that knew the mail for its own; null = understood by none.
      handler text,
      taken_at timestamptz not null,
      unique (merchant_id, mailbox, uid_validity, uid),
      constraint kept_or_refused check ((file_id is null) = (refused is not null))
    );
    create unique index mailbox_mails_once on mailbox_mails (merchant_id, sha256)
      where duplicate_of is null;
    create index mailbox_mails_newest on mailbox_mails (merchant_id, id desc);

    -- 処理完了メール as read, and the exchange each one belongs to.
    create table completion_mails (
      mail_id bigint primary key references mailbox_mails,
      merchant_id bigint not null references merchants,
      acceptance_number text not null,
      transaction_kind text,
      records int,
      ng_count int
    );
    create index completion_mails_by_number on completion_mails (merchant_id, acceptance_number);
    create table completion_matches (
      mail_id bigint not null references completion_mails,
      merchant_id bigint not null references merchants,
      exchange_id bigint not null references exchanges,
      -- What of the mail differs from our file; null when nothing does.
      finding text,
      matched_at timestamptz not null,
      -- A 受付番号 that was mistyped and corrected may lead a mail to one file and then to another.
      primary key (mail_id, exchange_id)
    );
    create index completion_matches_of_exchange on completion_matches (exchange_id);

    grant select, insert on notices, notice_reads, mailbox_mails, completion_mails,
      completion_matches to tsukigime_app;
  `.execute(db);
}
