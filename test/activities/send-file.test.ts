import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asyncLocalStorage, type Context } from '@temporalio/activity';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createSendFileActivities } from '../../activities/send-file.ts';
import type { ExchangeName } from '../../billing/exchange.ts';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import { parseEncryptionKeys } from '../../config.ts';
import { type Db, openDatabase } from '../../db/database.ts';
import { releaseReplacedLocks } from '../../db/queries/card-locks.ts';
import { findExchange, insertExchange, insertSend } from '../../db/queries/exchanges.ts';
import { storeFile } from '../../db/queries/files.ts';
import { createMerchant } from '../../db/queries/merchants.ts';
import { writeSecret } from '../../db/queries/secrets.ts';
import { type PaygentSandbox, startPaygentSandbox } from '../../sandbox/paygent/server.ts';
import { registerMerchant, setSandboxClock } from '../../sandbox/paygent-operator.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { insertCards, refuseCards } from '../db/locked-cards.ts';
import { insertAttempt } from '../db/money-facts.ts';
import { insertCharge, insertCycle, insertFileLine } from '../db/money-record.ts';
import { pieces } from '../db/new-file.ts';

/** The send step itself, with a real database and a real SFTP server, and no workflow to order it. */
const now = '2026-11-20T01:00:00.000Z';
const later = (days: number) => new Date(Date.parse(now) + days * 86_400_000).toISOString();
const paygentId = '10001';
const keys = parseEncryptionKeys(inject('fileKeys'));
const dataDir = mkdtempSync(join(tmpdir(), 'tsukigime-send-'));
let database: TestDatabase;
let db: Db;
let sandbox: PaygentSandbox;
let merchantId: number;
let told = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.appUrl, { maxConnections: 10 });
  sandbox = await startPaygentSandbox({ dataDir });
  const portal = { url: sandbox.url, merchantId: paygentId };
  await registerMerchant(portal, { contacts: [], processingDelayMs: 0, outcomes: {} });
  await setSandboxClock(sandbox.url, now);
  const { password, hostKey, ...place } = sandbox.sftp.loginOf(paygentId);
  const sftp = { ...place, hostKeys: [hostKey], secretName: 'paygent', filesStay: true };
  const settings = merchantSettingsSchema.parse({
    paygent: { merchantId: paygentId, transport: 'sftp', sftp },
  });
  const merchant = { slug: 'sender', name: 's', kind: 'sandbox' as const, settings };
  ({ id: merchantId } = await createMerchant(db, { ...merchant, actor: 'test', now }));
  const secret = { name: 'paygent', value: password, now, actor: 'test' };
  await writeSecret(db, merchantId, secret, keys);
});
afterAll(async () => {
  await sandbox.stop();
  await db.destroy();
  await database.drop();
  rmSync(dataDir, { recursive: true });
});

async function makeFile(orderNumber: string): Promise<ExchangeName> {
  const bytes = Buffer.from(
    `1,020,${paygentId}\r\n3,,${orderNumber},,3980,,,10,,,,8,,9,\r\n4,1\r\n`,
  );
  const stored = await storeFile(db, merchantId, {
    name: 'auth.csv',
    kind: 'auth-file',
    direction: 'outbound',
    source: pieces(bytes),
    keys,
    now,
    actor: 'test',
    maxBytes: 1_000_000,
  });
  const name = { billingMonth: '2026-11', kind: 'auth' as const };
  const counts = { records: 1, amountYen: 3980, now };
  const transport = 'sftp' as const;
  const file = { ...name, ...counts, cycleId: null, transport, fileId: stored.fileId };
  const { number } = await insertExchange(db, merchantId, file);
  return { ...name, number };
}

const activities = () =>
  createSendFileActivities({
    db,
    fileKeys: keys,
    sources: { inboxDir: undefined },
    workflows: {
      wakeMail: async () => {
        told += 1;
      },
    },
  } as never);

/** As a worker runs it, as far as the step looks at its worker. */
const asActivity = <T>(run: () => Promise<T>): Promise<T> =>
  asyncLocalStorage.run(
    {
      info: { startToCloseTimeoutMs: 60_000 },
      cancellationSignal: new AbortController().signal,
    } as Context,
    run,
  );

const send = (exchange: ExchangeName, at = now) =>
  asActivity(() => activities().sendFile({ merchant: 'sender', exchange, now: at }));

async function countAccepted(orderNumber: string): Promise<number> {
  const answer = await fetch(`${sandbox.url}/merchants/${paygentId}/ledger/${orderNumber}`);
  return answer.ok ? ((await answer.json()) as { authorizations: number }).authorizations : 0;
}

async function sendsOf(exchange: ExchangeName): Promise<number> {
  const { rows } = await sql<{ sends: number }>`
    select count(*)::int as sends from sends s join exchanges e on e.id = s.exchange_id
     where e.number = ${exchange.number}`.execute(db);
  return rows[0]?.sends ?? 0;
}

test('of twenty workers that send one file at once, one does', async () => {
  const exchange = await makeFile('101');
  await Promise.all(Array.from({ length: 20 }, () => send(exchange)));
  expect(await findExchange(db, merchantId, exchange)).toMatchObject({ stage: 'awaiting_result' });
  expect(await sendsOf(exchange)).toBe(1);
  expect(await countAccepted('101')).toBe(1);
  // Sent and told to send again: nothing.
  await send(exchange);
  expect(await sendsOf(exchange)).toBe(1);
});

test('what was sent without an answer on record is not sent again, by the database either', async () => {
  const exchange = await makeFile('102');
  const row = await findExchange(db, merchantId, exchange);
  const exchangeId = row?.id ?? 0;
  await insertSend(db, merchantId, { exchangeId, now });
  await send(exchange);
  expect(await countAccepted('102')).toBe(0);
  await expect(insertSend(db, merchantId, { exchangeId, now })).rejects.toMatchObject({
    constraint: 'sent_again_only_if_not_sent',
  });
});

test('a file that a machine did not send within its days waits for a person, who is told', async () => {
  const exchange = await makeFile('103');
  const before = told;
  await send(exchange, later(8));
  expect(await findExchange(db, merchantId, exchange)).toMatchObject({
    stage: 'built',
    attention: true,
    dueAt: null,
    note: expect.stringContaining('sendWithinDays'),
  });
  expect(await sendsOf(exchange)).toBe(0);
  expect(told).toBe(before + 1);
});

test('an unclear sending is settled by finding it', async () => {
  const one = await makeFile('104');
  sandbox.sftp.faults.cutAfterRename = true;
  await send(one);
  const unclear = await findExchange(db, merchantId, one);
  expect(unclear).toMatchObject({ stage: 'unknown', sendOpen: true });
  const inquire = (at: string) =>
    asActivity(() => activities().inquireFile({ merchant: 'sender', exchange: one, now: at }));
  await inquire(later(1));
  expect(await findExchange(db, merchantId, one)).toMatchObject({ stage: 'awaiting_result' });
  expect(await countAccepted('104')).toBe(1);
});

test('a name that is taken by other bytes is not written over', async () => {
  const exchange = await makeFile('105');
  const path = join(dataDir, 'sftp', paygentId, 'drop', `auth-2026-11-00${exchange.number}.csv`);
  writeFileSync(path, 'somebody else');
  await send(exchange);
  expect(await findExchange(db, merchantId, exchange)).toMatchObject({
    stage: 'unknown',
    note: expect.stringContaining('上書きしていません'),
  });
  expect(readFileSync(path, 'utf8')).toBe('somebody else');
  expect(await countAccepted('105')).toBe(0);
});

test('a file in which the card refresh has locked a card since is not sent; without that lock it is', async () => {
  const name = await makeFile('109');
  const { id: exchangeId, fileId } = (await findExchange(db, merchantId, name)) ?? {};
  const cycleId = await insertCycle(db, merchantId, '2026-11');
  const record = { merchantId, slug: 'sender', cycleId, fileId: fileId ?? 0 };
  const charge = await insertCharge(db, record);
  await insertAttempt(db, record, { charge, n: 1, exchangeId: exchangeId ?? 0 });
  await insertFileLine(db, record, { exchangeId: exchangeId ?? 0, lineNumber: 1, charge, n: 1 });
  const cards = await insertCards(db, record, ['1']);
  await refuseCards(db, record, [...cards.values()]);
  const before = told;
  await send(name);
  expect(await findExchange(db, merchantId, name)).toMatchObject({
    ...{ stage: 'built', attention: true, note: expect.stringContaining('使用不可') },
  });
  expect([await sendsOf(name), await countAccepted('109'), told]).toEqual([0, 0, before + 1]);

  await sql`update cards set last_digits = '222' where merchant_id = ${merchantId}`.execute(db);
  await db
    .transaction()
    .execute((trx) => releaseReplacedLocks(trx, merchantId, { importId: 1, now }));
  await send(name);
  expect(await countAccepted('109')).toBe(1);
});

test('what people could not be told of is not on record either: the next try does both', async () => {
  const exchange = await makeFile('111');
  const owner = openDatabase(database.ownerUrl, { maxConnections: 1 });
  await sql`create function break() returns trigger language plpgsql as
    $$begin raise exception 'the worker died'; end$$`.execute(owner);
  await sql`create trigger break before insert on notices execute function break()`.execute(owner);
  await expect(send(exchange, later(8))).rejects.toThrow('the worker died');
  expect(await findExchange(db, merchantId, exchange)).toMatchObject({ attention: false });
  await sql`drop function break() cascade`.execute(owner);
  await owner.destroy();
  const before = told;
  await send(exchange, later(8));
  expect(await findExchange(db, merchantId, exchange)).toMatchObject({ attention: true });
  expect(told).toBe(before + 1);
});
