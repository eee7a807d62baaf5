import { expect, onTestFinished, test, vi } from 'vitest';
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

function deliver(
  shop: ShopEndpoint,
  orderNumber: string,
  key: string,
  { result = 'OK', signal }: { result?: string; signal?: AbortSignal } = {},
) {
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
    ...(signal === undefined ? {} : { signal }),
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
  await deliver(shop, 'A1', 'key-1', { result: 'NG' });
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
  const hangUp = new AbortController();
  if (fault === 'time_out' || fault === 'silent_after') {
    // They never answer: the caller gives up once the call is there.
    void vi
      .waitUntil(() => shop.ledger.totals().received === 1, { timeout: 60_000 })
      .then(() => hangUp.abort());
  }
  const first = await deliver(shop, 'A1', 'key-1', { signal: hangUp.signal }).then(
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

test.each([
  ['utf-8', {}, 200],
  ['cp932', {}, 200],
  ['cp932', { encoding: 'utf-8' }, 400],
] as const)('a call in %s is read by a shop with %j: %i', async (encoding, options, status) => {
  const shop = await startShop(options);
  const body = writeForm(
    [
      ['ordd', '注文'],
      ['result', 'OK'],
    ],
    encoding,
  );
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded', 'Idempotency-Key': 'k' };
  const response = await fetch(shop.url, { method: 'POST', headers, body });
  await response.text();
  expect(response.status).toBe(status);
  expect(shop.ledger.entryOf('注文')?.issued ?? 0).toBe(status === 200 ? 1 : 0);
});
