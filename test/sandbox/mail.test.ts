import { rm } from 'node:fs/promises';
import { createTransport } from 'nodemailer';
import { expect, onTestFinished, test } from 'vitest';
import { type MailServer, startMailServer } from '../../sandbox/mail-server.ts';
import { startPaygentSandbox } from '../../sandbox/paygent/server.ts';
import {
  handOverFile,
  PortalError,
  registerMerchant,
  saveContacts,
  waitForCompletionMail,
} from '../../sandbox/paygent-operator.ts';
import { makeDataDir, merchantId, sessionStart } from './portal-session.ts';
import { makeTransactionFile } from './transaction-bytes.ts';

async function startMailboxes(port = 0): Promise<MailServer> {
  const mailServer = await startMailServer({ port });
  onTestFinished(() => mailServer.stop());
  return mailServer;
}

test('a mail is found whether it came before or comes after the question', async () => {
  const mailServer = await startMailboxes();
  const transport = createTransport({ host: mailServer.host, port: mailServer.port });
  const send = (subject: string) =>
    transport.sendMail({
      from: 'shop@example.jp',
      to: 'a@example.jp',
      bcc: 'b@example.jp',
      subject,
      text: '本文 ①㈱',
    });
  const asked = mailServer.waitForMail(({ subject }) => subject === '二通目');
  await send('一通目');
  const first = await mailServer.waitForMail(({ subject }) => subject === '一通目');
  expect(first).toMatchObject({
    from: ['shop@example.jp'],
    to: ['a@example.jp'],
    cc: [],
    recipients: ['a@example.jp', 'b@example.jp'],
  });
  expect(first.text.trim()).toBe('本文 ①㈱');
  await send('二通目');
  expect((await asked).subject).toBe('二通目');
  await expect(mailServer.waitForMail(() => false, 20)).rejects.toThrow('一通目 / 二通目');
});

test('a completion mail waits for a mail server that is away', async () => {
  const away = await startMailServer();
  const { host, port } = away;
  await away.stop();
  const dataDir = await makeDataDir();
  const sandbox = await startPaygentSandbox({ dataDir, smtp: { host, port } });
  onTestFinished(async () => {
    await sandbox.stop();
    await rm(dataDir, { recursive: true });
  });
  const account = { url: sandbox.url, merchantId };
  await registerMerchant(account, { processingDelayMs: 0, contacts: ['first@example.jp'] });
  await sandbox.feedClock(sessionStart);
  const bytes = await makeTransactionFile('authorization', merchantId, [['1', 500]]);
  const upload = { bytes, fileName: 'f.csv', transactionKind: 'オーソリ' } as const;
  const expected = { records: 1, amountYen: 500 };
  const { acceptanceNumber } = await handOverFile(account, upload, expected);
  const mailServer = await startMailboxes(port);
  const mail = await waitForCompletionMail(mailServer, acceptanceNumber);
  expect(mail.messageId).toBe(`<completed.${merchantId}.${acceptanceNumber}@sandbox.example.jp>`);
});

test('the operator does not press OK on other values than expected', async () => {
  const dataDir = await makeDataDir();
  const sandbox = await startPaygentSandbox({ dataDir });
  onTestFinished(async () => {
    await sandbox.stop();
    await rm(dataDir, { recursive: true });
  });
  const account = { url: sandbox.url, merchantId };
  await registerMerchant(account);
  await sandbox.feedClock(sessionStart);
  const bytes = await makeTransactionFile('authorization', merchantId, [['1', 500]]);
  const upload = { bytes, fileName: 'f.csv', transactionKind: 'オーソリ' } as const;
  await expect(handOverFile(account, upload, { records: 1, amountYen: 501 })).rejects.toThrow(
    PortalError,
  );
  const foreign = { ...account, merchantId: '99999' };
  await expect(handOverFile(foreign, upload, { records: 1, amountYen: 500 })).rejects.toMatchObject(
    { status: 404, code: 'unknown_merchant' },
  );
  const response = await fetch(`${sandbox.url}/merchants/${merchantId}/results`);
  expect(await response.json()).toEqual({ results: [] });
});

test('担当者 are up to three mail addresses, and blank places close up', async () => {
  const dataDir = await makeDataDir();
  const sandbox = await startPaygentSandbox({ dataDir });
  onTestFinished(async () => {
    await sandbox.stop();
    await rm(dataDir, { recursive: true });
  });
  const account = { url: sandbox.url, merchantId };
  await registerMerchant(account, { width: 16 });
  await saveContacts(account, ['', ' b@example.jp ', 'c@example.jp']);
  const read = async () => (await fetch(`${account.url}/merchants/${merchantId}`)).json();
  const saved = { width: 16, contacts: ['b@example.jp', 'c@example.jp'] };
  expect(await read()).toMatchObject(saved);
  const refused: readonly [readonly string[], string][] = [
    [['a@example.jp', 'b@', 'c@example.jp'], 'unreadable_address'],
    [['a@example.jp', 'b@example.jp', 'c@example.jp', 'd@example.jp'], 'too_many_contacts'],
  ];
  for (const [contacts, code] of refused) {
    await expect(saveContacts(account, contacts)).rejects.toMatchObject({ status: 400, code });
  }
  expect(await read()).toMatchObject(saved);
});
