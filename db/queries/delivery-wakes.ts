import { type Kysely, sql } from 'kysely';
import type { Database } from '../tables.ts';

/** A desk that has something to do. */
export interface SleepingDesk {
  readonly merchant: string;
  readonly clockOffsetMs: number;
  /** Slug of the endpoint. */
  readonly slug: string;
}

/** Slugs of endpoints, of all merchants, that have something to deliver: woken when the API starts. */
export async function listEndpointsWithWork(db: Kysely<Database>): Promise<SleepingDesk[]> {
  return await db
    .selectFrom('delivery_endpoints as e')
    .innerJoin('merchants as m', 'm.id', 'e.merchant_id')
    .where('e.state', '<>', 'retired')
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('deliveries as d')
          .whereRef('d.endpoint_id', '=', 'e.id')
          .where('d.state', '=', 'due')
          .select('d.id'),
      ),
    )
    .select(['m.slug as merchant', 'm.clock_offset_ms as clockOffsetMs', 'e.slug'])
    .orderBy('e.id')
    .execute();
}

/**
 * Endpoints, of all merchants, that could deliver now and whose desk may not know of it. Whoever writes a
 * fact does not know that it is told, so webhooks are woken by a look at the queue for what was never
 * tried. Anything else that has been due for a minute was missed: who queued or resumed it was cut off
 * before it could say so. A desk at work hears of what waits in its queue once more, which does no harm.
 *
 * @param realNow ISO instant, of no merchant's clock.
 */
export async function listSleepingDesks(
  db: Kysely<Database>,
  realNow: string,
): Promise<SleepingDesk[]> {
  const { rows } = await sql<SleepingDesk>`
    select m.slug as merchant, m.clock_offset_ms as "clockOffsetMs", e.slug
    from delivery_endpoints e
    join merchants m on m.id = e.merchant_id
    cross join lateral (
      select ${realNow}::timestamptz + m.clock_offset_ms * interval '1 millisecond' as now) c
    where e.state = 'active'
      and coalesce(e.circuit_open_until <= c.now, true)
      and exists (select from deliveries d
        where d.endpoint_id = e.id and d.state = 'due' and d.due_at <= c.now
          and (e.kind = 'webhook' and d.attempt = 0 or d.due_at <= c.now - interval '1 minute')
          and not exists (select from deliveries b where b.endpoint_id = d.endpoint_id
            and b.ordering_key = d.ordering_key and b.state = 'due' and b.id < d.id))
    order by e.id`.execute(db);
  return rows;
}
