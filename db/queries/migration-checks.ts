import { sql } from 'kysely';
import type { CustomerDecision, MigrationCheck } from '../../billing/card-migration.ts';
import type { Db, Trx } from '../database.ts';

/** What a person vouched for. */
export interface Acknowledgement {
  readonly check: MigrationCheck;
  /** The day to which it refers, YYYY-MM-DD. */
  readonly onDate: string | null;
  readonly acknowledgedAt: string;
  readonly acknowledgedBy: string;
}

/** The newest of every check. */
export async function listAcknowledgements(
  db: Db,
  merchantId: number,
  migrationId: number,
): Promise<Acknowledgement[]> {
  const { rows } = await sql<Acknowledgement>`
    select distinct on (check_name) check_name as "check", on_date as "onDate",
           acknowledged_at as "acknowledgedAt", acknowledged_by as "acknowledgedBy"
      from migration_acknowledgements
     where merchant_id = ${merchantId} and migration_id = ${migrationId}
     order by check_name, id desc`.execute(db);
  return rows;
}

export async function insertAcknowledgement(
  trx: Trx,
  merchantId: number,
  of: {
    readonly migrationId: number;
    readonly check: MigrationCheck;
    readonly onDate: string | null;
    readonly actor: string;
    readonly now: string;
  },
): Promise<void> {
  await trx
    .insertInto('migration_acknowledgements')
    .values({
      merchant_id: merchantId,
      migration_id: of.migrationId,
      check_name: of.check,
      on_date: of.onDate,
      acknowledged_at: of.now,
      acknowledged_by: of.actor,
    })
    .execute();
}

/**
 * Writes what people decided about customers, all of them or none, and closes the reviews that asked
 * for it.
 *
 * @returns the customers that do not exist, or do not have the named card; then nothing is written
 */
export async function insertCustomerDecisions(
  trx: Trx,
  merchantId: number,
  of: {
    readonly migrationId: number;
    readonly decisions: readonly CustomerDecision[];
    readonly actor: string;
    readonly now: string;
  },
): Promise<{ readonly unknown: readonly number[] }> {
  const given = sql`jsonb_to_recordset(${JSON.stringify(of.decisions)}::jsonb)
    as d ("customerId" int, choice text, card text)`;
  const card = sql`(
    select k.id from cards k
     where k.merchant_id = ${merchantId} and k.customer_id = d."customerId"
       and k.deleted_at is null
       and left(encode(sha256(convert_to(k.service || '/' || k.identity, 'UTF8')), 'hex'), 12) = d.card)`;
  const { rows } = await sql<{ id: number }>`
    select d."customerId" as id from ${given}
     where not exists (select from customers c
             where c.merchant_id = ${merchantId} and c.customer_id = d."customerId"
               and c.deleted_at is null)
        or (d.choice = 'default' and not exists ${card})
     order by 1`.execute(trx);
  if (rows.length > 0) return { unknown: rows.map(({ id }) => id) };
  await sql`
    insert into migration_customer_decisions (merchant_id, migration_id, customer_id, choice, card_id,
      card_ids, decided_at, decided_by)
    select ${merchantId}::bigint, ${of.migrationId}::bigint, d."customerId", d.choice,
           case when d.choice = 'default' then ${card} end,
           array(select k.id from cards k where k.merchant_id = ${merchantId}
                    and k.customer_id = d."customerId" and k.deleted_at is null order by k.id),
           ${of.now}::timestamptz, ${of.actor}::text
      from ${given}`.execute(trx);
  await sql`
    update customer_reviews r set acknowledged_at = ${of.now}, acknowledged_by = ${of.actor}
      from ${given}
     where r.merchant_id = ${merchantId} and r.customer_id = d."customerId"
       and d.choice in ('default', 'acknowledged') and r.acknowledged_at is null`.execute(trx);
  return { unknown: [] };
}

/** Live subscriptions of customers for whom a person chose a card are billed with it from now on. */
export async function chargeDefaultCards(
  trx: Trx,
  merchantId: number,
  of: { readonly migrationId: number; readonly now: string },
): Promise<void> {
  await sql`
    update subscriptions s set card_id = d.card_id, updated_at = ${of.now}
      from (select distinct on (customer_id) customer_id, card_id
              from migration_customer_decisions
             where migration_id = ${of.migrationId} and choice in ('default', 'acknowledged')
             order by customer_id, id desc) d
      join cards k on k.id = d.card_id and k.deleted_at is null
     where s.merchant_id = ${merchantId} and s.customer_id = d.customer_id
       and s.deleted_at is null and s.card_id is distinct from d.card_id`.execute(trx);
}
