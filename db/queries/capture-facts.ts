import { type RawBuilder, sql } from 'kysely';
import { createBusinessCalendar } from '../../billing/business-calendar.ts';
import { businessDateOf, instantAt, startOfBusinessDate } from '../../billing/business-date.ts';
import { planDeadlines } from '../../billing/capture-deadlines.ts';
import {
  type CaptureRule,
  captureDateOf,
  captureRuleAt,
  nextCaptureWave,
} from '../../billing/capture-policy.ts';
import { type CaptureSettings, captureSettingsSchema } from '../../billing/capture-settings.ts';
import type { CycleFacts, RowsAndYen } from '../../billing/cycle.ts';
import { earlierInstant } from '../../billing/instant.ts';
import type { MerchantSettings } from '../../billing/merchant-settings.ts';
import type { Db } from '../database.ts';
import { authorizedOn, isAskedAgain, mayCapture } from '../fragments.ts';

/** What the walk over a month's charges counts of its captures, by state and end of the window. */
export interface CaptureCount extends RowsAndYen {
  readonly state: string;
  /** Of state `authorized` only. */
  readonly captureBefore: string | null;
  readonly ready: number;
  readonly refused: number;
  readonly held: number;
  readonly free: number;
  readonly freeYen: number;
  /** The first date in Japan of what waits for its date; null for the other policies. */
  readonly waitsFrom: string | null;
  /** Expired or voided charges that are to be authorized again. */
  readonly again: number;
}

/** How a merchant captures; one without settings captures what a person ticks. */
export function captureOf(settings: MerchantSettings | undefined, now: string) {
  const capture = settings?.capture ?? captureSettingsSchema.parse({ policy: 'manual' });
  const calendar = createBusinessCalendar(settings?.calendar.closedDays);
  return { capture, calendar, rule: captureRuleAt(capture, calendar, now) };
}

/** Columns of the walk over `charge_states s`, with its open hold `h`. */
export function captureCounts(rule: CaptureRule, now: string): RawBuilder<unknown> {
  const free = sql`state = 'authorized' and k is null and h.order_number is null`;
  const waits =
    rule.authorizedThrough === null
      ? sql`null::date`
      : sql`min(case when ${free} and ${authorizedOn} > ${rule.authorizedThrough}::date
                     then ${authorizedOn} end)`;
  return sql`
    case when state = 'authorized' then capture_before end as "captureBefore",
    count(*) filter (where ${free} and capture_before > ${now}
                       and ${mayCapture(rule, now)})::int as ready,
    count(*) filter (where state = 'authorized' and k is not null)::int as refused,
    count(*) filter (where state in ('planned', 'authorized')
                       and h.order_number is not null)::int as held,
    count(*) filter (where ${free})::int as free,
    coalesce(sum(amount_yen) filter (where ${free}), 0)::float8 as "freeYen",
    ${waits} as "waitsFrom",
    count(*) filter (where state in ('expired', 'voided') and h.order_number is null
                       and ${isAskedAgain})::int as again`;
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
  } & ReturnType<typeof captureOf>,
): Promise<CaptureFacts> {
  const { cycleId, counts, lastWaveAt, capture, calendar, now } = of;
  const { policy, waveAt } = capture;
  const ready = sum(counts, (count) => count.ready);
  const requested = ready === 0 ? 0 : await countRequested(db, merchantId, cycleId);
  const nextWaveAt = earlierInstant(
    nextCaptureWave({ policy, waveAt, ready, requested, lastWaveAt }, now),
    nextDateAt(counts, of),
  );
  const open = counts.flatMap(({ captureBefore, rows, yen, held, free, freeYen }) =>
    captureBefore === null
      ? []
      : [{ captureBefore, rows, yen, held, free: { rows: free, yen: freeYen } }],
  );
  const expiries = open.map((deadline) => ({
    rows: deadline.rows,
    atMs: Date.parse(deadline.captureBefore) + DAY_MS,
  }));
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

/** By policy `on-date`: when the first of what still waits for its date leaves. */
function nextDateAt(
  counts: readonly CaptureCount[],
  { capture, calendar }: ReturnType<typeof captureOf>,
): string | null {
  const { onDate, waveAt }: CaptureSettings = capture;
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
