import { Worker } from '@temporalio/worker';
import { afterEach, beforeEach, expect, inject, onTestFinished, test, vi } from 'vitest';
import { parseEncryptionKeys } from '../../config.ts';
import { postMail } from '../../db/queries/mail-outbox.ts';
import { listMails } from '../../db/queries/mails.ts';
import { writeSecret } from '../../db/queries/secrets.ts';
import { createDataConverter } from '../../temporal/client.ts';
import { createLogger } from '../../workers/logger.ts';
import { loadWorkflowBundle } from '../../workers/workflow-bundle.ts';
import { mailboxWatchWorkflowId, mailDispatchWorkflowId } from '../../workflows/workflow-ids.ts';
import { type FaultyMailServer, startFaultyMailServer } from '../outside/faulty-mail-server.ts';
import { startImapServer } from '../outside/imap-server.ts';
import { bundlesDir } from '../workers/test-workers.ts';
import { type MailMerchant, openMailMerchant } from './mail-merchant.ts';

let server: FaultyMailServer;
let shop: MailMerchant;
beforeEach(async () => {
  server = await startFaultyMailServer();
});
afterEach(async () => {
  await shop.close();
  await server.close();
});

const eventually = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 60_000 });
const post = async (key: string) => {
  const now = new Date().toISOString();
  await postMail(shop.db, shop.merchant.id, {
    key,
    template: 'attention',
    recipients: ['first@example.jp'],
    parameters: { month: '2026-11', sentence: '確かめてください。' },
    dueAt: now,
    now,
  });
};
const states = async () =>
  (await listMails(shop.db, shop.merchant.id, { state: null, before: null, limit: 10 })).map(
    ({ state }) => state,
  );
const dispatcher = () => shop.client.workflow.getHandle(mailDispatchWorkflowId(shop.merchant.slug));
const watch = () => shop.client.workflow.getHandle(mailboxWatchWorkflowId(shop.merchant.slug));

async function openWatchedShop(): Promise<void> {
  const imap = await startImapServer();
  onTestFinished(() => imap.close());
  shop = await openMailMerchant({
    smtpUrl: server.url,
    settings: {
      mailbox: {
        ...{ host: '127.0.0.1', port: imap.port, secure: false },
        ...{ user: imap.user, secretName: 'mailbox' },
      },
    },
    prepare: async (db, merchant) => {
      const secret = { name: 'mailbox', value: imap.password, now: merchant.createdAt, actor: 't' };
      await writeSecret(db, merchant.id, secret, parseEncryptionKeys(inject('fileKeys')));
    },
  });
}

test('when Temporal has lost both, a month that opens starts them from their rows', async () => {
  await openWatchedShop();
  await post('forgotten');
  expect((await shop.call('POST', '/cycles', { month: '2026-11' })).status).toBeLessThan(300);
  await eventually(async () => expect(await states()).toEqual(['sent']));
  await eventually(async () => expect((await watch().describe()).status.name).toBe('RUNNING'));
});

test('a person decides about an unknown mail though its dispatcher was lost', async () => {
  shop = await openMailMerchant({ smtpUrl: server.url });
  server.fault = 'cut_after_data';
  await post('doubtful');
  await shop.wakeMail();
  await eventually(async () => expect(await states()).toEqual(['unknown']));
  await dispatcher().terminate('lost');
  server.fault = null;

  const listed = await shop.call('GET', '/mails?state=unknown');
  expect(listed.body).toMatchObject({
    mails: [{ key: 'doubtful', state: 'unknown', subject: '2026-11 の請求に確認が必要です' }],
    nextBefore: null,
  });
  const decision = { outcome: 'send_again', reason: '届いていないと確認' };
  expect(await shop.call('POST', '/mails/doubtful/decision', decision)).toEqual({
    status: 200,
    body: { state: 'waiting' },
  });
  await eventually(async () => expect(await states()).toEqual(['sent']));
  expect((await shop.call('POST', '/mails/doubtful/decision', decision)).status).toBe(409);
  expect((await shop.call('POST', '/mails/nothing/decision', decision)).status).toBe(404);
});

test('notices are read one reader at a time, by the API', async () => {
  shop = await openMailMerchant();
  await post('kept');
  await shop.wakeMail();
  const read = async (query = '') =>
    (await shop.call('GET', `/notices${query}`)).body as { notices: { key: string }[] };
  await eventually(async () => expect(await read()).toMatchObject({ unread: 1 }));
  const [notice] = (await read('?unread=true')).notices;
  const keys = [notice?.key];
  expect((await shop.call('POST', '/notices/read', { keys })).body).toEqual({ unread: 0 });
  expect(await read('?unread=true')).toMatchObject({ notices: [], unread: 0 });
});

test('both replay from their histories', async () => {
  await openWatchedShop();
  await post('one');
  await shop.wakeMail();
  await dispatcher().result();
  await shop.wakeMailbox();
  await shop.advance(30);
  await post('two');
  await shop.wakeMail();
  await dispatcher().result();
  const logger = createLogger({ level: 'silent', name: 'test' });
  const { code } = await loadWorkflowBundle(bundlesDir, logger);
  const dataConverter = createDataConverter(parseEncryptionKeys(inject('payloadKeys')));
  for (const handle of [dispatcher(), watch()]) {
    const history = await handle.fetchHistory();
    await Worker.runReplayHistory({ workflowBundle: { code }, dataConverter }, history);
    expect(JSON.stringify(history)).not.toContain('example.jp');
  }
});
