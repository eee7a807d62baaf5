import { type Kysely, sql } from 'kysely';

/**
 * What a merchant keeps no longer is blanked by a function of the owner: the application has no right
 * to change orders or to remove bytes, and gets none beyond this. It takes months, not an instant, so
 * that nothing younger than a month can be blanked whoever calls it.
 */
// biome-ignore lint/suspicious/noExplicitAny: a frozen migration must not follow today's table types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`
    -- When the personal data of a closed month's orders was blanked; null = it is there.
    alter table cycles add column blanked_at timestamptz;

    create function blank_files(merchant bigint, expired bigint[]) returns int
      language plpgsql set search_path = public, pg_temp as $$
    declare blanked bigint[];
    begin
      with done as (
        update files set chunks = 0
         where merchant_id = merchant and id = any (expired) and chunks > 0 returning id)
      select coalesce(array_agg(id), '{}') into blanked from done;
      delete from file_chunks where file_id = any (blanked);
      return cardinality(blanked);
    end $$;
    revoke execute on function blank_files from public;

    -- Null months: that kind is kept for ever.
    create function blank_expired(merchant bigint, import_months int, order_months int,
        carrier_months int) returns jsonb
      language plpgsql security definer set search_path = public, pg_temp as $$
    declare
      today timestamptz := clock_timestamp()
        + (select clock_offset_ms from merchants where id = merchant) * interval '1 millisecond';
      counts jsonb := '{}';
      touched bigint;
      months bigint[];
      imports_before timestamptz := today - make_interval(months => import_months);
      orders_before timestamptz := today - make_interval(months => order_months);
      carrier_before timestamptz := today - make_interval(months => carrier_months);
    begin
      if least(import_months, order_months) < 1 or carrier_months < 9 then
        raise exception 'import_months and order_months are at least 1, carrier_months at least 9';
      end if;

      update customers
         set name = null, kana = null, postal_code = null, prefecture = null, city = null,
             street = null, building = null, phone = null, email = null, gender = null,
             birth_date = null, occupation_id = null, tag_ids = '{}', newsletter = null,
             customer_type = null, blanked_at = today
       where merchant_id = merchant and deleted_at < imports_before and blanked_at is null;
      get diagnostics touched = row_count;
      counts := counts || jsonb_build_object('customers', touched);
      update cards
         set holder = null, auth_key_id = null, auth_key_iv = null, auth_key_data = null,
             updated_at = today
       where merchant_id = merchant and deleted_at < imports_before
         and num_nonnulls(holder, auth_key_id) > 0;
      get diagnostics touched = row_count;
      counts := counts || jsonb_build_object('cards', touched);
      counts := counts || jsonb_build_object('importFiles', blank_files(merchant, array(
        select f.id from files f
         where f.merchant_id = merchant and f.chunks > 0
           and f.kind in ('customer-import', 'card-import')
           and exists (select from imports i where i.file_id = f.id)
           and not exists (select from imports i where i.file_id = f.id
                 and coalesce(i.finished_at, 'infinity') >= imports_before)
           and import_months is not null)));

      select coalesce(array_agg(id), '{}') into months from cycles
       where merchant_id = merchant and stage = 'closed' and closed_at < orders_before
         and blanked_at is null;
      update orders set customer_name = '', email = '', phone = ''
       where merchant_id = merchant and cycle_id = any (months);
      get diagnostics touched = row_count;
      counts := counts || jsonb_build_object('orders', touched);
      -- The value that could not be read may have stood in any column.
      update quarantined_orders set value = null
       where merchant_id = merchant and cycle_id = any (months);
      update cycles set blanked_at = today where id = any (months);
      counts := counts || jsonb_build_object('orderFiles', blank_files(merchant, array(
        select distinct c.file_id from order_collections c
         where c.merchant_id = merchant and c.cycle_id = any (months)
           and not exists (select from order_collections o join cycles m on m.id = o.cycle_id
                 where o.file_id = c.file_id and m.blanked_at is null))));

      update carrier_results r set phone = null, email = null, parameters = '{}'
       where merchant_id = merchant and received_at < carrier_before and parameters <> '{}'
         and not exists (select from deliveries d where d.result_id = r.id and d.state = 'due');
      get diagnostics touched = row_count;
      counts := counts || jsonb_build_object('carrierResults', touched);
      update carrier_calls c set query = '', body = ''
       where merchant_id = merchant and received_at < carrier_before
         and length(query) + length(body) > 0
         and exists (select from carrier_verdicts v where v.call_id = c.id);
      return counts;
    end $$;
    revoke execute on function blank_expired from public;
    grant execute on function blank_expired to tsukigime_app;
  `.execute(db);
}
