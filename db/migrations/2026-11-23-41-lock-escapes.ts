import { type Kysely, sql } from 'kysely';

/**
 * Nobody frees a locked card alone: subscriptions free its orders only where they were moved to
 * another card, and an override takes the answer of another person than the one who asked.
 */
// biome-ignore lint/suspicious/noExplicitAny: a frozen migration must not follow today's table types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`
    -- Since when a subscription runs without a break, and since when it does not: kept by the trigger,
    -- whatever is written.
    alter table subscriptions add began_at timestamptz, add ended_at timestamptz;
    update subscriptions
       set began_at = created_at,
           ended_at = case when deleted_at is not null or status = 'ended'
                           then coalesce(deleted_at, updated_at) end;
    alter table subscriptions alter began_at set not null;

    create function date_subscription() returns trigger
      language plpgsql set search_path = public, pg_temp as $$
    declare
      runs constant boolean := new.deleted_at is null and new.status <> 'ended';
      changed_at constant timestamptz := greatest(new.updated_at, new.deleted_at);
    begin
      if tg_op = 'INSERT' then
        new.began_at := new.created_at;
        new.ended_at := case when not runs then changed_at end;
      else
        new.began_at := case when runs and old.ended_at is not null then changed_at
                             else old.began_at end;
        new.ended_at := case when not runs then coalesce(old.ended_at, changed_at) end;
      end if;
      return new;
    end $$;
    create trigger subscriptions_dated before insert or update on subscriptions
      for each row execute function date_subscription();

    -- Of the open locks, those that orders are held back for: all, but where every subscription that
    -- ran when the card was refused, and every one that runs now, charges another card. One that ended
    -- since may have orders left, so its end frees nothing; nor does one that is new since the lock.
    -- Another card has another number or a later expiry, whatever its 連番 (card files know three
    -- digits), and does not run out before the last month that the merchant bills.
    create or replace view billing_card_locks as
      select l.* from open_card_locks l
       where not coalesce((
         select bool_or(s.runs and s.stood) and bool_and(s.charges_another)
           from (select x.ended_at is null as runs,
                        x.began_at < l.locked_at and coalesce(x.ended_at > l.locked_at, true) as stood,
                        exists (select from cards k
                          where k.id = x.card_id and k.id <> l.card_id
                            and k.merchant_id = l.merchant_id and k.customer_id = l.customer_id
                            and k.deleted_at is null
                            and (right(k.last_digits, 3) <> right(l.last_digits, 3)
                                 or k.expiry > l.expiry)
                            and k.expiry >= greatest(
                                  to_char(l.locked_at at time zone 'Asia/Tokyo', 'YYYY-MM'),
                                  (select max(y.billing_month) from cycles y
                                    where y.merchant_id = l.merchant_id))) as charges_another
                   from subscriptions x
                  where x.merchant_id = l.merchant_id and x.customer_id = l.customer_id) s
          where s.runs or s.stood), false);

    -- Spelling makes nobody another, here as in billing/approval.ts.
    create function spelt_actor(actor text) returns text language sql immutable as $$
      select regexp_replace(lower(normalize(actor, NFKC)), '\\s+', '', 'g') $$;

    create function check_card_unlocks() returns trigger
      language plpgsql set search_path = public, pg_temp as $$
    declare offending text;
    begin
      select 'lock ' || n.lock_id into offending from new_rows n
       where n.how = 'override' and not exists (
         select from card_lock_overrides o
           join card_lock_override_answers a on a.override_id = o.id
          where o.id = n.override_id and o.lock_id = n.lock_id and o.merchant_id = n.merchant_id
            and a.merchant_id = n.merchant_id and a.answer = 'approved'
            and spelt_actor(a.answered_by) <> spelt_actor(o.requested_by))
       limit 1;
      if offending is not null then
        perform refuse_fact('card_unlocks', 'override_is_approved_by_another_person', offending,
          'Another person than the one who asked approves the override.');
      end if;
      return null;
    end $$;
    create trigger card_unlocks_approved after insert on card_unlocks
      referencing new table as new_rows for each statement execute function check_card_unlocks();
  `.execute(db);
}
