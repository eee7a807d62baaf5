import { sql } from 'kysely';
import { addDays, businessDateOf, startOfBusinessDate } from '../../billing/business-date.ts';
import type { DeadlineDay } from '../../billing/capture-calendar.ts';
import { daysUntil, lastDayAt } from '../../billing/capture-deadlines.ts';
import { capturingAt } from '../../billing/capture-policy.ts';
import type { RowsAndYen } from '../../billing/cycle.ts';
import type { Db } from '../database.ts';
import { findSettings } from './settings.ts';

type DayCount = RowsAndYen & {
  readonly month: string;
  readonly captureBefore: string;
} & Readonly<
    Record<'held' | 'heldYen' | 'returned' | 'returnedYen' | 'inFiles' | 'inFilesYen', number>
  >;

/**
 * The authorizations of all open months that end within so many days and that no void has claimed, by
 * month and date of expiry, the nearest first; also those in capture files that have not left or on a list for the
 * portal.
 */
export async function listDeadlines(
  db: Db,
  merchantId: number,
  of: { readonly withinDays: number; readonly now: string },
): Promise<DeadlineDay[]> {
  const { now } = of;
  const settings = await findSettings(db, merchantId);
  const { capture, calendar } = capturingAt(settings?.settings, now);
  const until = startOfBusinessDate(addDays(businessDateOf(now), of.withinDays));
  const { rows } = await sql<DayCount>`
    with open as (
      select y.billing_month, s.capture_before, s.amount_yen, s.state,
             s.state = 'authorized' and h.order_number is not null as held,
             s.state = 'authorized' and h.order_number is null and s.k is not null as returned
        from cycles y
        join charge_states s on s.merchant_id = y.merchant_id and s.cycle_id = y.id
        left join open_order_holds h on h.merchant_id = s.merchant_id
                                    and h.order_number = s.order_number
        left join endings e on e.charge_id = s.charge_id and e.n = s.n and e.k = s.k
        left join exchanges x on x.id = e.exchange_id
       where y.merchant_id = ${merchantId} and y.stage <> 'closed'
         and s.capture_before > ${now} and s.capture_before <= ${until}
         and (s.state = 'authorized'
              or (s.state = 'capture_sent'
                  and (e.exchange_id is null or x.stage in ('built', 'handing_over'))))
    )
    select billing_month as month, capture_before as "captureBefore", count(*)::int as rows,
           sum(amount_yen)::float8 as yen,
           count(*) filter (where held)::int as held,
           coalesce(sum(amount_yen) filter (where held), 0)::float8 as "heldYen",
           count(*) filter (where returned)::int as returned,
           coalesce(sum(amount_yen) filter (where returned), 0)::float8 as "returnedYen",
           count(*) filter (where state = 'capture_sent')::int as "inFiles",
           coalesce(sum(amount_yen) filter (where state = 'capture_sent'), 0)::float8 as "inFilesYen"
      from open group by 1, 2 order by 2, 1`.execute(db);
  return rows.map((row) => {
    const expiresOn = businessDateOf(row.captureBefore);
    return {
      month: row.month,
      expiresOn,
      daysLeft: daysUntil(expiresOn, now),
      lastDayAt: lastDayAt(row.captureBefore, capture, calendar),
      rows: row.rows,
      yen: row.yen,
      held: { rows: row.held, yen: row.heldYen },
      returned: { rows: row.returned, yen: row.returnedYen },
      inFiles: { rows: row.inFiles, yen: row.inFilesYen },
    };
  });
}
