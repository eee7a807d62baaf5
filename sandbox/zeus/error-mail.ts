import { formatCompactJstInstant } from '../../billing/business-date.ts';
import { type Mailer, type SmtpAddress, startMailer } from '../mailer.ts';
import type { CallOutcome } from './call.ts';
import type { ZeusDesk } from './desk.ts';
import type { ErrorMail, ZeusAccount } from './state.ts';

/**
 * The mail by which ZEUS says that a result could not be handed over [manual]. Its wording is ours;
 * psp/zeus/error-mail.ts reads it by patterns that are as easily replaced [assumed].
 */

const sender = 'zeus-sandbox@example.jp';
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

/** Sends a mail for every send error. */
export function startErrorMailer(desk: ZeusDesk, smtp: SmtpAddress): Mailer {
  return startMailer(smtp, () =>
    [...desk.state.accounts.values()]
      .filter(({ merchant }) => merchant.contacts.length > 0)
      .flatMap((account) =>
        account.mails
          .filter((mail) => !mail.sent)
          .map((mail) => ({
            mail: composeErrorMail(account, mail),
            sent: () =>
              desk.commit({
                type: 'mailed',
                merchantId: account.merchant.merchantId,
                mailNumber: mail.mailNumber,
              }),
          })),
      ),
  );
}
