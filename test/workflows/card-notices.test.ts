import { sql } from 'kysely';
import { simpleParser } from 'mailparser';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { planCardNotices } from '../../billing/card-notice.ts';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import { parseEncryptionKeys } from '../../config.ts';
import { type CardNoticeAct, notifyCardCustomers } from '../../db/queries/card-notices.ts';
import { writeSecret } from '../../db/queries/secrets.ts';
import { insertCards, refuseCards } from '../db/locked-cards.ts';
import { AT, type MoneyRecord } from '../db/money-record.ts';
import { writeBounceReport } from '../outside/bounce-report.ts';
import { type FaultyMailServer, startFaultyMailServer } from '../outside/faulty-mail-server.ts';
import { type ImapServer, startImapServer } from '../outside/imap-server.ts';
import { type MailMerchant, openMailMerchant } from './mail-merchant.ts';

/**
 * Mails to customers whose card needs action: `refused` by a refresh, `old` and `late` whose card ran
 * out. `fine` is asked nothing.
 */
const contact = {
  enabled: true,
  hours: { from: '00:00', to: '23:59' },
  cardPageUrl: 'https://shop.example.jp/card?t={token}',
};
let post: FaultyMailServer;
let imap: ImapServer;
let shop: MailMerchant;

beforeAll(async () => {
  [post, imap] = await Promise.all([startFaultyMailServer(), startImapServer()]);
  const { port, user } = imap;
  shop = await openMailMerchant({
    smtpUrl: post.url,
    settings: {
      ng: { contact },
      mailbox: { host: '127.0.0.1', port, secure: false, user, secretName: 'mailbox' },
    },
    prepare: async (made, { id, createdAt: now }) => {
      const secret = { name: 'mailbox', value: imap.password, now, actor: 'test' };
      await writeSecret(made, id, secret, parseEncryptionKeys(inject('fileKeys')));
    },
  });
  const { db, merchant } = shop;
  const { rows } = await sql<{ id: number }>`
    insert into files (merchant_id, sha256, name, kind, direction, bytes, chunks, stored_at, stored_by)
    values (${merchant.id}, ${'a'.repeat(64)}, 'f', 'import', 'inbound', 0, 0, ${AT}, 'test')
    returning id`.execute(db);
  const record = { merchantId: merchant.id, fileId: rows[0]?.id } as MoneyRecord;
  const cards = await insertCards(db, record, ['refused', 'old', 'late', 'fine']);
  await refuseCards(db, record, [cards.get('refused') ?? 0]);
  await sql`update customers set email = customer_number || '@example.jp', name = '顧客 ' || customer_number`.execute(
    db,
  );
  await setExpiry('old', '2020-01');
  await setExpiry('late', '2020-01');
  await setExpiry('fine', '2098-01');
});
afterAll(async () => {
  await shop?.close();
  await Promise.all([post?.close(), imap?.close()]);
});

async function setExpiry(customer: string, expiry: string): Promise<void> {
  await sql`
    update cards k set expiry = ${expiry} from customers c
     where c.customer_id = k.customer_id and c.customer_number = ${customer}`.execute(shop.db);
}

interface Listed {
  readonly customerId: string;
  readonly customerNumber: string;
  readonly notice: {
    state: string;
    plannedOn: string;
    lastTriedAt: string | null;
    bouncedAt: string | null;
    bounceStatus: string | null;
  } | null;
}
async function find(customer: string): Promise<Listed> {
  const { body } = await shop.call('GET', '/cards-needing-action');
  const found = (body as { cards: Listed[] }).cards.find(
    ({ customerNumber }) => customerNumber === customer,
  );
  if (found === undefined) throw new Error(`${customer} needs no action`);
  return found;
}
const reaches = (customer: string, state: string) =>
  vi.waitFor(async () => expect((await find(customer)).notice).toMatchObject({ state }), {
    timeout: 60_000,
  });
const notify = (body: object) => shop.call('POST', '/card-notices', body);
const only = async (customer: string) => ({
  customerIds: [(await find(customer)).customerId],
  confirmed: 1,
});

test('nobody is mailed unless the operator saw how many', async () => {
  expect((await shop.call('GET', '/card-notices')).body).toMatchObject({
    ...{ enabled: true, customers: 3, refused: 1, expiring: 2 },
  });
  expect((await notify({ confirmed: 4 })).status).toBe(409);
  const mails = await shop.db.selectFrom('mail_outbox').selectAll().execute();
  expect(mails).toEqual([]);
});

test('a customer whose card was refused is told once, with a link that the shop can ask about', async () => {
  const chosen = await only('refused');
  expect((await notify(chosen)).body).toEqual({ customers: 1 });
  await reaches('refused', 'sent');
  const mail = await simpleParser(post.mails.at(-1) ?? '');
  expect([mail.subject, mail.text]).toEqual([
    '【テスト商店】ご登録のカードをご利用いただけません',
    expect.stringContaining('顧客 refused 様'),
  ]);
  const token = decodeURIComponent(/t=(\S+)/.exec(mail.text ?? '')?.[1] ?? '');
  const link = await shop.call('POST', '/card-page-links/verification', { token });
  expect(link.body).toMatchObject({ month: null, customerNumber: 'refused', open: true });
  const outbox = await shop.db.selectFrom('mail_outbox').selectAll().execute();
  expect(JSON.stringify(outbox)).not.toMatch(/refused@|顧客/);

  expect((await notify(chosen)).status).toBe(409);
  expect(post.mails).toHaveLength(1);
  const again = sql`insert into card_notices select * from card_notices`.execute(shop.db);
  await expect(again).rejects.toThrow('card_notices_pkey');
});

test('a mail that comes back by the mailbox is shown at the customer, and told to people', async () => {
  const { rows } = await sql<{ id: string }>`select message_id as id from mail_outbox`.execute(
    shop.db,
  );
  imap.deliver(writeBounceReport('refused@example.jp', rows[0]?.id ?? ''));
  await shop.wakeMailbox();
  await vi.waitFor(
    async () =>
      expect((await find('refused')).notice).toMatchObject({
        ...{ state: 'sent', bounceStatus: '5.1.1', bouncedAt: expect.stringMatching(/Z$/) },
      }),
    { timeout: 60_000 },
  );
  const told = await shop.db.selectFrom('notices').select('kind').execute();
  expect(told).toEqual([{ kind: 'card_notice_undelivered' }]);
  expect((await notify({ ...(await only('refused')), need: 'locked' })).status).toBe(409);
});

test('who got another card meanwhile is not mailed; a later expiry has a day of its own', async () => {
  const { db, merchant } = shop;
  const now = new Date().toISOString();
  const settings = merchantSettingsSchema.parse({ ng: { contact } });
  const { customerId } = await find('late');
  const act: CardNoticeAct = {
    ...planCardNotices(settings.ng.contact, now),
    ...{ need: 'any', customerIds: [Number(customerId.slice(3))], confirmed: 1 },
    ...{ key: 'late-1', actor: 'test', reason: null, now },
  };
  const tell = () => db.transaction().execute((trx) => notifyCardCustomers(trx, merchant.id, act));
  expect(await tell()).toEqual({ customers: 1, confirmed: true });
  expect(await tell()).toEqual({ customers: 1, confirmed: true });
  const first = (await find('late')).notice;
  await setExpiry('late', '2020-02');
  await shop.wakeMail();
  await vi.waitFor(
    async () => {
      const states = await db.selectFrom('mail_outbox').select('state').orderBy('id').execute();
      expect(states.map(({ state }) => state)).toEqual(['sent', 'withdrawn']);
    },
    { timeout: 60_000 },
  );

  expect((await notify(await only('late'))).status).toBe(200);
  const second = (await find('late')).notice;
  expect(second?.state).toBe('waiting');
  expect((second?.plannedOn ?? '') > (first?.plannedOn ?? '')).toBe(true);
  expect(post.mails).toHaveLength(1);
});

test('a mail that is refused is shown in the list and told to people', async () => {
  post.fault = 'refuse_for_good';
  expect((await notify({ need: 'expired', confirmed: 1 })).status).toBe(200);
  await reaches('old', 'refused');
  expect((await find('old')).notice?.bouncedAt).toMatch(/^\d{4}-.*Z$/);
  // However many come back: people hear it once a day.
  const told = await shop.db.selectFrom('notices').select('kind').execute();
  expect(told.filter(({ kind }) => kind === 'card_notice_undelivered')).toHaveLength(1);
  expect((await notify({ confirmed: 1 })).status).toBe(409);
});
