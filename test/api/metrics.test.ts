import { sql } from 'kysely';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createRecordMetrics, type RecordPatience } from '../../api/record-metrics.ts';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import { openDatabase } from '../../db/database.ts';
import { createEndpoint, saveCircuit } from '../../db/queries/delivery-endpoints.ts';
import { createMerchant } from '../../db/queries/merchants.ts';
import { insertSettings } from '../../db/queries/settings.ts';
import { createLogger } from '../../workers/logger.ts';
import { insertAttempt, insertOutcome } from '../db/money-facts.ts';
import { insertCharges, insertExchange, insertMoneyRecord } from '../db/money-record.ts';
import { servedMetrics, usedMetrics } from '../monitoring.ts';
import { type RunningApi, startApi, startOfTime } from './running-api.ts';

let api: RunningApi;
let page: string;
let slug: string;
let merchantId: number;

beforeAll(async () => {
  api = await startApi();
  const record = await insertMoneyRecord(api.db);
  merchantId = record.merchantId;
  ({ slug } = await api.db
    .selectFrom('merchants')
    .select('slug')
    .where('id', '=', record.merchantId)
    .executeTakeFirstOrThrow());
  const [authorized, declined] = await insertCharges(api.db, record, 3, 1200);
  if (authorized === undefined || declined === undefined) throw new Error('three were made');
  const exchangeId = await insertExchange(api.db, record);
  await insertExchange(api.db, record, 'capture', 'unknown');
  for (const [charge, outcome] of [
    [authorized, 'ok'],
    [declined, 'declined'],
  ] as const) {
    await insertAttempt(api.db, record, { charge, n: 1, exchangeId });
    await insertOutcome(api.db, record, { charge, n: 1, outcome });
  }
  await createMerchant(api.db, {
    ...{ slug: 'keeps-short', name: '短期保存の店', kind: 'sandbox', actor: 'test' },
    settings: merchantSettingsSchema.parse({ retention: { orderMonths: 12 } }),
    now: startOfTime,
  });
  // Two days before its authorization ends: see insertOutcome.
  api.setNow('2027-01-18T15:00:00.000Z');
  const token = await api.addToken('viewer');
  page = await (await api.call('/metrics', { token })).text();
});
afterAll(() => api.close());

const sampleOf = (series: string, metrics = page) => {
  const line = metrics.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? undefined : line.slice(series.length + 1);
};

test('every metric of ours that dashboard and alerts use is there', () => {
  const used = usedMetrics('tsukigime_');
  expect(used.length).toBeGreaterThan(20);
  expect(used.filter((name) => !servedMetrics(page).has(name))).toEqual([]);
});

test('they say what the record says', () => {
  const of = `merchant="${slug}"`;
  expect(sampleOf('tsukigime_record_up{part="charges"}')).toBe('1');
  expect(sampleOf(`tsukigime_cycles{${of},stage="capturing"}`)).toBe('1');
  expect(sampleOf(`tsukigime_charges{${of},state="planned"}`)).toBe('1');
  expect(sampleOf(`tsukigime_charges_yen{${of},state="declined"}`)).toBe('1200');
  expect(sampleOf(`tsukigime_authorized_at_risk_yen{${of},within="3d"}`)).toBe('1200');
  expect(sampleOf(`tsukigime_authorized_at_risk_yen{${of},within="1d"}`)).toBe('0');
  expect(sampleOf(`tsukigime_unknown_sends{${of}}`)).toBe('1');
  const files = `{${of},kind="auth",stage="awaiting_result"}`;
  expect(sampleOf(`tsukigime_exchanges_open${files}`)).toBe('1');
  const days = Number(sampleOf(`tsukigime_exchange_age_seconds${files}`)) / 86_400;
  expect(days).toBeCloseTo(57.6, 1);
  const unblanked = Number(sampleOf('tsukigime_retention_age_seconds{merchant="keeps-short"}'));
  expect(unblanked / 86_400).toBeCloseTo(57.6, 1);
  expect(sampleOf(`tsukigime_retention_age_seconds{${of}}`)).toBe(undefined);
  expect(sampleOf('tsukigime_audit_head_age_seconds')).toBe('+Inf');
});

test('a second scrape at once asks the record nothing', async () => {
  const token = await api.addToken('viewer');
  await api.db.updateTable('cycles').set({ stage: 'closed' }).execute();
  expect(await (await api.call('/metrics', { token })).text()).toContain(
    `tsukigime_cycles{merchant="${slug}",stage="capturing"} 1`,
  );
});

const logger = createLogger({ level: 'silent', name: 'test' });

/** A process of the API of its own, which has kept nothing yet. */
function openMetrics(patience: Partial<RecordPatience> = {}) {
  const registry = new Registry();
  const whole = { statementTimeoutMs: 10_000, scrapeWaitMs: 60_000, ...patience };
  const metrics = createRecordMetrics(registry, whole);
  const deps = { db: api.db, logger, realNow: () => new Date('2026-11-22T01:00:00.000Z') };
  return {
    async scrape() {
      await metrics.refresh(deps);
      return await registry.metrics();
    },
  };
}

/** As a migration holds it. */
async function whileCyclesAreLocked(act: () => Promise<void>): Promise<void> {
  const owner = openDatabase(api.ownerUrl, { maxConnections: 1 });
  await owner.transaction().execute(async (trx) => {
    await sql`lock table cycles in access exclusive mode`.execute(trx);
    await act();
  });
  await owner.destroy();
}

test('what takes too long is not told, neither as 0 nor as it was; all else is', async () => {
  await whileCyclesAreLocked(async () => {
    const busy = await openMetrics({ statementTimeoutMs: 50 }).scrape();
    const up = ['cycles', 'charges', 'exchanges', 'auditHeadSeconds', 'settings'];
    const ups = up.map((part) => sampleOf(`tsukigime_record_up{part="${part}"}`, busy));
    expect(ups).toEqual(['0', '0', '1', '1', '1']);
    expect(sampleOf(`tsukigime_unknown_sends{merchant="${slug}"}`, busy)).toBe('1');
    expect(busy).not.toMatch(/^tsukigime_(cycles|charges|authorized_at_risk_yen)\{/m);
  });
});

test('a scrape does not wait for all of a long measuring', async () => {
  const metrics = openMetrics({ scrapeWaitMs: 20 });
  await whileCyclesAreLocked(async () => {
    expect(await metrics.scrape()).not.toContain('tsukigime_record_up{');
  });
  await vi.waitFor(
    async () =>
      expect(sampleOf('tsukigime_record_up{part="cycles"}', await metrics.scrape())).toBe('1'),
    { timeout: 60_000 },
  );
});

test('settings of one merchant that cannot be read hide no other merchant', async () => {
  const unreadable = { ...merchantSettingsSchema.parse({}), ofAnotherRelease: true };
  const version = { version: 1, settings: unreadable, actor: 'test', reason: null };
  await insertSettings(api.db, merchantId, { ...version, now: startOfTime });
  const metrics = await openMetrics().scrape();
  expect(sampleOf('tsukigime_record_up{part="settings"}', metrics)).toBe('0');
  expect(sampleOf('tsukigime_record_up{part="merchants"}', metrics)).toBe('1');
  const kept = 'tsukigime_retention_age_seconds{merchant="keeps-short"}';
  expect(sampleOf(kept, metrics)).toBe('3600');
});

test('a circuit is open until a delivery gets through, not only until the next try', async () => {
  const endpoint = await createEndpoint(api.db, merchantId, {
    slug: 'often-away',
    settings: {
      ...{ url: 'http://127.0.0.1:9/', secretName: 's', encoding: 'utf-8', backOffSeconds: [10] },
      ...{ timeoutMs: 1000, concurrency: 1, circuitFailures: 5, circuitPauseSeconds: 60 },
    },
    ...{ actor: 'test', reason: null, now: startOfTime },
  });
  const told = async () => {
    const metrics = await openMetrics().scrape();
    const of = `merchant="${slug}",endpoint="often-away"`;
    return sampleOf(`tsukigime_delivery_circuit_open{${of}}`, metrics);
  };
  const nextTryAt = '2026-11-22T00:01:00.000Z';
  expect(await told()).toBe('0');
  await saveCircuit(api.db, merchantId, endpoint, { failuresInARow: 5, openUntil: nextTryAt });
  expect(await told()).toBe('1');
  await saveCircuit(api.db, merchantId, endpoint, { failuresInARow: 0, openUntil: null });
  expect(await told()).toBe('0');
});
