import type { AddressInfo } from 'node:net';
import { type AddressObject, simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';

/** A mail as it arrived. */
export interface ReceivedMail {
  readonly messageId: string | null;
  readonly from: string[];
  readonly to: string[];
  readonly cc: string[];
  /** Who the envelope named; blind copies stand only here. */
  readonly recipients: string[];
  readonly subject: string;
  readonly text: string;
}

export interface MailServer {
  readonly host: string;
  readonly port: number;
  /** Every mail so far, oldest first. */
  listMails(): readonly ReceivedMail[];
  /**
   * The first mail, already here or still to come, for which the predicate holds; rejects with the
   * subjects that did arrive after `timeoutMs` of real time.
   */
  waitForMail(
    predicate: (mail: ReceivedMail) => boolean,
    timeoutMs?: number,
  ): Promise<ReceivedMail>;
  stop(): Promise<void>;
}

const loopback = '127.0.0.1';

/** A mail as a person reads it in a text file. */
export function writeReceivedMail({ from, to, cc, subject, text }: ReceivedMail): string {
  const head = [
    `From: ${from.join(', ')}`,
    `To: ${to.join(', ')}`,
    ...(cc.length === 0 ? [] : [`Cc: ${cc.join(', ')}`]),
    `Subject: ${subject}`,
  ];
  return `${[...head, '', text.trimEnd(), '', '-'.repeat(72), ''].join('\n')}\n`;
}

function addressesOf(field: AddressObject | AddressObject[] | undefined): string[] {
  const groups = field === undefined ? [] : Array.isArray(field) ? field : [field];
  return groups.flatMap(({ value }) => value.map(({ address }) => address ?? ''));
}

async function readMail(
  stream: NodeJS.ReadableStream,
  recipients: string[],
): Promise<ReceivedMail> {
  const mail = await simpleParser(stream as Parameters<typeof simpleParser>[0]);
  return {
    messageId: mail.messageId ?? null,
    from: addressesOf(mail.from),
    to: addressesOf(mail.to),
    cc: addressesOf(mail.cc),
    recipients,
    subject: mail.subject ?? '',
    text: mail.text ?? '',
  };
}

/**
 * Starts a real SMTP server on loopback that keeps what it receives in memory and delivers nothing:
 * the mailboxes of the simulated world.
 *
 * @param options `port`: 0 takes a free one. `onMail`: told of every mail before its sender is.
 */
export async function startMailServer(
  options: { port?: number; onMail?: (mail: ReceivedMail) => void } = {},
): Promise<MailServer> {
  const { port = 0, onMail } = options;
  const mails: ReceivedMail[] = [];
  const watchers = new Set<() => void>();
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    disableReverseLookup: true,
    onData(stream, session, done) {
      const recipients = session.envelope.rcptTo.map(({ address }) => address);
      readMail(stream, recipients).then((mail) => {
        mails.push(mail);
        onMail?.(mail);
        for (const look of [...watchers]) look();
        done();
      }, done);
    },
  });
  // A client that is killed in the middle of a mail must not take the mailboxes down.
  server.on('error', () => {});
  await new Promise<void>((resolve, reject) => {
    server.server.once('error', reject);
    server.listen(port, loopback, () => {
      server.server.off('error', reject);
      resolve();
    });
  });
  return {
    host: loopback,
    port: (server.server.address() as AddressInfo).port,
    listMails: () => mails,
    waitForMail(predicate, timeoutMs = 10_000) {
      return new Promise((resolve, reject) => {
        const look = (): void => {
          const mail = mails.find(predicate);
          if (!mail) return;
          stopLooking();
          resolve(mail);
        };
        const timer = setTimeout(() => {
          stopLooking();
          const subjects = mails.map(({ subject }) => subject).join(' / ') || 'none';
          reject(new Error(`no such mail within ${timeoutMs} ms; mails received: ${subjects}`));
        }, timeoutMs);
        const stopLooking = (): void => {
          clearTimeout(timer);
          watchers.delete(look);
        };
        watchers.add(look);
        look();
      });
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
      }),
  };
}
