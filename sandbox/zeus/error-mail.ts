import { setTimeout as delay } from 'node:timers/promises';
import { createTransport } from 'nodemailer';
import { formatCompactJstInstant } from '../../billing/business-date.ts';
import type { SmtpAddress } from '../paygent/completion-mail.ts';
import type { CallOutcome } from './call.ts';
import type { ZeusDesk } from './desk.ts';
import type { ErrorMail, ZeusAccount } from './state.ts';

/**
 * The mail by which ZEUS says that a result could not be handed over [manual]. Its wording is ours;
 * psp/zeus/error-mail.ts reads it by patterns that are as easily replaced [assumed].
 */

export interface ErrorMailer {
  /** Sends what is due; call after anything may have failed. */
  wake(): void;
  stop(): Promise<void>;
}

const sender = 'zeus-sandbox@example.jp';
/** A mail server that is away is a technical failure of the real world: real time. */
const retryMs = 500;

const reasons: Record<CallOutcome['kind'], string> = {
  taken: '正常',
  refused: 'サーバーエラー',
  timed_out: 'タイムアウト',
  not_connected: '接続エラー',
};

export function composeErrorMail({ merchant }: ZeusAccount, mail: ErrorMail) {
  const [to, ...cc] = merchant.contacts;
  const status = mail.outcome.kind === 'refused' ? ` (${mail.outcome.status})` : '';
  return {
    from: sender,
    to,
    cc,
    // Fixed, so that a mail sent twice around a kill is recognised as one.
    messageId: `<send-error.${merchant.merchantId}.${mail.mailNumber}@sandbox.example.jp>`,
    date: new Date(mail.at),
    subject: '【模擬ゼウス】キャリア決済 CGI送信エラーのお知らせ',
    text: [
      'キャリア決済の結果を加盟店様のシステムに送信できませんでした。',
      '売上管理画面の［キャリア決済 CGI 送信エラー処理］から再送信してください。',
      '',
      `IPコード: ${mail.ipCode}`,
      `オーダーNo: ${mail.orderNumber}`,
      `発生日時: ${showJst(mail.at)}`,
      `エラー内容: ${reasons[mail.outcome.kind]}${status}`,
    ].join('\n'),
  };
}

/** `2026/11/22 09:00:00`, Japanese time. */
function showJst(instant: string): string {
  const digits = formatCompactJstInstant(instant);
  return digits.replace(/(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)/, '$1/$2/$3 $4:$5:$6');
}

/** Sends a mail for every send error, over SMTP, until it is taken. */
export function startErrorMailer(desk: ZeusDesk, smtp: SmtpAddress): ErrorMailer {
  const transport = createTransport({ ...smtp, secure: false, ignoreTLS: true });
  const stopping = new AbortController();
  const stopped = stopping.signal;
  let wanted = false;
  let working: Promise<void> | null = null;

  async function sendDue(): Promise<void> {
    for (const account of [...desk.state.accounts.values()]) {
      if (account.merchant.contacts.length === 0) continue;
      for (const mail of account.mails.filter((one) => !one.sent)) {
        if (stopped.aborted) return;
        await transport.sendMail(composeErrorMail(account, mail));
        const { merchantId } = account.merchant;
        desk.commit({ type: 'mailed', merchantId, mailNumber: mail.mailNumber });
      }
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
