import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { readInboundMail } from '../../../activities/inbound-mail.ts';
import { findMailHandler } from '../../../activities/mailbox-handlers.ts';
import { listResendTasks } from '../../../db/queries/carrier-resend-tasks.ts';
import { startZeusSandbox } from '../../../sandbox/zeus/server.ts';
import { startFaultyMailServer } from '../../outside/faulty-mail-server.ts';
import { openReceiverOnOwnPostgres, type ReceiverOnOwnPostgres } from './own-postgres.ts';

let receiver: ReceiverOnOwnPostgres;
beforeAll(async () => {
  receiver = await openReceiverOnOwnPostgres();
});
afterAll(() => receiver?.close());

const zeusMerchant = '/merchants/shop';

/** Takes a mail as the mailbox watch does, without its workflow: Temporal is away. */
async function takeMail(raw: string, uid: number): Promise<void> {
  const mail = await readInboundMail(Buffer.from(raw));
  const handler = findMailHandler(mail);
  expect(handler?.name).toBe('zeus-send-error');
  const now = new Date().toISOString();
  await receiver.db.transaction().execute(async (trx) => {
    const { id: mailId } = await trx
      .insertInto('mailbox_mails')
      .values({
        merchant_id: receiver.merchantId,
        mailbox: 'b'.repeat(64),
        uid_validity: 1,
        uid,
        sha256: mail.sha256,
        subject: mail.subject,
        refused: 'too_long',
        taken_at: now,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    await handler?.record(trx, receiver.merchantId, { mailId, now });
  });
}

test('each call that was not taken becomes a task, which closes when it is sent again', async () => {
  const post = await startFaultyMailServer();
  onTestFinished(() => post.close());
  const zeus = await startZeusSandbox({ smtp: { host: '127.0.0.1', port: post.port } });
  onTestFinished(() => zeus.stop());
  const feeding = setInterval(() => zeus.feedClock(new Date().toISOString()), 100);
  onTestFinished(() => clearInterval(feeding));
  zeus.feedClock(new Date().toISOString());
  const ask = async <Answer>(method: string, path: string, body?: object): Promise<Answer> => {
    const response = await fetch(`${zeus.url}${path}`, {
      method,
      headers: { 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return (await response.json()) as Answer;
  };
  await ask('PUT', zeusMerchant, {
    callbackUrl: receiver.url,
    ipCodes: ['2012000001'],
    contacts: ['operator@example.jp'],
    concurrency: 2,
  });

  const sums = { taken: 0, failed: 0 };
  const pay = async (count: number) => {
    const { taken, failed } = await ask<typeof sums>('POST', `${zeusMerchant}/payments`, { count });
    sums.taken += taken;
    sums.failed += failed;
  };
  // Customers go on paying while Postgres goes, is away and comes back.
  await pay(10);
  await Promise.all([receiver.stopPostgres(), pay(20)]);
  await pay(5);
  await Promise.all([receiver.restartPostgres(), pay(20)]);
  await pay(10);

  await vi.waitFor(() => expect(post.mails).toHaveLength(sums.failed), { timeout: 60_000 });
  for (const [index, raw] of post.mails.entries()) await takeMail(raw, index + 1);
  const tasks = (state: 'open' | 'all') =>
    listResendTasks(receiver.db, receiver.merchantId, { state, before: null, limit: 10_000 });
  const stored = async () =>
    (await receiver.db.selectFrom('carrier_results').select('order_number').execute()).map(
      (row) => row.order_number,
    );
  const { sendErrors: failed } = await ask<{ sendErrors: { orderNumber: string }[] }>(
    'GET',
    `${zeusMerchant}/send-errors`,
  );
  // What is not stored is an open task; a call that was stored and not answered well is none.
  const kept = new Set(await stored());
  const missing = failed.filter(({ orderNumber }) => !kept.has(orderNumber));
  expect((await tasks('all')).length).toBe(failed.length);
  expect((await tasks('open')).map((task) => task.orderNumber).sort()).toEqual(
    missing.map(({ orderNumber }) => orderNumber).sort(),
  );
  expect(missing.length).toBeGreaterThan(0);

  const orderNumbers = failed.map(({ orderNumber }) => orderNumber);
  const again = await ask('POST', `${zeusMerchant}/send-errors/resend`, { orderNumbers });
  expect(again).toEqual({ taken: failed.length, failed: 0 });
  expect(await tasks('open')).toEqual([]);
  const all = await stored();
  expect(all.length).toBe(sums.taken + sums.failed);
  expect(new Set(all).size).toBe(all.length);
});
