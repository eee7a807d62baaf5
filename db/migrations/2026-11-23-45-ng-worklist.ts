import { type Kysely, sql } from 'kysely';

/**
 * The worklist of the NG desk is read by order number, a page at a time: a case carries the number of its
 * charge, so that an index gives the page and the other cases are not looked at.
 */
// biome-ignore lint/suspicious/noExplicitAny: a frozen migration must not follow today's table types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`
    alter table ng_cases add column order_number text;
    update ng_cases k set order_number = c.order_number from charges c where c.id = k.charge_id;
    alter table ng_cases alter column order_number set not null;

    -- Written here and nowhere else: it cannot come to differ from the charge's.
    create function copy_order_number() returns trigger
      language plpgsql set search_path = public, pg_temp as $$
    begin
      select c.order_number into strict new.order_number from charges c where c.id = new.charge_id;
      return new;
    end $$;
    create trigger ng_cases_order_number before insert on ng_cases
      for each row execute function copy_order_number();

    create index ng_cases_in_order on ng_cases (cycle_id, order_number, id desc);
    create index ng_cases_open_in_order on ng_cases (cycle_id, order_number, id desc)
      where closed_at is null;
    -- The one above begins as this one did.
    drop index ng_cases_by_cycle;
  `.execute(db);
}
