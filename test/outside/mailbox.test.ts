import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { Caller } from '../../outside/address-guard.ts';
import { openMailbox } from '../../outside/mailbox.ts';
import { OutsideError } from '../../outside/outside-error.ts';
import { makeAuthority } from './certificates.ts';
import { type ImapServer, startImapServer } from './imap-server.ts';

const sandbox: Caller = { kind: 'sandbox', allowedHosts: [] };
let server: ImapServer;
beforeEach(async () => {
  server = await startImapServer();
});
afterEach(() => server.close());

const open = (change: object = {}, caller = sandbox) =>
  openMailbox(
    {
      host: '127.0.0.1',
      port: server.port,
      secure: false,
      user: server.user,
      password: server.password,
      folder: 'INBOX',
      ...change,
    },
    { caller },
  );
const problemOf = async (opening: Promise<unknown>) => {
  const error: unknown = await opening.catch((reason) => reason);
  expect(error).toBeInstanceOf(OutsideError);
  return (error as OutsideError).problem;
};

describe('a mailbox', () => {
  test('lists what came after a UID, in order, and gives the bytes as they lie there', async () => {
    for (const n of [1, 2, 3]) server.deliver([`Subject: ${n}`, '', `本文 ${n}`, '']);
    const session = await open();
    expect(session.uidValidity).toBe(7);
    const all = await session.listAfter(0, null);
    expect(all.map(({ uid }) => uid)).toEqual([1, 2, 3]);
    expect((await session.listAfter(2, null)).map(({ uid }) => uid)).toEqual([3]);
    expect(await session.listAfter(3, null)).toEqual([]);
    const bytes = await session.download(2);
    expect(bytes?.toString()).toBe('Subject: 2\r\n\r\n本文 2\r\n');
    expect(all[1]?.bytes).toBe(bytes?.length);
    await session.close();
  });

  test('stays as it was: nothing is marked as seen', async () => {
    server.deliver(['Subject: 1', '', 'one', '']);
    const session = await open();
    await session.download(1);
    await session.close();
    expect(server.flags()).toEqual([[]]);
  });

  test('passes over what is old, when asked to', async () => {
    server.deliver(['Subject: old', '', 'old', ''], new Date('2026-01-05T00:00:00Z'));
    server.deliver(['Subject: new', '', 'new', ''], new Date('2026-11-20T00:00:00Z'));
    const session = await open();
    const found = await session.listAfter(0, '2026-11-15T00:00:00.000Z');
    expect(found.map(({ uid }) => uid)).toEqual([2]);
    expect(await session.listAfter(2, '2026-11-15T00:00:00.000Z')).toEqual([]);
    await session.close();
  });

  test('whose mail was deleted meanwhile gives none', async () => {
    server.deliver(['Subject: 1', '', 'one', '']);
    const session = await open();
    server.remove(1);
    expect(await session.download(1)).toBeNull();
    expect(await session.listAfter(0, null)).toEqual([]);
    await session.close();
  });
});

describe('a mailbox that cannot be read says why', () => {
  test('the password is wrong', async () => {
    expect(await problemOf(open({ password: 'open-sesame' }))).toBe('login_refused');
  });

  test('the folder is not there', async () => {
    expect(await problemOf(open({ folder: 'ORDERS' }))).toBe('missing');
  });

  test('nobody listens', async () => {
    const { port } = server;
    await server.close();
    expect(await problemOf(open({ port }))).toBe('unreachable');
    server = await startImapServer();
  });

  test('it is a machine that a real merchant may not reach, and the other way round', async () => {
    expect(await problemOf(open({}, { kind: 'real', allowedHosts: [] }))).toBe('address_refused');
    expect(await problemOf(open({ host: '198.51.100.7' }))).toBe('address_refused');
  });

  test('the server breaks off', async () => {
    server.deliver(['Subject: 1', '', 'one', '']);
    const session = await open();
    await server.close();
    expect(await problemOf(session.download(1))).toBe('unreachable');
    server = await startImapServer();
  });
});

describe('over TLS', () => {
  const authority = makeAuthority();
  const openSecure = async (port: number, host: string) =>
    openMailbox(
      { host, port, secure: true, user: 'testuser', password: 'testpass', folder: 'INBOX' },
      {
        caller: sandbox,
        resolve: async () => ['127.0.0.1'],
        trustedAuthorities: [authority.cert],
      },
    );

  test('the certificate is of the name in the settings, not of the address behind it', async () => {
    const secure = await startImapServer(0, authority.issue('imap.example.jp'));
    onTestFinished(() => secure.close());
    secure.deliver(['Subject: 1', '', 'one', '']);
    const session = await openSecure(secure.port, 'imap.example.jp');
    expect(await session.listAfter(0, null)).toHaveLength(1);
    await session.close();
    expect(await problemOf(openSecure(secure.port, 'mail.example.jp'))).toBe('tls_refused');
  });

  test('a certificate of nobody is refused before the password is said', async () => {
    const secure = await startImapServer(0, makeAuthority().issue('imap.example.jp'));
    onTestFinished(() => secure.close());
    expect(await problemOf(openSecure(secure.port, 'imap.example.jp'))).toBe('tls_refused');
  });
});
