import { afterEach, beforeEach, expect, inject, test, vi } from 'vitest';
import { postMail } from '../../db/queries/mail-outbox.ts';
import { listMails } from '../../db/queries/mails.ts';
import { listNotices } from '../../db/queries/notices.ts';
import { prepareWorkerChild, type WorkerChild } from '../campaign/worker-child.ts';
import { type FaultyMailServer, startFaultyMailServer } from '../outside/faulty-mail-server.ts';
import { bundlesDir } from '../workers/test-workers.ts';
import { type MailMerchant, openMailMerchant } from './mail-merchant.ts';

/** Short: the next worker takes over when the dead one has been silent for as long. */
const timing = { heartbeatTimeoutMs: 2000, retryInitialIntervalMs: 100 };

let server: FaultyMailServer;
let shop: MailMerchant;
const children: WorkerChild[] = [];
beforeEach(async () => {
  server = await startFaultyMailServer();
  shop = await openMailMerchant({ workers: false, timing });
});
afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => child.kill()));
  await shop.close();
  await server.close();
});

async function startChild(): Promise<WorkerChild> {
  const child = prepareWorkerChild({
    address: inject('temporalAddress'),
    namespace: inject('temporalNamespace'),
    payloadKeys: inject('payloadKeys'),
    fileKeys: inject('fileKeys'),
    databaseUrl: shop.appDatabaseUrl,
    taskQueue: shop.taskQueue,
    bundlesDir,
    timing,
    logLevel: 'silent',
    mail: { sandboxSmtpUrl: server.url, smtpFrom: 'tsukigime@example.jp' },
  });
  children.push(child);
  await child.begin();
  return child;
}
const eventually = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 60_000 });
const states = async () =>
  (await listMails(shop.db, shop.merchant.id, { state: null, before: null, limit: 10 }))
    .map(({ key, state, sends }) => [key, state, sends])
    .sort();

test('a worker killed between the mail and its answer leaves that one unknown, and no other', async () => {
  const now = new Date().toISOString();
  for (const key of ['first', 'second']) {
    await postMail(shop.db, shop.merchant.id, {
      key,
      template: 'attention',
      recipients: ['first@example.jp'],
      parameters: { month: '2026-11', sentence: '確かめてください。' },
      dueAt: now,
      now,
    });
  }
  server.fault = 'silent_after_data';
  const killed = await startChild();
  await shop.wakeMail();
  await eventually(() => expect(server.mails).toHaveLength(1));
  await killed.kill();
  expect(await states()).toEqual([
    ['first', 'sending', 1],
    ['second', 'waiting', 0],
  ]);

  server.fault = null;
  await startChild();
  await eventually(async () =>
    expect(await states()).toEqual([
      ['first', 'unknown', 1],
      ['second', 'sent', 1],
    ]),
  );
  // The mail server has each of them once.
  const ids = server.mails.map((mail) => /^Message-ID: (.*)\r$/m.exec(mail)?.[1]);
  expect(new Set(ids).size).toBe(2);
  expect(ids).toHaveLength(2);
  const page = { actor: 'x', unreadOnly: false, before: null, limit: 10 };
  expect((await listNotices(shop.db, shop.merchant.id, page)).map(({ kind }) => kind)).toEqual([
    'mail_unknown',
  ]);
});
