import { sql } from 'kysely';
import { expect, inject, test } from 'vitest';
import { buildFiles } from '../../activities/build-files.ts';
import type { ActivityDependencies } from '../../activities/dependencies.ts';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import { parseEncryptionKeys } from '../../config.ts';
import { createMerchant } from '../../db/queries/merchants.ts';
import { findSettings, saveSettings } from '../../db/queries/settings.ts';
import { requestCaptures } from '../../db/queries/shipments.ts';
import { AT, insertCharges, insertCycle } from '../db/money-record.ts';
import { openOwnDatabase } from '../db/own-database.ts';
import { prepareAuthorized } from '../db/race.ts';
import { whileItWaits } from '../db/under-lock.ts';

/** What people decide between the listing of the lines of a file and their claim. */
const before = '2026-11-21T00:00:00.000Z';
const { db } = await openOwnDatabase(5);

async function openShop(slug: string, by: 'file' | 'portal', maxRecordsPerFile = 1_000) {
  const settings = merchantSettingsSchema.parse({
    capture: { policy: 'immediate', by },
    paygent: { merchantId: '10001', maxRecordsPerFile },
  });
  const merchant = { slug, name: slug, kind: 'sandbox' as const, settings };
  const { id: merchantId } = await createMerchant(db, { ...merchant, actor: 'test', now: AT });
  return { merchantId, slug, cycleId: await insertCycle(db, merchantId, '2026-11'), fileId: 0 };
}

test.each(['file', 'portal'] as const)(
  'a part that a person asks for while captures are listed (by %s) is all that is captured',
  async (by) => {
    const record = await openShop(`builder-${by}`, by);
    const { merchantId, cycleId } = record;
    await prepareAuthorized(db, record, 3);
    const { rows } = await sql<{ id: number; order: string }>`
      select id, order_number as order from charges where cycle_id = ${cycleId} order by position`.execute(
      db,
    );
    const fileKeys = parseEncryptionKeys(inject('fileKeys'));
    const deps = { db, fileKeys } as Partial<ActivityDependencies> as ActivityDependencies;
    const of = {
      merchant: `builder-${by}`,
      month: '2026-11',
      now: before,
      kind: 'capture',
    } as const;
    const build = () => buildFiles(deps, of, { askedAt: null });
    await whileItWaits(db, merchantId, build, async (trx) => {
      const { rows: decisions } = await sql<{ id: number }>`
        insert into decisions (merchant_id, idempotency_key, workflow_id, act, body, actor, decided_at)
        values (${merchantId}, 'part', 'test', 'request-captures', '{}', 'operator', ${before})
        returning id`.execute(trx);
      const orderNumber = rows[1]?.order ?? '';
      const asked = await requestCaptures(trx, merchantId, {
        ...{ cycleId, orderNumbers: [orderNumber], decisionId: decisions[0]?.id ?? 0, now: before },
        partialAmounts: [{ orderNumber, amountYen: 400 }],
      });
      expect(asked).toEqual({ rows: 1, yen: 400, refused: [] });
    });
    const claimed = await sql<{ yen: number }>`
      select e.amount_yen as yen from endings e join charges c on c.id = e.charge_id
       where c.cycle_id = ${cycleId} order by c.position`.execute(db);
    expect(claimed.rows.map(({ yen }) => yen)).toEqual([1000, 400, 1000]);
    const files = await sql<{ yen: number }>`
      select amount_yen as yen from exchanges where cycle_id = ${cycleId}`.execute(db);
    expect(files.rows).toEqual(by === 'file' ? [{ yen: 2400 }] : []);
  },
);

test.each(['file', 'portal'] as const)(
  'nothing is captured (by %s) by a policy that was given up while its captures were listed',
  async (by) => {
    const slug = `builder-policy-${by}`;
    const record = await openShop(slug, by);
    const { merchantId, cycleId } = record;
    await prepareAuthorized(db, record, 2);
    const fileKeys = parseEncryptionKeys(inject('fileKeys'));
    const deps = { db, fileKeys } as Partial<ActivityDependencies> as ActivityDependencies;
    const of = { merchant: slug, month: '2026-11', now: before, kind: 'capture' } as const;
    const build = () => buildFiles(deps, of, { askedAt: null });
    await whileItWaits(db, merchantId, build, async () => {
      const saved = await findSettings(db, merchantId);
      await saveSettings(db, merchantId, {
        ...{ seenVersion: 1, actor: 'test', reason: 'test', now: before },
        settings: merchantSettingsSchema.parse({
          ...saved?.settings,
          capture: { policy: 'manual', by },
        }),
      });
    });
    const { rows } = await sql`
      select from endings e join charges c on c.id = e.charge_id where c.cycle_id = ${cycleId}`.execute(
      db,
    );
    expect(rows).toEqual([]);
  },
);

test('a file may leave before the next one is built', async () => {
  const record = await openShop('builder-ahead', 'file', 2);
  await prepareAuthorized(db, record, 3);
  const fileKeys = parseEncryptionKeys(inject('fileKeys'));
  const deps = { db, fileKeys } as Partial<ActivityDependencies> as ActivityDependencies;
  const of = { merchant: 'builder-ahead', month: '2026-11', now: before, kind: 'capture' } as const;
  const seen: { number: number; built: number; claimed: number }[] = [];
  const built = await buildFiles(deps, of, { askedAt: null }, async ({ number }) => {
    const { rows } = await sql<{ built: number; claimed: number }>`
      select count(*)::int as built, coalesce(sum(records), 0)::int as claimed
        from exchanges where cycle_id = ${record.cycleId}`.execute(db);
    seen.push({ number, built: 0, claimed: 0, ...rows[0] });
  });
  expect(built).toEqual({ files: 2, uncleared: false });
  expect(seen).toEqual([
    { number: 1, built: 1, claimed: 2 },
    { number: 2, built: 2, claimed: 3 },
  ]);
});

test('nobody is charged through Paygent while its 利用可否 is 利用しない', async () => {
  const slug = 'builder-unused';
  const record = await openShop(slug, 'file');
  const saved = await findSettings(db, record.merchantId);
  const paymentMethods = { services: { PAYGENT: { availability: 'unused' } } };
  await saveSettings(db, record.merchantId, {
    seenVersion: saved?.version ?? 0,
    settings: merchantSettingsSchema.parse({ ...saved?.settings, paymentMethods }),
    ...{ actor: 'test', reason: 'test', now: before },
  });
  const fileKeys = parseEncryptionKeys(inject('fileKeys'));
  const deps = { db, fileKeys } as Partial<ActivityDependencies> as ActivityDependencies;
  const build = (kind: 'auth' | 'capture') =>
    buildFiles(deps, { merchant: slug, month: '2026-11', now: before, kind }, { askedAt: null });
  await prepareAuthorized(db, record, 1);
  await insertCharges(db, record, 1);
  await expect(build('auth')).rejects.toMatchObject({ type: 'SettingsIncomplete' });
  // What was authorized before is captured: it would expire.
  expect(await build('capture')).toMatchObject({ files: 1 });
  const { rows } = await sql`select kind from exchanges where cycle_id = ${record.cycleId}`.execute(
    db,
  );
  expect(rows).toEqual([{ kind: 'capture' }]);
});
