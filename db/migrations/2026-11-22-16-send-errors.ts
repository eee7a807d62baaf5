import { type Kysely, sql } from 'kysely';

/** What ZEUS could not hand over to us, as its mails say: someone must send it again there. */
// biome-ignore lint/suspicious/noExplicitAny: a frozen migration must not follow today's table types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`
    -- Whether a task is still open is not kept: it is, until a call of the payment has come since, or
    -- a person has closed it.
    create table carrier_resend_tasks (
      id bigint generated always as identity primary key,
      public_id uuid not null unique default gen_random_uuid(),
      merchant_id bigint not null references merchants,
      mail_id bigint not null references mailbox_mails,
      -- Which of the results that the mail names.
      n int not null check (n >= 1),
      ip_code text,
      order_number text not null,
      -- Of the call that failed; of the mail's arrival where it does not say.
      failed_at timestamptz not null,
      opened_at timestamptz not null,
      unique (mail_id, n)
    );
    create index carrier_resend_tasks_newest on carrier_resend_tasks (merchant_id, id);
    -- A person's word that nothing will come: ZEUS's own list says 処理済, for example.
    create table carrier_resend_closings (
      task_id bigint primary key references carrier_resend_tasks,
      merchant_id bigint not null references merchants,
      decision_id bigint not null references decisions,
      closed_at timestamptz not null
    );
    create index carrier_verdicts_of_result on carrier_verdicts (result_id)
      where result_id is not null;

    grant select, insert on carrier_resend_tasks, carrier_resend_closings to tsukigime_app;
  `.execute(db);
}
