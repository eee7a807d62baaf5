import { sql } from 'kysely';
import type { KeptOutAt, LockMismatch, UnlockedBy } from '../../billing/card-lock.ts';
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

interface EvidenceFile {
  readonly name: string;
  readonly sha256: string;
}

/** Orders of a month that the lock kept back, and the files of that month that left without them. */
export interface KeptOut {
  readonly month: string;
  /** How far they had come by then. */
  readonly at: KeptOutAt;
  readonly orderNumbers: readonly string[];
  readonly yen: number;
  readonly files: readonly EvidenceFile[];
  /** Files that held them and never left. */
  readonly takenFrom: readonly EvidenceFile[];
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

/** What lock `l` kept out while it stood, by month and how far it had come, with the month's files. */
const keptOut = sql`
  select json_agg(json_build_object('month', w.month, 'at', w.at, 'orderNumbers', w.orders,
           'yen', w.yen,
           'files', (select coalesce(json_agg(json_build_object('name', f.name, 'sha256', f.sha256)
                                              order by e.id), '[]')
                       from exchanges e join files f on f.id = e.file_id
                      where e.cycle_id = w.cycle_id and e.kind in ('auth', 'retry')
                        and e.stage <> 'cancelled' and e.created_at >= w.since
                        and e.created_at < coalesce(l.unlocked_at, 'infinity')),
           'takenFrom', (select coalesce(json_agg(json_build_object('name', f.name,
                                                    'sha256', f.sha256) order by e.id), '[]')
                           from exchanges e join files f on f.id = e.file_id
                          where e.id = any (w.taken_from)))
           order by w.month, w.at)
    from (select y.id as cycle_id, y.billing_month as month, r.at, min(r.since) as since,
                 json_agg(r.order_number order by r.order_number) as orders,
                 sum(r.yen)::float8 as yen, array_agg(distinct r.taken_from) as taken_from
            from (select distinct on (k.cycle_id, k.order_number) k.* from (
                    select cycle_id, order_number, amount_yen as yen, 'selection' as at,
                           l.locked_at as since, selected_at as said_at, null::bigint as taken_from
                      from kept
                     where customer_number = l.customer_number and selected_at >= l.locked_at
                       and selected_at <= coalesce(l.unlocked_at, 'infinity')
                    union all
                    select cycle_id, order_number, yen,
                           case when at <> 'taken_out' or since >= l.locked_at then at else 'file' end,
                           greatest(since, l.locked_at), since,
                           case when since >= l.locked_at then taken_from end
                      from waits
                     where customer_number = l.customer_number
                       and since <= coalesce(l.unlocked_at, 'infinity') and until > l.locked_at
                       and order_charges_service(l.merchant_id, collection_id, record, l.service)
                  ) k order by k.cycle_id, k.order_number, k.said_at desc) r
            join cycles y on y.id = r.cycle_id
           group by y.id, y.billing_month, r.at) w`;

/**
 * From when until when each charge `c` waited for an authorization: since it was made, and again since
 * an attempt `n` came to nothing or a person asked for another; until the next attempt is claimed, or
 * its case ends. While a lock stood, such a charge was kept out of every file.
 */
const waits = sql`
  select c.cycle_id, c.customer_number, c.collection_id, c.record, c.order_number, w.at, w.since,
         coalesce(least(later.claimed_at, w.ended_at), 'infinity') as until, w.taken_from,
         (select sum(i.yen) from charge_items i where i.charge_id = c.id) as yen
    from charged c
    cross join lateral (
      select 0 as n, 'file' as at, c.created_at as since, null::timestamptz as ended_at,
             null::bigint as taken_from
      union all
      select o.n, case when o.outcome = 'rejected' then 'file'
                       when o.outcome = 'not_sent' then 'taken_out'
                       when exists (select from ng_cases k
                                      join ng_case_steps s on s.case_id = k.id and s.n = o.n
                                     where k.charge_id = c.id and s.kind = 'carry_over')
                         then 'carry_over'
                       else 'retry' end,
             o.recorded_at,
             case when o.outcome = 'declined'
                  then (select max(k.closed_at) from ng_cases k
                         where k.charge_id = c.id and k.closed_at >= o.recorded_at) end,
             case when o.outcome = 'not_sent' then a.exchange_id end
        from outcomes o join attempts a on a.charge_id = o.charge_id and a.n = o.n
       where o.charge_id = c.id and o.outcome <> 'ok'
      union all
      select q.n, 'again', q.requested_at, null, null
        from authorization_requests q where q.charge_id = c.id and q.kind = 'again'
    ) w
    left join attempts later on later.charge_id = c.id and later.n = w.n + 1`;

/** Locks by number, a page at a time. */
export async function listCardLocks(
  db: Db,
  merchantId: number,
  page: CardLockFilter & { readonly after: number; readonly limit: number },
): Promise<CardLock[]> {
  const { rows } = await sql<CardLock>`
    with listed as materialized (${locksOf(merchantId, page)}),
    -- Read once for the whole page: neither orders nor charges have an index by customer.
    kept as materialized (
      select o.customer_number, x.cycle_id, x.order_number, x.amount_yen, s.selected_at
        from cycles y
        join selection_rows x on x.cycle_id = y.id and x.verdict = 'excluded'
                             and x.reason = 'card_locked'
        join orders o on o.collection_id = x.collection_id and o.record = x.record
        join selections s on s.id = x.selection_id
       where y.merchant_id = ${merchantId}
         and o.customer_number in (select customer_number from listed)
    ),
    charged as materialized (
      select * from charges c
       where c.merchant_id = ${merchantId}
         and c.customer_number in (select customer_number from listed)
    ),
    waits as materialized (${waits})
    select l.number, l.customer_id as "customerId", l.customer_number as "customerNumber",
           l.service, l.last_digits as "lastDigits", l.expiry, l.verdict, m.month,
           f.sha256 as "resultSha256", l.result_line as "resultLine", l.line as "requestLine",
           l.locked_at as "lockedAt", l.unlocked_at as "unlockedAt", l.how as "unlockedBy",
           (${latestOverride}) as override, coalesce((${keptOut}), '[]') as "keptOut",
           (select count(*)::int from charged c
              join attempts t on t.charge_id = c.id and t.kind = 'authorization'
                             and t.claimed_at >= l.locked_at
                             and t.claimed_at < coalesce(l.unlocked_at, 'infinity')
             where c.customer_number = l.customer_number
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
