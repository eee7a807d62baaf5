import { createRequire } from 'node:module';
import type { AddressInfo, Server, Socket } from 'node:net';

interface HoodiecrowMailbox {
  uidvalidity: number;
  uidnext: number;
  messages: { uid: number; flags: string[]; raw: string }[];
}

interface Hoodiecrow {
  server: Server;
  listen(port: number, host: string, done: () => void): void;
  getMailbox(path: string): HoodiecrowMailbox;
  appendMessage(mailbox: string, flags: string[], date: Date, raw: string): void;
}

const hoodiecrow = createRequire(import.meta.url)('hoodiecrow-imap') as (
  options: object,
) => Hoodiecrow;

/** A real IMAP server with one mailbox in memory. */
export interface ImapServer {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** @param arrivedAt the server's own date of the mail */
  deliver(mail: string | readonly string[], arrivedAt?: Date): void;
  /** The same mails under new UIDs, as after a restore from a backup. */
  renumber(): void;
  /** Whoever asks for the mail with this UID loses the connection; null: nobody. */
  cutsAt: number | null;
  remove(uid: number): void;
  /** Flags of every mail, in their order. */
  flags(): string[][];
  close(): Promise<void>;
}

/**
 * @param port 0 takes a free one
 * @param tls with it the server speaks TLS from the first byte
 */
export async function startImapServer(
  port = 0,
  tls?: { readonly cert: string; readonly key: string },
): Promise<ImapServer> {
  const server = hoodiecrow({
    storage: { INBOX: { uidvalidity: 7 }, '': { folders: {} } },
    ...(tls === undefined
      ? {}
      : { secureConnection: true, credentials: { cert: tls.cert, key: tls.key } }),
  });
  const sockets = new Set<Socket>();
  server.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    // Before the server answers.
    socket.prependListener('data', (command) => {
      if (imap.cutsAt !== null && command.includes(`UID FETCH ${imap.cutsAt} `)) socket.destroy();
    });
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const inbox = () => server.getMailbox('INBOX');
  const imap: ImapServer = {
    port: (server.server.address() as AddressInfo).port,
    user: 'testuser',
    password: 'testpass',
    cutsAt: null,
    deliver(mail, arrivedAt = new Date()) {
      const raw = typeof mail === 'string' ? mail : mail.join('\r\n');
      // It keeps bytes as characters.
      server.appendMessage('INBOX', [], arrivedAt, Buffer.from(raw).toString('latin1'));
    },
    renumber() {
      const box = inbox();
      box.uidvalidity += 1;
      box.messages.forEach((message, index) => {
        message.uid = index + 1;
      });
      box.uidnext = box.messages.length + 1;
    },
    remove(uid) {
      const box = inbox();
      box.messages = box.messages.filter((message) => message.uid !== uid);
    },
    flags: () => inbox().messages.map((message) => message.flags),
    async close() {
      const closed = new Promise((resolve) => server.server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
  return imap;
}
