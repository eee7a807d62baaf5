import type { Registry } from 'prom-client';
import { CHARGE_STATES } from '../billing/charge.ts';
import { CYCLE_STAGES } from '../billing/cycle.ts';
import { isBlanking, retentionOf } from '../billing/retention.ts';
import {
  type MeasuredRecord,
  measureRecord,
  RECORD_PARTS,
  RISK_HORIZONS,
} from '../db/queries/record-measures.ts';
import { describeError } from '../temporal/describe-error.ts';
import type { ApiDependencies } from './dependencies.ts';
import { createRecordGauges, type RecordGauges } from './record-gauges.ts';

type Measuring = Pick<ApiDependencies, 'db' | 'logger' | 'realNow'>;
type Measures = MeasuredRecord['measures'];

/** What is measured in Postgres; each process of the API tells the same, so take their maximum. */
export interface RecordMetrics {
  /**
   * Measures anew, unless that was done a moment ago. Never rejects: what fails is a metric too. When
   * measuring takes long it goes on without being waited for, and the last values stand until it ends.
   */
  refresh(deps: Measuring): Promise<void>;
}

export interface RecordPatience {
  /** A statement that takes longer says that the record is busy with something more important. */
  readonly statementTimeoutMs: number;
  /** Prometheus waits for 10 seconds, and then has no metric at all. */
  readonly scrapeWaitMs: number;
}

const defaultPatience: RecordPatience = { statementTimeoutMs: 10_000, scrapeWaitMs: 6_000 };

/** Scrapes come every 15 to 60 seconds, of several servers perhaps. */
const KEPT_MS = 15_000;
/** At most this part of the time is spent on measuring: large records are measured less often. */
const SHARE_OF_TIME = 0.1;

export function createRecordMetrics(
  registry: Registry,
  { statementTimeoutMs, scrapeWaitMs } = defaultPatience,
): RecordMetrics {
  const gauges = createRecordGauges(registry);
  let freshUntilMs = 0;
  let measuring: Promise<void> | undefined;
  const measure = async ({ db, logger, realNow }: Measuring) => {
    const startedMs = performance.now();
    const now = realNow().toISOString();
    const { measures, failures } = await measureRecord(db, { now, statementTimeoutMs });
    fill(gauges, measures);
    for (const part of RECORD_PARTS) gauges.up.set({ part }, 1);
    for (const { part, merchant, error } of failures) {
      gauges.up.set({ part }, 0);
      const of = { part, merchant, error: describeError(error) };
      logger.warn(of, 'a part of the record could not be measured');
    }
    const isMeasured = Object.values(measures).some((part) => part !== undefined);
    if (isMeasured) gauges.measuredAt.set(Math.floor(realNow().getTime() / 1000));
    const tookMs = performance.now() - startedMs;
    gauges.tookSeconds.set(tookMs / 1000);
    freshUntilMs = performance.now() + Math.max(KEPT_MS, tookMs / SHARE_OF_TIME);
  };
  return {
    async refresh(deps) {
      if (measuring === undefined && performance.now() < freshUntilMs) return;
      measuring ??= measure(deps).finally(() => {
        measuring = undefined;
      });
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, scrapeWaitMs);
      });
      await Promise.race([measuring, late]);
      clearTimeout(timer);
    },
  };
}

/** What could not be measured has no value: the last one would look like that of today, 0 like none. */
function fill(gauges: RecordGauges, measures: Measures): void {
  // What is no longer there must not stay.
  for (const gauge of Object.values(gauges)) gauge.reset();
  fillZeros(gauges, measures);
  fillMonths(gauges, measures);
  fillFiles(gauges, measures);
  fillRest(gauges, measures);
}

/** So that a rule sees 0 where there is nothing, and not a gap. */
function fillZeros(gauges: RecordGauges, measures: Measures): void {
  for (const { merchant } of measures.merchants ?? []) {
    if (measures.cycles !== undefined) {
      for (const stage of CYCLE_STAGES) {
        if (stage !== 'closed') gauges.cycles.set({ merchant, stage }, 0);
      }
      gauges.attention.set({ merchant }, 0);
      gauges.attentionAge.set({ merchant }, 0);
    }
    if (measures.charges !== undefined) {
      for (const state of CHARGE_STATES) {
        gauges.charges.set({ merchant, state }, 0);
        gauges.chargesYen.set({ merchant, state }, 0);
      }
      for (const within of RISK_HORIZONS) {
        gauges.atRisk.set({ merchant, within }, 0);
        gauges.atRiskYen.set({ merchant, within }, 0);
      }
    }
    if (measures.mails !== undefined) {
      for (const state of ['waiting', 'sending', 'unknown']) {
        gauges.mails.set({ merchant, state }, 0);
      }
      gauges.mailDue.set({ merchant }, 0);
    }
    if (measures.refreshes !== undefined) gauges.refreshWaiting.set({ merchant }, 0);
    // Half of them being none does not say that there are none.
    const knowsSends = measures.refreshes !== undefined && measures.exchanges !== undefined;
    if (knowsSends) gauges.unknownSends.set({ merchant }, 0);
  }
}

function fillMonths(gauges: RecordGauges, measures: Measures): void {
  const waits = new Map<string, number>();
  for (const { merchant, stage, cycles, attention, waitsSeconds } of measures.cycles ?? []) {
    gauges.cycles.set({ merchant, stage }, cycles);
    gauges.attention.inc({ merchant }, attention);
    const longest = Math.max(waits.get(merchant) ?? 0, waitsSeconds);
    waits.set(merchant, longest);
    gauges.attentionAge.set({ merchant }, longest);
  }
  for (const { merchant, state, horizon, rows, yen } of measures.charges ?? []) {
    gauges.charges.inc({ merchant, state }, rows);
    gauges.chargesYen.inc({ merchant, state }, yen);
    if (horizon === null) continue;
    gauges.atRisk.set({ merchant, within: horizon }, rows);
    gauges.atRiskYen.set({ merchant, within: horizon }, yen);
  }
  for (const { merchant, class: of, cases, yen } of measures.ngCases ?? []) {
    gauges.ngCases.set({ merchant, class: of }, cases);
    gauges.ngYen.set({ merchant, class: of }, yen);
  }
}

function fillFiles(gauges: RecordGauges, measures: Measures): void {
  for (const { merchant, kind, stage, files, ageSeconds } of measures.exchanges ?? []) {
    gauges.exchanges.set({ merchant, kind, stage }, files);
    gauges.exchangeAge.set({ merchant, kind, stage }, ageSeconds);
    if (stage === 'unknown') gauges.unknownSends.inc({ merchant }, files);
  }
  for (const { merchant, stage, refreshes, attention } of measures.refreshes ?? []) {
    gauges.refreshes.set({ merchant, stage }, refreshes);
    gauges.refreshWaiting.inc({ merchant }, attention);
    if (stage === 'unknown') gauges.unknownSends.inc({ merchant }, refreshes);
  }
  for (const { merchant, kind, stage, imports, ageSeconds } of measures.imports ?? []) {
    gauges.imports.set({ merchant, kind, stage }, imports);
    gauges.importAge.set({ merchant, kind, stage }, ageSeconds);
  }
}

function fillRest(gauges: RecordGauges, measures: Measures): void {
  for (const { merchant, state, mails, dueSeconds } of measures.mails ?? []) {
    gauges.mails.set({ merchant, state }, mails);
    if (state === 'waiting') gauges.mailDue.set({ merchant }, dueSeconds);
  }
  for (const { merchant, endpoint, due, dueSeconds, circuitOpen } of measures.deliveries ?? []) {
    gauges.deliveries.set({ merchant, endpoint }, due);
    gauges.deliveryDue.set({ merchant, endpoint }, dueSeconds);
    gauges.circuit.set({ merchant, endpoint }, circuitOpen ? 1 : 0);
  }
  const { auditHeadSeconds } = measures;
  // Reset it is 0: just written down.
  if (auditHeadSeconds === undefined) gauges.auditHead.remove();
  else gauges.auditHead.set(auditHeadSeconds ?? Number.POSITIVE_INFINITY);
  const settingsOf = new Map(
    (measures.settings ?? []).map(({ merchant, settings }) => [merchant, settings]),
  );
  for (const { merchant, movedClock, blankedSeconds } of measures.merchants ?? []) {
    const settings = settingsOf.get(merchant);
    if (movedClock || settings === undefined || !isBlanking(retentionOf(settings))) continue;
    gauges.blanked.set({ merchant }, blankedSeconds);
  }
}
