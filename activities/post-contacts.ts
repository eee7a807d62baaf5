import { businessDateOf } from '../billing/business-date.ts';
import { nextContactAt } from '../billing/contact-hours.ts';
import type { NgSettings } from '../billing/ng-settings.ts';
import type { Trx } from '../db/database.ts';
import { listWaitingMails, postCustomerMails, skipContacts } from '../db/queries/customer-mails.ts';
import type { NgCaseRow } from '../db/queries/ng-cases.ts';
import { postNotice } from '../db/queries/notices.ts';
import { refusal } from './failures.ts';

/**
 * Has the customers mailed whose contact was noted at this instant, in the same transaction. Where the
 * shop mails its customers itself, its people are told that there is somebody to contact.
 *
 * @returns how many mails were posted: then the caller wakes the dispatcher after its commit
 */
export async function postContacts(
  trx: Trx,
  merchantId: number,
  of: { readonly settings: NgSettings; readonly noted: number; readonly now: string },
): Promise<number> {
  const { now, noted } = of;
  const { enabled, hours } = of.settings.contact;
  if (noted === 0) return 0;
  if (!enabled) {
    await postNotice(trx, merchantId, {
      key: `customer_contact_by_hand:${businessDateOf(now)}`,
      kind: 'customer_contact_by_hand',
      subject: '顧客への連絡が必要なNG案件があります',
      text: '顧客へのメール送信(設定 ng.contact.enabled)が無効のため、メールは送信していません。NG対応の一覧を確かめ、ショップから顧客に連絡してください。',
      link: 'ng-cases',
      now,
    });
    return 0;
  }
  const firstAt = nextContactAt(now, hours);
  const firstOn = businessDateOf(firstAt);
  return await postCustomerMails(trx, merchantId, { now, firstOn, firstAt, opensAt: hours.from });
}

/** Cases on which a person acts. */
interface Acting {
  readonly trx: Trx;
  readonly merchantId: number;
  readonly rows: readonly NgCaseRow[];
  readonly by: { readonly decisionId: number; readonly actor: string };
  readonly context: { readonly settings: NgSettings };
  readonly now: string;
}

type Refused = NgCaseRow & { readonly why: string };

/** Cases whose customer is about to be mailed anyway: asked twice at the same moment is asked once. */
export async function listUnaskable({ trx, merchantId, rows }: Acting): Promise<Refused[]> {
  const ids = rows.map(({ id }) => id);
  const waiting = new Set(await listWaitingMails(trx, merchantId, ids));
  const why = '顧客へのメールがすでに送信待ち・送信不明です';
  return rows.filter(({ id }) => waiting.has(id)).map((row) => ({ ...row, why }));
}

/** Mails the customers whose contact a person has just noted. */
export async function askCustomers({ trx, merchantId, rows, context, now }: Acting): Promise<void> {
  const { settings } = context;
  if (!settings.contact.enabled) {
    throw refusal(
      'StageConflict',
      '顧客へのメール送信が有効ではありません。何も送信していません。管理者が設定 ng.contact.enabled を有効にするか、ショップから顧客に連絡してください。',
    );
  }
  await postContacts(trx, merchantId, { settings, noted: rows.length, now });
}

/** @returns the cases in which no mail is planned or waits */
export async function skipCustomerMails(acting: Acting): Promise<Refused[]> {
  const { trx, merchantId, rows, by, now } = acting;
  const ids = rows.map(({ id }) => id);
  const skipped = new Set(await skipContacts(trx, merchantId, { ...by, ids, now }));
  const why = '送信予定・送信待ちのメールがありません';
  return rows.filter(({ id }) => !skipped.has(id)).map((row) => ({ ...row, why }));
}
