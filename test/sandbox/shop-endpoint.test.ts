import { expect, onTestFinished, test } from 'vitest';
import {
  SHOP_FAULTS,
  type ShopEndpoint,
  type ShopEndpointOptions,
  type ShopFault,
  startShopEndpoint,
} from '../../sandbox/shop/endpoint.ts';
import { writeForm } from '../../sandbox/zeus/form.ts';

async function startShop(options: ShopEndpointOptions = {}): Promise<ShopEndpoint> {
  const shop = await startShopEndpoint(options);
  onTestFinished(() => shop.stop());
  return shop;
}

function deliver(shop: ShopEndpoint, orderNumber: string, key: string, result = 'OK') {
  return fetch(shop.url, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/x-www-form-urlencoded',
      'Idempotency-Key': key,
    },
    body: writeForm(
      [
        ['ordd', orderNumber],
        ['result', result],
      ],
      'utf-8',
    ),
    // Only `time_out` and `silent_after` wait for it: they never answer.
    signal: AbortSignal.timeout(200),
  });
}

test('the shop issues once under a key, and counts every call', async () => {
  const shop = await startShop();
  expect(await (await deliver(shop, 'A1', 'key-1')).json()).toEqual({ issued: true });
  expect(await (await deliver(shop, 'A1', 'key-1')).json()).toEqual({ issued: false });
  await deliver(shop, 'A2', 'key-2');
  expect(shop.ledger.entryOf('A1')).toMatchObject({ received: 2, issued: 1 });
  expect(shop.ledger.totals()).toEqual({ keys: 2, received: 3, issued: 2, doubleIssued: 0 });
});

test('a payment that failed issues nothing', async () => {
  const shop = await startShop();
  await deliver(shop, 'A1', 'key-1', 'NG');
  expect(shop.ledger.totals()).toMatchObject({ received: 1, issued: 0 });
});

test('a shop that does not look at the key issues twice, and two keys for one order show', async () => {
  const careless = await startShop({ looksAtKey: false });
  await deliver(careless, 'A1', 'key-1');
  await deliver(careless, 'A1', 'key-1');
  expect(careless.ledger.totals()).toMatchObject({ issued: 2, doubleIssued: 1 });
  const shop = await startShop();
  await deliver(shop, 'A1', 'key-1');
  await deliver(shop, 'A1', 'key-2');
  expect(shop.ledger.totals()).toMatchObject({ issued: 2, doubleIssued: 1 });
});

const answers: Record<ShopFault, { status: number | 'none'; issued: number }> = {
  time_out: { status: 'none', issued: 0 },
  server_error: { status: 500, issued: 0 },
  reset_before: { status: 'none', issued: 0 },
  slow: { status: 200, issued: 1 },
  silent_after: { status: 'none', issued: 1 },
  error_after: { status: 500, issued: 1 },
  reset_after: { status: 'none', issued: 1 },
};

test.each(SHOP_FAULTS)('%s strikes one delivery; the next one goes through', async (fault) => {
  const shop = await startShop({ slowMs: 20 });
  shop.orderFault({ fault });
  const first = await deliver(shop, 'A1', 'key-1').then(
    (response) => response.status,
    () => 'none',
  );
  expect({ status: first, issued: shop.ledger.totals().issued }).toEqual(answers[fault]);
  const second = await deliver(shop, 'A1', 'key-1');
  expect(await second.json()).toEqual({ issued: answers[fault].issued === 0 });
  expect(shop.ledger.entryOf('A1')).toMatchObject({ received: 2, issued: 1 });
});

test('a fault for one order waits for it; faults and ledger over HTTP', async () => {
  const shop = await startShop();
  const base = new URL(shop.url).origin;
  const order = (body: unknown) =>
    fetch(`${base}/faults`, { method: 'POST', body: JSON.stringify(body) });
  expect((await order({ fault: 'server_error', orderNumber: 'A2' })).status).toBe(200);
  expect((await order({ fault: 'fire' })).status).toBe(422);
  expect((await deliver(shop, 'A1', 'key-1')).status).toBe(200);
  expect((await deliver(shop, 'A2', 'key-2')).status).toBe(500);
  expect((await deliver(shop, 'A2', 'key-2')).status).toBe(200);
  await order({ fault: 'server_error', count: 5 });
  expect(await (await fetch(`${base}/faults`, { method: 'DELETE' })).json()).toEqual({
    faults: [],
  });
  expect((await deliver(shop, 'A3', 'key-3')).status).toBe(200);
  expect(await (await fetch(`${base}/ledger`)).json()).toMatchObject({
    totals: { keys: 3, received: 4, issued: 3, doubleIssued: 0 },
  });
});

test('a delivery that the shop cannot verify is refused and issues nothing', async () => {
  const shop = await startShop({ verify: (headers) => headers.signature === 'good' });
  expect((await deliver(shop, 'A1', 'key-1')).status).toBe(401);
  expect(shop.ledger.totals()).toMatchObject({ received: 0, issued: 0 });
});
