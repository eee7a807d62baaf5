import { type Kysely, sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import { type Database, openDatabase } from '../../db/database.ts';
import { findSettings, saveSettings } from '../../db/queries/settings.ts';
import { billMonth } from '../../sandbox/bill-month.ts';
import { startCycle } from '../../sandbox/operator.ts';
import { type Month, openMonth, paygentId, sandboxNow } from './month.ts';
import { isStill, makeExport, numbered, post, untilCycle, untilExchange } from './month-acts.ts';

let month: Month;
let owner: Kysely<Database>;
beforeAll(async () => {
  // Orders that end in 9 are declined, whoever asks.
  const rules = [{ match: { orderNumber: '9$' }, outcome: 'G83' }];
  month = await openMonth({ outcomes: { declineShare: 0, rules } });
  owner = openDatabase(month.ownerDatabaseUrl, { maxConnections: 2 });
});
afterAll(async () => {
  await owner.destroy();
  await month.close();
});

const isClosed = ({ stage }: { stage: string }) => stage === 'closed';

test('a month whose settings are not complete waits, says why and goes on', async () => {
  const save = async (merchantId: string | null, availability: 'visible' | 'unused') => {
    const current = await findSettings(month.db, month.merchantId);
    if (current === undefined) throw new Error('a merchant has settings');
    const { version, settings } = current;
    await saveSettings(month.db, month.merchantId, {
      seenVersion: version,
      settings: merchantSettingsSchema.parse({
        ...{ ...settings, paygent: { ...settings.paygent, merchantId } },
        paymentMethods: { services: { PAYGENT: { availability } } },
      }),
      actor: 'test',
      reason: 'test',
      now: sandboxNow,
    });
  };
  await save(paygentId, 'unused');
  await month.begin('2026-10', makeExport(numbered('10', 2)));
  const unused = await untilCycle(month, '2026-10', isStill);
  expect(unused).toMatchObject({ stage: 'collecting', attention: true, charges: {} });
  expect(unused.waitsFor).toContain('利用しない');
  await save(null, 'visible');
  await post(month, '/cycles/2026-10/resumption', { reason: '利用する' });
  const waiting = await untilCycle(
    month,
    '2026-10',
    (cycle) => isStill(cycle) && cycle.stage !== 'collecting',
  );
  expect(waiting).toMatchObject({ stage: 'handing_over', attention: true });
  expect(waiting.waitsFor).toContain('マーチャントIDが未設定');
  // Resumed too early it waits again.
  await post(month, '/cycles/2026-10/resumption', { reason: '設定したつもり' });
  await untilCycle(month, '2026-10', isStill);
  await save(paygentId, 'visible');
  expect((await post(month, '/cycles/2026-10/resumption', { reason: '設定した' })).status).toBe(
    200,
  );
  await untilExchange(month, '2026-10', 'auth-1');
  await billMonth(month.day, '2026-10');
  const closed = await untilCycle(month, '2026-10', isClosed);
  expect(closed.charges).toEqual({ captured: { rows: 2, yen: 2001 } });
});

test('a declined charge is given up, a broken sum keeps the month from closing until it is mended', async () => {
  await month.begin('2026-11', makeExport(numbered('11', 10)));
  const cycle = await billMonth(month.day, '2026-11');
  expect(cycle.stage).toBe('working_ng');
  // The desk may have planned it by now.
  expect(cycle.waitsFor).toMatch(/NG(対応中)? 1 件/);
  const spoil = (yen: number) =>
    sql`
    update selection_rows set amount_yen = amount_yen + ${yen} where order_number = '1101'`.execute(
      owner,
    );
  await spoil(1);
  const end = { orderNumbers: ['1109'], kind: 'given_up', reason: '解約' };
  const absent = await post(month, '/cycles/2026-11/ended-charges', {
    ...end,
    orderNumbers: ['1109', '1101'],
  });
  expect(absent.status).toBe(409);
  expect(absent.body.detail).toContain('1101');
  expect((await post(month, '/cycles/2026-11/ended-charges', end)).body).toEqual({ ended: 1 });
  const kept = await untilCycle(month, '2026-11', isStill);
  expect(kept).toMatchObject({ stage: 'closing', attention: true });
  expect(kept.waitsFor).toContain('選定金額と請求金額(10046 / 10045)');
  expect(kept.conservation).toMatchObject({ rows: true, yen: false });

  await spoil(-1);
  await post(month, '/cycles/2026-11/resumption', { reason: '復旧した' });
  const closed = await untilCycle(month, '2026-11', isClosed);
  expect(closed).toMatchObject({
    attention: false,
    conservation: { rows: true, yen: true, broken: [] },
    charges: { captured: { rows: 9 }, given_up: { rows: 1 } },
  });
  // Nothing in it changes any more.
  for (const [path, json] of [
    ['/ended-charges', end],
    ['/rebuilt-files', { kind: 'auth', reason: 'x' }],
  ] as const) {
    const reply = await post(month, `/cycles/2026-11${path}`, json);
    expect([reply.status, reply.body.detail]).toEqual([409, expect.stringContaining('締め済み')]);
  }
  expect(await startCycle(month.day.desk, '2026-11')).toBe(false);
});
