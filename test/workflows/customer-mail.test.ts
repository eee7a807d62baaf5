import { sql } from 'kysely';
import { simpleParser } from 'mailparser';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { postContacts } from '../../activities/post-contacts.ts';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import { parseEncryptionKeys } from '../../config.ts';
import { lockMerchant } from '../../db/database.ts';
import { openCases } from '../../db/queries/ng-cases.ts';
import { writeSecret } from '../../db/queries/secrets.ts';
import { mailDispatchWorkflowId } from '../../workflows/workflow-ids.ts';
import { writeBounceReport } from '../outside/bounce-report.ts';
import { type FaultyMailServer, startFaultyMailServer } from '../outside/faulty-mail-server.ts';
import { type ImapServer, startImapServer } from '../outside/imap-server.ts';
import { type MailMerchant, openMailMerchant } from './mail-merchant.ts';

/** Mails to customers of declined charges, from the step of a case to the mail that comes back. */
const eventually = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 60_000 });

let post: FaultyMailServer;
let imap: ImapServer;
let shop: MailMerchant;
const contact = {
  enabled: true,
  hours: { from: '00:00', to: '23:59' },
  bcc: ['archive@example.jp'],
  replyTo: 'shop@example.jp',
  cardPageUrl: 'https://shop.example.jp/card?t={token}',
};

beforeAll(async () => {
  [post, imap] = await Promise.all([startFaultyMailServer(), startImapServer()]);
  const { port, user } = imap;
  shop = await openMailMerchant({
    smtpUrl: post.url,
    settings: {
      ng: { contact },
      mailbox: { host: '127.0.0.1', port, secure: false, user, secretName: 'mailbox' },
    },
    prepare: async (db, { id, createdAt: now }) => {
      const secret = { name: 'mailbox', value: imap.password, now, actor: 'test' };
      await writeSecret(db, id, secret, parseEncryptionKeys(inject('fileKeys')));
    },
  });
});
afterAll(async () => {
  await shop?.close();
  await Promise.all([post.close(), imap.close()]);
});

/** A declined charge with its order and its case, whose next step is to give up. */
async function decline(order: string, email: string): Promise<void> {
  const { db, merchant } = shop;
  const at = new Date().toISOString();
  await sql`
    with month as (
      insert into cycles (merchant_id, billing_month, stage, started_at, started_by)
      values (${merchant.id}, '2026-11', 'working_ng', ${at}, 'test')
      on conflict (merchant_id, billing_month) do nothing returning id
    ) select from month`.execute(db);
  await sql`
    insert into orders (collection_id, record, line, merchant_id, order_number, customer_number,
      payment_method, amount_yen, shipment, status, customer_name, email, phone, cycle_id)
    select (select count(*) + 1 from orders), 1, 2, ${merchant.id}, ${order}, ${`C-${order}`}, 'card',
           3980, 'unknown', '受注', ${`顧客 ${order}`}, ${email}, '', id
      from cycles where merchant_id = ${merchant.id}`.execute(db);
  await sql`
    insert into charges (merchant_id, cycle_id, order_number, customer_number,
      previous_order_number, position, created_at)
    select ${merchant.id}, id, ${order}, ${`C-${order}`}, 'P-1', (select count(*) + 1 from charges), ${at}
      from cycles where merchant_id = ${merchant.id}`.execute(db);
  await sql`
    insert into charge_items (charge_id, origin_charge_id, merchant_id, yen)
    select id, id, merchant_id, 3980 from charges where order_number = ${order}`.execute(db);
  await sql`
    insert into files (merchant_id, sha256, name, kind, direction, bytes, chunks, stored_at, stored_by)
    values (${merchant.id}, ${'a'.repeat(64)}, 'f', 'auth-file', 'outbound', 0, 0, ${at}, 'test')
    on conflict do nothing`.execute(db);
  await sql`
    insert into exchanges (merchant_id, cycle_id, billing_month, kind, number, transport, stage,
                           file_id, records, amount_yen, created_at)
    select ${merchant.id}, m.id, '2026-11', 'auth', (select count(*) + 1 from exchanges), 'portal',
           'reconciled', f.id, 1, 3980, ${at}
      from cycles m, files f where m.merchant_id = ${merchant.id} and f.name = 'f'`.execute(db);
  await sql`
    insert into attempts (charge_id, n, merchant_id, kind, exchange_id, amount_yen, claimed_at)
    select c.id, 1, c.merchant_id, 'authorization', (select max(id) from exchanges), 3980, ${at}
      from charges c where c.order_number = ${order}`.execute(db);
  await sql`
    insert into outcomes (charge_id, n, merchant_id, outcome, response_detail, recorded_at)
    select id, 1, merchant_id, 'declined', '1G83', ${at} from charges
     where order_number = ${order}`.execute(db);
  // Under the lock of the desk, which an earlier test has woken: it must not plan the case first.
  await db.transaction().execute(async (trx) => {
    await lockMerchant(trx, merchant.id);
    await openCases(trx, merchant.id, at);
    await sql`
      update ng_cases set class = 'card_expired', next_step = 'give_up',
                          due_at = now() + interval '30 d'
       where next_step = 'plan'`.execute(trx);
  });
}

async function contactCustomer(order: string): Promise<number> {
  const now = new Date().toISOString();
  const { ng: settings } = merchantSettingsSchema.parse({ ng: { contact } });
  const posted = await shop.db.transaction().execute(async (trx) => {
    await lockMerchant(trx, shop.merchant.id);
    await sql`
      insert into ng_case_steps (case_id, merchant_id, kind, n, actor, why, taken_at)
      select k.id, k.merchant_id, 'contact', k.n, 'plan', '連絡', ${now}
        from ng_cases k join charges c on c.id = k.charge_id
       where c.order_number = ${order}`.execute(trx);
    const of = { settings, noted: 1, now };
    const first = await postContacts(trx, shop.merchant.id, of);
    // The same step again posts nothing.
    expect(await postContacts(trx, shop.merchant.id, of)).toBe(0);
    return first;
  });
  await shop.wakeMail();
  return posted;
}

const mailsOf = async (order: string) => {
  const { body } = await shop.call('GET', `/cycles/2026-11/ng-cases/${order}`);
  const [newest] = (body as { cases: { nextStep: string; mails: Record<string, string>[] }[] })
    .cases;
  return { nextStep: newest?.nextStep, mails: newest?.mails ?? [] };
};
const reaches = (order: string, state: string) =>
  eventually(async () => {
    const { mails } = await mailsOf(order);
    expect(mails.at(-1)?.state).toBe(state);
    return mails.at(-1);
  });

/** Of the link in the first mail. */
let token = '';
const verify = (given: string) =>
  shop.call('POST', '/card-page-links/verification', { token: given });

test('a customer is told in the shop’s words, once, and nothing personal stays behind', async () => {
  await decline('A-1', 'a1@example.jp');
  const kind = '/customer-mail-templates/card_expired';
  const bad = await shop.call('PUT', kind, { subject: 's', body: '@@nmae@@', version: 0 });
  expect([bad.status, JSON.stringify(bad.body)]).toEqual([
    422,
    expect.stringContaining('@@nmae@@'),
  ]);
  const words = {
    subject: '@@order_number@@ の件',
    body: '@@customer_name@@ 様\n@@card_update_url@@',
  };
  expect((await shop.call('PUT', kind, { ...words, version: 0 })).body).toMatchObject({
    version: 1,
  });
  expect((await shop.call('PUT', kind, { ...words, version: 0 })).status).toBe(409);
  const preview = await shop.call('GET', '/cycles/2026-11/ng-cases/A-1/customer-mail');
  expect(preview.body).toMatchObject({
    to: 'a1@example.jp',
    templateVersion: 1,
    subject: 'A-1 の件',
  });

  expect(await contactCustomer('A-1')).toBe(1);
  await reaches('A-1', 'sent');
  const mail = await simpleParser(post.mails.at(-1) ?? '');
  expect(mail.subject).toBe('A-1 の件');
  expect(mail.from?.text).toContain('テスト商店');
  expect(mail.replyTo?.text).toBe('shop@example.jp');
  expect(mail.text).toContain('顧客 A-1 様');
  expect(post.mails.at(-1)).not.toContain('archive@');
  const outbox = await shop.db.selectFrom('mail_outbox').selectAll().execute();
  expect(JSON.stringify(outbox)).not.toMatch(/a1@example|顧客 A-1/);

  token = decodeURIComponent(/t=(\S+)/.exec(mail.text ?? '')?.[1] ?? '');
  expect((await verify(token)).body).toMatchObject({
    orderNumber: 'A-1',
    customerNumber: 'C-A-1',
    amountYen: 3980,
    open: true,
  });
  expect((await verify(`${token.slice(0, -2)}AA`)).status).toBe(422);
});

test('the next mail to the same customer waits for the next day; an operator takes it back', async () => {
  const sent = post.mails.length;
  expect(await contactCustomer('A-1')).toBe(1);
  expect((await mailsOf('A-1')).mails.map(({ state }) => state)).toEqual(['sent', 'waiting']);
  const { mails } = await mailsOf('A-1');
  expect((mails[1]?.plannedOn ?? '') > (mails[0]?.plannedOn ?? '')).toBe(true);
  const act = (what: string) =>
    shop.call('POST', '/ng-cases/acts', {
      kind: what,
      cases: [{ month: '2026-11', orderNumber: 'A-1' }],
    });
  expect((await act('ask_customer')).status).toBe(409);
  expect((await act('skip_contact')).status).toBe(200);
  expect((await act('skip_contact')).status).toBe(409);
  expect((await mailsOf('A-1')).mails[1]?.state).toBe('withdrawn');
  expect(post.mails).toHaveLength(sent);
});

test('a mail that was cut off is unknown until a person decides', async () => {
  await decline('B-1', 'b1@example.jp');
  post.fault = 'cut_after_data';
  await contactCustomer('B-1');
  const mail = await reaches('B-1', 'unknown');
  post.fault = null;
  const decided = { outcome: 'sent', reason: '顧客に確認' };
  expect((await shop.call('POST', `/mails/${mail?.key}/decision`, decided)).status).toBe(200);
  await reaches('B-1', 'sent');
  // While it lives, the dispatcher spares a server that has just gone away.
  await shop.client.workflow.getHandle(mailDispatchWorkflowId(shop.merchant.slug)).result();
});

test('a mail that comes back hands its case to people, and its address gets no other', async () => {
  await decline('D-1', 'd1@example.jp');
  await contactCustomer('D-1');
  await reaches('D-1', 'sent');
  const { messageId } = await simpleParser(post.mails.at(-1) ?? '');
  imap.deliver(writeBounceReport('d1@example.jp', messageId ?? ''));
  await shop.wakeMailbox();
  await eventually(async () => expect((await mailsOf('D-1')).nextStep).toBe('decide'));
  expect((await mailsOf('D-1')).mails[0]).toMatchObject({ bounceStatus: '5.1.1' });

  // Another order of another customer with that address.
  await decline('D-2', 'D1@example.jp');
  const sent = post.mails.length;
  await contactCustomer('D-2');
  await reaches('D-2', 'withdrawn');
  expect((await mailsOf('D-2')).nextStep).toBe('decide');
  expect(post.mails).toHaveLength(sent);
});

test('an address that the mail server does not know at once is told as one that came back', async () => {
  await decline('E-1', 'e1@example.jp');
  post.fault = 'refuse_for_good';
  await contactCustomer('E-1');
  await reaches('E-1', 'refused');
  post.fault = null;
  await eventually(async () =>
    expect(await mailsOf('E-1')).toMatchObject({
      nextStep: 'decide',
      mails: [{ bounceStatus: '5.1.1' }],
    }),
  );
});

test('a link that is used again when its case is over opens nothing', async () => {
  expect((await verify(token)).body).toMatchObject({ orderNumber: 'A-1', open: true });
  const given = await shop.call('POST', '/ng-cases/acts', {
    kind: 'give_up',
    cases: [{ month: '2026-11', orderNumber: 'A-1' }],
    reason: 'テスト',
  });
  expect(given.status).toBe(200);
  for (const _ of [1, 2]) {
    const { status, body } = await verify(token);
    expect([status, body]).toMatchObject([200, { orderNumber: 'A-1', open: false }]);
  }
});
