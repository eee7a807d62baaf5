import { type Mailer, type SmtpAddress, startMailer } from '../mailer.ts';
import type { Desk } from './desk.ts';
import type { Upload } from './state.ts';

/** 処理完了メール: to 担当者1, in copy to 担当者2 and 3 [manual]; its wording is ours. */

const sender = 'paygent-sandbox@example.jp';

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

/** Sends a completion mail for every processed upload. */
export function startCompletionMailer(desk: Desk, smtp: SmtpAddress): Mailer {
  return startMailer(smtp, () =>
    [...desk.state.uploads.values()].filter(isDue).map((upload) => ({
      mail: composeMail(upload),
      sent: () => desk.commit({ type: 'mailed', acceptanceNumber: upload.acceptanceNumber }),
    })),
  );
}
