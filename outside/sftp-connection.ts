import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import ssh2, { type SFTPWrapper } from 'ssh2';
import { type Caller, type ResolveName, resolveGuarded } from './address-guard.ts';
import { errorCode, OutsideError } from './outside-error.ts';

/** How long each part may take before the connection is given up. */
export interface SftpTimeouts {
  /** Until the other side answers at all. */
  readonly connectMs: number;
  /** From there until we are logged in. */
  readonly loginMs: number;
  /** For each act, and between two pieces of a file. */
  readonly silenceMs: number;
}

export const defaultSftpTimeouts: SftpTimeouts = {
  connectMs: 10_000,
  loginMs: 20_000,
  silenceMs: 60_000,
};

/** Secret. */
export type SftpCredential =
  | { readonly password: string }
  /** OpenSSH or PEM text. */
  | { readonly privateKey: string; readonly passphrase?: string };

export interface SftpTarget {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly credential: SftpCredential;
  /** `SHA256:…` as ssh-keygen -lf prints it; several while the other side changes its key. */
  readonly hostKeys: readonly string[];
  /** Where all acts happen. */
  readonly folder: string;
  readonly caller: Caller;
  readonly timeouts?: Partial<SftpTimeouts>;
  readonly resolve?: ResolveName;
}

/** A password, or a private key when it looks like one: a merchant's secret holds either. */
export function readSftpCredential(secret: string): SftpCredential {
  return /^-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(secret.trimStart())
    ? { privateKey: secret.trim() }
    : { password: secret };
}

/** The fingerprint of an SSH public key as OpenSSH writes it. */
export function fingerprintOf(key: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/**
 * Connects and logs in. The host is judged like every address (address-guard.ts), and its key must be
 * one of the pinned ones: otherwise neither user nor password nor key signature leaves this machine.
 *
 * @throws OutsideError: host_key_changed, login_refused, unreachable, timed_out, address_refused …
 */
export async function connectSftp(
  target: SftpTarget,
): Promise<{ connection: SftpConnection; sftp: SFTPWrapper }> {
  const timeouts = { ...defaultSftpTimeouts, ...target.timeouts };
  const privateKey = 'privateKey' in target.credential ? target.credential : undefined;
  if (
    privateKey &&
    ssh2.utils.parseKey(privateKey.privateKey, privateKey.passphrase) instanceof Error
  ) {
    throw loginRefused(target.host, '登録された秘密鍵を読み取れません');
  }
  const resolved = await resolveGuarded(target.host, target.caller, target.resolve);
  const socket = await openSocket(target, resolved.address, timeouts.connectMs);
  const connection = new SftpConnection(target, socket, timeouts);
  return { connection, sftp: await connection.login() };
}

async function openSocket(target: SftpTarget, address: string, timeoutMs: number) {
  const socket = connect({ host: address, port: target.port });
  const timer = setTimeout(() => socket.destroy(timedOut(target.host)), timeoutMs);
  try {
    await once(socket, 'connect');
    // Requests are small and each waits for its answer: held back, they take 40 ms apiece.
    return socket.setNoDelay(true);
  } catch (error) {
    if (error instanceof OutsideError) throw error;
    const code = errorCode(error);
    throw new OutsideError('unreachable', `No connection to ${target.host}: ${code}.`, {
      ja: `ホスト ${target.host} に接続できません（${code}）。何も送受信していません。時間をおいて再度実行します。`,
      cause: error,
    });
  } finally {
    clearTimeout(timer);
  }
}

/** An act of the protocol, answered by a callback. */
type Ask<T> = (done: (error: Error | undefined | null, value?: T) => void) => void;

/** One connection, from its login to its end. */
export class SftpConnection {
  private readonly target: SftpTarget;
  private readonly timeouts: SftpTimeouts;
  private readonly client = new ssh2.Client();
  private readonly socket: Socket;
  private readonly waiting = new Set<(error: unknown) => void>();
  private failure: OutsideError | undefined;

  constructor(target: SftpTarget, socket: Socket, timeouts: SftpTimeouts) {
    this.target = target;
    this.socket = socket;
    this.timeouts = timeouts;
    // Told to whoever waits for an act; unheard it would end the process.
    this.client.on('error', (error) => this.fail(this.explainConnection(error)));
    this.client.on('close', () => this.fail(this.cut()));
  }

  get isBroken(): boolean {
    return this.failure !== undefined;
  }

  async login(): Promise<SFTPWrapper> {
    const { user: username, credential } = this.target;
    try {
      return await this.within<SFTPWrapper>(this.timeouts.loginMs, (done) => {
        this.client.once('ready', () => this.client.sftp(done));
        this.client.on('keyboard-interactive', (_name, _text, _language, prompts, answer) => {
          answer(prompts.map(() => ('password' in credential ? credential.password : '')));
        });
        this.client.connect({
          sock: this.socket,
          username,
          ...credential,
          tryKeyboard: 'password' in credential,
          hostVerifier: (key: Buffer) => this.isPinned(key),
          readyTimeout: 0,
          keepaliveInterval: keepaliveMs,
          keepaliveCountMax: 3,
        });
      });
    } catch (error) {
      this.client.destroy();
      throw error;
    }
  }

  private isPinned(key: Buffer): boolean {
    const { host, hostKeys } = this.target;
    const shown = fingerprintOf(key);
    if (hostKeys.some((pinned) => pinned.replace(/=+$/, '') === shown)) return true;
    this.failure ??= new OutsideError('host_key_changed', `${host} showed the host key ${shown}.`, {
      ja: `ホスト ${host} のホスト鍵が登録と異なります（届いた指紋: ${shown}）。ログイン情報は送信していません。相手先に鍵の変更を確認し、正しければ設定に追加してください。`,
    });
    return false;
  }

  /** Asks for one act and waits for its answer; the connection is given up when none comes. */
  async act<T>(ask: Ask<T>): Promise<T> {
    return await this.within(this.timeouts.silenceMs, ask);
  }

  /** An act whose answer may be lost with the connection: then it may be done all the same. */
  async actOnce(ask: Ask<void>): Promise<void> {
    try {
      await this.act(ask);
    } catch (error) {
      if (!(error instanceof OutsideError) || !this.isBroken) throw error;
      const { problem, message, ja } = error;
      throw new OutsideError(problem, message, { ja, mayHaveReached: true, cause: error });
    }
  }

  async close(): Promise<void> {
    this.failure ??= this.cut();
    this.client.end();
    if (!this.socket.destroyed) await Promise.race([once(this.socket, 'close'), pause()]);
    this.socket.destroy();
  }

  private async within<T>(timeoutMs: number, ask: Ask<T>): Promise<T> {
    if (this.failure !== undefined) throw this.failure;
    const { promise, settle } = this.expect<T>();
    const timer = setTimeout(() => {
      this.fail(timedOut(this.target.host));
      this.client.destroy();
    }, timeoutMs);
    try {
      ask(settle);
      return await promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /** An answer, or the failure of the connection, whichever comes first. */
  private expect<T>() {
    let settle: Parameters<Ask<T>>[0] = () => {};
    const promise = new Promise<T>((resolve, reject) => {
      this.waiting.add(reject);
      settle = (error, value) => {
        this.waiting.delete(reject);
        if (error === undefined || error === null) resolve(value as T);
        else reject(this.failure ?? this.explainStatus(error));
      };
    });
    return { promise, settle };
  }

  private fail(error: OutsideError): void {
    this.failure ??= error;
    for (const reject of this.waiting) reject(this.failure);
    this.waiting.clear();
  }

  private explainConnection(error: Error & { level?: string }): OutsideError {
    const { host } = this.target;
    if (error.level === 'client-authentication') {
      return loginRefused(host, 'ログインが拒否されました');
    }
    return this.cut(error);
  }

  private explainStatus(error: Error): OutsideError {
    const code = Number((error as { code?: unknown }).code);
    const missing = code === 2;
    // Without a status of the protocol it is the connection that failed.
    if (!missing && !(code >= 1 && code <= 8)) return this.cut(error);
    return new OutsideError(missing ? 'missing' : 'refused', `SFTP status ${code}.`, {
      ja: missing
        ? `ホスト ${this.target.host} に指定のファイルまたはフォルダーがありません。何も変更していません。`
        : `ホスト ${this.target.host} が操作を拒否しました（SFTP ${code}）。何も変更していません。権限を確かめてください。`,
    });
  }

  private cut(cause?: unknown): OutsideError {
    const { host } = this.target;
    return new OutsideError('cut', `The connection to ${host} ended.`, {
      ja: `ホスト ${host} との接続が途中で切れました。途中まで受信したデータは保存していません。`,
      cause,
    });
  }
}

const keepaliveMs = 15_000;
/** How long the other side may take to hang up after us. */
const goodbyeMs = 1000;

async function pause(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, goodbyeMs).unref());
}

function timedOut(host: string): OutsideError {
  return new OutsideError('timed_out', `${host} did not answer in time.`, {
    ja: `ホスト ${host} が時間内に応答しませんでした。途中まで受信したデータは保存していません。`,
  });
}

function loginRefused(host: string, what: string): OutsideError {
  return new OutsideError('login_refused', `${host} refused the login.`, {
    ja: `ホスト ${host}: ${what}。ファイルは送受信していません。ユーザー名と登録済みの秘密情報を確かめてください。`,
  });
}
