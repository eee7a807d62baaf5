import { businessDateOf } from '../billing/business-date.ts';
import { nextMailTry } from '../billing/mail/mail-retry.ts';
import type { Db, Trx } from '../db/database.ts';
import { handUndelivered, insertBounce } from '../db/queries/customer-mail-bounces.ts';
import { type ClaimedMail, recordSendAnswer } from '../db/queries/mail-sends.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import { hasNgDesk } from '../db/queries/ng-cases.ts';
import { postNotice } from '../db/queries/notices.ts';
import { isFaultOfAddress } from '../imports/delivery-report.ts';
import type { SmtpAnswer, SmtpSession } from '../outside/smtp.ts';
import { prepareCustomerMail } from './customer-mail.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { isTriedAgain, wakeChangedMonths } from './wake-months.ts';

/** A claimed mail to a customer, and what it needs on its way. */
interface Sending {
  readonly merchant: Merchant;
  readonly claimed: ClaimedMail;
  readonly from: string;
  readonly now: string;
}

/**
 * Sends one mail to a customer, or says why it does not go now; either is written down. Where the
 * customer cannot be reached, the case is handed to people.
 *
 * @returns the month of a case that was handed to people; null: none was
 */
export async function sendToCustomer(
  deps: ActivityDependencies,
  session: SmtpSession,
  of: Sending,
): Promise<string | null> {
  const { db } = deps;
  let answer: SmtpAnswer;
  try {
    const prepared = await prepareCustomerMail(deps, of);
    if (prepared.kind === 'hold') {
      const { until: retryAt } = prepared;
      await inTransaction(db, of, { answer: 'not_sent', detail: null, retryAt });
      return null;
    }
    if (prepared.kind === 'withdrawn') return await withdraw(db, of, prepared);
    answer = await session.send(prepared.mail);
  } catch (error) {
    // It certainly did not leave: without an answer it would wait for a person.
    const retryAt = nextMailTry(of.claimed.sendNumber, of.now) ?? of.now;
    await inTransaction(db, of, { answer: 'not_sent', detail: null, retryAt });
    throw error;
  }
  return await record(db, of, answer);
}

async function withdraw(
  db: Db,
  of: Sending,
  { why, caseId }: { readonly why: string; readonly caseId: number | null },
): Promise<string | null> {
  return await db.transaction().execute(async (trx) => {
    await answerWith(trx, of, { answer: 'withdrawn', detail: why, retryAt: null });
    if (why !== 'no_address') return null;
    return await tellUndelivered(trx, of.merchant.id, {
      caseId,
      why: '顧客のメールアドレスがない、または届かないアドレスのため、メールを送信していません。',
      now: of.now,
    });
  });
}

async function record(db: Db, of: Sending, answer: SmtpAnswer): Promise<string | null> {
  // No answer is the record of an unknown: the next look at the outbox says so.
  if (answer.kind === 'unknown') return null;
  const retryAt = answer.kind === 'not_sent' ? nextMailTry(of.claimed.sendNumber, of.now) : null;
  const refused =
    answer.kind === 'refused' ||
    (answer.kind === 'not_sent' && retryAt === null) ||
    (answer.kind === 'sent' && answer.toRefused);
  return await db.transaction().execute(async (trx) => {
    const settled = refused ? 'refused' : answer.kind;
    await answerWith(trx, of, { answer: settled, detail: answer.codes, retryAt });
    return refused ? await noteRefused(trx, of, answer.codes) : null;
  });
}

async function noteRefused(trx: Trx, of: Sending, codes: string | null): Promise<string | null> {
  const status = statusOf(codes);
  const bounced = await insertBounce(trx, of.merchant.id, {
    mailId: of.claimed.id,
    status,
    faultOfAddress: isFaultOfAddress(status),
    reportId: null,
    now: of.now,
  });
  if (bounced === undefined) return null;
  return await tellUndelivered(trx, of.merchant.id, {
    caseId: bounced.caseId,
    why: `顧客へのメールがメールサーバーに拒否され、届いていません(応答 ${codes ?? 'なし'})。`,
    now: of.now,
  });
}

/** Has the months of cases that were handed to people look again, and the desk that works them. */
export async function tellHanded(
  deps: Pick<ActivityDependencies, 'db' | 'workflows'>,
  merchant: Merchant,
  months: ReadonlySet<string>,
): Promise<void> {
  if (months.size > 0 || (isTriedAgain() && (await hasNgDesk(deps.db, merchant.id)))) {
    await deps.workflows.wakeNgDesk(merchant);
  }
  await wakeChangedMonths(deps, merchant, months);
}

/** `550 5.1.1` → 5.1.1. A server without enhanced codes says by 550 that there is no such mailbox. */
function statusOf(codes: string | null): string {
  const enhanced = /[245]\.\d{1,3}\.\d{1,3}$/.exec(codes ?? '')?.[0];
  return enhanced ?? (codes === '550' ? '5.1.1' : '5.5.0');
}

type Settled = Pick<Parameters<typeof recordSendAnswer>[2], 'answer' | 'detail' | 'retryAt'>;

async function answerWith(trx: Trx, of: Sending, answer: Settled): Promise<void> {
  const { id: mailId, sendNumber } = of.claimed;
  const whole = { ...answer, mailId, sendNumber, decisionId: null, now: of.now };
  await recordSendAnswer(trx, of.merchant.id, whole);
}

async function inTransaction(db: Db, of: Sending, answer: Settled): Promise<void> {
  await db.transaction().execute((trx) => answerWith(trx, of, answer));
}

/**
 * Tells people that a customer was not reached: the case is handed to them, and a notice says so once
 * a day, however many came back. The worklist, or the list of cards, has each of them.
 *
 * @returns the month of a case that was handed to people; null: none was
 */
export async function tellUndelivered(
  trx: Trx,
  merchantId: number,
  of: { readonly caseId: number | null; readonly why: string; readonly now: string },
): Promise<string | null> {
  const { caseId, why, now } = of;
  if (caseId === null) {
    await postNotice(trx, merchantId, {
      key: `card_notice_undelivered:${businessDateOf(now)}`,
      kind: 'card_notice_undelivered',
      subject: 'カードの通知が届かなかった顧客がいます',
      text: 'カードの変更をお願いするメールが届かなかった顧客がいます。自動では再送しません。カードの変更が必要な顧客の一覧で確かめ、別の方法で連絡してください。',
      link: 'card-expiries',
      now,
    });
    return null;
  }
  const handed = await handUndelivered(trx, merchantId, { caseId, why, now });
  await postNotice(trx, merchantId, {
    key: `customer_mail_undelivered:${businessDateOf(now)}`,
    kind: 'customer_mail_undelivered',
    subject: '顧客に届かなかったメールがあります',
    text: '顧客に届かなかったメールがあります。その案件の連絡・繰越・断念は自動では進みません。NG対応の一覧で「担当者の判断待ち」の案件を開き、別の方法で連絡してから次の対応を指示してください。',
    link: 'ng-cases',
    now,
  });
  return handed;
}
