import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import { openDatabase } from '../../db/database.ts';
import { createMerchant } from '../../db/queries/merchants.ts';
import { measureRecord } from '../../db/queries/record-measures.ts';
import { insertAttempt, insertOutcome } from '../db/money-facts.ts';
import { insertCharges, insertExchange, insertMoneyRecord } from '../db/money-record.ts';
import { servedMetrics, usedMetrics } from '../monitoring.ts';
import { type RunningApi, startApi, startOfTime } from './running-api.ts';

let api: RunningApi;
let page: string;
let slug: string;

beforeAll(async () => {
  api = await startApi();
  const record = await insertMoneyRecord(api.db);
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

const sampleOf = (series: string) => {
  const line = page.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? undefined : line.slice(series.length + 1);
};

test('every metric of ours that dashboard and alerts use is there', () => {
  const used = usedMetrics('tsukigime_');
  expect(used.length).toBeGreaterThan(20);
  expect(used.filter((name) => !servedMetrics(page).has(name))).toEqual([]);
});

test('they say what the record says', () => {
  const of = `merchant="${slug}"`;
  expect(sampleOf('tsukigime_record_up')).toBe('1');
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

test('a record that is busy is not waited for', async () => {
  const owner = openDatabase(api.ownerUrl, { maxConnections: 1 });
  await owner.transaction().execute(async (trx) => {
    // As a migration holds it.
    await sql`lock table cycles in access exclusive mode`.execute(trx);
    const measured = measureRecord(api.db, { now: startOfTime, statementTimeoutMs: 50 });
    await expect(measured).rejects.toThrow('statement timeout');
  });
  await owner.destroy();
});
