import { sql } from 'kysely';

/** What is due of one endpoint, in SQL: the same for results and events. */

export interface OfEndpoint {
  readonly endpointId: number;
  /** ISO instant on the merchant's clock. */
  readonly now: string;
}

/**
 * Nothing of the same ordering key that is still due came before it. LIMIT keeps it a look-up by key
 * for each row that is wanted: an anti-join would read the whole queue for every batch.
 */
export const isNextOfItsKey = sql`(select e.id from deliveries e
  where e.endpoint_id = d.endpoint_id and e.ordering_key = d.ordering_key and e.state = 'due'
    and e.id < d.id order by e.id limit 1) is null`;

export type ClaimOf = OfEndpoint & { readonly limit: number };

/**
 * Claims what is due, oldest first, and of one ordering key only the first; each with its next attempt
 * number, committed before a byte leaves. What is claimed stays claimed until its attempt has ended or
 * is closed as cut off. Ends in the columns of a `Claim` and what is to be sent.
 */
export const claimDue = (merchantId: number, of: ClaimOf) => sql`
      update deliveries d set attempt = d.attempt + 1, tries_left = greatest(d.tries_left - 1, 0)
      from (
        select d.id from deliveries d
        where d.merchant_id = ${merchantId} and d.endpoint_id = ${of.endpointId}
          and d.state = 'due' and d.due_at <= ${of.now} and ${isNextOfItsKey}
          and (d.attempt = 0 or (select a.attempt from delivery_attempts a
            where a.delivery_id = d.id and a.attempt = d.attempt limit 1) is not null)
        order by d.due_at, d.id limit ${of.limit} for update of d skip locked
      ) next
      where d.id = next.id
      returning d.id, d.attempt, d.tries_left, d.result_id, d.event_id, d.act_id`;

/**
 * An endpoint for which something is queued now, held so that it is not retired meanwhile; none where it
 * is retired, or is being retired at this moment.
 */
export const heldEndpoint = (merchantId: number, endpointId: number) => sql`
  select e.id, e.back_off_seconds from delivery_endpoints e
   where e.merchant_id = ${merchantId} and e.id = ${endpointId} and e.state <> 'retired'
     for key share skip locked`;
