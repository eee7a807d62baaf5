import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import ssh2, { type AuthContext, type Connection } from 'ssh2';
import { fingerprintOf } from '../outside/sftp.ts';
import { serveFolder } from './sftp-folder.ts';

/** One login of the simulated server and the only folder it sees. */
export interface SftpAccount {
  readonly user: string;
  readonly password?: string;
  /** OpenSSH text of the public key that may log in. */
  readonly publicKey?: string;
  /** Path on this machine; `/` to the one who logs in. */
  readonly folder: string;
  /** Told of each file that got its final name, by its path for the one who logged in. */
  readonly onRenamed?: (path: string) => void;
  /** Told of each login, before it sees anything. */
  readonly onLogin?: () => void;
}

/** What goes wrong next. Each fault holds until it is taken back, or its count is used up. */
export interface SftpFaults {
  /** So many logins are refused, whatever they show. */
  refusedLogins: number;
  /** The connection breaks after so many bytes of downloads in all; null = never. */
  cutDownloadAfterBytes: number | null;
  /** The same for uploads: the bytes that came are written. */
  cutUploadAfterBytes: number | null;
  /** The next rename is done, and the connection breaks before its answer. */
  cutAfterRename: boolean;
  /** The connection breaks at the next rename, which is not done. */
  cutBeforeRename: boolean;
  /** So many renames are refused. */
  refusedRenames: number;
  /** Requests are read and never answered. */
  silent: boolean;
  /** Reads give at most so many bytes, as the protocol allows; null = what was asked for. */
  shortReads: number | null;
}

export interface SandboxSftpServer {
  readonly port: number;
  readonly faults: SftpFaults;
  /** How many connections the faults have cut. */
  readonly cuts: number;
  /** `SHA256:…` of the host key in use, as the other side has to pin it. */
  readonly hostKey: string;
  /** User names of all logins that were tried, in order: what left the other machine. */
  readonly triedLogins: readonly string[];
  /** New connections see another host key; returns its fingerprint. */
  changeHostKey(): string;
  close(): Promise<void>;
}

/**
 * A real SSH server with SFTP and nothing else, on loopback. Port 0 takes a free one. Accounts may be
 * added to the list later, with their folders.
 *
 * @param hostPrivateKey OpenSSH text; without it a new one is made
 */
export async function startSftpServer(
  accounts: readonly SftpAccount[],
  port = 0,
  hostPrivateKey?: string,
): Promise<SandboxSftpServer> {
  for (const { folder } of accounts) mkdirSync(folder, { recursive: true });
  const server = new SftpServer(accounts, hostPrivateKey);
  await server.listen(port);
  return server;
}

/** OpenSSH text of a new host key. */
export function makeHostKey(): string {
  // Of the ed25519 keys that ssh2 makes, one in some hundreds is malformed.
  return ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 }).private;
}

class SftpServer implements SandboxSftpServer {
  readonly faults: SftpFaults = {
    refusedLogins: 0,
    cutDownloadAfterBytes: null,
    cutUploadAfterBytes: null,
    cutAfterRename: false,
    cutBeforeRename: false,
    refusedRenames: 0,
    silent: false,
    shortReads: null,
  };
  readonly triedLogins: string[] = [];
  hostKey = '';
  cuts = 0;
  private readonly accounts: readonly SftpAccount[];
  private readonly sockets = new Set<Socket>();
  private readonly listener = createServer((socket) => this.accept(socket));
  private hostPrivateKey = '';

  constructor(accounts: readonly SftpAccount[], hostPrivateKey: string | undefined) {
    this.accounts = accounts;
    if (hostPrivateKey === undefined) this.changeHostKey();
    else this.showHostKey(hostPrivateKey);
  }

  get port(): number {
    return (this.listener.address() as AddressInfo).port;
  }

  async listen(port: number): Promise<void> {
    this.listener.listen(port, '127.0.0.1');
    await once(this.listener, 'listening');
  }

  changeHostKey(): string {
    return this.showHostKey(makeHostKey());
  }

  private showHostKey(privateKey: string): string {
    const key = ssh2.utils.parseKey(privateKey);
    if (key instanceof Error) throw key;
    this.hostPrivateKey = privateKey;
    this.hostKey = fingerprintOf(key.getPublicSSH());
    return this.hostKey;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.listener.close();
    await once(this.listener, 'close');
  }

  /** One SSH server for one connection: the host key may be another one for the next. */
  private accept(socket: Socket): void {
    this.sockets.add(socket.setNoDelay(true));
    socket.once('close', () => this.sockets.delete(socket));
    const server = new ssh2.Server({ hostKeys: [this.hostPrivateKey] }, (connection) =>
      this.welcome(connection, () => {
        this.cuts += 1;
        socket.destroy();
      }),
    );
    server.injectSocket(socket);
  }

  private welcome(connection: Connection, cut: () => void): void {
    let account: SftpAccount | undefined;
    // A client that hangs up in the middle is no error of ours.
    connection.on('error', () => {});
    connection.on('authentication', (context) => {
      this.triedLogins.push(context.username);
      account = this.judgeLogin(context);
    });
    connection.on('session', (accept) => {
      accept().on('sftp', (acceptSftp) => {
        if (account === undefined) return;
        account.onLogin?.();
        serveFolder(acceptSftp(), account, this.faults, cut);
      });
    });
  }

  private judgeLogin(context: AuthContext): SftpAccount | undefined {
    const account = this.accounts.find(({ user }) => user === context.username);
    if (context.method === 'none' || account === undefined || !shows(context, account)) {
      context.reject(['password', 'publickey']);
      return undefined;
    }
    if (this.faults.refusedLogins > 0) {
      this.faults.refusedLogins -= 1;
      context.reject();
      return undefined;
    }
    context.accept();
    return account;
  }
}

function shows(context: AuthContext, account: SftpAccount): boolean {
  if (context.method === 'password') {
    return account.password !== undefined && context.password === account.password;
  }
  if (context.method !== 'publickey' || account.publicKey === undefined) return false;
  const key = ssh2.utils.parseKey(account.publicKey);
  if (key instanceof Error || !key.getPublicSSH().equals(context.key.data)) return false;
  // Without a signature the client only asks whether this key would do.
  const { signature, blob } = context;
  return signature === undefined || blob === undefined
    ? true
    : key.verify(blob, signature, context.hashAlgo) === true;
}
