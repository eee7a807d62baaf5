import { type Kysely, sql } from 'kysely';

/**
 * Retention reaches what held personal data for ever: mails, confirm pages, parameters that an operator
 * corrected, starts of answers, and uploads that nobody ever took. And a webhook that is retired keeps
 * nothing that is due.
 */
// biome-ignore lint/suspicious/noExplicitAny: a frozen migration must not follow today's table types.
export async function up(db: Kysely<any>): Promise<void> {
  await blankMore(db);
  await sql`
    -- Whether an endpoint is retired meanwhile is told by its row: who queues holds the key, who retires
    -- a webhook takes the whole row first, and so sees every delivery that came before. Whoever queues
    -- waits for nobody, since money must not fail over what is told of it: an endpoint that is being
    -- retired at this moment is passed over.
    create or replace function queue_webhook_events() returns trigger
      language plpgsql set search_path = public, pg_temp as $$
    begin
      execute $q$
        with hooks as materialized (
          select e.id, e.merchant_id, e.events, e.back_off_seconds from delivery_endpoints e
           where e.merchant_id = any (array(select distinct n.merchant_id from new_rows n))
             and e.kind = 'webhook' and e.state <> 'retired'
             and e.events && array(select distinct n.type from new_rows n)
             for key share skip locked)
        insert into deliveries (merchant_id, endpoint_id, event_id, ordering_key, tries_left, due_at,
          created_at)
        select n.merchant_id, e.id, n.id, n.subject, cardinality(e.back_off_seconds) + 1,
          n.occurred_at, n.occurred_at
        from new_rows n
        join hooks e on e.merchant_id = n.merchant_id and n.type = any (e.events)
        order by n.id
      $q$;
      return null;
    end $$;

    -- Nothing of a webhook that was retired before can ever leave.
    update deliveries d set state = 'settled' from delivery_endpoints e
     where e.id = d.endpoint_id and e.state = 'retired' and d.state = 'due';
  `.execute(db);
}

// biome-ignore lint/suspicious/noExplicitAny: as above.
async function blankMore(db: Kysely<any>): Promise<void> {
  await sql`
    -- What ZEUS could not hand over goes with the carriers' results; every other mail with the orders of
    -- the months that were open when it came. Null = that kind is kept for ever.
    create function is_expired_mail(mail mailbox_mails, orders_before timestamptz,
        carrier_before timestamptz) returns boolean
      language sql stable set search_path = public, pg_temp as $$
      select coalesce(case when mail.handler = 'zeus-send-error' then mail.taken_at < carrier_before
        else mail.taken_at < orders_before and not exists (select from cycles c
          where c.merchant_id = mail.merchant_id and c.stage <> 'stopped'
            and c.started_at <= mail.taken_at
            and coalesce(c.closed_at, 'infinity') >= orders_before) end, false) $$;
    revoke execute on function is_expired_mail from public;

    create or replace function blank_expired(merchant bigint, import_months int, order_months int,
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
      -- Also what was uploaded and never imported.
      counts := counts || jsonb_build_object('importFiles', blank_files(merchant, array(
        select f.id from files f
         where f.merchant_id = merchant and f.chunks > 0 and f.stored_at < imports_before
           and f.kind in ('customer-import', 'card-import')
           and not exists (select from imports i where i.file_id = f.id
                 and coalesce(i.finished_at, 'infinity') >= imports_before))));

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
      -- Also what was uploaded and never collected.
      counts := counts || jsonb_build_object('orderFiles', blank_files(merchant, array(
        select distinct c.file_id from order_collections c
         where c.merchant_id = merchant and c.cycle_id = any (months)
           and not exists (select from order_collections o join cycles m on m.id = o.cycle_id
                 where o.file_id = c.file_id and m.blanked_at is null)
        union
        select f.id from files f
         where f.merchant_id = merchant and f.chunks > 0 and f.stored_at < orders_before
           and f.kind = 'order-export'
           and not exists (select from order_collections c where c.file_id = f.id))));

      -- The same bytes may have come twice: they go with the later mail.
      counts := counts || jsonb_build_object('mailFiles', blank_files(merchant, array(
        select f.id from files f
         where f.merchant_id = merchant and f.chunks > 0 and f.kind = 'mail'
           and f.stored_at < greatest(orders_before, carrier_before)
           and not exists (select from mailbox_mails m where m.file_id = f.id
                 and not is_expired_mail(m, orders_before, carrier_before))
           and (f.stored_at < orders_before
                or exists (select from mailbox_mails m where m.file_id = f.id)))));
      update mailbox_mails m set subject = ''
       where m.merchant_id = merchant and m.subject <> ''
         and is_expired_mail(m, orders_before, carrier_before);

      update carrier_results r set phone = null, email = null, parameters = '{}'
       where merchant_id = merchant and received_at < carrier_before and parameters <> '{}'
         and not exists (select from deliveries d where d.result_id = r.id and d.state = 'due');
      get diagnostics touched = row_count;
      counts := counts || jsonb_build_object('carrierResults', touched);
      update carrier_calls c set query = '', body = ''
       where merchant_id = merchant and received_at < carrier_before
         and length(query) + length(body) > 0
         and exists (select from carrier_verdicts v where v.call_id = c.id);
      -- An empty list: null would say that it was sent as received.
      update send_error_acts a set parameters = '[]'
        from send_errors e join deliveries d on d.id = e.delivery_id
       where a.merchant_id = merchant and a.acted_at < carrier_before and a.parameters <> '[]'
         and e.id = a.send_error_id and d.state <> 'due';
      counts := counts || jsonb_build_object('confirmationFiles', blank_files(merchant, array(
        select f.id from files f
         where f.merchant_id = merchant and f.chunks > 0 and f.stored_at < carrier_before
           and f.kind in ('send-error-confirmation', 'send-error-confirmation-edited'))));
      -- What a shop answered may repeat whom it was told of. Without a status it is our own sentence.
      update delivery_attempts t set answer_start = null
        from deliveries d
       where t.merchant_id = merchant and t.status is not null and t.answer_start <> ''
         and t.ended_at < greatest(orders_before, carrier_before) and d.id = t.delivery_id
         and t.ended_at < case when d.event_id is null then carrier_before else orders_before end;
      return counts;
    end $$;
  `.execute(db);
}
