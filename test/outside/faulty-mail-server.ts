import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';

/** Where a mail server fails, for as long as the fault is set. */
export type MailFault =
  | 'cut_at_connect'
  | 'cut_after_rcpt'
  | 'cut_in_data'
  | 'cut_after_data'
  /** Takes the mail and says nothing, until the fault is another one. */
  | 'silent_after_data'
  | 'refuse_login'
  | 'refuse_for_now'
  | 'refuse_for_good'
  | 'refuse_one_recipient'
  | 'refuse_after_data';

export interface FaultyMailServer {
  readonly url: string;
  readonly port: number;
  /** The mails it has whole, answered or not, as they came. */
  readonly mails: readonly string[];
  fault: MailFault | null;
  /** Connections so far, those that were cut at once too. */
  readonly connections: number;
  close(): Promise<void>;
}

class Reply extends Error {
  readonly responseCode: number;

  constructor(responseCode: number, message: string) {
    super(message);
    this.responseCode = responseCode;
  }
}

/** A real SMTP server behind a line that can be cut at any point of a session. */
export async function startFaultyMailServer(): Promise<FaultyMailServer> {
  const mails: string[] = [];
  const sockets = new Set<Socket>();
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  const state = { fault: null as MailFault | null, connections: 0 };
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    authOptional: true,
    allowInsecureAuth: true,
    disableReverseLookup: true,
    onAuth(_auth, _session, done) {
      if (state.fault === 'refuse_login') done(new Reply(535, '5.7.8 no'));
      else done(null, { user: 'user' });
    },
    onRcptTo({ address }, _session, done) {
      if (state.fault === 'cut_after_rcpt') return cut();
      if (state.fault === 'refuse_for_now') return done(new Reply(451, '4.7.1 greylisted'));
      if (state.fault === 'refuse_for_good') return done(new Reply(550, `5.1.1 no ${address}`));
      const refused = state.fault === 'refuse_one_recipient' && address.startsWith('first');
      done(refused ? new Reply(550, '5.1.1 no') : null);
    },
    onData(stream, _session, done) {
      if (state.fault === 'cut_in_data') {
        stream.once('data', cut);
        stream.resume();
        return;
      }
      text(stream).then((mail) => {
        if (state.fault === 'refuse_after_data') return done(new Reply(554, '5.7.1 spam'));
        mails.push(mail);
        if (state.fault === 'cut_after_data') return cut();
        if (state.fault === 'silent_after_data') return;
        done();
      }, done);
    },
  });
  // Cut sessions are what this file is for.
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port: innerPort } = server.server.address() as AddressInfo;
  const line = createServer((near) => {
    state.connections += 1;
    if (state.fault === 'cut_at_connect') return near.resetAndDestroy();
    const far = connect(innerPort, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => line.listen(0, '127.0.0.1', resolve));
  const { port } = line.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}`,
    port,
    mails,
    get fault() {
      return state.fault;
    },
    set fault(fault) {
      state.fault = fault;
    },
    get connections() {
      return state.connections;
    },
    async close() {
      const lineClosed = new Promise((resolve) => line.close(resolve));
      cut();
      await lineClosed;
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
