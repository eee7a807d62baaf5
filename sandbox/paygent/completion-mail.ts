import { setTimeout as delay } from 'node:timers/promises';
import { createTransport } from 'nodemailer';
import type { Desk } from './desk.ts';
import type { Upload } from './state.ts';

/** 処理完了メール: to 担当者1, in copy to 担当者2 and 3 [manual]; its wording is ours. */

export interface SmtpAddress {
  readonly host: string;
  readonly port: number;
}

export interface CompletionMailer {
  /** Sends what is due; call after anything may have been processed. */
  wake(): void;
  stop(): Promise<void>;
}

const sender = 'paygent-sandbox@example.jp';
/** A mail server that is away is a technical failure of the real world: real time. */
const retryMs = 500;

function isDue(upload: Upload): boolean {
  if (upload.processedAt === null || upload.mailed) return false;
  if (upload.faults.some(({ kind }) => kind === 'mail_lost')) return false;
  return upload.recipients.length > 0;
}

function composeMail(upload: Upload) {
  const { acceptanceNumber, merchantId, transactionKind, records, ngCount, processedAt } = upload;
  const [to, ...cc] = upload.recipients;
  return {
    from: sender,
    to,
    cc,
    // Fixed, so that a mail sent twice around a kill is recognised as one.
    messageId: `<completed.${merchantId}.${acceptanceNumber}@sandbox.example.jp>`,
    date: new Date(processedAt ?? upload.dueAt),
    subject: `【模擬ペイジェント】処理完了のお知らせ(受付番号 ${acceptanceNumber})`,
    text: [
      'アップロードされた取引ファイルの処理が終わりました。',
      '',
      `受付番号: ${acceptanceNumber}`,
      `取引種別: ${transactionKind}`,
      `件数: ${records}`,
      `NG件数: ${ngCount}`,
      '',
      '結果ファイルは「ファイル処理」の検索からダウンロードできます。',
    ].join('\n'),
  };
}

/** Sends a completion mail for every processed upload, over SMTP, until it is taken. */
export function startCompletionMailer(desk: Desk, smtp: SmtpAddress): CompletionMailer {
  const transport = createTransport({ ...smtp, secure: false, ignoreTLS: true });
  const stopping = new AbortController();
  const stopped = stopping.signal;
  let wanted = false;
  let working: Promise<void> | null = null;

  async function sendDue(): Promise<void> {
    for (const upload of [...desk.state.uploads.values()]) {
      if (stopped.aborted) return;
      if (!isDue(upload)) continue;
      await transport.sendMail(composeMail(upload));
      desk.commit({ type: 'mailed', acceptanceNumber: upload.acceptanceNumber });
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
