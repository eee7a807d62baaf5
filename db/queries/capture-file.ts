import { sql } from 'kysely';
import type { CaptureRule } from '../../billing/capture-policy.ts';
import type { Db } from '../database.ts';
import { mayCapture, registrationOf } from '../fragments.ts';
import { type LinesToClaim, linesAsU } from '../lines-to-claim.ts';
import { findOpenClaims } from './charge-tallies.ts';
import type { FileLine } from './file-lines.ts';

/**
 * The next authorized charges, in the export's order, whose window is open at `now` and which the
 * policy or a person's request lets go, for the yen that was asked for. A capture that was refused is only tried again when a person says so, and then only what was in a file by the
 * time that person `askedAt`: a refusal that came since is another decision.
 */
export async function listCapturableLines(
  db: Db,
  merchantId: number,
  page: {
    cycleId: number;
    now: string;
    limit: number;
    askedAt: string | null;
    rule: CaptureRule;
  },
): Promise<FileLine[]> {
  const open = await findOpenClaims(db, merchantId, page.cycleId);
  if (open !== null) return await listUncapturedLines(db, merchantId, page, open.uncaptured);
  const { rows } = await sql<FileLine>`
    select s.charge_id as "chargeId", s.n, coalesce(s.k, 0) + 1 as k, s.position,
           s.order_number as "orderNumber", c.customer_number as "customerNumber",
           ${registrationOf} as "previousOrderNumber",
           coalesce((select q.amount_yen from capture_requests q
                      where q.charge_id = s.charge_id and q.n = s.n), s.amount_yen) as yen
      from charge_states s join charges c on c.id = s.charge_id
     where s.merchant_id = ${merchantId} and s.cycle_id = ${page.cycleId} and s.state = 'authorized'
       and s.capture_before > ${page.now} and ${mayCapture(page.rule, page.now)}
       and not exists (select from open_order_holds h
                        where h.merchant_id = ${merchantId} and h.order_number = s.order_number)
       and (s.k is null or exists (
             select from endings e where e.charge_id = s.charge_id and e.n = s.n and e.k = s.k
                                     and e.claimed_at < ${page.askedAt}::timestamptz))
     order by s.position limit ${page.limit}`.execute(db);
  return rows;
}

/**
 * The same in a month of which no charge was authorized or captured twice: asked of the files with
 * authorizations that nothing has taken, one after the other until the page is full, instead of all
 * charges by their state.
 */
async function listUncapturedLines(
  db: Db,
  merchantId: number,
  page: { cycleId: number; now: string; limit: number; rule: CaptureRule },
  exchangeIds: readonly number[],
): Promise<FileLine[]> {
  const lines: FileLine[] = [];
  for (const exchangeId of exchangeIds) {
    const rest = { ...page, exchangeId, limit: page.limit - lines.length };
    if (rest.limit <= 0) break;
    for (const line of await listUncapturedOfFile(db, merchantId, rest)) lines.push(line);
  }
  return lines;
}

async function listUncapturedOfFile(
  db: Db,
  merchantId: number,
  page: { cycleId: number; exchangeId: number; now: string; limit: number; rule: CaptureRule },
): Promise<FileLine[]> {
  // The lines first, the rest looked up by key: what is not counted yet would be joined row by row.
  const { rows } = await sql<FileLine>`
    select s.charge_id as "chargeId", s.n, 1 as k, c.position, s.order_number as "orderNumber",
           c.customer_number as "customerNumber", ${registrationOf} as "previousOrderNumber",
           coalesce(case when exists (select from capture_requests q
                                       where q.merchant_id = ${merchantId}) then
             (select q.amount_yen from capture_requests q
               where q.charge_id = s.charge_id and q.n = s.n) end, s.yen) as yen
      from file_lines s
      cross join lateral (select * from outcomes o
                           where o.charge_id = s.charge_id and o.n = s.n and o.outcome = 'ok'
                          offset 0) o
      cross join lateral (select * from charges c where c.id = s.charge_id offset 0) c
     where s.merchant_id = ${merchantId} and s.exchange_id = ${page.exchangeId} and s.k is null
       and not exists (select from endings e
                        where e.charge_id = s.charge_id and e.n = s.n offset 0)
       and c.cycle_id = ${page.cycleId} and o.capture_before > ${page.now}
       and ${mayCapture(page.rule, page.now)}
       and not exists (select from open_order_holds h
                        where h.merchant_id = ${merchantId} and h.order_number = s.order_number)
     order by s.line_number limit ${page.limit}`.execute(db);
  return rows;
}

/**
 * Whether a person has asked for another amount of any line since it was listed. Asked under the
 * merchant's lock as the lines are claimed: more than was asked for is never captured.
 */
export async function haveOtherAmounts(
  trx: Db,
  merchantId: number,
  lines: LinesToClaim,
): Promise<boolean> {
  const { rows } = await sql<{ other: boolean }>`
    select exists (
      select from ${linesAsU(lines)}
        join capture_requests q on q.charge_id = u.charge_id and q.n = u.n
       where q.merchant_id = ${merchantId} and q.amount_yen <> u.yen) as other`.execute(trx);
  return rows[0]?.other ?? false;
}

/** Claims the captures that a file, or (null) a list for the portal, carries before it can leave. */
export async function claimCaptures(
  db: Db,
  merchantId: number,
  claim: { exchangeId: number | null; now: string },
  lines: LinesToClaim,
): Promise<number> {
  const result = await sql`
    insert into endings (charge_id, n, k, merchant_id, kind, amount_yen, exchange_id, claimed_at)
    select u.charge_id, u.n, u.k, ${merchantId}, 'capture', u.yen, ${claim.exchangeId}, ${claim.now}
      from ${linesAsU(lines)}
     order by u.charge_id`.execute(db);
  return Number(result.numAffectedRows ?? 0n);
}

/** A rejected file captures nothing: its endings are refused, which permits new ones. */
export async function refuseCaptures(
  db: Db,
  merchantId: number,
  rejection: { exchangeId: number; decisionId: number | null; now: string },
): Promise<number> {
  const result = await sql`
    insert into ending_results (charge_id, n, k, merchant_id, result, exchange_id, decision_id,
                                recorded_at)
    select charge_id, n, k, ${merchantId}, 'refused', ${rejection.exchangeId},
           ${rejection.decisionId}, ${rejection.now}
      from file_lines where exchange_id = ${rejection.exchangeId} and k is not null
     order by charge_id`.execute(db);
  return Number(result.numAffectedRows ?? 0n);
}

/**
 * Marks as expired what nobody captured: a day after the deadline, so that a capture on its last
 * day has had its answer, and never where a capture is claimed (the ending's slot is taken then).
 */
export async function expireAuthorizations(
  db: Db,
  merchantId: number,
  at: { cycleId: number; now: string },
): Promise<number> {
  const result = await sql`
    insert into endings (charge_id, n, k, merchant_id, kind, amount_yen, claimed_at)
    select s.charge_id, s.n, coalesce(s.k, 0) + 1, ${merchantId}, 'expired', s.amount_yen, ${at.now}
      from charge_states s
     where s.merchant_id = ${merchantId} and s.cycle_id = ${at.cycleId} and s.state = 'authorized'
       and s.capture_before + interval '1 day' <= ${at.now}
     order by s.charge_id`.execute(db);
  return Number(result.numAffectedRows ?? 0n);
}
