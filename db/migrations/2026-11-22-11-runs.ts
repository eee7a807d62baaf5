import { type Kysely, sql } from 'kysely';

/**
 * Newer exports of a month, runs that bill some or all of its orders, and what lets an authorized
 * charge be captured: a shipment, or a person's request.
 */
// biome-ignore lint/suspicious/noExplicitAny: a frozen migration must not follow today's table types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`
    -- The first export of a month is kept whole; of a newer one only what it says differently. An
    -- order's versions are numbered without gaps over both tables, so its latest row is the one that
    -- has no next. Few have one, and the partial indexes hold only those.
    alter table orders add column cycle_id bigint, add column version int not null default 1;
    alter table quarantined_orders add column cycle_id bigint, add column version int;
    update orders o set cycle_id = c.cycle_id from order_collections c where c.id = o.collection_id;
    update quarantined_orders q
       set cycle_id = c.cycle_id, version = case when q.order_number is not null then 1 end
      from order_collections c where c.id = q.collection_id;
    alter table orders alter column cycle_id set not null;
    alter table quarantined_orders alter column cycle_id set not null,
      add check ((order_number is null) = (version is null));
    create index orders_again on orders (cycle_id, order_number, version) where version > 1;
    create index quarantined_orders_again on quarantined_orders (cycle_id, order_number, version)
      where version > 1;

    -- complete: it holds every order that the month knew. Rows without a readable number stand until
    -- such an export comes: before it nobody can tell whether they came again.
    alter table order_collections
      add column complete boolean not null default true,
      add column added int not null default 0,
      add column changed int not null default 0,
      add column unchanged int not null default 0,
      add column gone int not null default 0;
    -- The column default would hide that a collection was not counted.
    alter table order_collections alter column complete drop default, alter column added drop default,
      alter column changed drop default, alter column unchanged drop default,
      alter column gone drop default;

    -- From which export on an order was missing (gone) or there again.
    create table order_absences (
      collection_id bigint not null,
      order_number text not null,
      merchant_id bigint not null,
      cycle_id bigint not null,
      gone boolean not null,
      primary key (collection_id, order_number)
    );
    create index order_absences_by_number on order_absences (cycle_id, order_number, collection_id);

    -- One verdict an order's row, and a further one (n) when something outside the row has changed
    -- it: another month billed the order, an operator holds it, its card was locked.
    alter table selection_rows add column cycle_id bigint, add column collection_id bigint,
      add column version int, add column n int not null default 1;
    update selection_rows r
       set cycle_id = s.cycle_id, collection_id = s.collection_id,
           version = case when r.order_number is not null then 1 end,
           n = (select count(*) from selections e
                 where e.collection_id = s.collection_id and e.n <= s.n)
      from selections s where s.id = r.selection_id;
    alter table selection_rows alter column cycle_id set not null,
      alter column collection_id set not null,
      drop constraint selection_rows_pkey, add primary key (collection_id, record, n);
    drop index selection_rows_by_reason;
    create index selection_rows_by_reason on selection_rows (cycle_id, verdict, reason);
    create index selection_rows_again on selection_rows (collection_id, record, n) where n > 1;
    create index selection_rows_newer on selection_rows (cycle_id, order_number, version)
      where version > 1;

    -- What holds today of every order of a month.
    create view order_verdicts as
    select r.* from selection_rows r
     where not exists (select from selection_rows later
        where later.collection_id = r.collection_id and later.record = r.record
          and later.n = r.n + 1 and later.n > 1)
       and not exists (select from selection_rows later
        where later.cycle_id = r.cycle_id and later.order_number = r.order_number
          and later.version = r.version + 1 and later.version > 1)
       and (r.order_number is not null or not exists (select from order_collections c
        where c.cycle_id = r.cycle_id and c.id > r.collection_id and c.complete));

    -- Who is billed when: a month bills all its orders in one run, unless it was started for chosen
    -- ones. Further runs are a person's decision.
    alter table cycles add column scope text not null default 'all' check (scope in ('all', 'chosen')),
      -- Since when it waits for a person; null while it does not.
      add column attention_since timestamptz;
    grant update (attention_since) on cycles to tsukigime_app;
    create table runs (
      id bigint generated always as identity primary key,
      merchant_id bigint not null references merchants,
      cycle_id bigint not null references cycles,
      n int not null check (n >= 1),
      scope text not null check (scope in ('all', 'chosen')),
      decision_id bigint references decisions,
      opened_at timestamptz not null,
      unique (cycle_id, n)
    );
    create table run_orders (
      run_id bigint not null references runs,
      order_number text not null,
      merchant_id bigint not null,
      primary key (run_id, order_number)
    );
    -- The run's orders have become charges; one without this row is open.
    create table run_plans (
      run_id bigint primary key references runs,
      merchant_id bigint not null,
      -- What was selected then; a later selection may have orders that no run has billed.
      selection_id bigint not null references selections,
      charges int not null,
      planned_at timestamptz not null
    );
    insert into runs (merchant_id, cycle_id, n, scope, opened_at)
    select merchant_id, id, 1, 'all', started_at from cycles where stage <> 'collecting';
    insert into run_plans (run_id, merchant_id, selection_id, charges, planned_at)
    select r.id, r.merchant_id,
           (select max(s.id) from selections s where s.cycle_id = r.cycle_id), (select count(*) from charges c where c.cycle_id = r.cycle_id), r.opened_at
      from runs r join cycles c on c.id = r.cycle_id where c.stage <> 'handing_over'
       and exists (select from selections s where s.cycle_id = r.cycle_id);

    -- The export's record from which a charge was made; null in charges that no export brought.
    alter table charges add column collection_id bigint, add column record int;
    update charges c set record = c.position, collection_id = (select s.collection_id
      from selections s where s.cycle_id = c.cycle_id order by s.n desc limit 1);

    -- 全商品発送日 became known; the first news counts.
    create table shipments (
      charge_id bigint primary key,
      merchant_id bigint not null,
      shipped_on date not null,
      collection_id bigint references order_collections,
      decision_id bigint references decisions,
      recorded_at timestamptz not null,
      check (num_nonnulls(collection_id, decision_id) = 1)
    );
    -- Days that are told ahead are looked for.
    create index shipments_by_day on shipments (merchant_id, shipped_on);
    -- A person wants this authorization captured, whatever the policy says.
    create table capture_requests (
      charge_id bigint not null,
      n int not null,
      merchant_id bigint not null,
      decision_id bigint not null references decisions,
      requested_at timestamptz not null,
      primary key (charge_id, n)
    );

    grant select, insert on order_absences, runs, run_orders, run_plans, shipments,
      capture_requests to tsukigime_app;
    grant select on order_verdicts to tsukigime_app;
    grant usage on all sequences in schema public to tsukigime_app;
    -- To have tables counted anew after a bulk load (db/statistics.ts); older servers do so by
    -- themselves, minutes later.
    do $$ begin
      if current_setting('server_version_num')::int >= 170000 then
        execute 'grant maintain on orders, quarantined_orders, selection_rows, charges,
          charge_items, attempts, outcomes, endings, ending_results, file_lines, result_lines
          to tsukigime_app';
      end if;
    end $$;
  `.execute(db);
}
