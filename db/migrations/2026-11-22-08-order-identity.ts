import { type Kysely, sql } from 'kysely';

// The same as for the other rules: probes by key, and names that nobody can shadow.
const settings = sql.raw(`set search_path = public, pg_temp
      set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off`);

/**
 * What makes an order one of its kind is no free text: '' or, for a merchant whose order numbers
 * repeat every month, the month of its cycle. With any other word the unique key of charges would
 * let one order be billed again in another month.
 */
// biome-ignore lint/suspicious/noExplicitAny: a frozen migration must not follow today's table types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`
    create or replace function check_charges() returns trigger
      language plpgsql ${settings} as $$
    declare broken record;
    begin
      execute $q$
        select 'cycle ' || n.cycle_id || ', merchant ' || n.merchant_id as offending
        from (select distinct cycle_id, merchant_id from new_rows) n
        where not exists (select from cycles c
          where c.id = n.cycle_id and c.merchant_id = n.merchant_id)
      $q$ into broken;
      if broken.offending is not null then
        perform refuse_fact('charges', 'charge_has_a_cycle_of_its_merchant', broken.offending,
          'Insert the cycle first and name its merchant.');
      end if;
      execute $q$
        select 'cycle ' || n.cycle_id || ', merchant ' || n.merchant_id as offending
        from (select distinct cycle_id, merchant_id, identity_month from new_rows
          where identity_month <> '') n
        join cycles c on c.id = n.cycle_id
        where n.identity_month <> c.billing_month
          or (select s.settings ->> 'orderIdentity' from merchant_settings s
            where s.merchant_id = n.merchant_id order by s.version desc limit 1)
            is distinct from 'per-month'
      $q$ into broken;
      if broken.offending is not null then
        perform refuse_fact('charges', 'identity_month_is_as_the_merchant_set', broken.offending,
          'Leave identity_month empty; only a merchant whose setting orderIdentity is per-month has there the month of the cycle.');
      end if;
      return null;
    end $$;
  `.execute(db);
}
