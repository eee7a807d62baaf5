import { type Kysely, sql } from 'kysely';

/**
 * What lists of a million customers, cards and subscriptions are found by. Customers come in by files of a
 * million rows: their indexes hold a summary of sixteen pages each, made by the next vacuum, and cost a row
 * next to nothing where a tree would cost it more than the row itself.
 */
// biome-ignore lint/suspicious/noExplicitAny: a frozen migration must not follow today's table types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`
    create index customers_by_address on customers
      using brin (email text_bloom_ops (n_distinct_per_range = 1000),
                  phone text_bloom_ops (n_distinct_per_range = 1000)) with (pages_per_range = 16);
    -- Few, and a card of theirs does not count.
    create index customers_deleted on customers (merchant_id, customer_id)
      where deleted_at is not null;
    create index cards_by_expiry on cards (merchant_id, expiry, customer_id)
      where deleted_at is null;
    create index subscriptions_by_status on subscriptions (merchant_id, status, subscription_number)
      where deleted_at is null;
    -- Most results are good.
    create index refresh_results_not_good on refresh_results (merchant_id, verdict, card_id)
      where verdict <> 0;
  `.execute(db);
}
