import { rm } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, inject, onTestFinished, test, vi } from 'vitest';
import type { MerchantSettingsInput } from '../../billing/merchant-settings.ts';
import { parseEncryptionKeys } from '../../config.ts';
import { type Db, lockMerchant } from '../../db/database.ts';
import { listMailboxMails, matchWaitingMails, readMailboxState } from '../../db/queries/mailbox.ts';
import { listNotices } from '../../db/queries/notices.ts';
import { writeSecret } from '../../db/queries/secrets.ts';
import { findSettings, saveSettings } from '../../db/queries/settings.ts';
import { startPaygentSandbox } from '../../sandbox/paygent/server.ts';
import { handOverFile, registerMerchant } from '../../sandbox/paygent-operator.ts';
import { clockState } from '../../workflows/messages.ts';
import { mailboxWatchWorkflowId } from '../../workflows/workflow-ids.ts';
import { cardLikeNumber } from '../db/card-like-number.ts';
import { startFaultyMailServer } from '../outside/faulty-mail-server.ts';
import { type ImapServer, startImapServer } from '../outside/imap-server.ts';
import { makeDataDir, merchantId, sessionStart } from '../sandbox/portal-session.ts';
import { makeTransactionFile } from '../sandbox/transaction-bytes.ts';
import { insertExchange } from './mail-exchange.ts';
import { type MailMerchant, openMailMerchant } from './mail-merchant.ts';

/** The machine may be busy with other tests. */
const eventually = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 60_000 });

let server: ImapServer;
let shop: MailMerchant;
beforeEach(async () => {
  server = await startImapServer();
});
afterEach(async () => {
  await shop.close();
  await server.close();
});

const mailboxOf = (port: number) => ({
  mailbox: {
    host: '127.0.0.1',
    port,
    secure: false,
    user: server.user,
    secretName: 'mailbox',
    pollMinutes: 5,
    idlePollMinutes: 60,
  },
});

async function openShop(password = server.password, settings: MerchantSettingsInput = {}) {
  shop = await openMailMerchant({
    settings: { ...mailboxOf(server.port), ...settings },
    prepare: async (db, merchant) => {
      const secret = { name: 'mailbox', value: password, now: merchant.createdAt, actor: 'test' };
      await writeSecret(db, merchant.id, secret, parseEncryptionKeys(inject('fileKeys')));
    },
  });
}

const completion = (acceptanceNumber: string, records = 2, id = acceptanceNumber) => [
  `Message-ID: <${id}@paygent.example.jp>`,
  'Date: Sun, 22 Nov 2026 10:00:00 +0900',
  'Subject: =?UTF-8?B?5Yem55CG5a6M5LqG44Gu44GK55+l44KJ44Gb?=',
  'Content-Type: text/plain; charset=utf-8',
  '',
  'ファイルの処理が完了しました。',
  `受付番号:${acceptanceNumber}`,
  `件数:${records}件`,
  'NG件数:0件',
  '',
];
const mails = () =>
  listMailboxMails(shop.db, shop.merchant.id, { state: null, before: null, limit: 50 });
const states = async () => (await mails()).map(({ state }) => state).reverse();
const takes = (expected: readonly string[]) =>
  eventually(async () => expect(await states()).toEqual(expected));
/** Until it is past midnight in Japan. */
const hoursToMorning = () => 25 - ((Date.now() / 3_600_000 + 9) % 24);
const notices = async () =>
  (
    await listNotices(shop.db, shop.merchant.id, {
      ...{ actor: 'x', unreadOnly: false, before: null, limit: 20 },
    })
  ).map(({ kind }) => kind);
const completedAt = async (db: Db) =>
  (await db.selectFrom('exchanges').select('completed_at').executeTakeFirst())?.completed_at;

describe('a completion mail', () => {
  test('completes the file of its 受付番号', async () => {
    await openShop();
    await insertExchange(shop, { acceptanceNumber: '0001', records: 2 });
    server.deliver(completion('0001'));
    await shop.wakeMailbox();
    await takes(['matched']);
    expect(await completedAt(shop.db)).toEqual(expect.any(String));
    expect(await notices()).toEqual([]);
    expect((await mails())[0]?.exchange).toMatchObject({ kind: 'auth', number: 1 });
  });

  test('that is faster than the operator waits for the 受付番号', async () => {
    await openShop();
    server.deliver(completion('0002'));
    await shop.wakeMailbox();
    await takes(['waiting']);
    await insertExchange(shop, { acceptanceNumber: '0002', records: 2 });
    const match = await shop.db.transaction().execute(async (trx) => {
      await lockMerchant(trx, shop.merchant.id);
      return await matchWaitingMails(trx, shop.merchant.id, '0002');
    });
    expect(match).toMatchObject({ exchange: { kind: 'auth', number: 1 }, matched: 1 });
    expect(await states()).toEqual(['matched']);
    expect(await completedAt(shop.db)).toBe((await mails())[0]?.takenAt);
  });

  test('that counts other records than the file is told to the operators', async () => {
    await openShop();
    await insertExchange(shop, { acceptanceNumber: '0003', records: 2 });
    server.deliver(completion('0003', 3));
    await shop.wakeMailbox();
    await takes(['matched']);
    expect((await mails())[0]?.finding).toBe('record_count');
    expect(await notices()).toContain('completion_count_differs');
    const outbox = await shop.db.selectFrom('mail_outbox').select('template').execute();
    expect(outbox).toEqual([{ template: 'completion_count_differs' }]);
  });

  test('of a number that nobody records is told: the file may have been uploaded twice', async () => {
    await openShop();
    server.deliver(completion('0010'));
    await shop.wakeMailbox();
    await takes(['waiting']);
    await shop.advance(2);
    expect(await notices()).not.toContain('completion_unmatched');
    await shop.advance(3);
    expect(await notices()).toContain('completion_unmatched');
  });

  test('of the simulated Paygent is known, all the way over SMTP and IMAP', async () => {
    const post = await startFaultyMailServer();
    onTestFinished(() => post.close());
    const dataDir = await makeDataDir();
    const sandbox = await startPaygentSandbox({
      dataDir,
      smtp: { host: '127.0.0.1', port: post.port },
    });
    onTestFinished(async () => {
      await sandbox.stop();
      await rm(dataDir, { recursive: true });
    });
    const account = { url: sandbox.url, merchantId };
    await registerMerchant(account, { processingDelayMs: 0, contacts: ['first@example.jp'] });
    await sandbox.feedClock(sessionStart);
    const bytes = await makeTransactionFile('authorization', merchantId, [['1', 500]]);
    const { acceptanceNumber } = await handOverFile(
      account,
      { bytes, fileName: 'f.csv', transactionKind: 'オーソリ' },
      { records: 1, amountYen: 500 },
    );
    await eventually(() => expect(post.mails).toHaveLength(1));
    await openShop();
    await insertExchange(shop, { acceptanceNumber, records: 1 });
    server.deliver(post.mails[0] ?? '');
    await shop.wakeMailbox();
    await takes(['matched']);
    expect((await mails())[0]).toMatchObject({ acceptanceNumber, records: 1, finding: null });
  });
});

describe('every mail', () => {
  test('is taken once, under new UIDs and in copy too', async () => {
    await openShop();
    server.deliver(completion('0004'));
    server.deliver(['Received: by another way', ...completion('0004')]);
    await shop.wakeMailbox();
    await takes(['waiting', 'duplicate']);
    server.renumber();
    await shop.wakeMailbox();
    await takes(['waiting', 'duplicate', 'duplicate', 'duplicate']);
    const read = await shop.db.selectFrom('completion_mails').selectAll().execute();
    expect(read).toHaveLength(1);
  });

  test('counts, also where a careless sender gives all the same Message-ID', async () => {
    await openShop();
    server.deliver(completion('0005', 2, 'same'));
    server.deliver(completion('0006', 2, 'same'));
    await shop.wakeMailbox();
    await takes(['waiting', 'waiting']);
  });

  test('is kept as it came; what nobody understands is listed', async () => {
    await openShop();
    server.deliver(['Subject: =?ISO-2022-JP?B?GyRCJEokcyRHJGIbKEI=?=', '', 'セール', '']);
    server.deliver('no mail at all');
    await shop.wakeMailbox();
    await takes(['not_understood', 'not_understood']);
    const [second, first] = await mails();
    expect(first?.subject).toBe('なんでも');
    expect(first?.fileSha256).toMatch(/^[0-9a-f]{64}$/);
    expect(second?.fileSha256).not.toBe(first?.fileSha256);
    expect(server.flags()).toEqual([[], []]);
  });

  test('passes the card-number guard, decoded; the next one is taken all the same', async () => {
    await openShop();
    const hidden = Buffer.from(`番号は ${cardLikeNumber()} です`).toString('base64');
    server.deliver([
      'Message-ID: <card@example.jp>',
      'Subject: hello',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: base64',
      '',
      hidden,
      '',
    ]);
    server.deliver(completion('0007'));
    await shop.wakeMailbox();
    await takes(['refused', 'waiting']);
    expect((await mails())[1]).toMatchObject({ refused: 'card_number', subject: '' });
    expect(await notices()).toContain('mailbox_refused');
    const files = await shop.db.selectFrom('files').select('kind').execute();
    expect(files).toEqual([{ kind: 'mail' }]);
  });
});

describe('the watch', () => {
  const handle = () => shop.client.workflow.getHandle(mailboxWatchWorkflowId(shop.merchant.slug));
  const minutesToNextLook = async () => {
    const state = await eventually(async () => {
      const asked = await handle().query(clockState);
      expect(asked.nextDue).not.toBeNull();
      return asked;
    });
    return Math.round((Date.parse(state.nextDue ?? '') - Date.parse(state.now)) / 60_000);
  };

  test('looks often after a hand-over and seldom else', async () => {
    await openShop();
    await shop.wakeMailbox();
    expect(await minutesToNextLook()).toBeGreaterThan(5);
    await insertExchange(shop, { acceptanceNumber: '0008', records: 2 });
    await shop.advance(1.01);
    expect(await minutesToNextLook()).toBeLessThanOrEqual(5);
    server.deliver(completion('0008'));
    await shop.advance(0.1);
    expect(await states()).toEqual(['matched']);
    await shop.advance(0.1);
    expect(await minutesToNextLook()).toBeGreaterThan(5);
  });

  test('says that it cannot look and goes on when it can', async () => {
    await openShop();
    // People are told once a day: three hours later it must still be today.
    await shop.advance(hoursToMorning());
    const { port } = server;
    await server.close();
    await shop.wakeMailbox();
    await eventually(async () => expect(await notices()).toEqual(['mailbox_away']));
    await shop.advance(3);
    expect(await notices()).toEqual(['mailbox_away']);
    const state = () => readMailboxState(shop.db, shop.merchant.id);
    expect(await state()).toMatchObject({
      lastTakenAt: null,
      away: { text: expect.stringContaining('自動で再試行します') },
    });
    server = await startImapServer(port);
    server.deliver(completion('0009'));
    await shop.advance(1.1);
    expect(await states()).toEqual(['waiting']);
    expect(await state()).toEqual({ lastTakenAt: expect.any(String), away: null });
  });

  test('says what is wrong with its password, without the password', async () => {
    await openShop('open-sesame');
    await shop.wakeMailbox();
    await eventually(async () => expect(await notices()).toEqual(['mailbox_away']));
    const told = JSON.stringify(await shop.db.selectFrom('notices').selectAll().execute());
    expect(told).toContain('ログインが拒否されました');
    expect(told).not.toContain('sesame');
  });

  test('ends when the settings name no mailbox any more', async () => {
    await openShop();
    await shop.wakeMailbox();
    await minutesToNextLook();
    const current = await findSettings(shop.db, shop.merchant.id);
    if (current === undefined) throw new Error('settings are there');
    await saveSettings(shop.db, shop.merchant.id, {
      seenVersion: current.version,
      settings: { ...current.settings, mailbox: null },
      actor: 'test',
      reason: 'test',
      now: shop.merchant.createdAt,
    });
    await shop.wakeMailbox();
    await handle().result();
  });
});
