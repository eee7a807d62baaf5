import { sql } from 'kysely';
import type { LockMismatch, UnlockedBy } from '../../billing/card-lock.ts';
import type { CardService } from '../../billing/card-service.ts';
import type { Db } from '../database.ts';

/** A lock with all that proves it: where it comes from, what it kept out, what let it fall. */
export interface CardLock {
  readonly number: number;
  /** The number in US-00010000. */
  readonly customerId: number;
  readonly customerNumber: string;
  readonly service: CardService;
  /** Of the card that was refused. */
  readonly lastDigits: string;
  readonly expiry: string;
  readonly verdict: 1 | 2 | 3;
  /** Month of the refresh, its result file and the line in it. */
  readonly month: string;
  readonly resultSha256: string;
  readonly resultLine: number;
  readonly requestLine: number;
  readonly lockedAt: string;
  readonly unlockedAt: string | null;
  readonly unlockedBy: UnlockedBy | null;
  readonly override: {
    readonly n: number;
    readonly mismatch: LockMismatch;
    readonly evidenceSha256: string;
    readonly reason: string;
    readonly requestedBy: string;
    readonly requestedAt: string;
    readonly answer: 'approved' | 'rejected' | null;
    readonly answerReason: string | null;
    readonly answeredBy: string | null;
    readonly answeredAt: string | null;
  } | null;
  readonly keptOut: readonly KeptOut[];
  /** Authorizations that were claimed for the customer while the card was locked. */
  readonly claimedWhileLocked: number;
}

/** Orders of a month that the lock kept back, and the files of that month that left without them. */
export interface KeptOut {
  readonly month: string;
  readonly orderNumbers: readonly string[];
  readonly yen: number;
  readonly files: readonly { readonly name: string; readonly sha256: string }[];
}

export interface CardLockFilter {
  readonly state: 'open' | 'released' | 'all';
  readonly verdict: 1 | 2 | 3 | null;
  readonly customerNumber: string | null;
  /** Only the lock with this number. */
  readonly number: number | null;
}

/** An instant inside JSON, as everywhere. */
const isoOf = (column: string) =>
  sql`to_char(${sql.raw(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** What was asked last of lock `l`, with its answer. */
const latestOverride = sql`
  select json_build_object('n', o.n, 'mismatch', o.mismatch, 'evidenceSha256', e.sha256,
           'reason', o.reason, 'requestedBy', o.requested_by,
           'requestedAt', ${isoOf('o.requested_at')}, 'answer', a.answer, 'answerReason', a.reason,
           'answeredBy', a.answered_by, 'answeredAt', ${isoOf('a.answered_at')})
    from card_lock_overrides o
    join files e on e.id = o.evidence_file_id
    left join card_lock_override_answers a on a.override_id = o.id
   where o.lock_id = l.id order by o.n desc limit 1`;

/** What lock `l` kept out while it stood, by month, with the files of that month that left meanwhile. */
const keptOut = sql`
  select json_agg(json_build_object('month', w.month, 'orderNumbers', w.orders, 'yen', w.yen,
           'files', (select coalesce(json_agg(json_build_object('name', f.name, 'sha256', f.sha256)
                                              order by e.id), '[]')
                       from exchanges e join files f on f.id = e.file_id
                      where e.cycle_id = w.cycle_id and e.kind in ('auth', 'retry')
                        and e.created_at >= l.locked_at
                        and e.created_at < coalesce(l.unlocked_at, 'infinity')))
           order by w.month)
    from (select y.id as cycle_id, y.billing_month as month,
                 json_agg(r.order_number order by r.order_number) as orders,
                 sum(r.amount_yen)::float8 as yen
            from (select distinct on (k.cycle_id, k.order_number) k.cycle_id, k.order_number,
                         k.amount_yen
                    from kept k
                   where k.customer_number = l.customer_number and k.selected_at >= l.locked_at
                     and k.selected_at <= coalesce(l.unlocked_at, 'infinity')
                   order by k.cycle_id, k.order_number, k.selected_at desc) r
            join cycles y on y.id = r.cycle_id
           group by y.id, y.billing_month) w`;

/** Locks by number, a page at a time. */
export async function listCardLocks(
  db: Db,
  merchantId: number,
  page: CardLockFilter & { readonly after: number; readonly limit: number },
): Promise<CardLock[]> {
  const { rows } = await sql<CardLock>`
    with listed as materialized (${locksOf(merchantId, page)}),
    -- Read once for the whole page: orders have no index by customer.
    kept as materialized (
      select o.customer_number, x.cycle_id, x.order_number, x.amount_yen, s.selected_at
        from cycles y
        join selection_rows x on x.cycle_id = y.id and x.verdict = 'excluded'
                             and x.reason = 'card_locked'
        join orders o on o.collection_id = x.collection_id and o.record = x.record
        join selections s on s.id = x.selection_id
       where y.merchant_id = ${merchantId}
         and o.customer_number in (select customer_number from listed)
    )
    select l.number, l.customer_id as "customerId", l.customer_number as "customerNumber",
           l.service, l.last_digits as "lastDigits", l.expiry, l.verdict, m.month,
           f.sha256 as "resultSha256", l.result_line as "resultLine", l.line as "requestLine",
           l.locked_at as "lockedAt", l.unlocked_at as "unlockedAt", l.how as "unlockedBy",
           (${latestOverride}) as override, coalesce((${keptOut}), '[]') as "keptOut",
           (select count(*)::int from charges c
              join attempts t on t.charge_id = c.id and t.kind = 'authorization'
                             and t.claimed_at >= l.locked_at
                             and t.claimed_at < coalesce(l.unlocked_at, 'infinity')
             where c.merchant_id = l.merchant_id and c.customer_number = l.customer_number
               and order_charges_service(l.merchant_id, c.collection_id, c.record, l.service))
             as "claimedWhileLocked"
      from listed l
      join card_refreshes m on m.id = l.refresh_id
      join refresh_result_files r on r.refresh_id = l.refresh_id and r.n = l.result_n
      join files f on f.id = r.file_id
     order by l.number`.execute(db);
  return rows;
}

const locksOf = (
  merchantId: number,
  page: CardLockFilter & { readonly after: number; readonly limit: number },
) => sql`
  select l.*, u.unlocked_at, u.how from card_locks l left join card_unlocks u on u.lock_id = l.id
   where l.merchant_id = ${merchantId} and l.number > ${page.after}
     and (${page.number}::int is null or l.number = ${page.number})
     and (${page.verdict}::int is null or l.verdict = ${page.verdict})
     and (${page.customerNumber}::text is null or l.customer_number = ${page.customerNumber})
     and case ${page.state}::text when 'open' then u.lock_id is null
                                  when 'released' then u.lock_id is not null else true end
   order by l.number limit ${page.limit}`;

/** Locks by what they are, for an overview. */
export async function countCardLocks(
  db: Db,
  merchantId: number,
): Promise<{ readonly open: number; readonly released: number; readonly overridesAsked: number }> {
  const { rows } = await sql<{ open: number; released: number; overridesAsked: number }>`
    select count(*) filter (where u.lock_id is null)::int as open,
           count(u.lock_id)::int as released,
           count(*) filter (where exists (select from card_lock_overrides o
             where o.lock_id = l.id and not exists (select from card_lock_override_answers a
               where a.override_id = o.id)))::int as "overridesAsked"
      from card_locks l left join card_unlocks u on u.lock_id = l.id
     where l.merchant_id = ${merchantId}`.execute(db);
  return rows[0] ?? { open: 0, released: 0, overridesAsked: 0 };
}
