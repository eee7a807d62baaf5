import { type Kysely, sql } from 'kysely';

/**
 * Webhooks: what the shop's own systems are told of months, captures, declines, locked cards and
 * imports. Triggers write the events, in the transaction of what they tell and whatever code wrote it.
 */
// biome-ignore lint/suspicious/noExplicitAny: a frozen migration must not follow today's table types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`
    -- When a month came to its stage, and how many stages it has seen: what is told needs both.
    alter table cycles
      add column stage_since timestamptz,
      add column stage_changes int not null default 0;

    -- Facts. Written only while an endpoint wants their kind; the newest of one subject comes last.
    -- Nothing of money or months may ever fail over what is told of it: hence "on conflict do nothing".
    create table webhook_events (
      id bigint generated always as identity primary key,
      merchant_id bigint not null references merchants,
      public_id uuid not null unique default gen_random_uuid(),
      type text not null check (type ~ '^[a-z]+([.][a-z]+)?$'),
      -- Of the one fact that it tells: nothing is told twice.
      key text not null,
      -- What it is about: events of one subject are delivered in their order.
      subject text not null,
      data jsonb not null,
      occurred_at timestamptz not null,
      -- Of charges.captured: by what they were captured; the list of its orders is read by them.
      cycle_id bigint references cycles,
      exchange_id bigint,
      decision_id bigint,
      unique (merchant_id, key)
    );
    create index webhook_events_newest on webhook_events (merchant_id, id);

    alter table delivery_endpoints
      add column kind text not null default 'carrier' check (kind in ('carrier', 'webhook')),
      -- Of a webhook: what it wants to be told.
      add column events text[],
      -- For how long the secret before the newest signs as well.
      add column secret_overlap_hours int not null default 0 check (secret_overlap_hours >= 0),
      add constraint a_webhook_wants_events check ((kind = 'webhook') = (events is not null));

    alter table deliveries
      alter column result_id drop not null,
      add column event_id bigint references webhook_events,
      -- The decision by which it was sent again.
      add column resent_by bigint references decisions,
      add constraint a_delivery_is_of_one_thing check (num_nonnulls(result_id, event_id) = 1),
      add unique (endpoint_id, event_id);
    create index deliveries_resent on deliveries (resent_by) where resent_by is not null;

    -- Lists answered by people are paged by their decision; results of files have none.
    create index ending_results_by_decision on ending_results (decision_id, charge_id)
      where decision_id is not null;

    grant select, insert on webhook_events to tsukigime_app;
    grant update (stage_since, stage_changes) on cycles to tsukigime_app;
    grant update (events, secret_overlap_hours) on delivery_endpoints to tsukigime_app;
    grant update (resent_by) on deliveries to tsukigime_app;
  `.execute(db);
  await createQueue(db);
  await tellMonths(db);
  await tellCaptures(db);
  await tellDeclines(db);
  await tellCards(db);
}

// biome-ignore lint/suspicious/noExplicitAny: as above.
async function createQueue(db: Kysely<any>): Promise<void> {
  await sql`
    -- Whether any endpoint of any merchant listens: where none does, a merge pays one look for it.
    create function webhooks_want(types text[]) returns boolean
      language sql stable set search_path = public, pg_temp as $$
      select exists (select from delivery_endpoints e
        where e.kind = 'webhook' and e.state <> 'retired' and e.events && $1) $$;

    create view webhook_wishes as
      select distinct e.merchant_id, w.type
        from delivery_endpoints e cross join unnest(e.events) w (type)
       where e.kind = 'webhook' and e.state <> 'retired';
    grant select on webhook_wishes to tsukigime_app;

    -- A test event is queued by whoever wrote it, for its one endpoint.
    create function queue_webhook_events() returns trigger
      language plpgsql set search_path = public, pg_temp as $$
    begin
      execute $q$
        insert into deliveries (merchant_id, endpoint_id, event_id, ordering_key, tries_left, due_at,
          created_at)
        select n.merchant_id, e.id, n.id, n.subject, cardinality(e.back_off_seconds) + 1,
          n.occurred_at, n.occurred_at
        from new_rows n
        join delivery_endpoints e on e.merchant_id = n.merchant_id and e.kind = 'webhook'
          and e.state <> 'retired' and n.type = any (e.events)
        order by n.id
      $q$;
      return null;
    end $$;
    create trigger webhook_events_queued after insert on webhook_events
      referencing new table as new_rows for each statement execute function queue_webhook_events();
  `.execute(db);
}

// biome-ignore lint/suspicious/noExplicitAny: as above.
async function tellMonths(db: Kysely<any>): Promise<void> {
  await sql`
    create function tell_cycle_stage() returns trigger
      language plpgsql set search_path = public, pg_temp as $$
    begin
      insert into webhook_events (merchant_id, type, key, subject, data, occurred_at)
      select new.merchant_id, w.type, w.type || ':' || new.id || ':' || new.stage_changes,
        'cycle:' || new.billing_month,
        jsonb_build_object('month', new.billing_month, 'stage', new.stage,
          'previousStage', case when tg_op = 'UPDATE' then old.stage end),
        coalesce(new.stage_since, new.started_at)
      from webhook_wishes w
      where w.merchant_id = new.merchant_id and w.type = 'cycle.stage'
      on conflict do nothing;
      return null;
    end $$;
    create trigger cycles_begun_are_told after insert on cycles
      for each row execute function tell_cycle_stage();
    create trigger cycles_are_told after update of stage on cycles
      for each row when (old.stage is distinct from new.stage) execute function tell_cycle_stage();

    create function tell_import() returns trigger
      language plpgsql set search_path = public, pg_temp as $$
    begin
      insert into webhook_events (merchant_id, type, key, subject, data, occurred_at)
      select new.merchant_id, w.type, w.type || ':' || new.id, 'import:' || new.number,
        jsonb_build_object('number', new.number, 'kind', new.kind, 'stage', new.stage,
          'rows', new.rows, 'imported', new.imported, 'failed', new.failed),
        new.finished_at
      from webhook_wishes w
      where w.merchant_id = new.merchant_id and w.type = 'import.finished'
      on conflict do nothing;
      return null;
    end $$;
    create trigger imports_are_told after update of stage on imports
      for each row when (old.stage is distinct from new.stage and new.stage in ('done', 'refused'))
      execute function tell_import();
  `.execute(db);
}

// biome-ignore lint/suspicious/noExplicitAny: as above.
async function tellCaptures(db: Kysely<any>): Promise<void> {
  await sql`
    -- One event for what one file or list captured, or one for each charge: as the endpoint wants.
    create function tell_captures() returns trigger
      language plpgsql set search_path = public, pg_temp as $$
    begin
      if webhooks_want(array['charges.captured']) then
        execute $q$
          insert into webhook_events (merchant_id, type, key, subject, data, occurred_at, cycle_id,
            exchange_id, decision_id)
          select c.merchant_id, w.type, w.type || ':' || min(r.charge_id) || '.' || min(r.n) || '.'
              || min(r.k),
            'cycle:' || c.billing_month,
            jsonb_build_object('month', c.billing_month, 'by', case
              when r.exchange_id is null then 'list' else 'file' end,
              'charges', count(*), 'amountYen', sum(e.amount_yen)),
            r.recorded_at, c.id, r.exchange_id, r.decision_id
          from new_rows r
          join endings e on e.charge_id = r.charge_id and e.n = r.n and e.k = r.k
          join charges h on h.id = r.charge_id
          join cycles c on c.id = h.cycle_id
          join webhook_wishes w on w.merchant_id = r.merchant_id and w.type = 'charges.captured'
          where r.result = 'captured'
          group by w.type, c.merchant_id, c.id, c.billing_month, r.exchange_id, r.decision_id,
            r.recorded_at
          order by c.id
          on conflict do nothing
        $q$;
      end if;
      if webhooks_want(array['charge.captured']) then
        execute $q$
          insert into webhook_events (merchant_id, type, key, subject, data, occurred_at)
          select r.merchant_id, w.type, w.type || ':' || r.charge_id || '.' || r.n || '.' || r.k,
            'order:' || h.order_number,
            jsonb_build_object('month', c.billing_month, 'orderNumber', h.order_number,
              'amountYen', e.amount_yen),
            r.recorded_at
          from new_rows r
          join endings e on e.charge_id = r.charge_id and e.n = r.n and e.k = r.k
          join charges h on h.id = r.charge_id
          join cycles c on c.id = h.cycle_id
          join webhook_wishes w on w.merchant_id = r.merchant_id and w.type = 'charge.captured'
          where r.result = 'captured'
          order by r.charge_id
          on conflict do nothing
        $q$;
      end if;
      return null;
    end $$;
    create trigger ending_results_are_told after insert on ending_results
      referencing new table as new_rows for each statement execute function tell_captures();
  `.execute(db);
}

// biome-ignore lint/suspicious/noExplicitAny: as above.
async function tellDeclines(db: Kysely<any>): Promise<void> {
  await sql`
    -- A case has one step each for its opening and its closing, in the statement that opens or closes.
    create function tell_ng_cases() returns trigger
      language plpgsql set search_path = public, pg_temp as $$
    begin
      if webhooks_want(array['ng.opened', 'ng.closed']) then
        execute $q$
          insert into webhook_events (merchant_id, type, key, subject, data, occurred_at)
          select s.merchant_id, w.type, w.type || ':' || s.id, 'order:' || h.order_number,
            jsonb_build_object('month', c.billing_month, 'orderNumber', h.order_number,
              'amountYen', k.amount_yen)
            || case s.kind when 'opened' then '{}'::jsonb else
              jsonb_build_object('outcome', k.outcome, 'recoveredBy', k.recovered_by) end,
            s.taken_at
          from new_rows s
          join ng_cases k on k.id = s.case_id
          join charges h on h.id = k.charge_id
          join cycles c on c.id = k.cycle_id
          join webhook_wishes w on w.merchant_id = s.merchant_id and w.type = 'ng.' || s.kind
          where s.kind in ('opened', 'closed')
          order by s.id
          on conflict do nothing
        $q$;
      end if;
      return null;
    end $$;
    create trigger ng_case_steps_are_told after insert on ng_case_steps
      referencing new table as new_rows for each statement execute function tell_ng_cases();
  `.execute(db);
}

// biome-ignore lint/suspicious/noExplicitAny: as above.
async function tellCards(db: Kysely<any>): Promise<void> {
  await sql`
    create function tell_card_locks() returns trigger
      language plpgsql set search_path = public, pg_temp as $$
    begin
      if webhooks_want(array['card.locked']) then
        execute $q$
          insert into webhook_events (merchant_id, type, key, subject, data, occurred_at)
          select l.merchant_id, w.type, w.type || ':' || l.id, 'customer:' || l.customer_number,
            jsonb_build_object('lock', l.number, 'customerNumber', l.customer_number,
              'service', l.service, 'verdict', l.verdict),
            l.locked_at
          from new_rows l
          join webhook_wishes w on w.merchant_id = l.merchant_id and w.type = 'card.locked'
          order by l.id
          on conflict do nothing
        $q$;
      end if;
      return null;
    end $$;
    create trigger card_locks_are_told after insert on card_locks
      referencing new table as new_rows for each statement execute function tell_card_locks();

    create function tell_card_unlocks() returns trigger
      language plpgsql set search_path = public, pg_temp as $$
    begin
      if webhooks_want(array['card.unlocked']) then
        execute $q$
          insert into webhook_events (merchant_id, type, key, subject, data, occurred_at)
          select u.merchant_id, w.type, w.type || ':' || u.lock_id, 'customer:' || l.customer_number,
            jsonb_build_object('lock', l.number, 'customerNumber', l.customer_number,
              'service', l.service, 'how', u.how),
            u.unlocked_at
          from new_rows u
          join card_locks l on l.id = u.lock_id
          join webhook_wishes w on w.merchant_id = u.merchant_id and w.type = 'card.unlocked'
          order by u.lock_id
          on conflict do nothing
        $q$;
      end if;
      return null;
    end $$;
    create trigger card_unlocks_are_told after insert on card_unlocks
      referencing new table as new_rows for each statement execute function tell_card_unlocks();
  `.execute(db);
}
