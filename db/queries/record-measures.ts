import { type Kysely, type RawBuilder, sql } from 'kysely';
import { type MerchantSettings, merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import type { Database } from '../tables.ts';

/** How near the end of an authorization is; `later` holds all the rest. */
export const RISK_HORIZONS = ['1d', '3d', '7d', '14d', 'later'] as const;
export type RiskHorizon = (typeof RISK_HORIZONS)[number];

/**
 * What the record says of itself in numbers, of all merchants at once: for metrics. Ages are in
 * seconds of the merchant's own clock; slugs are the only names.
 */
export interface RecordMeasures {
  readonly cycles: readonly {
    readonly merchant: string;
    readonly stage: string;
    readonly cycles: number;
    readonly attention: number;
    /** Of the one that waits for a person the longest; 0 = none does. */
    readonly waitsSeconds: number;
  }[];
  /** Charges of open months; a horizon only where they are authorized. */
  readonly charges: readonly {
    readonly merchant: string;
    readonly state: string;
    readonly horizon: RiskHorizon | null;
    readonly rows: number;
    readonly yen: number;
  }[];
  readonly ngCases: readonly {
    readonly merchant: string;
    readonly class: string;
    readonly cases: number;
    readonly yen: number;
  }[];
  /** Files that are not finished. */
  readonly exchanges: readonly {
    readonly merchant: string;
    readonly kind: string;
    readonly stage: string;
    readonly files: number;
    /** Of the oldest, since it was handed over, or else built. */
    readonly ageSeconds: number;
  }[];
  readonly mails: readonly {
    readonly merchant: string;
    readonly state: string;
    readonly mails: number;
    /** Of the one that is due the longest. */
    readonly dueSeconds: number;
  }[];
  readonly deliveries: readonly {
    readonly merchant: string;
    readonly endpoint: string;
    readonly due: number;
    readonly dueSeconds: number;
    readonly circuitOpen: boolean;
  }[];
  readonly imports: readonly {
    readonly merchant: string;
    readonly kind: string;
    readonly stage: string;
    readonly imports: number;
    readonly ageSeconds: number;
  }[];
  readonly refreshes: readonly {
    readonly merchant: string;
    readonly stage: string;
    readonly refreshes: number;
    readonly attention: number;
  }[];
  /** Null: none was ever written down. */
  readonly auditHeadSeconds: number | null;
  readonly merchants: readonly {
    readonly merchant: string;
    readonly movedClock: boolean;
    /** Since personal data was blanked last; without that within its newest acts, since its settings. */
    readonly blankedSeconds: number;
  }[];
  /** The newest, of merchants for which somebody has saved any. */
  readonly settings: readonly {
    readonly merchant: string;
    readonly settings: MerchantSettings;
  }[];
}

/** Each is measured for itself. */
export const RECORD_PARTS = [
  'cycles',
  'charges',
  'ngCases',
  'exchanges',
  'mails',
  'deliveries',
  'imports',
  'refreshes',
  'auditHeadSeconds',
  'merchants',
  'settings',
] as const satisfies readonly (keyof RecordMeasures)[];
export type RecordPart = (typeof RECORD_PARTS)[number];

/** What could be measured, and what not. */
export interface MeasuredRecord {
  /** A part is undefined that could not be measured at all. */
  readonly measures: {
    readonly [Part in RecordPart]: RecordMeasures[Part] | undefined;
  };
  readonly failures: readonly {
    readonly part: RecordPart;
    /** Slug of the one whose row could not be read; undefined: none of the part could. */
    readonly merchant?: string;
    readonly error: unknown;
  }[];
}

/** Within so many of a merchant's newest acts its latest blanking is looked for: weeks of them. */
const LOOKED_AT_ACTS = 2000;

/**
 * Reads all measures, each by one statement that is cut after a time: a scrape may cost the record only
 * so much. What fails takes nothing else with it.
 */
export async function measureRecord(
  db: Kysely<Database>,
  { now, statementTimeoutMs }: { readonly now: string; readonly statementTimeoutMs: number },
): Promise<MeasuredRecord> {
  const failures: MeasuredRecord['failures'][number][] = [];
  async function read<Row>(part: RecordPart, query: RawBuilder<Row>) {
    try {
      return await readWithin(db, query, statementTimeoutMs);
    } catch (error) {
      failures.push({ part, error });
      return undefined;
    }
  }
  const heads = await read('auditHeadSeconds', auditHead(now));
  const stored = await read('settings', newestSettings);
  const measures = {
    cycles: await read('cycles', cycles(now)),
    charges: await read('charges', charges(now)),
    ngCases: await read('ngCases', ngCases),
    exchanges: await read('exchanges', exchanges(now)),
    mails: await read('mails', mails(now)),
    deliveries: await read('deliveries', deliveries(now)),
    imports: await read('imports', imports(now)),
    refreshes: await read('refreshes', refreshes),
    auditHeadSeconds: heads && (heads[0]?.seconds ?? null),
    merchants: await read('merchants', merchants(now)),
    settings: stored?.flatMap(({ merchant, settings }) => {
      // Of one merchant, perhaps of another release: all others are known.
      const { data, error } = merchantSettingsSchema.safeParse(settings);
      if (data !== undefined) return [{ merchant, settings: data }];
      failures.push({ part: 'settings', merchant, error });
      return [];
    }),
  };
  return { measures, failures };
}

async function readWithin<Row>(
  db: Kysely<Database>,
  query: RawBuilder<Row>,
  timeoutMs: number,
): Promise<readonly Row[]> {
  return await db
    .transaction()
    .setAccessMode('read only')
    .execute(async (trx) => {
      await sql`select set_config('statement_timeout', ${String(timeoutMs)}, true)`.execute(trx);
      return (await query.execute(trx)).rows;
    });
}

type Rows<Key extends keyof RecordMeasures> = RecordMeasures[Key] extends readonly (infer Row)[]
  ? RawBuilder<Row>
  : never;

/** What time it is for merchant `m`. */
const clock = (now: string) =>
  sql`(${now}::timestamptz + m.clock_offset_ms * interval '1 millisecond')`;

/** Seconds since an instant by the clock of merchant `m`; 0 for one that is to come. */
const since = (now: string, instant: RawBuilder<unknown>) =>
  sql`greatest(0, coalesce(extract(epoch from ${clock(now)} - ${instant}), 0))::float8`;

const cycles = (now: string): Rows<'cycles'> => sql`
  select m.slug as merchant, y.stage, count(*)::int as cycles,
         (count(*) filter (where y.attention))::int as attention,
         max(case when y.attention then ${since(now, sql`y.attention_since`)} else 0 end)
           as "waitsSeconds"
    from cycles y join merchants m on m.id = y.merchant_id
   where y.stage <> 'closed'
   group by m.slug, y.stage`;

const charges = (now: string): Rows<'charges'> => sql`
  select merchant, state, horizon, count(*)::int as rows, sum(amount_yen)::float8 as yen
    from (select m.slug as merchant, s.state, s.amount_yen,
                 case when s.state <> 'authorized' then null
                      when s.capture_before <= ${clock(now)} + interval '1 day' then '1d'
                      when s.capture_before <= ${clock(now)} + interval '3 days' then '3d'
                      when s.capture_before <= ${clock(now)} + interval '7 days' then '7d'
                      when s.capture_before <= ${clock(now)} + interval '14 days' then '14d'
                      else 'later' end as horizon
            from cycles y
            join merchants m on m.id = y.merchant_id
            join charge_states s on s.merchant_id = y.merchant_id and s.cycle_id = y.id
           where y.stage <> 'closed') of_open_months
   group by merchant, state, horizon`;

const ngCases: Rows<'ngCases'> = sql`
  select m.slug as merchant, c.class, count(*)::int as cases, sum(c.amount_yen)::float8 as yen
    from ng_cases c join merchants m on m.id = c.merchant_id
   where c.closed_at is null
   group by m.slug, c.class`;

const exchanges = (now: string): Rows<'exchanges'> => sql`
  select m.slug as merchant, x.kind, x.stage, count(*)::int as files,
         max(${since(now, sql`coalesce(x.accepted_at, x.created_at)`)}) as "ageSeconds"
    from exchanges x join merchants m on m.id = x.merchant_id
   where x.stage in ('built', 'handing_over', 'awaiting_result', 'reconciling', 'unknown')
   group by m.slug, x.kind, x.stage`;

const mails = (now: string): Rows<'mails'> => sql`
  select m.slug as merchant, o.state, count(*)::int as mails,
         max(${since(now, sql`o.next_due_at`)}) as "dueSeconds"
    from mail_outbox o join merchants m on m.id = o.merchant_id
   where o.state in ('waiting', 'sending', 'unknown')
   group by m.slug, o.state`;

/**
 * A circuit is open until a delivery has got through. `circuit_open_until` says only when one is tried
 * again: it lies in the past while that one is under way, or nothing is due.
 */
const deliveries = (now: string): Rows<'deliveries'> => sql`
  select m.slug as merchant, e.slug as endpoint, count(d.id)::int as due,
         coalesce(max(${since(now, sql`d.due_at`)}), 0) as "dueSeconds",
         e.circuit_open_until is not null as "circuitOpen"
    from delivery_endpoints e
    join merchants m on m.id = e.merchant_id
    left join deliveries d on d.endpoint_id = e.id and d.state = 'due'
   where e.state <> 'retired'
   group by m.slug, m.clock_offset_ms, e.slug, e.circuit_open_until`;

const imports = (now: string): Rows<'imports'> => sql`
  select m.slug as merchant, i.kind, i.stage, count(*)::int as imports,
         max(${since(now, sql`coalesce(i.started_at, i.registered_at)`)}) as "ageSeconds"
    from imports i join merchants m on m.id = i.merchant_id
   where i.stage in ('uploaded', 'running')
   group by m.slug, i.kind, i.stage`;

const refreshes: Rows<'refreshes'> = sql`
  select m.slug as merchant, r.stage, count(*)::int as refreshes,
         (count(*) filter (where r.attention))::int as attention
    from card_refreshes r join merchants m on m.id = r.merchant_id
   where r.closed_at is null
   group by m.slug, r.stage`;

/** In real time, as the worker writes them. */
const auditHead = (now: string): RawBuilder<{ readonly seconds: number | null }> => sql`
  select extract(epoch from ${now}::timestamptz - max(recorded_at))::float8 as seconds
    from audit_heads`;

const merchants = (now: string): Rows<'merchants'> => sql`
  select m.slug as merchant, m.clock_offset_ms <> 0 as "movedClock",
         ${since(
           now,
           sql`coalesce(
             (select max(a.recorded_at)
                from (select entry, recorded_at from audit_entries
                       where chain_id = m.id order by n desc limit ${LOOKED_AT_ACTS}) a
               where a.entry like '%"act":"retention.applied"%'),
             (select max(s.recorded_at) from merchant_settings s where s.merchant_id = m.id))`,
         )} as "blankedSeconds"
    from merchants m`;

const newestSettings: RawBuilder<{ readonly merchant: string; readonly settings: unknown }> = sql`
  select m.slug as merchant, newest.settings
    from merchants m
   cross join lateral (
         select s.settings from merchant_settings s
          where s.merchant_id = m.id order by s.version desc limit 1) newest`;
