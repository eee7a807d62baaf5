import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { OutsideError } from '../../outside/outside-error.ts';
import { openSmtpSession, readSmtpUrl } from '../../outside/smtp.ts';
import {
  type FaultyMailServer,
  type MailFault,
  startFaultyMailServer,
} from './faulty-mail-server.ts';

let server: FaultyMailServer;
beforeEach(async () => {
  server = await startFaultyMailServer();
});
afterEach(() => server.close());

const mail = {
  messageId: '<one@mail.tsukigime>',
  from: 'tsukigime@example.jp',
  to: ['first@example.jp', 'second@example.jp'],
  cc: ['third@example.jp'],
  subject: 'オーソリの期限',
  text: '売上処理を行ってください。',
  date: '2026-11-22T00:00:00.000Z',
};

async function sendUnder(fault: MailFault | null) {
  const session = await openSmtpSession(readSmtpUrl(server.url));
  server.fault = fault;
  const answer = await session.send(mail);
  server.fault = null;
  return { session, answer };
}

describe('a mail server that works', () => {
  test('gets the mail once, with its own ID, marked as a machine’s', async () => {
    const { session, answer } = await sendUnder(null);
    session.close();
    expect(answer).toEqual({ kind: 'sent', refusedRecipients: 0, toRefused: false, codes: null });
    expect(server.mails).toHaveLength(1);
    expect(server.mails[0]).toMatch(/^Message-ID: <one@mail\.tsukigime>\r$/m);
    expect(server.mails[0]).toMatch(/^Auto-Submitted: auto-generated\r$/m);
    expect(server.mails[0]).toMatch(/^Cc: third@example\.jp\r$/m);
  });

  test('takes several over one connection', async () => {
    const session = await openSmtpSession(readSmtpUrl(server.url));
    for (const n of [1, 2, 3]) {
      expect(await session.send({ ...mail, messageId: `<${n}@x>` })).toMatchObject({
        kind: 'sent',
      });
    }
    session.close();
    expect([server.mails.length, server.connections]).toEqual([3, 1]);
  });
});

describe('line breaks in a field', () => {
  const injected = '\r\nBcc: thief@example.jp\r\nX-Injected: yes\r\n\r\nbody';

  test('add no header', async () => {
    const session = await openSmtpSession(readSmtpUrl(server.url));
    const answer = await session.send({
      ...mail,
      messageId: `<two@x>${injected}`,
      fromName: `店${injected}`,
      replyTo: `shop@example.jp${injected}`,
      subject: `件名${injected}`,
    });
    session.close();
    expect(answer).toMatchObject({ kind: 'sent', refusedRecipients: 0 });
    const [head = ''] = (server.mails[0] ?? '').split('\r\n\r\n');
    expect(head).toContain('first@example.jp');
    expect(head).not.toMatch(/^(?:X-Injected|Bcc):/im);
  });

  test.each(['to', 'cc', 'bcc'])(
    'in an address of %s add nobody: the mail does not leave',
    async (field) => {
      const session = await openSmtpSession(readSmtpUrl(server.url));
      const address = 'first@example.jp>\r\nRCPT TO:<thief@example.jp';
      const answer = await session.send({ ...mail, [field]: [address] });
      expect(answer).toEqual({ kind: 'not_sent', codes: null });
      expect(await session.send(mail)).toMatchObject({ kind: 'sent' });
      session.close();
      expect(server.mails.join('')).not.toContain('thief');
    },
  );
});

describe('what is known of a mail', () => {
  test.each([
    ['a cut after the recipients', 'cut_after_rcpt', { kind: 'not_sent', codes: null }],
    ['a cut among its bytes', 'cut_in_data', { kind: 'unknown' }],
    ['a refusal for now', 'refuse_for_now', { kind: 'not_sent', codes: '451 4.7.1' }],
    ['a refusal for good', 'refuse_for_good', { kind: 'refused', codes: '550 5.1.1' }],
    ['a refusal of its content', 'refuse_after_data', { kind: 'refused', codes: '554 5.7.1' }],
  ] as const)('after %s', async (_what, fault, expected) => {
    const { session, answer } = await sendUnder(fault);
    session.close();
    expect(answer).toEqual(expected);
    expect(server.mails).toEqual([]);
  });

  test('after a cut before the answer: nothing, and the server has it', async () => {
    const { session, answer } = await sendUnder('cut_after_data');
    expect(answer).toEqual({ kind: 'unknown' });
    expect(session.alive).toBe(false);
    expect(server.mails).toHaveLength(1);
    expect(await session.send(mail)).toEqual({ kind: 'not_sent', codes: null });
  });

  test('after a silence before the answer: nothing', async () => {
    const session = await openSmtpSession(readSmtpUrl(server.url), {
      connectMs: 5000,
      silenceMs: 300,
    });
    server.fault = 'silent_after_data';
    expect(await session.send(mail)).toEqual({ kind: 'unknown' });
  });

  test('when one of several recipients was refused: it went to the others', async () => {
    const { session, answer } = await sendUnder('refuse_one_recipient');
    session.close();
    expect(answer).toMatchObject({
      kind: 'sent',
      refusedRecipients: 1,
      toRefused: true,
      codes: '550 5.1.1',
    });
    expect(server.mails).toHaveLength(1);
  });
});

test('a refused mail leaves nothing behind for the next one', async () => {
  const { session } = await sendUnder('refuse_for_good');
  expect(session.alive).toBe(true);
  expect(await session.send(mail)).toMatchObject({ kind: 'sent', refusedRecipients: 0 });
  session.close();
  expect([server.mails.length, server.connections]).toEqual([1, 1]);
});

describe('a server that cannot be used', () => {
  const failure = async (url: string) => {
    const error: unknown = await openSmtpSession(readSmtpUrl(url)).catch((reason) => reason);
    expect(error).toBeInstanceOf(OutsideError);
    return error as OutsideError;
  };

  test('cuts at once', async () => {
    server.fault = 'cut_at_connect';
    expect((await failure(server.url)).problem).toBe('unreachable');
    expect(server.mails).toEqual([]);
  });

  test('is not there', async () => {
    const url = server.url;
    await server.close();
    expect((await failure(url)).problem).toBe('unreachable');
    server = await startFaultyMailServer();
  });

  test('refuses the login, and no word of ours names the password', async () => {
    server.fault = 'refuse_login';
    const error = await failure(server.url.replace('//', '//user:open-sesame@'));
    expect(error.problem).toBe('login_refused');
    expect(`${error.message} ${error.ja}`).not.toContain('sesame');
  });
});

test('the address of a mail server is read with its defaults', () => {
  const url = new URL('smtps://mail.example.jp');
  url.username = 'a@b.jp';
  url.password = 'p/w';
  expect(readSmtpUrl(url.href)).toEqual({
    host: 'mail.example.jp',
    port: 465,
    secure: true,
    login: { user: 'a@b.jp', password: 'p/w' },
  });
  expect(readSmtpUrl('smtp://mail.example.jp')).toMatchObject({ port: 587, login: null });
});
