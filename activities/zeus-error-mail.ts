import { listOpenOfMail, openResendTasks } from '../db/queries/carrier-resend-tasks.ts';
import { postNotice } from '../db/queries/notices.ts';
import { readErrorMail } from '../psp/zeus/error-mail.ts';
import type { MailHandler } from './mailbox-handlers.ts';

/** So many オーダーNo stand in a notice; the list of tasks has all. */
const MOST_NAMED = 5;

/**
 * ZEUS could not hand over carrier results and does not try again by itself: somebody must send them
 * again there. A notice says so, no mail: ZEUS's own is one. The task closes when the call arrives;
 * where the call has arrived and only its answer was lost, there is nothing to tell.
 */
export const zeusErrorMail: MailHandler = {
  name: 'zeus-send-error',
  read(mail) {
    const errors = readErrorMail(mail);
    if (errors === null) return null;
    return async (trx, merchantId, { mailId, now }) => {
      const tasks = errors.map((error) => ({ ...error, failedAt: error.failedAt ?? now }));
      await openResendTasks(trx, merchantId, { mailId, tasks, now });
      const open = await listOpenOfMail(trx, merchantId, mailId);
      if (open.length > 0) {
        const more = open.length > MOST_NAMED ? ` ほか${open.length - MOST_NAMED}件` : '';
        const named = `オーダーNo ${open.slice(0, MOST_NAMED).join('、')}${more}`;
        await postNotice(trx, merchantId, {
          key: `zeus_resend:${mail.sha256}`,
          kind: 'zeus_resend',
          subject: 'ゼウスで再送信してください',
          text: `ゼウスがキャリア決済の結果を送信できませんでした（${named}）。ゼウスの売上管理画面［キャリア決済 CGI 送信エラー処理］から再送信してください。結果が届くと、この作業は自動で完了します。`,
          link: 'carrier-resend-tasks',
          now,
        });
      }
      return { exchanges: [], mailPosted: false };
    };
  },
};
