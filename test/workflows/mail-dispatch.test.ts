import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { MailState } from '../../billing/mail/mail-states.ts';
import { postMail } from '../../db/queries/mail-outbox.ts';
import { listMails, readMail } from '../../db/queries/mails.ts';
import { listNotices } from '../../db/queries/notices.ts';
import { decideMail } from '../../workflows/messages.ts';
import { mailDispatchWorkflowId } from '../../workflows/workflow-ids.ts';
import { type FaultyMailServer, startFaultyMailServer } from '../outside/faulty-mail-server.ts';
import { type MailMerchant, type MailMerchantOptions, openMailMerchant } from './mail-merchant.ts';

/** The machine may be busy with other tests. */
const eventually = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 60_000 });

let server: FaultyMailServer;
let shop: MailMerchant | undefined;
beforeEach(async () => {
  server = await startFaultyMailServer();
});
afterEach(async () => {
  await shop?.close();
  shop = undefined;
  await server.close();
});

async function openShop(options: MailMerchantOptions = {}): Promise<MailMerchant> {
  shop = await openMailMerchant({ smtpUrl: server.url, ...options });
  return shop;
}

const post = async ({ db, merchant, wakeMail }: MailMerchant, key: string, dueInHours = 0) => {
  const now = new Date().toISOString();
  await postMail(db, merchant.id, {
    key,
    template: 'attention',
    recipients: ['first@example.jp'],
    parameters: { month: '2026-11', sentence: '注文CSVを確かめてください。' },
    dueAt: new Date(Date.now() + dueInHours * 3_600_000).toISOString(),
    now,
  });
  await wakeMail();
};
const page = { state: null, before: null, limit: 50 };
const mailsOf = ({ db, merchant }: MailMerchant) => listMails(db, merchant.id, page);
const reaches = (of: MailMerchant, key: string, state: MailState) =>
  eventually(async () => {
    const mail = (await mailsOf(of)).find((each) => each.key === key);
    expect(mail?.state).toBe(state);
    return mail;
  });
const noticesOf = ({ db, merchant }: MailMerchant) =>
  listNotices(db, merchant.id, { actor: 'x', unreadOnly: false, before: null, limit: 20 });
const handleOf = ({ client, merchant }: MailMerchant) =>
  client.workflow.getHandle(mailDispatchWorkflowId(merchant.slug));

describe('the dispatcher', () => {
  test('sends what is due, once, and ends when nothing waits', async () => {
    const of = await openShop();
    await post(of, 'first');
    await post(of, 'second');
    await handleOf(of).result();
    expect((await mailsOf(of)).map(({ key, state, sends }) => [key, state, sends])).toEqual([
      ['second', 'sent', 1],
      ['first', 'sent', 1],
    ]);
    expect(server.mails).toHaveLength(2);
    expect(server.mails[0]).toMatch(/^To: first@example\.jp\r$/m);
    expect(await noticesOf(of)).toEqual([]);

    await of.wakeMail();
    await handleOf(of).result();
    expect(server.mails).toHaveLength(2);
  });

  test('waits on the business clock for what is due later', async () => {
    const of = await openShop();
    await post(of, 'later', 30);
    await of.advance(29);
    expect((await mailsOf(of))[0]?.state).toBe('waiting');
    await of.advance(2);
    expect((await mailsOf(of))[0]?.state).toBe('sent');
    expect(server.mails).toHaveLength(1);
  });

  test('sends no more a minute than the merchant allows', async () => {
    const of = await openShop({ settings: { operatorMail: { perMinute: 2 } } });
    for (const n of [1, 2, 3, 4, 5]) await post(of, `mail-${n}`, 1);
    await of.advance(2);
    expect(server.mails).toHaveLength(5);
    const claims = await of.db
      .selectFrom('mail_sends')
      .select('claimed_at')
      .orderBy('claimed_at')
      .execute();
    const instants = claims.map((claim) => Date.parse(claim.claimed_at));
    // Of any three that follow one another, the last comes a minute after the first.
    const spans = instants.slice(2).map((instant, n) => instant - (instants[n] ?? 0));
    expect(Math.min(...spans)).toBeGreaterThanOrEqual(60_000);
  });

  test('tries later what the server refuses for now', async () => {
    const of = await openShop();
    server.fault = 'refuse_for_now';
    await post(of, 'greylisted');
    await eventually(async () => expect((await mailsOf(of))[0]?.lastAnswerAt).not.toBeNull());
    expect((await mailsOf(of))[0]).toMatchObject({
      state: 'waiting',
      sends: 1,
      lastDetail: '451 4.7.1',
    });
    server.fault = null;
    await of.advance(0.2);
    expect((await mailsOf(of))[0]).toMatchObject({ state: 'sent', sends: 2 });
    expect(server.mails).toHaveLength(1);
  });

  test('shows what the server refuses for good, and never tries it again', async () => {
    const of = await openShop();
    server.fault = 'refuse_for_good';
    await post(of, 'refused');
    await reaches(of, 'refused', 'refused');
    await handleOf(of).result();
    expect(await noticesOf(of)).toMatchObject([{ kind: 'mail_refused' }]);
    expect(JSON.stringify(await mailsOf(of))).toContain('550 5.1.1');
  });
});

describe('a mail server that is away', () => {
  test('has been sent nothing: the mail waits unclaimed and leaves when it is back', async () => {
    const of = await openShop();
    server.fault = 'cut_at_connect';
    await post(of, 'patient');
    await eventually(async () =>
      expect(await noticesOf(of)).toMatchObject([{ kind: 'mail_standstill' }]),
    );
    expect((await mailsOf(of))[0]).toMatchObject({ state: 'waiting', sends: 0 });
    server.fault = null;
    await of.advance(1);
    expect((await mailsOf(of))[0]).toMatchObject({ state: 'sent', sends: 1 });
    expect(server.mails).toHaveLength(1);
  });

  test('or cuts before the first byte: the mail certainly did not leave, and is tried again', async () => {
    const of = await openShop();
    server.fault = 'cut_after_rcpt';
    await post(of, 'cut-early');
    await eventually(async () => expect((await mailsOf(of))[0]?.lastAnswerAt).not.toBeNull());
    expect((await mailsOf(of))[0]).toMatchObject({ state: 'waiting', sends: 1 });
    server.fault = null;
    await of.advance(1);
    expect((await mailsOf(of))[0]).toMatchObject({ state: 'sent', sends: 2 });
    expect(server.mails).toHaveLength(1);
  });

  test('where none is configured the mails stay, and a notice says so', async () => {
    shop = await openMailMerchant();
    await post(shop, 'kept');
    await eventually(async () =>
      expect(await noticesOf(shop as MailMerchant)).toMatchObject([{ kind: 'mail_standstill' }]),
    );
    expect((await mailsOf(shop))[0]).toMatchObject({ state: 'waiting', sends: 0 });
  });
});

describe('a cut before the answer', () => {
  const cutOff = async (of: MailMerchant) => {
    server.fault = 'cut_after_data';
    await post(of, 'doubtful');
    await reaches(of, 'doubtful', 'unknown');
    server.fault = null;
    expect(server.mails).toHaveLength(1);
    expect(await noticesOf(of)).toMatchObject([{ kind: 'mail_unknown' }]);
  };
  const decide = (of: MailMerchant, key: string, outcome: 'sent' | 'send_again') =>
    handleOf(of).executeUpdate(decideMail, {
      args: [{ key, outcome, actor: 'x', idempotencyKey: `${key}.${outcome}`, reason: '確認済み' }],
    });

  test('leaves the mail unknown: no machine sends it again, a person says it arrived', async () => {
    const of = await openShop();
    await cutOff(of);
    await of.advance(48);
    expect(server.mails).toHaveLength(1);
    expect(await decide(of, 'doubtful', 'sent')).toEqual({ state: 'sent' });
    await handleOf(of).result();
    expect(await readMail(of.db, of.merchant.id, 'doubtful')).toMatchObject({
      ...{ state: 'sent', sends: 1, customer: null },
      tries: [{ n: 1, answer: 'sent', decidedBy: expect.any(String), reason: expect.any(String) }],
    });
    expect(server.mails).toHaveLength(1);
  });

  test('or a person has it sent again, with the same Message-ID', async () => {
    const of = await openShop();
    await cutOff(of);
    expect(await decide(of, 'doubtful', 'send_again')).toEqual({ state: 'waiting' });
    await of.advance(0.1);
    await reaches(of, 'doubtful', 'sent');
    expect(server.mails).toHaveLength(2);
    const ids = server.mails.map((mail) => /^Message-ID: (.*)\r$/m.exec(mail)?.[1]);
    expect(ids[0]).toBe(ids[1]);
  });

  test('a person decides nothing about a mail that is not unknown', async () => {
    const of = await openShop();
    await cutOff(of);
    await post(of, 'later', 100);
    await expect(decide(of, 'later', 'sent')).rejects.toThrow();
    await expect(decide(of, 'no-such-mail', 'sent')).rejects.toThrow();
    expect((await mailsOf(of)).map(({ state }) => state)).toEqual(['waiting', 'unknown']);
  });
});
