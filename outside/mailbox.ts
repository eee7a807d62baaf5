import { isIP } from 'node:net';
import { ImapFlow } from 'imapflow';
import { type Caller, type ResolveName, resolveGuarded } from './address-guard.ts';
import { errorCode, OutsideError } from './outside-error.ts';

/** A mailbox that a merchant's settings name. */
export interface Mailbox {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte; else STARTTLS, which only a server on this machine may do without. */
  readonly secure: boolean;
  readonly user: string;
  /** Secret. */
  readonly password: string;
  readonly folder: string;
}

export interface MailboxTimeouts {
  readonly connectMs: number;
  readonly silenceMs: number;
}

const defaultTimeouts: MailboxTimeouts = { connectMs: 15_000, silenceMs: 60_000 };

export interface MailboxEntry {
  readonly uid: number;
  readonly bytes: number;
}

/** An open folder, for reading only: nothing is marked as seen, moved or deleted. */
export interface MailboxSession {
  /** While it stays the same, a UID names the same mail and later mails have higher ones. */
  readonly uidValidity: number;
  /**
   * Mails with a UID above `uid`, in their order.
   * @param since ISO instant: only those that arrived on its date or later; null = all
   * @throws OutsideError
   */
  listAfter(uid: number, since: string | null): Promise<MailboxEntry[]>;
  /** The mail as it lies there; null when it has gone meanwhile. @throws OutsideError */
  download(uid: number): Promise<Buffer | null>;
  close(): Promise<void>;
}

/**
 * Connects, logs in and opens the folder.
 * @throws OutsideError: address_refused, name_not_found, unreachable, timed_out, tls_refused,
 * login_refused, missing (the folder), cut
 */
export async function openMailbox(
  mailbox: Mailbox,
  options: {
    readonly caller: Caller;
    readonly timeouts?: MailboxTimeouts;
    readonly resolve?: ResolveName;
    /** Certificate authorities (PEM) that are trusted instead of the public ones. */
    readonly trustedAuthorities?: readonly string[];
  },
): Promise<MailboxSession> {
  const { caller, timeouts = defaultTimeouts, resolve, trustedAuthorities } = options;
  const { host, port, secure } = mailbox;
  const { address } = await resolveGuarded(host, caller, resolve);
  const client = new ImapFlow({
    host: address,
    port,
    secure,
    // The sandbox on this machine has no certificate; to anyone else no password goes in the clear.
    ...(secure ? {} : { doSTARTTLS: caller.kind === 'real' }),
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(trustedAuthorities === undefined ? {} : { tls: { ca: [...trustedAuthorities] } }),
    auth: { user: mailbox.user, pass: mailbox.password },
    logger: false,
    disableAutoIdle: true,
    connectionTimeout: timeouts.connectMs,
    greetingTimeout: timeouts.connectMs,
    socketTimeout: timeouts.silenceMs,
  });
  // What breaks is told by the call that waits for it; without a listener it would end the process.
  client.on('error', () => {});
  const asked = async <T>(act: () => Promise<T>): Promise<T> => {
    try {
      return await act();
    } catch (error) {
      client.close();
      throw asOutsideError(error, mailbox);
    }
  };
  await asked(() => client.connect());
  const { uidValidity } = await asked(() => openFolder(client, mailbox));
  return {
    uidValidity: Number(uidValidity),
    listAfter: (uid, since) =>
      asked(async () => {
        const range = since === null ? `${uid + 1}:*` : await findSince(client, uid, since);
        if (range.length === 0) return [];
        const found = await client.fetchAll(range, { uid: true, size: true }, { uid: true });
        return (
          found
            .map((mail) => ({ uid: mail.uid, bytes: mail.size ?? 0 }))
            // `n:*` names the last mail even where its UID is below n.
            .filter((entry) => entry.uid > uid)
            .sort((a, b) => a.uid - b.uid)
        );
      }),
    download: (uid) =>
      asked(async () => {
        const found = await client.fetchOne(String(uid), { source: true }, { uid: true });
        return found === false ? null : (found.source ?? null);
      }),
    close: () => client.logout().catch(() => client.close()),
  };
}

async function findSince(client: ImapFlow, uid: number, since: string): Promise<number[]> {
  const found = await client.search({ since: new Date(since) }, { uid: true });
  return found ? found.filter((each) => each > uid) : [];
}

async function openFolder(client: ImapFlow, { folder, host }: Mailbox) {
  try {
    return await client.mailboxOpen(folder, { readOnly: true });
  } catch (error) {
    const { responseStatus } = error as { responseStatus?: unknown };
    if (responseStatus !== 'NO' && responseStatus !== 'BAD') throw error;
    throw new OutsideError('missing', `The mailbox on ${host} has no such folder.`, {
      ja: `メールボックス ${host} に設定のフォルダがありません。設定のフォルダ名を確かめてください。`,
      cause: error,
    });
  }
}

function asOutsideError(error: unknown, { host, port }: Mailbox): OutsideError {
  if (error instanceof OutsideError) return error;
  const ja = `メールボックス ${host}:${port} を読めませんでした。`;
  const { authenticationFailed } = error as { authenticationFailed?: unknown };
  if (authenticationFailed === true) {
    return new OutsideError('login_refused', `${host} refused the login.`, {
      ja: `${ja}ログインが拒否されました。ユーザー名とパスワードを確かめてください。`,
    });
  }
  const code = errorCode(error);
  if (/TIMEOUT|ETIMEDOUT/i.test(code)) {
    return new OutsideError('timed_out', `${host} did not answer in time.`, { ja });
  }
  if (/CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO/i.test(code)) {
    return new OutsideError('tls_refused', `No trusted TLS session with ${host}.`, {
      ja: `${ja}サーバー証明書を確認できません。ホスト名と暗号化の設定を確かめてください。`,
    });
  }
  return new OutsideError('unreachable', `${host}:${port} could not be reached.`, { ja });
}
