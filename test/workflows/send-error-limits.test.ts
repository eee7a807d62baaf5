import { afterEach, expect, test } from 'vitest';
import { startOfBusinessDate } from '../../billing/business-date.ts';
import { oldestSendErrorDate } from '../../billing/send-error-search.ts';
import { createEndpoint, moveEndpoint } from '../../db/queries/delivery-endpoints.ts';
import { startShopEndpoint } from '../../sandbox/shop/endpoint.ts';
import { carrierRecordOf } from '../db/failed-deliveries.ts';
import { type CarrierShop, endpointSettings, openCarrierShop } from './carrier-shop.ts';
import { sitAtDesk, untilDelivered } from './send-error-desk.ts';

let shop: CarrierShop;
afterEach(() => shop.close());

const oneTry = { backOffSeconds: [], timeoutMs: 500 } as const;
const all = { condition: 'all', period: { kind: 'today' } };
const everything = { condition: 'all', keywords: { orderNumber: 'A1' } };

test('a row that leaves the eight months overnight is passed over and says so', async () => {
  shop = await openCarrierShop({ endpoint: oneTry });
  const desk = await sitAtDesk(shop, 'operator');
  const now = new Date().toISOString();
  // Noon of the last day that may still be sent; tomorrow it may not.
  const failedAt = new Date(Date.parse(startOfBusinessDate(oldestSendErrorDate(now))) + 43_200_000);
  const record = carrierRecordOf(shop.db, shop.merchant.id);
  await record.receive({ ordd: 'A1' }, failedAt.toISOString());
  await record.attempt(shop.endpoint, {}, failedAt.toISOString());
  const [row] = await desk.list(everything);
  if (row === undefined) throw new Error('there is no send error');
  const { body: page } = await desk.confirmBulk('resend', row);
  await shop.advance(24 * 3600);
  expect(await desk.send(page)).toMatchObject({
    status: 200,
    body: {
      rows: [
        {
          result: 'too_old',
          CGISendErr: '再送信',
          message: '再送信できるデータは過去8ヶ月です。',
        },
      ],
    },
  });
  expect(shop.shop.ledger.totals()).toMatchObject({ received: 0 });
  expect(await desk.list(everything)).toEqual([]);
  expect(await desk.confirmBulk('resend', row)).toMatchObject({
    status: 422,
    body: { detail: '再送信できるデータは過去8ヶ月です。' },
  });
  // 処理済 sends nothing, so it knows no limit.
  const { body: settling } = await desk.confirmBulk('settle', row);
  expect(await desk.send(settling, {})).toMatchObject({ body: { rows: [{ result: 'settled' }] } });
});

test('ticked rows of two endpoints are sent by one act; a retired one takes none', async () => {
  shop = await openCarrierShop({ endpoint: oneTry });
  const desk = await sitAtDesk(shop, 'operator');
  const other = await startShopEndpoint();
  try {
    const slug = `${shop.endpoint}-2`;
    await createEndpoint(shop.db, shop.merchant.id, {
      slug,
      settings: { ...endpointSettings, ...oneTry, backOffSeconds: [], url: other.url },
      actor: 'test',
      reason: null,
      now: new Date().toISOString(),
    });
    shop.shop.orderFault({ fault: 'server_error', count: 2 });
    other.orderFault({ fault: 'reset_after', count: 2 });
    await shop.send({ clientip: '1', ordd: 'A1', result: 'OK' });
    await shop.send({ clientip: '1', ordd: 'A2', result: 'OK' });
    await untilDelivered(shop);
    const listed = await desk.list();
    expect(listed.map((row) => `${row.orderNumber} ${row.arrival}`).sort()).toEqual([
      'A1 possible',
      'A1 possible',
      'A2 possible',
      'A2 possible',
    ]);
    const first = listed.filter((row) => row.orderNumber === 'A1');
    const { body: page } = await desk.confirmBulk('resend', ...first);
    const sent = await desk.send(page);
    expect(sent.body.rows.map(({ result }) => result)).toEqual(['resent', 'resent']);
    await untilDelivered(shop);
    expect(shop.shop.ledger.entryOf('A1')).toMatchObject({ received: 2, issued: 1 });
    expect(other.ledger.entryOf('A1')).toMatchObject({ received: 2, issued: 1 });

    await moveEndpoint(shop.db, shop.merchant.id, {
      slug,
      state: 'retired',
      actor: 'test',
      reason: 'closed',
      now: new Date().toISOString(),
    });
    await shop.wake();
    const left = (await desk.list()).filter((row) => row.orderNumber === 'A2');
    const refused = await desk.confirmBulk('resend', ...left);
    expect(refused).toMatchObject({
      status: 422,
      body: { errors: [{ path: expect.any(String) }] },
    });
    const { body: settling } = await desk.confirmBulk('settle', ...left);
    const settled = await desk.send(settling, {});
    expect(settled.body.rows.map(({ result }) => result)).toEqual(['settled', 'settled']);
    expect((await desk.list(all)).map((row) => row.CGISendErr)).toEqual(Array(4).fill('処理済'));
  } finally {
    await other.stop();
  }
});
