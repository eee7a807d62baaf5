import { sql } from 'kysely';
import { businessDateOf } from '../../billing/business-date.ts';
import type { CardService } from '../../billing/card-service.ts';
import type { Db, Trx } from '../database.ts';
import { type LinesToClaim, linesAsU } from '../lines-to-claim.ts';
import { isChargeLocked, lockedLinesOf } from '../locked-cards.ts';

/**
 * Locks the cards that a result refused, out of all billing from this commit on. Repeated, it locks
 * nothing anew. The caller holds `lock_customers`; the merchant's lock is taken here, so that no claim
 * is under way.
 *
 * @param of `n`: which of the refresh's result files
 */
export async function lockRefusedCards(
  trx: Trx,
  merchantId: number,
  of: { readonly refreshId: number; readonly n: number; readonly now: string },
): Promise<{ locked: number }> {
  const { numAffectedRows } = await sql`
    insert into card_locks (merchant_id, number, card_id, n, customer_id, customer_number, service,
                            last_digits, expiry, refresh_id, line, result_n, result_line, verdict,
                            locked_at)
    select ${merchantId},
           (select coalesce(max(number), 0) from card_locks where merchant_id = ${merchantId})
             + row_number() over (order by r.line),
           r.card_id, coalesce(x.n, 0) + 1,
           k.customer_id, u.customer_number, k.service,
           coalesce(r.last_digits_after, r.last_digits_before),
           coalesce(r.expiry_after, r.expiry_before),
           r.refresh_id, r.line, r.n, r.result_line, r.verdict, ${of.now}
      from refresh_results r
      join cards k on k.id = r.card_id and k.merchant_id = r.merchant_id
      join customers u on u.merchant_id = k.merchant_id and u.customer_id = k.customer_id
      -- Grouped once: asked for each row, it reads all the locks that are being made.
      left join (select card_id, max(n) as n from card_locks
                  where merchant_id = ${merchantId} group by card_id) x on x.card_id = r.card_id
     where r.merchant_id = ${merchantId} and r.refresh_id = ${of.refreshId} and r.n = ${of.n}
       and (r.outcome = 'refused'
            -- Deleted since it was asked for: refused all the same, unless another card came.
            or (r.outcome = 'card_gone' and r.verdict <> 0 and not exists (
                  select from cards x join card_refreshes a on a.id = r.refresh_id
                   where x.merchant_id = k.merchant_id and x.customer_id = k.customer_id
                     and x.id <> k.id and x.deleted_at is null and x.updated_at >= a.request_at
                     -- The same card under another 連番 is no other card.
                     and (right(x.last_digits, 3) <> right(r.last_digits_before, 3)
                          or x.expiry > r.expiry_before))))
       and r.card_id not in (select l.card_id from open_card_locks l
                              where l.merchant_id = ${merchantId})
     order by r.line`.execute(trx);
  return { locked: Number(numAffectedRows ?? 0n) };
}

/**
 * Lets the locks fall whose card an import has replaced: another number or a later expiry in its place,
 * or, where it was deleted, another card of the customer with the same service that came since. The same
 * data again, or older, replaces nothing: neither does what a refresh has seen in that place before,
 * which an old card file brings back. The caller holds `lock_customers`.
 */
export async function releaseReplacedLocks(
  trx: Trx,
  merchantId: number,
  of: { readonly importId: number; readonly now: string },
): Promise<number> {
  const month = businessDateOf(of.now).slice(0, 7);
  // Card files know three digits of a number, results four.
  const { numAffectedRows } = await sql`
    with replaced as materialized (
      select l.id, case when k.deleted_at is null then k.id end as card_id,
             right(k.last_digits, 3) as digits, k.expiry
        from open_card_locks l join cards k on k.id = l.card_id
       where l.merchant_id = ${merchantId}
         and case when k.deleted_at is null
                  then k.expiry >= ${month} and (right(k.last_digits, 3) <> right(l.last_digits, 3)
                                                 or k.expiry > l.expiry)
                  else exists (select from cards x
                                where x.merchant_id = l.merchant_id
                                  and x.customer_id = l.customer_id
                                  and x.service = l.service and x.deleted_at is null
                                  and x.expiry >= ${month} and x.updated_at > l.locked_at
                                  and (right(x.last_digits, 3) <> right(l.last_digits, 3)
                                       or x.expiry > l.expiry)) end
    ), seen as materialized (
      select r.id from replaced r
        join refresh_results p on p.merchant_id = ${merchantId} and p.card_id = r.card_id
       where (right(p.last_digits_before, 3), p.expiry_before) = (r.digits, r.expiry)
          or (right(p.last_digits_after, 3), p.expiry_after) = (r.digits, r.expiry)
    )
    insert into card_unlocks (lock_id, merchant_id, how, import_id, unlocked_at)
    select id, ${merchantId}, 'replaced', ${of.importId}, ${of.now}
      from replaced where id not in (select id from seen) order by id`.execute(trx);
  return Number(numAffectedRows ?? 0n);
}

/**
 * Locks cards anew that are what a refresh refused again: after an old card file, or where a migration that
 * had replaced them is taken back. What four eyes let go stays free. The caller holds `lock_customers`.
 *
 * @returns the cards
 */
export async function lockReturnedCards(
  trx: Trx,
  merchantId: number,
  now: string,
): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    with returned as materialized (
      select distinct on (l.card_id) l.*
        from card_locks l join cards k on k.id = l.card_id
       where l.merchant_id = ${merchantId} and k.deleted_at is null
         and right(k.last_digits, 3) = right(l.last_digits, 3) and k.expiry <= l.expiry
         and l.card_id not in (select o.card_id from open_card_locks o
                                where o.merchant_id = ${merchantId})
       order by l.card_id, l.n desc
    )
    insert into card_locks (merchant_id, number, card_id, n, customer_id, customer_number, service,
                            last_digits, expiry, refresh_id, line, result_n, result_line, verdict,
                            locked_at)
    select ${merchantId},
           (select max(number) from card_locks where merchant_id = ${merchantId})
             + row_number() over (order by r.id),
           r.card_id, (select max(n) from card_locks x where x.card_id = r.card_id) + 1,
           r.customer_id, u.customer_number, r.service, r.last_digits, r.expiry, r.refresh_id, r.line,
           r.result_n, r.result_line, r.verdict, ${now}
      from returned r
      join customers u on u.merchant_id = r.merchant_id and u.customer_id = r.customer_id
     where r.id in (select lock_id from card_unlocks
                     where merchant_id = ${merchantId} and how = 'replaced')
    returning card_id as id`.execute(trx);
  return rows.map(({ id }) => id);
}

/** Whether the merchant ever had a lock: most never do. */
export async function hadCardLocks(db: Db, merchantId: number): Promise<boolean> {
  const { rows } = await sql<{ had: boolean }>`
    select exists (select from card_locks where merchant_id = ${merchantId}) as had`.execute(db);
  return rows[0]?.had ?? false;
}

/** How many cards of these services are locked. */
export async function countOpenLocks(
  db: Db,
  merchantId: number,
  services: readonly CardService[],
): Promise<number> {
  const { rows } = await sql<{ locks: number }>`
    select count(*)::int as locks from open_card_locks
     where merchant_id = ${merchantId} and service = any (${services}::text[])`.execute(db);
  return rows[0]?.locks ?? 0;
}

/** Whether a card was locked since these lines were listed. */
export async function haveLockedCards(
  db: Db,
  merchantId: number,
  lines: LinesToClaim,
): Promise<boolean> {
  const { rows } = await sql<{ locked: boolean }>`
    select exists (select from ${linesAsU(lines)}
                    where ${isChargeLocked(merchantId, sql`u.charge_id`)}) as locked`.execute(db);
  return rows[0]?.locked ?? false;
}

/** Those of the charges that a locked card keeps out of files. */
export async function listLockedCharges(
  db: Db,
  merchantId: number,
  chargeIds: readonly number[],
): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    select u.charge_id as id
      from unnest(string_to_array(${chargeIds.join()}, ',')::bigint[]) as u (charge_id)
     where ${isChargeLocked(merchantId, sql`u.charge_id`)}`.execute(db);
  return rows.map(({ id }) => id);
}

/** How many lines of a file that has not left would bill a locked card. */
export async function countLockedLines(
  db: Db,
  merchantId: number,
  exchangeId: number,
): Promise<number> {
  const { rows } = await sql<{ lines: number }>`
    select ${lockedLinesOf(merchantId)} as lines from exchanges e
     where e.merchant_id = ${merchantId} and e.id = ${exchangeId}`.execute(db);
  return rows[0]?.lines ?? 0;
}

/** A file that was built before a lock and has not left: its orders can still be taken out of it. */
export interface FileOfLocked {
  readonly month: string;
  readonly kind: 'auth' | 'retry';
  readonly number: number;
  /** An operator may have uploaded it by now. */
  readonly opened: boolean;
  readonly orderNumbers: readonly string[];
}

export async function listFilesOfLocked(db: Db, merchantId: number): Promise<FileOfLocked[]> {
  const { rows } = await sql<FileOfLocked>`
    select e.billing_month as month, e.kind, e.number, e.stage = 'handing_over' as opened,
           array_agg(l.order_number order by l.line_number) as "orderNumbers"
      from (select distinct charge_id from locked_charges where merchant_id = ${merchantId}) x
      join attempts a on a.charge_id = x.charge_id and a.kind = 'authorization'
      join exchanges e on e.id = a.exchange_id and e.stage in ('built', 'handing_over')
                      and e.kind in ('auth', 'retry')
      join file_lines l on l.exchange_id = e.id and l.charge_id = a.charge_id and l.n = a.n
     where e.merchant_id = ${merchantId}
       -- What a machine sends just now cannot be taken back; what an operator has in hand can.
       and (e.transport = 'portal' or not exists (
             select from sends s where s.exchange_id = e.id
                and not exists (select from send_answers a
                      where a.exchange_id = s.exchange_id and a.send_number = s.send_number)))
     group by e.billing_month, e.kind, e.number, e.stage
     order by e.billing_month, e.kind, e.number`.execute(db);
  return rows;
}
