import { type Kysely, sql } from 'kysely';

/** The NG desk: every declined charge has a case that is worked to an end, and every step is kept. */
// biome-ignore lint/suspicious/noExplicitAny: a frozen migration must not follow today's table types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`
    -- What declined charges are found by, and the budget of a customer's retries. Few rows: most
    -- authorizations are no declines.
    create index outcomes_declined on outcomes (merchant_id, charge_id, n) where outcome = 'declined';

    -- One case for each episode: from the first declined attempt until the charge is paid or ended.
    -- A charge that is opened again and declined again gets another case.
    create table ng_cases (
      id bigint generated always as identity primary key,
      merchant_id bigint not null references merchants,
      cycle_id bigint not null references cycles,
      charge_id bigint not null,
      -- The attempt that opened it, and the latest declined one, which the plan answers.
      opened_n int not null check (opened_n >= 1),
      n int not null check (n >= opened_n),
      amount_yen int not null check (amount_yen > 0),
      class text not null default 'unknown' check (class in ('card_expired', 'card_cancelled',
        'limit_exceeded', 'insufficient_funds', 'held', 'system', 'bad_request', 'authentication',
        'unknown')),
      -- As the PSP gave it (G83); null where nothing came.
      code text,
      -- Which limit it was, once a person has learnt it.
      limit_kind text check (limit_kind in ('daily', 'monthly')),
      next_step text not null default 'plan' check (next_step in ('plan', 'retry', 'contact',
        'carry_over', 'give_up', 'decide', 'fix_data', 'await_result', 'none')),
      -- When the desk takes the next step by itself; null: it waits for a person or a result.
      due_at timestamptz,
      -- Why that step and why then, for operators: Japanese.
      why text not null default '',
      -- The steps after the next one: [{step, dueAt, why}].
      plan jsonb not null default '[]',
      -- Raised by every change: who acts names the revision that was seen.
      revision int not null default 1,
      opened_at timestamptz not null,
      outcome text check (outcome in ('paid', 'replaced', 'carried_over', 'cancelled', 'given_up',
        'voided', 'expired')),
      -- What brought the money in: the latest step before it was paid.
      recovered_by text check (recovered_by in ('retry', 'retry_now', 'new_card', 'limit_raised',
        'replaced', 'other')),
      closed_at timestamptz,
      check ((outcome is null) = (closed_at is null)),
      check ((next_step = 'none') = (closed_at is not null)),
      unique (charge_id, opened_n)
    );
    -- Two episodes of one charge never stand side by side.
    create unique index ng_cases_open on ng_cases (charge_id) where closed_at is null;
    create index ng_cases_due on ng_cases (merchant_id, next_step, due_at) where closed_at is null;
    create index ng_cases_by_cycle on ng_cases (cycle_id) where closed_at is null;
    create index ng_cases_by_merchant on ng_cases (merchant_id, opened_at);

    -- What was done, by the plan or by a person; why in Japanese. No personal data.
    create table ng_case_steps (
      id bigint generated always as identity primary key,
      case_id bigint not null references ng_cases,
      merchant_id bigint not null,
      kind text not null check (kind in ('opened', 'declined_again', 'planned', 'retry', 'retry_now',
        'contact', 'new_card', 'limit_raised', 'classified', 'replaced', 'carry_over', 'given_up',
        'cancelled', 'closed')),
      -- The attempt it answers.
      n int not null,
      -- Null: the plan. Else a person's decision.
      decision_id bigint references decisions,
      actor text not null,
      why text not null,
      taken_at timestamptz not null
    );
    create index ng_case_steps_by_case on ng_case_steps (case_id, id);
    -- Customers who are to be contacted.
    create index ng_case_contacts on ng_case_steps (merchant_id, id) where kind = 'contact';

    -- Which registration column L of the next file names: the newest row counts. after_n is the
    -- attempt that failed with the one before.
    create table charge_registrations (
      charge_id bigint not null,
      k int not null check (k >= 1),
      merchant_id bigint not null,
      after_n int not null check (after_n >= 1),
      previous_order_number text not null check (previous_order_number ~ '^[0-9A-Za-z_-]{1,50}$'),
      decision_id bigint not null references decisions,
      recorded_at timestamptz not null,
      primary key (charge_id, k)
    );

    grant select, insert on ng_cases, ng_case_steps, charge_registrations to tsukigime_app;
    grant update (n, class, code, limit_kind, next_step, due_at, why, plan, revision, outcome,
      recovered_by, closed_at) on ng_cases to tsukigime_app;
    do $$ begin
      if current_setting('server_version_num')::int >= 170000 then
        execute 'grant maintain on ng_cases, ng_case_steps to tsukigime_app';
      end if;
    end $$;
  `.execute(db);
}
