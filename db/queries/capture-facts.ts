import { sql } from 'kysely';
import { businessDateOf, instantAt, startOfBusinessDate } from '../../billing/business-date.ts';
import {
  DEADLINE_MARKS,
  type OpenDeadline,
  planDeadlines,
} from '../../billing/capture-deadlines.ts';
import { type Capturing, captureDateOf, nextCaptureWave } from '../../billing/capture-policy.ts';
import type { CycleFacts, RowsAndYen } from '../../billing/cycle.ts';
import { earlierInstant } from '../../billing/instant.ts';
import type { Db } from '../database.ts';

/** What the walk over a month's charges counts of its captures, by state and end of the window. */
export interface CaptureCount extends RowsAndYen {
  readonly state: string;
  /** Of the states `authorized` and `capture_sent` only. */
  readonly captureBefore: string | null;
  readonly ready: number;
  readonly refused: number;
  readonly held: number;
  /** Of state `planned` only: kept out of files by a locked card, and by nobody's hold. */
  readonly locked: number;
  /** Whether nobody holds them and no capture file has carried them; of state `authorized` only. */
  readonly free: boolean;
  /** The first date in Japan of what waits for its date; null for the other policies. */
  readonly waitsFrom: string | null;
  /** Expired or voided charges that are to be authorized again. */
  readonly again: number;
}

type CaptureFacts = Pick<
  CycleFacts,
  'capture' | 'captureRefused' | 'expirable' | 'nextExpiryAt' | 'deadlines' | 'again'
>;

const DAY_MS = 86_400_000;

/** What a month's captures wait for, from the counts of the walk. */
export async function readCaptureFacts(
  db: Db,
  merchantId: number,
  of: {
    readonly cycleId: number;
    readonly counts: readonly CaptureCount[];
    readonly lastWaveAt: string | null;
    readonly now: string;
  } & Capturing,
): Promise<CaptureFacts> {
  const { cycleId, counts, lastWaveAt, capture, calendar, now } = of;
  const { policy, waveAt } = capture;
  const ready = sum(counts, (count) => count.ready);
  const requested = ready === 0 ? 0 : await countRequested(db, merchantId, cycleId);
  const nextWaveAt = earlierInstant(
    nextCaptureWave({ policy, waveAt, ready, requested, lastWaveAt }, now),
    nextDateAt(counts, of),
  );
  const open = gatherDeadlines(counts, await countWaitingInFiles(db, merchantId, of));
  const expiries = counts.flatMap(({ state, captureBefore, rows }) =>
    state === 'authorized' && captureBefore !== null
      ? [{ rows, atMs: Date.parse(captureBefore) + DAY_MS }]
      : [],
  );
  const [first] = expiries.map(({ atMs }) => atMs).sort((one, other) => one - other);
  return {
    capture: {
      policy,
      ready,
      nextWaveAt,
      nextShipmentAt:
        policy === 'on-shipment' ? await findNextShipment(db, merchantId, cycleId, now) : null,
      due: nextWaveAt !== null && Date.parse(nextWaveAt) <= Date.parse(now),
    },
    captureRefused: sum(counts, ({ refused }) => refused),
    expirable: sum(expiries, ({ atMs, rows }) => (atMs <= Date.parse(now) ? rows : 0)),
    nextExpiryAt: first === undefined ? null : new Date(first).toISOString(),
    deadlines: planDeadlines(open, capture, calendar, now),
    again: sum(counts, ({ again }) => again),
  };
}

/** The walk tells apart what is free; a deadline holds both, and what lies in files. */
function gatherDeadlines(
  counts: readonly CaptureCount[],
  inFiles: ReadonlyMap<string, RowsAndYen>,
): OpenDeadline[] {
  const open = new Map<string, OpenDeadline>();
  for (const { state, captureBefore, rows, yen, held, free } of counts) {
    if (captureBefore === null) continue;
    const lying = inFiles.get(captureBefore) ?? { rows: 0, yen: 0 };
    const first = { ...lying, held: 0, inFiles: lying.rows, free: { rows: 0, yen: 0 } };
    const earlier = open.get(captureBefore) ?? { ...first, captureBefore };
    const authorized = state === 'authorized';
    open.set(captureBefore, {
      ...earlier,
      rows: earlier.rows + (authorized ? rows : 0),
      yen: earlier.yen + (authorized ? yen : 0),
      held: earlier.held + held,
      free: free ? { rows, yen } : earlier.free,
    });
  }
  return [...open.values()];
}

/**
 * What lies in capture files that nobody has handed over, or stands on a list for the portal, by the end
 * of its window. Asked only when one
 * of them is near: most of the time, what is in a capture file has weeks to go.
 */
async function countWaitingInFiles(
  db: Db,
  merchantId: number,
  of: { readonly cycleId: number; readonly counts: readonly CaptureCount[]; readonly now: string },
): Promise<Map<string, RowsAndYen>> {
  const near = Date.parse(of.now) + DEADLINE_MARKS[0] * DAY_MS;
  const isNear = ({ state, captureBefore }: CaptureCount) =>
    state === 'capture_sent' && captureBefore !== null && Date.parse(captureBefore) <= near;
  if (!of.counts.some(isNear)) return new Map();
  const { rows } = await sql<RowsAndYen & { captureBefore: string }>`
    select o.capture_before as "captureBefore", count(*)::int as rows, sum(e.amount_yen)::float8 as yen
      from charges c
      join endings e on e.charge_id = c.id and e.kind = 'capture'
      join outcomes o on o.charge_id = e.charge_id and o.n = e.n
      left join exchanges x on x.id = e.exchange_id
     where c.merchant_id = ${merchantId} and c.cycle_id = ${of.cycleId}
       and (e.exchange_id is null or x.stage in ('built', 'handing_over'))
       and not exists (select from ending_results r
                        where r.charge_id = e.charge_id and r.n = e.n and r.k = e.k)
     group by 1`.execute(db);
  return new Map(rows.map(({ captureBefore, ...count }) => [captureBefore, count]));
}

/** By policy `on-date`: when the first of what still waits for its date leaves. */
function nextDateAt(
  counts: readonly CaptureCount[],
  { capture, calendar }: Capturing,
): string | null {
  const { onDate, waveAt } = capture;
  const [first] = counts.flatMap(({ waitsFrom }) => waitsFrom ?? []).sort();
  if (onDate === null || first === undefined) return null;
  return instantAt(captureDateOf(first, onDate, calendar), waveAt);
}

function sum<Row>(rows: readonly Row[], of: (row: Row) => number): number {
  return rows.reduce((total, row) => total + of(row), 0);
}

/** When the next day begins on which orders of a month are said to be shipped; null = none is told. */
async function findNextShipment(
  db: Db,
  merchantId: number,
  cycleId: number,
  now: string,
): Promise<string | null> {
  const { rows } = await sql<{ day: string | null }>`
    select min(t.shipped_on) as day from shipments t join charges c on c.id = t.charge_id
     where t.merchant_id = ${merchantId} and t.shipped_on > ${businessDateOf(now)}::date
       and c.cycle_id = ${cycleId}`.execute(db);
  const day = rows[0]?.day ?? null;
  return day === null ? null : startOfBusinessDate(day);
}

/** Captures that a person asked for and that no file has taken yet. */
async function countRequested(db: Db, merchantId: number, cycleId: number): Promise<number> {
  const { rows } = await sql<{ requested: number }>`
    select count(*)::int as requested
      from capture_requests q join charges c on c.id = q.charge_id
     where q.merchant_id = ${merchantId} and c.cycle_id = ${cycleId}
       and not exists (select from endings e where e.charge_id = q.charge_id and e.n = q.n)
       and not exists (select from attempts a where a.charge_id = q.charge_id and a.n > q.n)
    `.execute(db);
  return rows[0]?.requested ?? 0;
}
