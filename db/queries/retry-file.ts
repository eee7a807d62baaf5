import { sql } from 'kysely';
import type { ExchangeName } from '../../billing/exchange.ts';
import type { Db } from '../database.ts';
import { registrationOf } from '../fragments.ts';
import { type LinesToClaim, linesAsU } from '../lines-to-claim.ts';
import { isChargeLocked } from '../locked-cards.ts';
import type { FileLine } from './file-lines.ts';
import { orderInPlace } from './ng-replacements.ts';

/**
 * Whether another order is billed in place of the one of request `q`, for which the plan alone asked: it
 * waits until that one is paid, which ends it, or ended. A person may want both.
 */
const isReplaced = sql`
  exists (select from (select q.charge_id) k where q.decision_id is null and ${orderInPlace} is not null)`;

/**
 * The next declined charges of a month, in the export's order, of which a plan or a person has asked
 * for another attempt: the lines of a supplementary authorization file.
 */
export async function listRetryLines(
  db: Db,
  merchantId: number,
  page: { cycleId: number; limit: number },
): Promise<FileLine[]> {
  // Asked of the facts by key, not of the view of all states: requests are few among charges. And
  // probed (`is not true` keeps it from being joined): each file adds thousands of attempts n > 1
  // that Postgres has not counted yet.
  const { rows } = await sql<FileLine>`
    select q.charge_id as "chargeId", q.n + 1 as n, null as k, c.position,
           c.order_number as "orderNumber", c.customer_number as "customerNumber",
           ${registrationOf} as "previousOrderNumber", a.amount_yen as yen
      from authorization_requests q
      join charges c on c.id = q.charge_id and c.cycle_id = ${page.cycleId}
      join attempts a on a.charge_id = q.charge_id and a.n = q.n
      join outcomes o on o.charge_id = q.charge_id and o.n = q.n and o.outcome = 'declined'
     where q.merchant_id = ${merchantId} and q.kind = 'retry'
       and exists (select from attempts later
                    where later.charge_id = q.charge_id and later.n = q.n + 1 and later.n > 1)
           is not true
       and exists (select from contradictions x where x.charge_id = q.charge_id and not exists
             (select from contradiction_settlements t where t.contradiction_id = x.id)) is not true
       and exists (select from open_order_holds h
                    where h.merchant_id = ${merchantId} and h.order_number = c.order_number)
           is not true
       and not ${isChargeLocked(merchantId, sql`q.charge_id`)}
       and ${isReplaced} is not true
     order by c.position limit ${page.limit}`.execute(db);
  return rows;
}

/** Whether one of these lines has come to be replaced since it was listed; asked as they are claimed. */
export async function haveReplaced(
  db: Db,
  merchantId: number,
  lines: LinesToClaim,
): Promise<boolean> {
  const { rows } = await sql<{ replaced: boolean }>`
    select exists (select from ${linesAsU(lines)}
                     join authorization_requests q on q.charge_id = u.charge_id and q.n = u.n - 1
                    where q.merchant_id = ${merchantId} and q.kind = 'retry'
                      and ${isReplaced}) as replaced`.execute(db);
  return rows[0]?.replaced ?? false;
}

/** Supplementary files that were built and wait for their turn. */
export async function listBuiltRetryFiles(db: Db, merchantId: number): Promise<ExchangeName[]> {
  return await db
    .selectFrom('exchanges')
    .select(['billing_month as billingMonth', 'kind', 'number'])
    .where('merchant_id', '=', merchantId)
    .where('kind', '=', 'retry')
    .where('stage', '=', 'built')
    .orderBy('id')
    .execute();
}
