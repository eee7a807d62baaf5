import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listAudit } from '../../db/queries/audit.ts';
import { moveEndpoint } from '../../db/queries/delivery-endpoints.ts';
import type { ShopFault } from '../../sandbox/shop/endpoint.ts';
import { cardLikeNumber } from '../db/card-like-number.ts';
import { type CarrierShop, openCarrierShop } from './carrier-shop.ts';
import { type ListedError, sitAtDesk, untilDelivered } from './send-error-desk.ts';

let shop: CarrierShop;
let operator: Awaited<ReturnType<typeof sitAtDesk>>;
let approver: Awaited<ReturnType<typeof sitAtDesk>>;

beforeAll(async () => {
  // One try: a fault is a send error at once.
  shop = await openCarrierShop({ endpoint: { backOffSeconds: [], timeoutMs: 300 } });
  operator = await sitAtDesk(shop, 'operator');
  approver = await sitAtDesk(shop, 'approver');
});
afterAll(() => shop.close());

/** A payment whose delivery ends like this, as the desk lists it. */
async function fail(fault: ShopFault = 'server_error'): Promise<ListedError> {
  const ordd = `A-${randomUUID().slice(0, 8)}`;
  shop.shop.orderFault({ fault, orderNumber: ordd });
  expect(await shop.send({ clientip: '1', ordd, result: 'OK', sendid: '会員 1' })).toBe(200);
  await untilDelivered(shop);
  const [listed] = await operator.list({ keywords: { orderNumber: ordd } });
  if (listed === undefined) throw new Error('there is no send error');
  return listed;
}

const find = async ({ orderNumber }: ListedError) =>
  (await operator.list({ condition: 'all', keywords: { orderNumber } }))[0];
const entryOf = ({ orderNumber }: ListedError) => shop.shop.ledger.entryOf(orderNumber);

const SERVICE_CHECKED = 'サービス提供・商品発送状況を確認しました';

describe('the form', () => {
  test('has initial values, and says what is wrong in the words of the manual', async () => {
    const form = await operator.ask('GET', '/form');
    expect(form.body).toMatchObject({
      initial: { ipCodes: [], condition: 'open', keywords: {}, period: null, mode: 'individual' },
      ipCodes: [],
    });
    const { status, body } = await operator.ask('POST', '/search', { filter: {} });
    expect(status).toBe(422);
    expect(body).toMatchObject({
      detail: '期間または検索キーワードいずれか1つ以上の指定が必要です。',
      errors: [{ path: 'body.filter.period' }],
    });
  });
});

describe('再送信', () => {
  test('is shown before it is done, under the same key, and issues once', async () => {
    const row = await fail('reset_after');
    expect(row).toMatchObject({ CGISendErr: '再送信', arrival: 'possible' });
    const { body: page } = await operator.confirmBulk('resend', row);
    expect(page).toMatchObject({
      warning: expect.stringContaining('二重に発行'),
      check: SERVICE_CHECKED,
      rows: [{ sends: row.parameters, arrival: 'possible', edited: false }],
    });
    const key = entryOf(row)?.idempotencyKey;
    const sent = await operator.send(page);
    expect(sent).toMatchObject({
      status: 200,
      body: { rows: [{ sendError: row.id, result: 'resent', CGISendErr: '処理済' }] },
    });
    await untilDelivered(shop);
    expect(await find(row)).toMatchObject({ CGISendErr: '処理済', arrival: 'seen' });
    expect(entryOf(row)).toMatchObject({ idempotencyKey: key, received: 2, issued: 1 });
  });

  test('wants the tick, and keeps it in the audit', async () => {
    const row = await fail();
    const { body: page } = await operator.confirmBulk('resend', row);
    const refused = await operator.send(page, {});
    expect(refused).toMatchObject({ status: 422, body: { errors: [{ path: 'body.checked' }] } });
    expect(refused.body.detail).toContain(SERVICE_CHECKED);
    expect(entryOf(row)).toMatchObject({ received: 1 });
    expect((await operator.send(page)).status).toBe(200);
    const audit = await listAudit(shop.db, shop.merchant.id, { limit: 500 });
    const last = audit.filter(({ entry }) => entry.includes('act-on-send-errors')).at(-1);
    expect(JSON.parse(last?.entry ?? '{}')).toMatchObject({
      actor: 'operator at the desk',
      reason: SERVICE_CHECKED,
    });
  });

  test('that fails again is a new error, and only that one is listed', async () => {
    const row = await fail();
    shop.shop.orderFault({ fault: 'server_error', orderNumber: row.orderNumber });
    await operator.send((await operator.confirmBulk('resend', row)).body);
    await untilDelivered(shop);
    const listed = await operator.list({ keywords: { orderNumber: row.orderNumber } });
    expect(listed).toMatchObject([{ CGISendErr: '再送信' }]);
    expect(listed[0]?.id).not.toBe(row.id);
    const { status, body } = await operator.confirmBulk('resend', row);
    expect({ status, body }).toMatchObject({ status: 409, body: { errors: [{}] } });
  });

  test('to an endpoint that is paused waits for it, and says so', async () => {
    const row = await fail();
    const move = (state: 'paused' | 'active') =>
      moveEndpoint(shop.db, shop.merchant.id, {
        ...{ slug: shop.endpoint, state, actor: 'test', reason: null },
        now: new Date().toISOString(),
      });
    await move('paused');
    const sent = await operator.send((await operator.confirmBulk('resend', row)).body);
    expect(sent.body.rows).toMatchObject([
      {
        result: 'resent',
        message: expect.stringContaining('一時停止中です。再開すると送信します'),
      },
    ]);
    expect(entryOf(row)).toMatchObject({ received: 1 });
    await move('active');
    await shop.wake();
    await untilDelivered(shop);
    expect(entryOf(row)).toMatchObject({ received: 2, issued: 1 });
  });

  test('repeated with its key is done once', async () => {
    const row = await fail();
    const { body: page } = await operator.confirmBulk('resend', row);
    const key = randomUUID();
    const first = await operator.send(page, { checked: true }, key);
    await untilDelivered(shop);
    expect(await operator.send(page, { checked: true }, key)).toEqual(first);
    expect(entryOf(row)).toMatchObject({ received: 2, issued: 1 });
  });
});

describe('処理済', () => {
  test('sends nothing and needs no tick', async () => {
    const row = await fail();
    const { body: page } = await operator.confirmBulk('settle', row);
    expect(page).toMatchObject({ warning: null, check: null, rows: [{ sends: null }] });
    expect(await operator.send(page, {})).toMatchObject({
      status: 200,
      body: { rows: [{ result: 'settled', CGISendErr: '処理済' }] },
    });
    await untilDelivered(shop);
    expect(await find(row)).toMatchObject({ CGISendErr: '処理済' });
    expect(entryOf(row)).toMatchObject({ received: 1, issued: 0 });
  });
});

describe('個別', () => {
  test('each row its own choice', async () => {
    const rows = [await fail(), await fail()] as const;
    const { body: page } = await operator.confirm({
      mode: 'individual',
      rows: [
        { sendError: rows[0].id, act: 'resend' },
        { sendError: rows[1].id, act: 'settle' },
      ],
    });
    const sent = await operator.send(page);
    expect(sent.body.rows.map(({ result }) => result)).toEqual(['resent', 'settled']);
    await untilDelivered(shop);
    expect(rows.map((row) => entryOf(row)?.issued)).toEqual([1, 0]);
  });

  test('送信データ修正 is for approvers, keeps the original and shows what left', async () => {
    const row = await fail();
    const corrected = row.parameters.map(([name, value]) => [
      name,
      name === 'sendid' ? '会員 2' : value,
    ]);
    const choice = { sendError: row.id, act: 'resend', parameters: corrected };
    const body = { mode: 'individual', rows: [choice] };
    expect((await operator.confirm(body)).status).toBe(403);
    const { body: page } = await approver.confirm(body);
    expect(page.rows).toMatchObject([{ sends: corrected, received: row.parameters, edited: true }]);
    // Whoever sends it needs the right as well.
    expect((await operator.send(page)).status).toBe(403);
    expect((await approver.send(page)).status).toBe(200);
    await untilDelivered(shop);
    expect(entryOf(row)?.parameters).toEqual(corrected);
    expect(await find(row)).toMatchObject({ parameters: row.parameters, edited: corrected });
  });

  test('only values are corrected, and no card number comes in', async () => {
    const row = await fail();
    const edit = (parameters: unknown) =>
      approver.confirm({
        mode: 'individual',
        rows: [{ sendError: row.id, act: 'resend', parameters }],
      });
    expect((await edit(row.parameters.slice(1))).status).toBe(422);
    expect((await edit([['other', '1'], ...row.parameters.slice(1)])).status).toBe(422);
    const cardLike = cardLikeNumber();
    const withCard = row.parameters.map(([name, value]) =>
      name === 'sendid' ? [name, cardLike] : [name, value],
    );
    const refused = await edit(withCard);
    expect(refused.status).toBe(422);
    expect(JSON.stringify(refused.body)).not.toContain(cardLike);
    expect(
      await operator.confirm({ mode: 'bulk', act: 'resend', sendErrors: [row.id], parameters: [] }),
    ).toMatchObject({ status: 422 });
  });
});

describe('what changed since the confirm page', () => {
  test('somebody else was faster: nothing is sent', async () => {
    const rows = [await fail(), await fail()] as const;
    const { body: page } = await operator.confirmBulk('resend', ...rows);
    await operator.send((await operator.confirmBulk('settle', rows[0])).body, {});
    const late = await operator.send(page);
    expect(late).toMatchObject({
      status: 409,
      body: { errors: [{ message: 'ConfirmationOutdated' }] },
    });
    await untilDelivered(shop);
    expect(await find(rows[1])).toMatchObject({ CGISendErr: '再送信' });
    expect(entryOf(rows[1])).toMatchObject({ received: 1 });
  });

  test('of two people at once one is served', async () => {
    const row = await fail();
    const { body: page } = await operator.confirmBulk('resend', row);
    const answers = await Promise.all([operator.send(page), approver.send(page)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    await untilDelivered(shop);
    expect(entryOf(row)).toMatchObject({ received: 2, issued: 1 });
  });

  test('another result of the payment has come', async () => {
    const row = await fail();
    const { body: page } = await operator.confirmBulk('resend', row);
    await shop.send({ clientip: '1', ordd: row.orderNumber, result: 'NG' });
    await untilDelivered(shop);
    expect((await operator.send(page)).status).toBe(409);
  });

  test('a page that nobody was shown, and a row of nobody', async () => {
    const nothing = { confirmation: 'a'.repeat(64), warning: null, check: null, rows: [] };
    expect((await operator.send(nothing)).status).toBe(404);
    const stranger = { mode: 'bulk', act: 'resend', sendErrors: [randomUUID()] };
    expect((await operator.confirm(stranger)).status).toBe(404);
  });
});

test('an uploaded file is no confirm page', async () => {
  const response = await fetch(
    `${shop.apiUrl}/v1/merchants/${shop.merchant.slug}/files?name=a.csv&kind=order-export`,
    {
      method: 'POST',
      headers: { Authorization: `Bearer ${shop.adminToken}`, 'Content-Type': 'text/csv' },
      body: '{"format":"send-error-confirmation-1","mode":"bulk","rows":[]}',
    },
  );
  const { sha256 } = (await response.json()) as { sha256: string };
  const forged = { confirmation: sha256, warning: null, check: null, rows: [] };
  expect((await operator.send(forged)).status).toBe(404);
});
