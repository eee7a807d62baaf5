import { Readable } from 'node:stream';
import MailComposer from 'nodemailer/lib/mail-composer';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { errorCode, OutsideError } from './outside-error.ts';

/** The mail server that takes our mails, from the environment; no merchant names it. */
export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte; else STARTTLS where the server offers it. */
  readonly secure: boolean;
  /** Secret. With it, nothing is said before TLS, unless the server is this machine. */
  readonly login: { readonly user: string; readonly password: string } | null;
}

/** How long each part may take. */
export interface SmtpTimeouts {
  readonly connectMs: number;
  /** Silence of the server, after DATA too: what it does then, nobody knows. */
  readonly silenceMs: number;
}

const defaultTimeouts: SmtpTimeouts = {
  connectMs: 15_000,
  // RFC 5321 gives a server ten minutes after DATA; those that need more than two are seldom alive.
  silenceMs: 120_000,
};

export interface OutgoingMail {
  /** `<id@domain>`, fixed when the mail was posted. */
  readonly messageId: string;
  readonly from: string;
  /** Name beside the sender; Tsukigime's own without it. */
  readonly fromName?: string;
  /** Where answers go; null and none: to the sender. */
  readonly replyTo?: string | null;
  readonly to: readonly string[];
  readonly cc: readonly string[];
  /** Who gets it without standing in it. */
  readonly bcc?: readonly string[];
  readonly subject: string;
  readonly text: string;
  /** ISO instant of the Date header. */
  readonly date: string;
}

/**
 * What became of one mail. `codes` are the server's reply codes (`550 5.1.1`); its words are left
 * there: they quote addresses.
 */
export type SmtpAnswer =
  /** Taken by the server. `refusedRecipients` of several may not have been; `toRefused`: one of `to`. */
  | {
      readonly kind: 'sent';
      readonly refusedRecipients: number;
      readonly toRefused: boolean;
      readonly codes: string | null;
    }
  | { readonly kind: 'refused'; readonly codes: string | null }
  /** It certainly did not leave: refused for now, or cut before its first byte. */
  | { readonly kind: 'not_sent'; readonly codes: string | null }
  /** The connection broke after its first byte: the server may have it. */
  | { readonly kind: 'unknown' };

/** A connection over which mails are sent one after the other. */
export interface SmtpSession {
  /** Never throws: whatever happens is an answer. */
  send(mail: OutgoingMail): Promise<SmtpAnswer>;
  /** False once the connection is gone: the next mail needs another one. */
  readonly alive: boolean;
  close(): void;
}

/** Reads `smtp://user:password@host:port` or `smtps://…`; ports 587 and 465 unless given. */
export function readSmtpUrl(url: string): SmtpServer {
  const { protocol, hostname, port, username, password } = new URL(url);
  const secure = protocol === 'smtps:';
  return {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? (secure ? 465 : 587) : Number(port),
    secure,
    login:
      username === ''
        ? null
        : { user: decodeURIComponent(username), password: decodeURIComponent(password) },
  };
}

/**
 * Connects and logs in. Until that is done nothing was sent.
 * @throws OutsideError: unreachable, timed_out, tls_refused, login_refused
 */
export async function openSmtpSession(
  server: SmtpServer,
  timeouts: SmtpTimeouts = defaultTimeouts,
): Promise<SmtpSession> {
  const connection = new SMTPConnection({
    host: server.host,
    port: server.port,
    secure: server.secure,
    requireTLS: !server.secure && server.login !== null && !isThisMachine(server.host),
    ignoreTLS: isThisMachine(server.host),
    connectionTimeout: timeouts.connectMs,
    greetingTimeout: timeouts.connectMs,
    socketTimeout: timeouts.silenceMs,
  });
  let alive = true;
  connection.on('end', () => {
    alive = false;
  });
  await connect(connection, server);
  return {
    async send(mail) {
      const answer = await sendOver(connection, mail);
      // What the server remembers of a mail that it refused must not become part of the next one.
      if (answer.kind !== 'sent' && alive) alive = await resets(connection);
      return answer;
    },
    get alive() {
      return alive;
    },
    close: () => connection.quit(),
  };
}

function connect(connection: SMTPConnection, server: SmtpServer): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => {
      connection.close();
      reject(asOutsideError(error, server));
    };
    // The listener stays: an error that comes when nobody waits must not end the process.
    connection.on('error', fail);
    connection.connect((error) => {
      if (error) return fail(error);
      if (server.login === null) return resolve();
      const { user, password: pass } = server.login;
      connection.login({ user, pass }, (refused) => (refused ? fail(refused) : resolve()));
    });
  });
}

function sendOver(connection: SMTPConnection, mail: OutgoingMail): Promise<SmtpAnswer> {
  return new Promise((resolve) => {
    let dataBegan = false;
    compose(mail).then(
      (bytes) => {
        // nodemailer reads the stream once the server has said 354: from then on bytes may be there.
        const message = new Readable({
          read() {
            dataBegan = true;
            this.push(bytes);
            this.push(null);
          },
        });
        const to = [...mail.to, ...mail.cc, ...(mail.bcc ?? [])];
        const envelope = { from: mail.from, to };
        connection.send(envelope, message, (error, info) => {
          if (error) resolve(judgeFailure(error, dataBegan));
          else {
            const refused = info?.rejectedErrors ?? [];
            const codes = refused[0] === undefined ? null : codesOf(refused[0]);
            const toRefused = (info?.rejected ?? []).some((each) => mail.to.includes(String(each)));
            resolve({ kind: 'sent', refusedRecipients: refused.length, toRefused, codes });
          }
        });
      },
      () => resolve({ kind: 'not_sent', codes: null }),
    );
  });
}

async function compose(mail: OutgoingMail): Promise<Buffer> {
  const composer = new MailComposer({
    messageId: mail.messageId,
    from: { name: mail.fromName ?? 'Tsukigime', address: mail.from },
    ...(mail.replyTo ? { replyTo: mail.replyTo } : {}),
    to: [...mail.to],
    cc: [...mail.cc],
    subject: mail.subject,
    text: mail.text,
    date: new Date(mail.date),
    // RFC 3834: no holiday notice answers a machine.
    headers: { 'Auto-Submitted': 'auto-generated' },
  });
  return await composer.compile().build();
}

/** What nodemailer hangs on an error, as far as it is looked at. */
interface SmtpFailure {
  readonly code?: unknown;
  readonly command?: unknown;
  readonly response?: unknown;
  readonly responseCode?: unknown;
}

/**
 * Only an answer to the whole message settles it once its first byte is out: a full reply to DATA,
 * or 421, with which a server that ends the session refuses what it has in hand.
 */
function judgeFailure(failure: SmtpFailure, dataBegan: boolean): SmtpAnswer {
  const status = Number(failure.responseCode ?? 0);
  const codes = codesOf(failure);
  if (dataBegan && !(failure.command === 'DATA' && status >= 400) && status !== 421) {
    return { kind: 'unknown' };
  }
  return status >= 500 ? { kind: 'refused', codes } : { kind: 'not_sent', codes };
}

function codesOf({ response }: SmtpFailure): string | null {
  const match = /^(\d{3})[ -]?(\d\.\d{1,3}\.\d{1,3})?/.exec(String(response ?? ''));
  if (match === null) return null;
  return match[2] === undefined ? (match[1] ?? null) : `${match[1]} ${match[2]}`;
}

function resets(connection: SMTPConnection): Promise<boolean> {
  return new Promise((resolve) => connection.reset((error) => resolve(!error)));
}

function isThisMachine(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

function asOutsideError(error: unknown, { host, port }: SmtpServer): OutsideError {
  const code = errorCode(error);
  const ja = `メールサーバー ${host}:${port} に接続できません。メールは送信待ちのまま残っています。`;
  if (code === 'EAUTH') {
    return new OutsideError('login_refused', `${host} refused the login.`, {
      ja: `${ja}ユーザー名とパスワードを確かめてください。`,
    });
  }
  if (code === 'ETLS') {
    return new OutsideError('tls_refused', `No TLS session with ${host}.`, {
      ja: `${ja}証明書と暗号化の設定を確かめてください。`,
    });
  }
  const timedOut = code === 'ETIMEDOUT';
  return new OutsideError(
    timedOut ? 'timed_out' : 'unreachable',
    `${host}:${port} ${timedOut ? 'did not answer in time' : 'could not be reached'}.`,
    { ja },
  );
}
