import { createHmac } from 'node:crypto';
import { asyncLocalStorage, type Context } from '@temporalio/activity';
import { beforeEach, expect, inject, test } from 'vitest';
import { createDeliveryActivities } from '../../activities/delivery.ts';
import type { ActivityDependencies } from '../../activities/dependencies.ts';
import { parseEncryptionKeys } from '../../config.ts';
import { changeEndpoint, findEndpoint } from '../../db/queries/delivery-endpoints.ts';
import { writeSecret } from '../../db/queries/secrets.ts';
import { startShopEndpoint } from '../../sandbox/shop/endpoint.ts';
import { later, openCarrierRecord } from '../db/failed-deliveries.ts';
import { openOwnDatabase } from '../db/own-database.ts';

const { db } = await openOwnDatabase();
const fileKeys = parseEncryptionKeys(inject('fileKeys'));
const secret = 'signing secret of the test';
let made = 0;
let woken: string[] = [];
const workflows = {
  async wakeMail() {
    woken.push('mail');
  },
};
const { deliverDue } = createDeliveryActivities({
  ...{ db, fileKeys, workflows },
} as unknown as ActivityDependencies);

beforeEach(() => {
  woken = [];
});

/** As a worker runs it that comes so long after it was scheduled. */
const asScheduled = <T>(waitedMs: number, step: () => Promise<T>): Promise<T> =>
  asyncLocalStorage.run(
    {
      info: { attempt: 1, scheduledTimestampMs: Date.now() - waitedMs },
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
  const by = { actor: 'test', reason: null, now: new Date().toISOString() };
  await record.addEndpoint(endpoint);
  await writeSecret(db, merchantId, { name: 'shop', value: secret, ...by }, fileKeys);
  const seen = await findEndpoint(db, merchantId, endpoint);
  if (seen === undefined) throw new Error('it was added');
  const settings = { ...seen, url: shop.url, backOffSeconds: [] };
  await changeEndpoint(db, merchantId, { slug: endpoint, seenVersion: 1, settings, ...by });
  return { shop, record, of: (now: string) => ({ merchant, endpoint, now }) };
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
