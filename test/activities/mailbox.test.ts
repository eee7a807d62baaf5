import { asyncLocalStorage, type Context } from '@temporalio/activity';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { ActivityDependencies } from '../../activities/dependencies.ts';
import { createMailboxActivities } from '../../activities/mailbox.ts';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import { parseEncryptionKeys } from '../../config.ts';
import { createMerchant } from '../../db/queries/merchants.ts';
import { writeSecret } from '../../db/queries/secrets.ts';
import { AT } from '../db/money-record.ts';
import { openOwnDatabase } from '../db/own-database.ts';
import { type ImapServer, startImapServer } from '../outside/imap-server.ts';
import { insertExchange } from '../workflows/mail-exchange.ts';

/** What a look at the mailbox tells others of, where it does not come to its end. */

const { db } = await openOwnDatabase();
const fileKeys = parseEncryptionKeys(inject('fileKeys'));
const slug = 'mailbox-cut';
let server: ImapServer;
beforeAll(async () => {
  server = await startImapServer();
});
afterAll(() => server.close());

const completion = (acceptanceNumber: string) => [
  `Message-ID: <${acceptanceNumber}@paygent.example.jp>`,
  'Date: Sun, 22 Nov 2026 10:00:00 +0900',
  'Subject: =?UTF-8?B?5Yem55CG5a6M5LqG44Gu44GK55+l44KJ44Gb?=',
  'Content-Type: text/plain; charset=utf-8',
  '',
  'ファイルの処理が完了しました。',
  `受付番号:${acceptanceNumber}`,
  '件数:3件',
  'NG件数:0件',
  '',
];

test('a connection that is lost takes nothing back: mails that were posted before are sent', async () => {
  const { port, user, password } = server;
  const mailbox = { host: '127.0.0.1', port, secure: false, user, secretName: 'mailbox' };
  const operatorMail = { to: ['operator@example.jp'] };
  const settings = merchantSettingsSchema.parse({ mailbox, operatorMail });
  const merchant = { slug, name: slug, kind: 'sandbox' as const, settings };
  const created = await createMerchant(db, { ...merchant, actor: 'test', now: AT });
  const secret = { name: 'mailbox', value: password, now: AT, actor: 'test' };
  await writeSecret(db, created.id, secret, fileKeys);
  // Its file has other lines than the mail counts: operators are told.
  await insertExchange({ db, merchant: created }, { acceptanceNumber: '0001', records: 2 });
  server.deliver(completion('0001'));
  server.deliver(completion('0002'));
  server.cutsAt = 2;
  let sent = 0;
  const wakeMail = async () => {
    sent += 1;
  };
  const workflows = { wakeMail };
  const deps = { db, fileKeys, workflows } as unknown as ActivityDependencies;
  const { takeMails } = createMailboxActivities(deps);
  const info = { attempt: 1 };
  const cancellationSignal = new AbortController().signal;
  const look = () =>
    asyncLocalStorage.run({ info, cancellationSignal } as Context, () =>
      takeMails({ merchant: slug, now: AT, limit: 10 }),
    );
  const count = async (table: 'mail_outbox' | 'mailbox_mails') =>
    (await db.selectFrom(table).select('merchant_id').execute()).length;
  expect(await look()).toEqual({ more: false });
  expect({ taken: await count('mailbox_mails'), posted: await count('mail_outbox') }).toEqual({
    taken: 1,
    posted: 1,
  });
  expect(sent).toBe(1);
  server.cutsAt = null;
  await look();
  expect(await count('mailbox_mails')).toBe(2);
});
