import { refreshSendDeadline } from '../billing/card-refresh.ts';
import { absenceCountsFrom } from '../billing/exchange.ts';
import { nextInquiryAt, nextSendAt, TOLD_AFTER_SENDS } from '../billing/exchange-transport.ts';
import { explainUnusable } from '../billing/payment-methods.ts';
import { lockMerchant } from '../db/database.ts';
import {
  changeRefresh,
  changeUnhastened,
  findLatestRefreshSend,
  insertRefreshSend,
  insertRefreshSendAnswer,
  requireRefresh,
} from '../db/queries/card-refresh.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import { OutsideError } from '../outside/outside-error.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { whileThisActivityLives, withHeartbeat } from './heartbeat.ts';
import { loadMerchant, loadMerchantWithSettings } from './merchant.ts';
import { settleRefreshSend } from './refresh-act.ts';
import {
  endNotRun,
  noteForOperators,
  type OfRefresh,
  openRefreshCarriage,
  type RefreshCarriage,
  type RefreshNotice,
  tellOfRefresh,
} from './refresh-carriage.ts';
import type { Inquiry, SendAnswer } from './transport.ts';

/** Sending a request for a refresh, and finding out what became of a sending. */
export function createSendRefreshActivities(deps: ActivityDependencies) {
  return {
    /** The send step: once for each intent, which is committed before the first byte leaves. */
    async sendRefresh(of: OfRefresh): Promise<void> {
      const carriage = await openRefreshCarriage(deps, of);
      const { merchant, refresh, settings, transport, file } = carriage;
      if (refresh.stage !== 'built' || refresh.sendOpen) return;
      const deadline = refreshSendDeadline(refresh, settings.cardRefresh.sendWithinDays);
      if (Date.parse(of.now) >= Date.parse(deadline)) {
        const why = `期限までに依頼ファイルを送信できませんでした。${refresh.note ?? ''}`;
        await endNotRun(deps, merchant, refresh, { why, now: of.now });
        return;
      }
      const unusable = explainUnusable(settings.paymentMethods, 'GMO');
      if (unusable !== null || transport instanceof OutsideError) {
        const why = transport instanceof OutsideError ? transport.ja : (unusable ?? '');
        const due_at = nextSendAt(TOLD_AFTER_SENDS, of.now);
        const change = { note: why, attention: true, due_at };
        if (!(await changeUnhastened(deps.db, merchant.id, refresh, change))) return;
        const told = { occasion: 'not-ready', sentence: why };
        await tellOfRefresh(deps, merchant, of.month, noticeOf(of, told));
        return;
      }
      const sendNumber = await beginSend(deps, carriage, of);
      if (sendNumber === null) return;
      const answer = await withHeartbeat(() =>
        transport.send({ ...file, sendNumber, signal: whileThisActivityLives() }),
      );
      await recordAnswer(deps, merchant, { of, sendNumber, answer });
    },

    /** After a sending that ended without an answer on record: nobody knows, and that is written down. */
    async noteUnclearRefresh(of: OfRefresh): Promise<void> {
      const merchant = await loadMerchant(deps, of.merchant);
      const refresh = await requireRefresh(deps.db, merchant.id, of.month);
      const latest = await findLatestRefreshSend(deps.db, merchant.id, refresh.id);
      if (refresh.stage !== 'built') return;
      if (latest === undefined || latest.answer !== null) {
        // It never began.
        const due_at = nextSendAt(TOLD_AFTER_SENDS, of.now);
        await changeUnhastened(deps.db, merchant.id, refresh, { due_at });
        return;
      }
      const answer: SendAnswer = { kind: 'unclear', why: '送信の途中で処理が中断しました。' };
      await recordAnswer(deps, merchant, { of, sendNumber: latest.n, answer });
    },

    /** Asks what became of an unclear sending: its request or its result in the folders proves it. */
    async inquireRefresh(of: OfRefresh): Promise<void> {
      const { merchant, refresh, transport, file } = await openRefreshCarriage(deps, of);
      if (refresh.stage !== 'unknown') return;
      const answer: Inquiry =
        transport instanceof OutsideError
          ? { kind: 'unclear', why: transport.ja }
          : await withHeartbeat(() => transport.inquire(file));
      await deps.db.transaction().execute(async (trx) => {
        await lockMerchant(trx, merchant.id);
        const now = await requireRefresh(trx, merchant.id, of.month);
        if (now.stage !== 'unknown') return;
        const unclearAt = now.unclearAt ?? of.now;
        const absenceCounts = Date.parse(of.now) >= Date.parse(absenceCountsFrom(unclearAt));
        if (answer.kind === 'found' || (answer.kind === 'absent' && absenceCounts)) {
          const arrived = answer.kind === 'found';
          await settleRefreshSend(trx, merchant.id, now, { arrived, now: of.now });
          return;
        }
        const note =
          answer.kind === 'absent'
            ? '照会では見つかりませんが、取り込みに時間がかかっている可能性があります。'
            : answer.why;
        const due_at = nextInquiryAt(unclearAt, of.now);
        await changeRefresh(trx, merchant.id, now, { note, due_at });
      });
    },
  };
}

/** Commits the intent to send. @returns its number; null when this request is not to be sent now */
async function beginSend(
  deps: ActivityDependencies,
  { merchant, settingsVersion }: RefreshCarriage,
  of: OfRefresh,
): Promise<number | null> {
  return await deps.db.transaction().execute(async (trx) => {
    await lockMerchant(trx, merchant.id);
    // A month may have had the lock for minutes: by newer settings it is looked at anew.
    const { current } = await loadMerchantWithSettings({ db: trx }, of.merchant);
    if (current.version !== settingsVersion) return null;
    const refresh = await requireRefresh(trx, merchant.id, of.month);
    const latest = await findLatestRefreshSend(trx, merchant.id, refresh.id);
    const sendable = latest === undefined || latest.answer === 'not_sent';
    if (refresh.stage !== 'built' || !sendable) return null;
    const n = (latest?.n ?? 0) + 1;
    await insertRefreshSend(trx, merchant.id, { refreshId: refresh.id, n, now: of.now });
    return n;
  });
}

async function recordAnswer(
  deps: ActivityDependencies,
  merchant: Merchant,
  sent: { readonly of: OfRefresh; readonly sendNumber: number; readonly answer: SendAnswer },
): Promise<void> {
  const { of, sendNumber, answer } = sent;
  const { now } = of;
  const told = describeSending(sendNumber, answer);
  await deps.db.transaction().execute(async (trx) => {
    await lockMerchant(trx, merchant.id);
    const refresh = await requireRefresh(trx, merchant.id, of.month);
    const latest = await findLatestRefreshSend(trx, merchant.id, refresh.id);
    // The first answer stays.
    if (latest?.n !== sendNumber || latest.answer !== null) return;
    if (answer.kind === 'accepted') {
      await settleRefreshSend(trx, merchant.id, refresh, { arrived: true, now });
    } else if (answer.kind === 'unclear') {
      await changeRefresh(trx, merchant.id, refresh, {
        stage: 'unknown',
        note: answer.why,
        attention: true,
        unclear_at: now,
        due_at: nextInquiryAt(now, now),
      });
    } else {
      const key = { refreshId: refresh.id, n: sendNumber, answer: 'not_sent', now } as const;
      await insertRefreshSendAnswer(trx, merchant.id, key);
      await changeRefresh(trx, merchant.id, refresh, {
        note: whyNotSent(answer),
        attention: sendNumber >= TOLD_AFTER_SENDS,
        due_at: nextSendAt(sendNumber, now),
      });
    }
    if (told !== null) await noteForOperators(trx, merchant.id, of.month, noticeOf(of, told));
  });
  if (told !== null) await deps.workflows.wakeMail(merchant);
}

/** What people are told of a sending; null = nothing. */
function describeSending(
  sendNumber: number,
  answer: SendAnswer,
): { readonly occasion: string; readonly sentence: string } | null {
  if (answer.kind === 'accepted') return null;
  if (answer.kind === 'unclear') {
    const sentence = `洗替依頼ファイルを送信できたかどうか不明です。${answer.why}再送はせず、自動で照会しています。`;
    return { occasion: `unclear-${sendNumber}`, sentence };
  }
  if (sendNumber !== TOLD_AFTER_SENDS) return null;
  const sentence = `洗替依頼ファイルを送信できません。${whyNotSent(answer)}自動で再送します。`;
  return { occasion: 'not-sent', sentence };
}

/** No PSP answers a file in a folder, so nothing is rejected there. */
function whyNotSent(answer: Exclude<SendAnswer, { kind: 'accepted' | 'unclear' }>): string {
  return answer.kind === 'not_sent' ? answer.why : 'ファイルが受け付けられませんでした。';
}

const noticeOf = (
  { month, now }: OfRefresh,
  told: { readonly occasion: string; readonly sentence: string },
): RefreshNotice => ({
  ...told,
  template: 'card_refresh_attention',
  sentence: `${month}: ${told.sentence}`,
  now,
});
