import { setTimeout as delay } from 'node:timers/promises';
import { createTransport, type SendMailOptions } from 'nodemailer';

export interface SmtpAddress {
  readonly host: string;
  readonly port: number;
}

/** Sends what a simulated provider has to say, over SMTP, until it is taken. */
export interface Mailer {
  /** Sends what is due; call after anything may have become so. */
  wake(): void;
  stop(): Promise<void>;
}

/** A mail that is due, and what to do once the server took it. */
export interface DueMail {
  readonly mail: SendMailOptions;
  readonly sent: () => void;
}

/** A mail server that is away is a technical failure of the real world: real time. */
const retryMs = 500;

/** @param listDue what is due now; asked again after everything it named was taken */
export function startMailer(smtp: SmtpAddress, listDue: () => Iterable<DueMail>): Mailer {
  const transport = createTransport({ ...smtp, secure: false, ignoreTLS: true });
  const stopping = new AbortController();
  const stopped = stopping.signal;
  let wanted = false;
  let working: Promise<void> | null = null;

  async function sendDue(): Promise<void> {
    for (const { mail, sent } of listDue()) {
      if (stopped.aborted) return;
      await transport.sendMail(mail);
      sent();
    }
  }

  async function work(): Promise<void> {
    while (wanted && !stopped.aborted) {
      wanted = false;
      try {
        await sendDue();
      } catch {
        wanted = true;
        await delay(retryMs, undefined, { signal: stopped, ref: false }).catch(() => {});
      }
    }
    working = null;
  }

  function wake(): void {
    wanted = true;
    working ??= work();
  }

  wake();
  return {
    wake,
    async stop() {
      stopping.abort();
      await working;
      transport.close();
    },
  };
}
