import { type Kysely, sql } from 'kysely';

/** Mails to customers whose charge was declined: their words, their links, what came back. */
// biome-ignore lint/suspicious/noExplicitAny: a frozen migration must not follow today's table types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`
    alter table mail_outbox
      -- A customer's address and words are looked up when the mail leaves, and stand nowhere here.
      drop constraint mail_outbox_recipients_check,
      add constraint mail_outbox_recipients_check
        check ((cardinality(recipients) = 0) = (template = 'ng_customer')),
      -- Withdrawn: it never left and will not (paid meanwhile, no address, a person's word).
      drop constraint mail_outbox_state_check,
      add constraint mail_outbox_state_check check (state in ('waiting', 'sending', 'sent',
        'refused', 'unknown', 'withdrawn'));
    alter table mail_send_answers
      drop constraint mail_send_answers_answer_check,
      add constraint mail_send_answers_answer_check
        check (answer in ('sent', 'refused', 'not_sent', 'withdrawn'));

    -- Every version of a merchant's own words; version 0 is the one that comes with Tsukigime.
    create table customer_mail_templates (
      merchant_id bigint not null references merchants,
      kind text not null check (kind ~ '^[a-z_]{1,40}$'),
      version int not null check (version >= 1),
      subject text not null,
      body text not null,
      set_at timestamptz not null,
      set_by text not null,
      primary key (merchant_id, kind, version)
    );

    -- One mail for one step of a case: the key of the step is what keeps it from being posted twice.
    create table customer_mails (
      step_id bigint primary key references ng_case_steps,
      merchant_id bigint not null references merchants,
      mail_id bigint not null unique references mail_outbox,
      case_id bigint not null references ng_cases,
      customer_number text not null,
      kind text not null,
      template_version int not null check (template_version >= 0),
      -- What the link in it names; says nothing by itself.
      link_id uuid not null unique,
      -- The day in Japan that this mail has for itself: a customer gets one a day.
      planned_on date not null,
      unique (merchant_id, customer_number, planned_on)
    );
    create index customer_mails_by_case on customer_mails (case_id);

    -- To which address a try went, as a hash, and until when its link was good.
    create table customer_mail_tries (
      mail_id bigint not null,
      send_number int not null,
      merchant_id bigint not null references merchants,
      address_hash text not null check (address_hash ~ '^[0-9a-f]{64}$'),
      link_expires_at timestamptz,
      tried_at timestamptz not null,
      primary key (mail_id, send_number),
      foreign key (mail_id, send_number) references mail_sends (mail_id, send_number)
    );

    -- Mails that came back, and addresses to which nothing more goes.
    create table customer_mail_bounces (
      mail_id bigint primary key references customer_mails (mail_id),
      merchant_id bigint not null references merchants,
      -- Enhanced status code (5.1.1).
      status text not null check (status ~ '^[245]\\.\\d{1,3}\\.\\d{1,3}$'),
      -- Null where the fault is not the address's.
      address_hash text check (address_hash ~ '^[0-9a-f]{64}$'),
      -- The report in the mailbox; null = the mail server refused it at once.
      report_id bigint references mailbox_mails,
      recorded_at timestamptz not null
    );
    create index bounced_addresses on customer_mail_bounces (merchant_id, address_hash)
      where address_hash is not null;

    grant select, insert on customer_mail_templates, customer_mails, customer_mail_tries,
      customer_mail_bounces to tsukigime_app;
    do $$ begin
      if current_setting('server_version_num')::int >= 170000 then
        execute 'grant maintain on mail_outbox, customer_mails to tsukigime_app';
      end if;
    end $$;
  `.execute(db);
}
