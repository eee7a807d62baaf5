import { type Kysely, sql } from 'kysely';

/** Carry-over: a declined charge waits for the customer's next order and is billed with it in one sum. */
// biome-ignore lint/suspicious/noExplicitAny: a frozen migration must not follow today's table types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`
    alter table ng_cases drop constraint ng_cases_next_step_check;
    alter table ng_cases add constraint ng_cases_next_step_check check (next_step in ('plan', 'retry',
      'contact', 'carry_over', 'await_order', 'give_up', 'decide', 'fix_data', 'await_result', 'none'));

    -- Few charges are carried over: a month of a million finds its own at once.
    create index attempts_carried_over on attempts (charge_id) where kind = 'carried_over';

    -- The order that a person named to take a case's charge over; the newest row counts. Null: the
    -- customer's next one after all.
    create table carry_over_choices (
      case_id bigint not null references ng_cases,
      k int not null check (k >= 1),
      merchant_id bigint not null,
      order_number text,
      decision_id bigint not null references decisions,
      chosen_at timestamptz not null,
      primary key (case_id, k)
    );
    grant select, insert on carry_over_choices to tsukigime_app;
  `.execute(db);
}
