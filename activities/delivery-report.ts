import { lockMerchant } from '../db/database.ts';
import { findMailByMessageId, insertBounce } from '../db/queries/customer-mail-bounces.ts';
import { postNotice } from '../db/queries/notices.ts';
import { findSettings } from '../db/queries/settings.ts';
import { isFaultOfAddress } from '../imports/delivery-report.ts';
import type { MailHandler } from './mailbox-handlers.ts';
import { tellUndelivered } from './send-customer-mail.ts';

/** Every Message-ID of ours, and of nobody else. */
const ours = /^<[0-9a-f-]{36}@mail\.tsukigime>$/;

/**
 * A mail of ours came back. One to a customer hands its case to people, and nothing more goes to an
 * address that is at fault; of one to operators, the console tells the others.
 */
export const deliveryReport: MailHandler = {
  name: 'delivery-report',
  read({ report }) {
    if (report === null || !ours.test(report.messageId)) return null;
    return async (trx, merchantId, { mailId: reportId, now }) => {
      const nothing = { exchanges: [], mailPosted: false };
      await lockMerchant(trx, merchantId);
      const mail = await findMailByMessageId(trx, merchantId, report.messageId);
      if (mail === undefined) return nothing;
      const copies = (await findSettings(trx, merchantId))?.settings.ng.contact;
      const readers = new Set([...(copies?.cc ?? []), ...(copies?.bcc ?? [])].map(lower));
      // Who only reads along is not the customer.
      const failed = mail.toCustomer
        ? report.failed.find(({ address }) => !readers.has(lower(address)))
        : report.failed[0];
      // A server that still tries says so as well: there is nothing to tell yet.
      if (failed === undefined) return nothing;
      if (!mail.toCustomer) {
        await postNotice(trx, merchantId, {
          key: `mail_bounced:${report.messageId.slice(1, 37)}`,
          kind: 'mail_bounced',
          subject: '担当者へのメールが届きませんでした',
          text: `メール「${mail.key}」が届かずに戻りました(${failed.status})。内容はお知らせで確認できます。設定 operatorMail の宛先を確かめてください。`,
          link: `mails/${mail.key}`,
          now,
        });
        return nothing;
      }
      const { status } = failed;
      const faultOfAddress = isFaultOfAddress(status);
      const bounce = { mailId: mail.id, status, faultOfAddress, reportId, now };
      const bounced = await insertBounce(trx, merchantId, bounce);
      if (bounced === undefined) return nothing;
      const stopped = faultOfAddress ? 'このアドレスには今後送信しません。' : '';
      const why = `顧客へのメールが届かなかった(${status})と、メールサーバーから通知がありました。${stopped}`;
      const handed = await tellUndelivered(trx, merchantId, { ...bounced, why, now });
      return { ...nothing, handed };
    };
  },
};

const lower = (address: string) => address.toLowerCase();
