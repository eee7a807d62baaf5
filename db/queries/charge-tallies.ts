import { sql } from 'kysely';
import type { CaptureRule } from '../../billing/capture-policy.ts';
import type { ChargeState } from '../../billing/charge.ts';
import { type ChargeTally, countStates, type TalliedFile } from '../../billing/charge-tallies.ts';
import type { RowsAndYen } from '../../billing/cycle.ts';
import type { Db } from '../database.ts';
import type { CaptureCount } from './capture-facts.ts';

/**
 * The counts of the walk over a month's charges, from what was tallied as its facts were written; null
 * where only the walk can tell: after a second attempt or any other fact that is not the ordinary one,
 * while orders are held, while planned charges may ask a locked card, and where each authorized charge
 * waits for its own day.
 */
export async function readTalliedStates(
  db: Db,
  merchantId: number,
  of: { readonly cycleId: number; readonly rule: CaptureRule; readonly now: string },
): Promise<(CaptureCount & { readonly state: ChargeState })[] | null> {
  const tallies = await readTallies(db, merchantId, of.cycleId);
  if (tallies.some(({ fact }) => fact === 'other')) return null;
  const states = countStates(tallies, await readTalliedFiles(db, merchantId, of.cycleId));
  if (states === null) return null;
  const stands = (name: string) => states.some(({ state }) => state === name);
  if (stands('authorized') && of.rule.policy !== 'immediate') return null;
  if (await areSomeKeptBack(db, merchantId, stands('planned'))) return null;
  return states.map(({ state, captureBefore, rows, yen }) => {
    const free = state === 'authorized';
    const isOpen = captureBefore !== null && Date.parse(captureBefore) > Date.parse(of.now);
    return {
      ...{ state, captureBefore, rows, yen, free },
      ready: free && isOpen ? rows : 0,
      ...{ refused: 0, held: 0, locked: 0, waitsFrom: null, again: 0 },
    };
  });
}

/** Where the next files of a month begin, told by its tallies. */
export interface OpenClaims {
  /** Whether each charge that waits for an authorization file never was in one. */
  readonly allFresh: boolean;
  /** Authorization files with authorized charges that no capture has taken, in the order they were built. */
  readonly uncaptured: readonly number[];
}

/** Null where only the charges themselves can tell. */
export async function findOpenClaims(
  db: Db,
  merchantId: number,
  cycleId: number,
): Promise<OpenClaims | null> {
  const { rows } = await sql<OpenClaims & { other: boolean }>`
    with tallies as (
      select fact, exchange_id, authorized_in, rows from charge_tallies
       where merchant_id = ${merchantId} and cycle_id = ${cycleId})
    select exists (select from tallies where fact = 'other') as other,
           not exists (select from tallies where fact in ('rejected', 'not_sent')) as "allFresh",
           array(select coalesce(authorized_in, exchange_id)::int from tallies
                  where fact in ('ok', 'capture') group by 1
                 having sum(case fact when 'ok' then rows else -rows end) > 0
                  order by 1) as uncaptured
    `.execute(db);
  const [row] = rows;
  if (row === undefined || row.other) return null;
  return { allFresh: row.allFresh, uncaptured: row.uncaptured };
}

async function readTallies(db: Db, merchantId: number, cycleId: number): Promise<ChargeTally[]> {
  const { rows } = await sql<ChargeTally>`
    select fact, exchange_id as "exchangeId", capture_before as "captureBefore",
           sum(rows)::int as rows, sum(yen)::float8 as yen
      from charge_tallies
     where merchant_id = ${merchantId} and cycle_id = ${cycleId}
     group by 1, 2, 3`.execute(db);
  return rows;
}

async function readTalliedFiles(
  db: Db,
  merchantId: number,
  cycleId: number,
): Promise<TalliedFile[]> {
  const { rows } = await sql<
    Pick<TalliedFile, 'exchangeId' | 'stage' | 'answered'> &
      RowsAndYen & { verdict: 'unknown' | 'quarantined' | null }
  >`
    select e.id as "exchangeId", e.stage, f.round is not null as answered, l.verdict,
           count(l.line_number)::int as rows, coalesce(sum(l.yen), 0)::float8 as yen
      from exchanges e
      cross join lateral (select max(round) as round from result_files
                           where exchange_id = e.id) f
      left join lateral (
        select r.verdict, r.line_number, s.yen
          from result_lines r
          join file_lines s on s.exchange_id = r.exchange_id and s.line_number = r.line_number
         where r.exchange_id = e.id and r.round = f.round
           and r.verdict in ('unknown', 'quarantined')
           and not exists (select from outcomes o where s.k is null
                              and o.charge_id = s.charge_id and o.n = s.n)
           and not exists (select from ending_results x
                            where x.charge_id = s.charge_id and x.n = s.n and x.k = s.k)) l on true
     where e.merchant_id = ${merchantId} and e.cycle_id = ${cycleId}
     group by e.id, e.stage, f.round, l.verdict`.execute(db);
  const files = new Map<number, TalliedFile>();
  for (const { exchangeId, stage, answered, verdict, ...count } of rows) {
    const none = { unknown: { rows: 0, yen: 0 }, quarantined: { rows: 0, yen: 0 } };
    const file = files.get(exchangeId) ?? { exchangeId, stage, answered, ...none };
    files.set(exchangeId, verdict === null ? file : { ...file, [verdict]: count });
  }
  return [...files.values()];
}

/** Whether people hold orders of the merchant or, where charges are planned, cards are locked. */
async function areSomeKeptBack(db: Db, merchantId: number, planned: boolean): Promise<boolean> {
  const { rows } = await sql<{ kept: boolean }>`
    select exists (select from open_order_holds h where h.merchant_id = ${merchantId})
        or (${planned}
            and exists (select from open_card_locks l where l.merchant_id = ${merchantId})) as kept
    `.execute(db);
  return rows[0]?.kept ?? false;
}
