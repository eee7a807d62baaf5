import { createHmac } from 'node:crypto';
import { asyncLocalStorage, type Context } from '@temporalio/activity';
import { beforeEach, expect, inject, test } from 'vitest';
import { createDeliveryActivities } from '../../activities/delivery.ts';
import type { ActivityDependencies } from '../../activities/dependencies.ts';
import { parseEncryptionKeys } from '../../config.ts';
import {
  changeEndpoint,
  type EndpointSettings,
  findEndpoint,
  moveEndpoint,
} from '../../db/queries/delivery-endpoints.ts';
import { blankExpired } from '../../db/queries/retention.ts';
import { writeSecret } from '../../db/queries/secrets.ts';
import { findSettings, saveSettings } from '../../db/queries/settings.ts';
import { startShopEndpoint } from '../../sandbox/shop/endpoint.ts';
import { later, openCarrierRecord } from '../db/failed-deliveries.ts';
import { openOwnDatabase } from '../db/own-database.ts';

const { db } = await openOwnDatabase();
const fileKeys = parseEncryptionKeys(inject('fileKeys'));
const secret = 'signing secret of the test';
let made = 0;
let isAway = false;
let woken: string[] = [];
const workflows = {
  async wakeMail() {
    if (isAway) throw new Error('Temporal is away');
    woken.push('mail');
  },
};
const { deliverDue, postSendErrorDigest } = createDeliveryActivities({
  ...{ db, fileKeys, workflows },
} as unknown as ActivityDependencies);

beforeEach(() => {
  woken = [];
  isAway = false;
});

/** As a worker runs it that comes so long after it was scheduled. */
const asScheduled = <T>(waitedMs: number, step: () => Promise<T>, attempt = 1): Promise<T> =>
  asyncLocalStorage.run(
    {
      info: { attempt, scheduledTimestampMs: Date.now() - waitedMs },
      cancellationSignal: new AbortController().signal,
    } as Context,
    step,
  );

/** An endpoint that points to a shop, which takes no signature that is older than five minutes. */
async function openShop() {
  const shop = await startShopEndpoint({
    verify(headers, body) {
      const [, time = '', given = ''] =
        /^t=(\d+),v1=(\w+)$/.exec(String(headers['tsukigime-signature'])) ?? [];
      const expected = createHmac('sha256', secret).update(`${time}.`).update(body).digest('hex');
      return given === expected && Math.abs(Date.now() / 1000 - Number(time)) < 300;
    },
  });
  made += 1;
  const [merchant, endpoint] = [`late-${made}`, `late-shop-${made}`];
  const record = await openCarrierRecord(db, merchant);
  const { merchantId } = record;
  const current = await findSettings(db, merchantId);
  if (current === undefined) throw new Error('a merchant is made with settings');
  const by = { actor: 'test', reason: 'test', now: new Date().toISOString() };
  const settings = {
    ...current.settings,
    operatorMail: { ...current.settings.operatorMail, to: ['operator@example.jp'] },
  };
  await saveSettings(db, merchantId, { ...by, seenVersion: current.version, settings });
  await record.addEndpoint(endpoint);
  await writeSecret(db, merchantId, { name: 'shop', value: secret, ...by }, fileKeys);
  const change = async (changed: Partial<EndpointSettings>) => {
    const before = await findEndpoint(db, merchantId, endpoint);
    if (before === undefined) throw new Error('it was added');
    const change = { slug: endpoint, seenVersion: before.version, ...by };
    await changeEndpoint(db, merchantId, { ...change, settings: { ...before, ...changed } });
  };
  await change({ url: shop.url, backOffSeconds: [] });
  const retire = () => moveEndpoint(db, merchantId, { slug: endpoint, state: 'retired', ...by });
  return { shop, record, change, retire, of: (now: string) => ({ merchant, endpoint, now }) };
}

test('what waited for a worker is signed by the time at which it leaves', async () => {
  const { shop, record, of } = await openShop();
  const scheduledAt = later(new Date().toISOString(), -3_600_000);
  await record.receive({ ordd: 'early' }, scheduledAt);
  // It came while nobody worked.
  await record.receive({ ordd: 'meanwhile' }, later(scheduledAt, 1_800_000));
  await asScheduled(3_600_000, () => deliverDue(of(scheduledAt)));
  await shop.stop();
  const attempts = await db
    .selectFrom('delivery_attempts')
    .where('merchant_id', '=', record.merchantId)
    .select(['outcome', 'status'])
    .execute();
  const delivered = { outcome: 'delivered', status: 200 };
  expect(attempts).toEqual([delivered, delivered]);
});

test('a result that was blanked while the desk sent it again holds up no other', async () => {
  const { shop, record, of } = await openShop();
  const { merchantId } = record;
  const now = later(new Date().toISOString(), -1_000);
  await record.receive({ ordd: 'old' }, later(now, -300 * 86_400_000));
  await record.attempt(of(now).endpoint, {}, now);
  const kept = { importMonths: null, orderMonths: null, carrierMonths: 9 };
  await db.transaction().execute(async (trx) => {
    const { carrierResults } = await blankExpired(trx, merchantId, { ...kept, actor: 'test', now });
    expect(carrierResults).toBe(1);
    // The desk does not see it yet, and the blanking did not see that the result is due.
    await db
      .updateTable('deliveries')
      .set({ state: 'due', due_at: now, tries_left: 1 })
      .where('merchant_id', '=', merchantId)
      .execute();
  });
  await record.receive({ ordd: 'new' }, now);
  await asScheduled(0, () => deliverDue(of(new Date().toISOString())));
  await shop.stop();
  const attempts = await db
    .selectFrom('delivery_attempts')
    .where('merchant_id', '=', merchantId)
    .orderBy('delivery_id')
    .orderBy('attempt')
    .select(['outcome', 'status', 'answer_start as why'])
    .execute();
  expect(attempts).toEqual([
    { outcome: 'timed_out', status: null, why: null },
    { outcome: 'not_sent', status: null, why: expect.stringContaining('消去されている') },
    expect.objectContaining({ outcome: 'delivered', status: 200 }),
  ]);
});

const mailsOf = (merchantId: number) =>
  db
    .selectFrom('mail_outbox')
    .where('merchant_id', '=', merchantId)
    .orderBy('id')
    .select('template')
    .execute();

test('what was given up just before its endpoint is retired is told all the same', async () => {
  const { shop, record, retire, of } = await openShop();
  shop.orderFault({ fault: 'server_error' });
  await record.receive({}, later(new Date().toISOString(), -1_000));
  const now = () => new Date().toISOString();
  const given = await asScheduled(0, () => deliverDue(of(now())));
  // The mail waits for the rest of a flock; the desk of a retired endpoint does not.
  expect(Date.parse(given.digestAt ?? '')).toBeGreaterThan(Date.now());
  await retire();
  const at = now();
  const round = await asScheduled(0, () => deliverDue(of(at)));
  expect(round).toMatchObject({ state: 'retired', digestAt: at });
  await asScheduled(0, () => postSendErrorDigest(of(at)));
  expect(await mailsOf(record.merchantId)).toEqual([{ template: 'send_errors_digest' }]);
  const last = await asScheduled(0, () => deliverDue(of(now())));
  expect(last).toMatchObject({ state: 'retired', digestAt: null });
  await shop.stop();
});

test('mails of errors, and of an endpoint that is down, leave also where their first word was lost', async () => {
  const { shop, record, change, of } = await openShop();
  await change({ circuitFailures: 1 });
  shop.orderFault({ fault: 'server_error' });
  const now = new Date().toISOString();
  await record.receive({}, later(now, -1_000));
  const steps: (() => Promise<unknown>)[] = [
    () => deliverDue(of(now)),
    () => postSendErrorDigest(of(now)),
  ];
  for (const step of steps) {
    woken = [];
    isAway = true;
    await expect(asScheduled(0, step)).rejects.toThrow('Temporal is away');
    isAway = false;
    await asScheduled(0, step, 2);
    expect(woken).toEqual(['mail']);
  }
  expect(await mailsOf(record.merchantId)).toEqual([
    { template: 'endpoint_down' },
    { template: 'send_errors_digest' },
  ]);
  await shop.stop();
});
