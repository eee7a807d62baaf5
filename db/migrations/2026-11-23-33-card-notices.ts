import { type Kysely, sql } from 'kysely';

/** Mails to customers whose card a refresh refused, or whose card runs out. */
// biome-ignore lint/suspicious/noExplicitAny: a frozen migration must not follow today's table types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`
    -- A mail to a customer is no longer always one of an NG case.
    alter table customer_mail_bounces drop constraint customer_mail_bounces_mail_id_fkey;
    alter table customer_mails
      drop constraint customer_mails_pkey,
      drop constraint customer_mails_mail_id_key,
      alter column step_id drop not null,
      alter column case_id drop not null,
      add primary key (mail_id),
      add unique (step_id),
      add constraint a_step_is_of_a_case check ((step_id is null) = (case_id is null));
    alter table customer_mail_bounces
      add constraint customer_mail_bounces_mail_id_fkey foreign key (mail_id)
        references customer_mails (mail_id);

    -- Of what a customer was told by which mail: a lock or an expiry, and each of them once.
    create table card_notices (
      merchant_id bigint not null references merchants,
      customer_id int not null,
      occasion text not null check (occasion ~ '^(lock:[0-9]+|expiry:[0-9]{4}-[0-9]{2})$'),
      mail_id bigint not null references customer_mails (mail_id),
      primary key (merchant_id, customer_id, occasion)
    );
    create index card_notices_by_mail on card_notices (mail_id);

    grant select, insert on card_notices to tsukigime_app;
  `.execute(db);
}
