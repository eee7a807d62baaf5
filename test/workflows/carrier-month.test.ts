import { afterEach, beforeEach, expect, inject, onTestFinished, test, vi } from 'vitest';
import { parseEncryptionKeys } from '../../config.ts';
import { listResendTasks } from '../../db/queries/carrier-resend-tasks.ts';
import { listNotices } from '../../db/queries/notices.ts';
import { writeSecret } from '../../db/queries/secrets.ts';
import { findSettings, saveSettings } from '../../db/queries/settings.ts';
import { startZeusSandbox } from '../../sandbox/zeus/server.ts';
import { wakeMailbox } from '../../temporal/mail-workflows.ts';
import { createWorkflowStarter } from '../../temporal/workflow-starter.ts';
import { startFaultyMailServer } from '../outside/faulty-mail-server.ts';
import { startImapServer } from '../outside/imap-server.ts';
import { type CarrierShop, openCarrierShop } from './carrier-shop.ts';
import { sitAtDesk, untilDelivered } from './send-error-desk.ts';

const eventually = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 60_000 });
const ipCodes = ['2012000001', '2012000002'];
const payments = 40;

let shop: CarrierShop;
beforeEach(async () => {
  // One try each: what fails is at the desk at once.
  shop = await openCarrierShop({ endpoint: { backOffSeconds: [], timeoutMs: 400 } });
});
afterEach(() => shop.close());

/** ZEUS with its mails, and the merchant's mailbox to which they go. */
async function openWorld() {
  const post = await startFaultyMailServer();
  onTestFinished(() => post.close());
  const mailbox = await startImapServer();
  onTestFinished(() => mailbox.close());
  const zeus = await startZeusSandbox({ smtp: { host: '127.0.0.1', port: post.port } });
  onTestFinished(() => zeus.stop());
  zeus.feedClock(new Date().toISOString());

  const now = new Date().toISOString();
  const secret = { name: 'mailbox', value: mailbox.password, now, actor: 'test' };
  const fileKeys = parseEncryptionKeys(inject('fileKeys'));
  await writeSecret(shop.db, shop.merchant.id, secret, fileKeys);
  const current = await findSettings(shop.db, shop.merchant.id);
  if (current === undefined) throw new Error('the merchant has no settings');
  const { user, port } = mailbox;
  await saveSettings(shop.db, shop.merchant.id, {
    seenVersion: current.version,
    settings: {
      ...current.settings,
      carrier: { ...current.settings.carrier, ipCodes },
      mailbox: {
        ...{ host: '127.0.0.1', port, secure: false, user, secretName: 'mailbox' },
        ...{ folder: 'INBOX', pollMinutes: 5, idlePollMinutes: 60 },
      },
    },
    actor: 'test',
    reason: 'test',
    now,
  });
  const { slug } = shop.merchant;
  const ask = async (method: string, path: string, body: object) => {
    const response = await fetch(`${zeus.url}${path}`, {
      method,
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    return JSON.parse((await response.text()) || 'null');
  };
  await ask('PUT', `/merchants/${slug}`, {
    callbackUrl: `${shop.apiUrl}/callbacks/zeus/${slug}`,
    ipCodes,
    contacts: ['operator@example.jp'],
  });
  return {
    post,
    mailbox,
    fault: (fault: object) => ask('POST', '/faults', { merchantId: slug, ...fault }),
    pay: (count: number) => ask('POST', `/merchants/${slug}/payments`, { count }),
    resend: (orderNumbers: readonly string[]) =>
      ask('POST', `/merchants/${slug}/send-errors/resend`, { orderNumbers }),
    async listErrors() {
      const response = await fetch(`${zeus.url}/merchants/${slug}/send-errors`);
      const { sendErrors } = (await response.json()) as {
        sendErrors: { orderNumber: string; CGISendErr: string }[];
      };
      return sendErrors;
    },
  };
}

const tasks = (state: 'open' | 'closed') =>
  listResendTasks(shop.db, shop.merchant.id, { state, before: null, limit: 100 });

async function countVerdicts(): Promise<Record<string, number>> {
  const rows = await shop.db
    .selectFrom('carrier_verdicts')
    .select(({ fn }) => ['verdict', fn.countAll<number>().as('count')])
    .groupBy('verdict')
    .execute();
  return Object.fromEntries(rows.map(({ verdict, count }) => [verdict, Number(count)]));
}

test('ZEUS calls with faults, the shop fails, people send again: everything is issued once', async () => {
  const world = await openWorld();
  await world.fault({ fault: 'answer_lost', count: 3 });
  await world.fault({ fault: 'not_sent', count: 2 });
  await world.fault({ fault: 'sent_twice', count: 2 });
  shop.shop.orderFault({ fault: 'reset_after', count: 4 });
  shop.shop.orderFault({ fault: 'server_error', count: 3 });
  shop.shop.orderFault({ fault: 'silent_after', count: 2 });
  shop.shop.orderFault({ fault: 'error_after', count: 2 });

  expect(await world.pay(payments)).toMatchObject({ taken: 35, failed: 5 });
  await untilDelivered(shop);
  // What reached us is stored once, however often it came.
  expect(await countVerdicts()).toEqual({ new: payments - 2, duplicate: 2 });

  // ZEUS's mails name what it could not hand over; of three only the answer was lost.
  await eventually(() => expect(world.post.mails).toHaveLength(5));
  for (const mail of world.post.mails) world.mailbox.deliver(mail);
  await wakeMailbox(createWorkflowStarter(shop.client, shop.taskQueue), {
    slug: shop.merchant.slug,
    clockOffsetMs: 0,
  });
  await eventually(async () => {
    expect(await tasks('open')).toHaveLength(2);
    expect(await tasks('closed')).toHaveLength(3);
  });
  const page = { actor: 'x', unreadOnly: false, before: null, limit: 50 };
  const notices = await listNotices(shop.db, shop.merchant.id, page);
  const told = notices.filter(({ kind }) => kind === 'zeus_resend');
  expect(told.map(({ subject }) => subject)).toEqual(Array(2).fill('ゼウスで再送信してください'));

  // A person sends all five again at ZEUS: three are known already.
  const atZeus = await world.listErrors();
  const open = (await tasks('open')).map(({ orderNumber }) => orderNumber);
  await world.resend(atZeus.map(({ orderNumber }) => orderNumber));
  expect((await world.listErrors()).map(({ CGISendErr }) => CGISendErr)).toEqual(
    Array(5).fill('処理済'),
  );
  expect(await countVerdicts()).toEqual({ new: payments, duplicate: 5 });
  expect(await tasks('open')).toEqual([]);
  const closed = (await tasks('closed')).map(({ orderNumber }) => orderNumber);
  expect(closed).toEqual(expect.arrayContaining(open));
  await untilDelivered(shop);

  // And a person works the desk: eleven deliveries failed, eight of them after the shop had issued.
  const desk = await sitAtDesk(shop, 'operator');
  const listed = await desk.list();
  expect(listed).toHaveLength(11);
  expect(new Set(listed.map(({ arrival }) => arrival))).toEqual(new Set(['possible']));
  const confirmed = await desk.confirmBulk('resend', ...listed);
  expect((await desk.send(confirmed.body)).body.rows).toHaveLength(11);
  await untilDelivered(shop);
  expect(await desk.list()).toEqual([]);
  expect(
    (await desk.list({ condition: 'done', period: { kind: 'today' } })).map(
      ({ arrival }) => arrival,
    ),
  ).toEqual(Array(11).fill('seen'));

  expect(shop.shop.ledger.totals()).toEqual({
    keys: payments,
    received: payments + 11,
    issued: payments,
    doubleIssued: 0,
  });
  const texts = shop.shop.ledger.entries().map(({ parameters }) => Object.fromEntries(parameters));
  expect(new Set(texts.map(({ sendpoint }) => sendpoint))).toEqual(
    new Set(['会員登録', 'ポイント①', '能登の表構']),
  );
});

test('a task that no call will close is closed by a person, with a reason, once', async () => {
  const world = await openWorld();
  await world.fault({ fault: 'not_sent', count: 2 });
  await world.pay(2);
  await eventually(() => expect(world.post.mails).toHaveLength(2));
  for (const mail of world.post.mails) world.mailbox.deliver(mail);
  await wakeMailbox(createWorkflowStarter(shop.client, shop.taskQueue), {
    slug: shop.merchant.slug,
    clockOffsetMs: 0,
  });
  await eventually(async () => expect(await tasks('open')).toHaveLength(2));
  const [one, other] = (await tasks('open')).map(({ id }) => id);
  const close = async (ids: readonly unknown[], key: string) => {
    const path = `/v1/merchants/${shop.merchant.slug}/carrier-resend-tasks/closings`;
    const response = await fetch(`${shop.apiUrl}${path}`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${shop.adminToken}`,
        'Content-Type': 'application/json',
        'Idempotency-Key': key,
      },
      body: JSON.stringify({ tasks: ids, reason: 'ゼウスの一覧で処理済' }),
    });
    return { status: response.status, body: await response.json() };
  };
  expect(await close([one], 'close-one-task')).toEqual({ status: 200, body: { closed: 1 } });
  expect(await close([one], 'close-one-task')).toEqual({ status: 200, body: { closed: 1 } });
  // All of those named, or none.
  expect(await close([one, other], 'close-both-tasks')).toMatchObject({
    status: 409,
    body: { errors: [{ message: 'UnknownTasks' }] },
  });
  expect((await tasks('open')).map(({ id }) => id)).toEqual([other]);
  expect(await tasks('closed')).toMatchObject([{ id: one, closedBy: 'operator' }]);
});
