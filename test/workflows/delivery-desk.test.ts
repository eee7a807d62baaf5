import { afterEach, describe, expect, test, vi } from 'vitest';
import { moveEndpoint } from '../../db/queries/delivery-endpoints.ts';
import { type CarrierShop, openCarrierShop } from './carrier-shop.ts';

let open: CarrierShop | undefined;
afterEach(async () => {
  await open?.close();
  open = undefined;
});

async function openShop(options: Parameters<typeof openCarrierShop>[0] = {}): Promise<CarrierShop> {
  open = await openCarrierShop(options);
  return open;
}

const call = (ordd: string, result = 'OK') => ({
  clientip: '12345',
  ordd,
  money: '1980',
  result,
  sendid: '会員 1',
});

const deliveriesOf = (shop: CarrierShop) =>
  shop.db
    .selectFrom('deliveries as d')
    .innerJoin('carrier_results as r', 'r.id', 'd.result_id')
    .where('d.merchant_id', '=', shop.merchant.id)
    .orderBy('d.id')
    .select(['r.order_number as ordd', 'r.result', 'd.state', 'd.attempt', 'd.tries_left'])
    .execute();

const attemptsOf = (shop: CarrierShop) =>
  shop.db
    .selectFrom('delivery_attempts')
    .where('merchant_id', '=', shop.merchant.id)
    .orderBy('delivery_id')
    .orderBy('attempt')
    .select(['attempt', 'outcome', 'status', 'answer_start as start'])
    .execute();

/** Waits until no delivery of the merchant has any of these states. */
async function untilNone(shop: CarrierShop, ...states: string[]): Promise<void> {
  await vi.waitFor(
    async () => {
      const left = (await deliveriesOf(shop)).filter(({ state }) => states.includes(state));
      expect(left).toEqual([]);
    },
    { timeout: 60_000, interval: 50 },
  );
}

/** Waits until so many attempts have ended. */
async function untilAttempts(shop: CarrierShop, count: number): Promise<void> {
  await vi.waitFor(async () => expect(await attemptsOf(shop)).toHaveLength(count), {
    timeout: 60_000,
    interval: 50,
  });
}

describe('the delivery desk', () => {
  test('stops in the middle of a batch when it is paused, and goes on when it is resumed', async () => {
    const shop = await openShop({ slowMs: 1500, endpoint: { concurrency: 1 } });
    const orders = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    shop.shop.orderFault({ fault: 'slow', count: orders.length });
    const move = (state: 'paused' | 'active') =>
      moveEndpoint(shop.db, shop.merchant.id, {
        ...{ slug: shop.endpoint, state, actor: 'test', reason: null },
        now: new Date().toISOString(),
      });
    await move('paused');
    for (const ordd of orders) await shop.send(call(ordd));
    await move('active');
    await shop.wake();
    await vi.waitFor(() => expect(shop.shop.ledger.totals().received).toBe(1), 60_000);
    await move('paused');
    // Nothing is claimed any more: every attempt that began has ended.
    await vi.waitFor(
      async () => {
        const begun = (await deliveriesOf(shop)).reduce((sum, { attempt }) => sum + attempt, 0);
        expect(begun).toBe((await attemptsOf(shop)).length);
      },
      { timeout: 60_000 },
    );
    expect(shop.shop.ledger.totals().received).toBeLessThan(orders.length);
    shop.shop.clearFaults();
    await move('active');
    await shop.wake();
    await untilNone(shop, 'due');
    expect(shop.shop.ledger.totals()).toMatchObject({ received: orders.length, doubleIssued: 0 });
  });

  test('is woken where whoever resumed it was cut off before it could say so', async () => {
    const shop = await openShop();
    const move = (state: 'paused' | 'active') =>
      moveEndpoint(shop.db, shop.merchant.id, {
        ...{ slug: shop.endpoint, state, actor: 'test', reason: null },
        now: new Date().toISOString(),
      });
    await move('paused');
    await shop.send(call('a'));
    await shop.advance(1);
    await move('active');
    await shop.advance(60);
    await untilNone(shop, 'due');
    expect(shop.shop.ledger.totals()).toEqual({ keys: 1, received: 1, issued: 1, doubleIssued: 0 });
  });

  test('delivers a result once, signed, with its original parameters', async () => {
    const shop = await openShop();
    expect(await shop.send(call('a'))).toBe(200);
    expect(await shop.send(call('a'))).toBe(200);
    await untilNone(shop, 'due');
    const entry = shop.shop.ledger.entryOf('a');
    expect(entry).toMatchObject({ received: 1, issued: 1 });
    expect(entry?.parameters).toEqual(Object.entries(call('a')));
    const result = await shop.db
      .selectFrom('carrier_results')
      .select('public_id')
      .executeTakeFirstOrThrow();
    expect(entry?.idempotencyKey).toBe(result.public_id);
    expect(await attemptsOf(shop)).toMatchObject([
      { attempt: 1, outcome: 'delivered', status: 200 },
    ]);
  });

  test('tries again by its schedule, under one key, and issues once', async () => {
    const shop = await openShop();
    shop.shop.orderFault({ fault: 'reset_after' });
    shop.shop.orderFault({ fault: 'error_after' });
    await shop.send(call('a'));
    await untilAttempts(shop, 1);
    await shop.advance(10);
    await shop.advance(60);
    await untilNone(shop, 'due');
    expect(shop.shop.ledger.totals()).toEqual({ keys: 1, received: 3, issued: 1, doubleIssued: 0 });
    expect(await attemptsOf(shop)).toMatchObject([
      { outcome: 'cut_off', status: null },
      { outcome: 'refused', status: 500, start: '{"error":"after the work was done"}' },
      { outcome: 'delivered', status: 200 },
    ]);
  });

  test('gives up after the last try: CGISendErr, and one mail for many', async () => {
    const shop = await openShop();
    shop.shop.orderFault({ fault: 'server_error', count: 6 });
    await shop.send(call('a'));
    await shop.send(call('b'));
    await untilAttempts(shop, 2);
    await shop.advance(10);
    await shop.advance(60);
    expect((await deliveriesOf(shop)).map(({ state, attempt }) => [state, attempt])).toEqual([
      ['failed', 3],
      ['failed', 3],
    ]);
    const errors = await shop.db.selectFrom('send_errors').select('attempt').execute();
    expect(errors).toEqual([{ attempt: 3 }, { attempt: 3 }]);
    const mails = () =>
      shop.db.selectFrom('mail_outbox').select(['template', 'parameters']).execute();
    expect(await mails()).toEqual([]);
    await shop.advance(700);
    expect(await mails()).toMatchObject([
      { template: 'send_errors_digest', parameters: { count: 2 } },
    ]);
    await shop.advance(7200);
    expect(await mails()).toHaveLength(1);
  });

  test('keeps the order of results of one payment, and lets others pass', async () => {
    const shop = await openShop();
    shop.shop.orderFault({ fault: 'server_error', orderNumber: 'a' });
    await shop.send(call('a', 'OK'));
    await untilAttempts(shop, 1);
    await shop.send(call('a', 'CANCEL'));
    await shop.send(call('b', 'OK'));
    await untilAttempts(shop, 2);
    expect((await deliveriesOf(shop)).map(({ ordd, state }) => [ordd, state])).toEqual([
      ['a', 'due'],
      ['a', 'due'],
      ['b', 'delivered'],
    ]);
    await shop.advance(10);
    await untilNone(shop, 'due');
    const seen = shop.shop.ledger
      .entries()
      .map(({ orderNumber, parameters }) => [
        orderNumber,
        new Map(parameters.map(([name, value]) => [name, value])).get('result'),
      ]);
    expect(seen).toEqual([
      ['a', 'OK'],
      ['b', 'OK'],
      ['a', 'CANCEL'],
    ]);
  });

  test('stops at an endpoint that is down, tries it with one, and drains', async () => {
    const shop = await openShop({
      endpoint: { circuitFailures: 3, circuitPauseSeconds: 120, concurrency: 1 },
      workers: false,
    });
    for (let n = 0; n < 12; n += 1) await shop.send(call(`o${n}`));
    shop.shop.orderFault({ fault: 'server_error', count: 4 });
    const stop = await shop.startWorkers();
    try {
      await untilAttempts(shop, 3);
      const told = () =>
        shop.db
          .selectFrom('mail_outbox')
          .where('template', '=', 'endpoint_down')
          .select('parameters')
          .execute();
      await vi.waitFor(async () => expect(await told()).toHaveLength(1), 60_000);
      await shop.advance(100);
      // The circuit is open: due again by their schedule, and still nothing leaves.
      expect(await attemptsOf(shop)).toHaveLength(3);
      const tries = (await deliveriesOf(shop)).map(({ tries_left }) => tries_left);
      expect(tries.filter((left) => left === 3)).toHaveLength(9);
      await shop.advance(20);
      // One to try it: it fails, and the circuit stays open.
      expect(await attemptsOf(shop)).toHaveLength(4);
      await shop.advance(120);
      await untilNone(shop, 'due');
      expect(shop.shop.ledger.totals()).toMatchObject({ keys: 12, issued: 12, doubleIssued: 0 });
      // The try that failed as well is no news.
      const down = { endpoint: shop.endpoint, kind: 'carrier', failures: 3, pauseSeconds: 120 };
      expect(await told()).toEqual([{ parameters: down }]);
    } finally {
      await stop();
    }
  });

  test('says what it could not even send', async () => {
    const shop = await openShop({ endpoint: { secretName: 'never-set', backOffSeconds: [] } });
    await shop.send(call('a'));
    await untilNone(shop, 'due');
    expect(await attemptsOf(shop)).toMatchObject([
      { outcome: 'not_sent', start: expect.stringContaining('never-set') },
    ]);
    expect(shop.shop.ledger.totals().received).toBe(0);
  });

  test('waits no longer than the time limit', async () => {
    const shop = await openShop({ endpoint: { timeoutMs: 200, backOffSeconds: [] } });
    shop.shop.orderFault({ fault: 'silent_after' });
    await shop.send(call('a'));
    await untilNone(shop, 'due');
    expect(await attemptsOf(shop)).toMatchObject([{ outcome: 'timed_out', status: null }]);
  });
});
