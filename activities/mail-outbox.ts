import { Context } from '@temporalio/activity';
import { businessDateOf } from '../billing/business-date.ts';
import { composeMailBody } from '../billing/mail/compose.ts';
import { CUSTOMER_MAIL } from '../billing/mail/customer-templates.ts';
import { nextMailTry } from '../billing/mail/mail-retry.ts';
import { minuteBefore, planSends } from '../billing/mail/mail-throttle.ts';
import { isMailTemplate, writeMail } from '../billing/mail/templates.ts';
import {
  type ClaimedMail,
  claimNextMail,
  findMail,
  listLatestClaims,
  markUnansweredSends,
  type OutboxState,
  readOutboxState,
  recordSendAnswer,
} from '../db/queries/mail-sends.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import { postNotice } from '../db/queries/notices.ts';
import { OutsideError } from '../outside/outside-error.ts';
import { openSmtpSession, type SmtpAnswer, type SmtpSession } from '../outside/smtp.ts';
import type { Act } from './acts.ts';
import { decide } from './decide.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { asRefusal, refusal } from './failures.ts';
import { withHeartbeat } from './heartbeat.ts';
import { loadMerchant, loadMerchantWithSettings } from './merchant.ts';
import { sendToCustomer, tellHanded } from './send-customer-mail.ts';

/** A merchant's outbox, at a moment of its business clock. */
export interface OfOutbox {
  /** Slug. */
  readonly merchant: string;
  /** ISO instant. */
  readonly now: string;
}

export interface OutboxFacts extends OutboxState {
  /** Mails that may leave now. */
  readonly allowed: number;
  /** When the next one may leave: now, where any is allowed. ISO. */
  readonly allowedAt: string;
  readonly clockOffsetMs: number;
}

/** How a round of sending ended: through, or without a mail server. */
export interface SendRound {
  readonly outcome: 'worked' | 'away' | 'no_server';
  /** Mails that were claimed; each has its answer, or is unknown. */
  readonly tried: number;
}

export function createMailOutboxActivities(deps: ActivityDependencies) {
  const { db } = deps;

  /** The sender's way out; undefined when the environment or the settings leave it open. */
  async function findWay(of: OfOutbox) {
    const { merchant, current } = await loadMerchantWithSettings(deps, of.merchant);
    const server = deps.mail.servers[merchant.kind];
    const from = current.settings.operatorMail.from ?? deps.mail.from;
    const way = server === null || from === null ? undefined : { server, from };
    return { merchant, way };
  }

  /** Once a day while it lasts: the mails wait, and only the console can say so. */
  async function noteStandstill(merchantId: number, of: OfOutbox, why: string): Promise<void> {
    await postNotice(db, merchantId, {
      key: `mail_standstill:${businessDateOf(of.now)}`,
      kind: 'mail_standstill',
      subject: 'メールを送信できていません',
      text: why,
      link: 'mails?state=waiting',
      now: of.now,
    });
  }

  async function sendOne(
    session: SmtpSession,
    by: { from: string; merchant: Merchant },
    of: OfOutbox,
  ): Promise<{ tried: boolean; handed: string | null }> {
    const { from, merchant } = by;
    const mail = await db.transaction().execute((trx) => claimNextMail(trx, merchant.id, of.now));
    if (mail === undefined) return { tried: false, handed: null };
    if (mail.template === CUSTOMER_MAIL) {
      const handed = await sendToCustomer(deps, session, { ...by, claimed: mail, now: of.now });
      return { tried: true, handed };
    }
    const answer = await sendClaimed(session, mail, { from, merchant, now: of.now });
    await recordAnswer(merchant.id, mail, answer, of.now);
    return { tried: true, handed: null };
  }

  async function sendClaimed(
    session: SmtpSession,
    mail: ClaimedMail,
    by: { from: string; merchant: Merchant; now: string },
  ): Promise<SmtpAnswer> {
    // A template of a newer release: its own workers will know it.
    if (!isMailTemplate(mail.template)) return { kind: 'not_sent', codes: null };
    const words = writeMail(mail.template, mail.parameters);
    return await session.send({
      messageId: mail.messageId,
      from: by.from,
      to: mail.recipients,
      cc: mail.cc,
      subject: `【${by.merchant.name}】${words.subject}`,
      text: composeMailBody(words, {
        merchantName: by.merchant.name,
        merchantSlug: by.merchant.slug,
        consoleUrl: deps.mail.consoleUrl,
      }),
      date: by.now,
    });
  }

  async function recordAnswer(
    merchantId: number,
    mail: ClaimedMail,
    answer: SmtpAnswer,
    now: string,
  ): Promise<void> {
    // No answer is the record of an unknown: the next look at the outbox says so.
    if (answer.kind === 'unknown') return;
    const retryAt = answer.kind === 'not_sent' ? nextMailTry(mail.sendNumber, now) : null;
    const settled = answer.kind === 'not_sent' && retryAt === null ? 'refused' : answer.kind;
    const incomplete = answer.kind === 'sent' && answer.refusedRecipients > 0;
    await db.transaction().execute(async (trx) => {
      await recordSendAnswer(trx, merchantId, {
        mailId: mail.id,
        sendNumber: mail.sendNumber,
        answer: settled,
        detail: answer.codes,
        retryAt,
        decisionId: null,
        now,
      });
      if (settled !== 'refused' && !incomplete) return;
      await postNotice(trx, merchantId, {
        key: `mail_refused:${idOf(mail.messageId)}`,
        kind: 'mail_refused',
        subject: incomplete
          ? 'メールの一部の宛先が拒否されました'
          : 'メールがメールサーバーに拒否されました',
        text: `メール「${mail.key}」は${incomplete ? '一部の宛先に' : ''}届いていません(応答 ${answer.codes ?? 'なし'})。内容はお知らせで確認できます。設定の宛先を確かめてください。`,
        link: `mails/${mail.key}`,
        now,
      });
    });
  }

  return {
    /**
     * What waits in the outbox. Called while nobody sends: a send without an answer was cut off, and
     * its mail becomes unknown.
     */
    async readOutbox(of: OfOutbox): Promise<OutboxFacts> {
      const { merchant, current } = await loadMerchantWithSettings(deps, of.merchant);
      const state = await db.transaction().execute(async (trx) => {
        for (const mail of await markUnansweredSends(trx, merchant.id)) {
          await postNotice(trx, merchant.id, {
            key: `mail_unknown:${idOf(mail.messageId)}:${mail.sendNumber}`,
            kind: 'mail_unknown',
            subject: '送信できたか分からないメールがあります',
            text: `メール「${mail.key}」は送信の途中で接続が切れ、届いたかどうか分かりません。自動では再送しません。受信者に確かめて、「送信済み」か「もう一度送信」を選んでください。`,
            link: `mails/${mail.key}`,
            now: of.now,
          });
        }
        return await readOutboxState(trx, merchant.id);
      });
      const { perMinute } = current.settings.operatorMail;
      const claims = await listLatestClaims(db, merchant.id, {
        since: minuteBefore(of.now),
        limit: perMinute,
      });
      return {
        ...state,
        ...planSends(claims, perMinute, of.now),
        clockOffsetMs: merchant.clockOffsetMs,
      };
    },

    /** Sends what is due, at most `limit` mails over one connection, each claimed before it leaves. */
    async sendMails(of: OfOutbox & { limit: number }): Promise<SendRound> {
      const { merchant, way } = await findWay(of);
      if (way === undefined) {
        await noteStandstill(
          merchant.id,
          of,
          'メールサーバーまたは差出人が設定されていないため、メールは送信待ちのまま残っています。システム管理者に連絡してください。',
        );
        return { outcome: 'no_server', tried: 0 };
      }
      return await withHeartbeat(async () => {
        let session: SmtpSession;
        try {
          session = await openSmtpSession(way.server);
        } catch (error) {
          if (!(error instanceof OutsideError)) throw error;
          await noteStandstill(merchant.id, of, `${error.ja}自動で再試行します。`);
          return { outcome: 'away', tried: 0 };
        }
        try {
          const { cancellationSignal } = Context.current();
          let tried = 0;
          const handed = new Set<string>();
          const by = { from: way.from, merchant };
          while (tried < of.limit && session.alive && !cancellationSignal.aborted) {
            const done = await sendOne(session, by, of);
            if (!done.tried) break;
            tried += 1;
            if (done.handed !== null) handed.add(done.handed);
          }
          await tellHanded(deps, merchant, handed);
          return { outcome: session.alive ? 'worked' : 'away', tried };
        } finally {
          session.close();
        }
      });
    },

    /** A person says what became of a mail of which nobody else knows. */
    async decideMail(
      of: OfOutbox & {
        act: Act;
        workflowId: string;
        key: string;
        outcome: 'sent' | 'send_again';
      },
    ): Promise<{ state: 'sent' | 'waiting' }> {
      const merchant = await loadMerchant(deps, of.merchant);
      try {
        await db.transaction().execute(async (trx) => {
          const decision = await decide(trx, merchant.id, of, {
            act: 'decide-mail',
            body: { key: of.key, outcome: of.outcome },
          });
          if (!decision.fresh) return;
          const mail = await findMail(trx, merchant.id, of.key);
          const answered =
            mail?.state === 'unknown' &&
            (await recordSendAnswer(trx, merchant.id, {
              mailId: mail.id,
              sendNumber: mail.sendNumber,
              answer: of.outcome === 'sent' ? 'sent' : 'not_sent',
              detail: null,
              retryAt: of.outcome === 'sent' ? null : of.now,
              decisionId: decision.id,
              now: of.now,
            }));
          if (answered) return;
          throw refusal(
            'StageConflict',
            'このメールは「送信不明」ではありません。何も変更していません。一覧を読み込み直してください。',
          );
        });
      } catch (error) {
        throw asRefusal(error);
      }
      return { state: of.outcome === 'sent' ? 'sent' : 'waiting' };
    },
  };
}

/** The mail's own part of `<id@mail.tsukigime>`. */
function idOf(messageId: string): string {
  return messageId.replace(/^<([^@]*)@.*$/, '$1');
}
