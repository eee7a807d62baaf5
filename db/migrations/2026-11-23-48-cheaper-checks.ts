import { type Kysely, sql } from 'kysely';

/**
 * Two checks that asked as many questions as a month has orders:
 *
 * Items of whole ranges of charges, as a month makes them, are as many as the charges of the range. Each
 * is of a charge of its own (key of the table, none carries), so that no charge is looked up one by one.
 *
 * Who told shipments is named by few rows of other tables: asked once for each of these, of a statement,
 * instead of by foreign keys for each shipment; and they are the merchant's.
 */
const settings = sql.raw(`set search_path = public, pg_temp
      set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off`);

// biome-ignore lint/suspicious/noExplicitAny: a frozen migration must not follow today's table types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`
    create or replace function check_charge_items() returns trigger
      language plpgsql ${settings} as $$
    declare broken record; came record; own record; found bigint := 0;
    begin
      execute $q$
        select count(*) as rows, min(charge_id) as first, max(charge_id) as last,
          min(merchant_id) as merchant, max(merchant_id) as other, sum(yen) as yen,
          coalesce(bool_or(charge_id <> origin_charge_id), false) as carries,
          case when min(merchant_id) < max(merchant_id) then array_agg(merchant_id) end as merchants
        from new_rows
      $q$ into came;
      if came.rows = 0 then return null; end if;
      perform lock_merchants_of(came.merchant, came.other, came.merchants);
      if came.merchant = came.other and not came.carries
          and came.last - came.first + 1 = came.rows then
        execute $q$
          select count(*) as rows, min(cycle_id) as cycle, max(cycle_id) as other from charges
          where id between $1 and $2 and merchant_id = $3
        $q$ into own using came.first, came.last, came.merchant;
        if own.rows = came.rows and own.cycle = own.other then
          insert into charge_tallies (merchant_id, cycle_id, fact, rows, yen)
          values (came.merchant, own.cycle, 'item', came.rows, came.yen);
          found := came.rows;
        end if;
      end if;
      if found = 0 then
        execute $q$
          with tallied as (
            insert into charge_tallies (merchant_id, cycle_id, fact, rows, yen)
            select n.merchant_id, c.cycle_id, 'item', count(*), sum(n.yen)
            from new_rows n join charges c on c.id = n.charge_id and c.merchant_id = n.merchant_id
            group by 1, 2 returning rows)
          select coalesce(sum(rows), 0) from tallied
        $q$ into found;
      end if;
      if found <> came.rows then
        execute $q$
          select 'charge ' || n.charge_id || ', origin ' || n.origin_charge_id as offending
          from new_rows n
          where not exists (select from charges c
            where c.id = n.charge_id and c.merchant_id = n.merchant_id)
        $q$ into broken;
        perform refuse_fact('charge_items', 'item_has_a_charge_of_its_merchant', broken.offending,
          'Insert the charge first and name its merchant.');
      end if;
      if exists (select from attempts a where a.charge_id between came.first and came.last) then
        execute $q$
          select 'charge ' || n.charge_id || ', origin ' || n.origin_charge_id as offending
          from new_rows n
          where exists (select from attempts a where a.charge_id = n.charge_id)
        $q$ into broken;
        if broken.offending is not null then
          perform refuse_fact('charge_items', 'items_are_complete_before_the_first_attempt',
            broken.offending, 'The amount of a charge is settled when its first attempt is claimed.');
        end if;
      end if;
      if came.carries then
        execute $q$
          select 'charge ' || n.charge_id || ', origin ' || n.origin_charge_id as offending,
            case when t.charge_id is null then 'origin_was_carried_over'
              else 'carried_yen_are_conserved' end as rule
          from new_rows n
          left join attempts t on t.charge_id = n.origin_charge_id and t.kind = 'carried_over'
            and t.merchant_id = n.merchant_id
          where n.charge_id <> n.origin_charge_id
            and (t.charge_id is null or n.yen is distinct from
              (select sum(i.yen) from charge_items i where i.charge_id = n.origin_charge_id))
        $q$ into broken;
        if broken.rule is not null then
          perform refuse_fact('charge_items', broken.rule, broken.offending,
            'Carry the origin over first (attempt of kind carried_over), then take all of its yen as one item.');
        end if;
      end if;
      if exists (select from charge_items f where f.charge_id between came.first and came.last
          and f.charge_id <> f.origin_charge_id) then
        execute $q$
          select 'charge ' || n.charge_id as offending
          from new_rows n
          where case when exists (select from charge_items f
              where f.charge_id = n.charge_id and f.charge_id <> f.origin_charge_id)
            then (select sum(i.yen) from charge_items i where i.charge_id = n.charge_id) > 9999999
            end
        $q$ into broken;
        if broken.offending is not null then
          perform refuse_fact('charge_items', 'items_fit_one_authorization', broken.offending,
            'One authorization holds 9,999,999 yen at most: bill the carried charge by itself.');
        end if;
      end if;
      return null;
    end $$;

    create function check_shipments() returns trigger
      language plpgsql ${settings} as $$
    declare broken record;
    begin
      execute $q$
        select 'merchant ' || n.merchant_id || coalesce(', collection ' || n.collection_id, '')
          || coalesce(', decision ' || n.decision_id, '') as offending
        from (select distinct merchant_id, collection_id, decision_id from new_rows) n
        where (n.collection_id is not null and not exists (select from order_collections k
            where k.id = n.collection_id and k.merchant_id = n.merchant_id))
          or (n.decision_id is not null and not exists (select from decisions d
            where d.id = n.decision_id and d.merchant_id = n.merchant_id))
      $q$ into broken;
      if broken.offending is not null then
        perform refuse_fact('shipments', 'shipment_names_who_told_it', broken.offending,
          'Name an export or a decision of the merchant.');
      end if;
      return null;
    end $$;
    create trigger shipments_rules after insert on shipments
      referencing new table as new_rows for each statement execute function check_shipments();
    alter table shipments drop constraint shipments_collection_id_fkey,
      drop constraint shipments_decision_id_fkey;
  `.execute(db);
}
