import type { Registry } from 'prom-client';
import { CHARGE_STATES } from '../billing/charge.ts';
import { CYCLE_STAGES } from '../billing/cycle.ts';
import { isBlanking, retentionOf } from '../billing/retention.ts';
import {
  measureRecord,
  type RecordMeasures,
  RISK_HORIZONS,
} from '../db/queries/record-measures.ts';
import type { ApiDependencies } from './dependencies.ts';
import { createRecordGauges, type RecordGauges } from './record-gauges.ts';
import { describeError } from '../temporal/describe-error.ts';

/** What is measured in Postgres; each process of the API tells the same, so take their maximum. */
export interface RecordMetrics {
  /** Measures anew, unless that was done a moment ago. Never rejects: what fails is a metric too. */
  refresh(deps: Pick<ApiDependencies, 'db' | 'logger' | 'realNow'>): Promise<void>;
}

/** Scrapes come every 15 to 60 seconds, of several servers perhaps. */
const KEPT_MS = 15_000;
/** At most this part of the time is spent on measuring: large records are measured less often. */
const SHARE_OF_TIME = 0.1;
/** A statement that takes longer says that the record is busy with something more important. */
const STATEMENT_TIMEOUT_MS = 10_000;

export function createRecordMetrics(registry: Registry): RecordMetrics {
  const gauges = createRecordGauges(registry);
  let freshUntilMs = 0;
  let measuring: Promise<void> | undefined;
  const measure = async (deps: Pick<ApiDependencies, 'db' | 'logger' | 'realNow'>) => {
    const startedMs = performance.now();
    try {
      const now = deps.realNow().toISOString();
      const statementTimeoutMs = STATEMENT_TIMEOUT_MS;
      fill(gauges, await measureRecord(deps.db, { now, statementTimeoutMs }));
      gauges.up.set(1);
      gauges.measuredAt.set(Math.floor(deps.realNow().getTime() / 1000));
    } catch (error) {
      // The last values would look like those of today.
      for (const gauge of Object.values(gauges)) gauge.reset();
      gauges.up.set(0);
      deps.logger.warn({ error: describeError(error) }, 'the record could not be measured');
    }
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
      await measuring;
    },
  };
}

function fill(gauges: RecordGauges, measures: RecordMeasures): void {
  // What is no longer there must not stay.
  for (const gauge of Object.values(gauges)) gauge.reset();
  for (const { merchant } of measures.merchants) fillZeros(gauges, merchant);
  const waits = new Map<string, number>();
  for (const { merchant, stage, cycles, attention, waitsSeconds } of measures.cycles) {
    gauges.cycles.set({ merchant, stage }, cycles);
    gauges.attention.inc({ merchant }, attention);
    const longest = Math.max(waits.get(merchant) ?? 0, waitsSeconds);
    waits.set(merchant, longest);
    gauges.attentionAge.set({ merchant }, longest);
  }
  for (const { merchant, state, horizon, rows, yen } of measures.charges) {
    gauges.charges.inc({ merchant, state }, rows);
    gauges.chargesYen.inc({ merchant, state }, yen);
    if (horizon === null) continue;
    gauges.atRisk.set({ merchant, within: horizon }, rows);
    gauges.atRiskYen.set({ merchant, within: horizon }, yen);
  }
  for (const { merchant, class: of, cases, yen } of measures.ngCases) {
    gauges.ngCases.set({ merchant, class: of }, cases);
    gauges.ngYen.set({ merchant, class: of }, yen);
  }
  fillFiles(gauges, measures);
  fillRest(gauges, measures);
}

/** So that a rule sees 0 where there is nothing, and not a gap. */
function fillZeros(gauges: RecordGauges, merchant: string): void {
  for (const stage of CYCLE_STAGES) {
    if (stage !== 'closed') gauges.cycles.set({ merchant, stage }, 0);
  }
  for (const state of CHARGE_STATES) {
    gauges.charges.set({ merchant, state }, 0);
    gauges.chargesYen.set({ merchant, state }, 0);
  }
  for (const within of RISK_HORIZONS) {
    gauges.atRisk.set({ merchant, within }, 0);
    gauges.atRiskYen.set({ merchant, within }, 0);
  }
  for (const state of ['waiting', 'sending', 'unknown']) gauges.mails.set({ merchant, state }, 0);
  for (const one of ['attention', 'attentionAge', 'unknownSends', 'mailDue', 'refreshWaiting']) {
    gauges[one as 'attention'].set({ merchant }, 0);
  }
}

function fillFiles(gauges: RecordGauges, measures: RecordMeasures): void {
  for (const { merchant, kind, stage, files, ageSeconds } of measures.exchanges) {
    gauges.exchanges.set({ merchant, kind, stage }, files);
    gauges.exchangeAge.set({ merchant, kind, stage }, ageSeconds);
    if (stage === 'unknown') gauges.unknownSends.inc({ merchant }, files);
  }
  for (const { merchant, stage, refreshes, attention } of measures.refreshes) {
    gauges.refreshes.set({ merchant, stage }, refreshes);
    gauges.refreshWaiting.inc({ merchant }, attention);
    if (stage === 'unknown') gauges.unknownSends.inc({ merchant }, refreshes);
  }
  for (const { merchant, kind, stage, imports, ageSeconds } of measures.imports) {
    gauges.imports.set({ merchant, kind, stage }, imports);
    gauges.importAge.set({ merchant, kind, stage }, ageSeconds);
  }
}

function fillRest(gauges: RecordGauges, measures: RecordMeasures): void {
  for (const { merchant, state, mails, dueSeconds } of measures.mails) {
    gauges.mails.set({ merchant, state }, mails);
    if (state === 'waiting') gauges.mailDue.set({ merchant }, dueSeconds);
  }
  for (const { merchant, endpoint, due, dueSeconds, circuitOpen } of measures.deliveries) {
    gauges.deliveries.set({ merchant, endpoint }, due);
    gauges.deliveryDue.set({ merchant, endpoint }, dueSeconds);
    gauges.circuit.set({ merchant, endpoint }, circuitOpen ? 1 : 0);
  }
  gauges.auditHead.set(measures.auditHeadSeconds ?? Number.POSITIVE_INFINITY);
  for (const { merchant, movedClock, settings, blankedSeconds } of measures.merchants) {
    if (movedClock || settings === null || !isBlanking(retentionOf(settings))) continue;
    gauges.blanked.set({ merchant }, blankedSeconds);
  }
}
