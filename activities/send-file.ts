import { absenceCountsFrom, exchangeFileName } from '../billing/exchange.ts';
import { explainLockedLines } from '../billing/exchange-admission.ts';
import { nextInquiryAt, planCarriage, sendDeadline } from '../billing/exchange-transport.ts';
import { lockMerchant } from '../db/database.ts';
import { appendAudit } from '../db/queries/audit.ts';
import { findFirstCaptureWindow } from '../db/queries/capture-window.ts';
import { countLockedLines } from '../db/queries/card-locks.ts';
import {
  type Exchange,
  insertSend,
  moveExchange,
  requireExchange,
} from '../db/queries/exchanges.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import { findLatestSend, noteCarriage } from '../db/queries/sends.ts';
import { OutsideError } from '../outside/outside-error.ts';
import type { ReadExchange } from './acts.ts';
import { openCarriage, postOfFile, SYSTEM_ACTOR, tellOfFile } from './carriage.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { whileThisActivityLives, withHeartbeat } from './heartbeat.ts';
import { loadMerchant } from './merchant.ts';
import { recordSendAnswer, settleSend } from './send-answer.ts';
import type { Inquiry, SendAnswer } from './transport.ts';

/** Where nothing was begun because our own side is not ready: settings, secrets. */
const NOT_READY_PAUSE_MS = 15 * 60_000;

/** Sending a file by machine, and finding out what became of a sending. */
export function createSendFileActivities(deps: ActivityDependencies) {
  return {
    /**
     * The send step: once for each intent, and never tried again by itself. The intent is committed
     * before the first byte leaves, the answer after the last; what lies between is unclear.
     */
    async sendFile(of: ReadExchange): Promise<void> {
      const { merchant, exchange, settings, transport, file } = await openCarriage(deps, of);
      if (transport instanceof OutsideError) {
        await noteNotReady(deps, merchant, exchange, { why: transport.ja, now: of.now });
        return;
      }
      const { sendWithinDays } = settings.paygent;
      const sendNumber = await beginSend(deps, merchant, { of, sendWithinDays });
      if (sendNumber === null) return;
      const answer = await withHeartbeat(() =>
        transport.send({ ...file, sendNumber, signal: whileThisActivityLives() }),
      );
      await recordSendAnswer(deps, merchant, { of, sendNumber, answer });
    },

    /**
     * After a sending that ended without an answer on record: nobody knows what became of it, and
     * that is written down. One that never began is tried again later.
     */
    async noteUnclearSend(of: ReadExchange): Promise<void> {
      const merchant = await loadMerchant(deps, of.merchant);
      const exchange = await requireExchange(deps.db, merchant.id, of.exchange);
      const latest = await findLatestSend(deps.db, merchant.id, exchange.id);
      if (latest !== undefined && latest.answer === null) {
        const answer: SendAnswer = { kind: 'unclear', why: '送信の途中で処理が中断しました。' };
        const { sendNumber } = latest;
        await recordSendAnswer(deps, merchant, { of, sendNumber, answer });
        return;
      }
      // It may have ended well, only too late to say so.
      const { act, at } = planCarriage(exchange);
      if (act !== 'send' || at !== null) return;
      const why = '送信の準備に失敗しました。';
      await noteNotReady(deps, merchant, exchange, { why, now: of.now });
    },

    /** Asks the PSP what became of an unclear sending, and writes down what it proves. */
    async inquireFile(of: ReadExchange): Promise<void> {
      const { merchant, exchange, transport, file } = await openCarriage(deps, of);
      if (exchange.stage !== 'unknown') return;
      const answer: Inquiry =
        transport instanceof OutsideError
          ? { kind: 'unclear', why: transport.ja }
          : await withHeartbeat(() => transport.inquire(file));
      await settleByInquiry(deps, merchant, { of, answer });
    },
  };
}

/**
 * Commits the intent to send.
 * @returns its number; null when this file is not to be sent now, which its row then says
 */
async function beginSend(
  deps: ActivityDependencies,
  merchant: Merchant,
  { of, sendWithinDays }: { readonly of: ReadExchange; readonly sendWithinDays: number },
): Promise<number | null> {
  let isLate = false;
  let locked: Exchange | null = null;
  const sendNumber = await deps.db.transaction().execute(async (trx) => {
    await lockMerchant(trx, merchant.id);
    const exchange = await requireExchange(trx, merchant.id, of.exchange);
    const { id: exchangeId, stage, createdAt, sendOpen } = exchange;
    if ((stage !== 'built' && stage !== 'handing_over') || sendOpen) return null;
    const latest = await findLatestSend(trx, merchant.id, exchangeId);
    if (latest !== undefined && latest.answer !== 'not_sent') return null;
    const windowEnd = await findFirstCaptureWindow(trx, merchant.id, exchangeId);
    const deadline = sendDeadline(createdAt, sendWithinDays, windowEnd);
    if (of.now >= deadline) {
      isLate = true;
      const note = explainLate(
        windowEnd !== null && deadline === new Date(windowEnd).toISOString(),
      );
      const carriage = { exchangeId, stage, dueAt: null, note, attention: true };
      await noteCarriage(trx, merchant.id, carriage);
      const told = { occasion: 'late', sentence: null, now: of.now };
      await postOfFile(trx, merchant.id, of.exchange, told);
      return null;
    }
    if ((await countLockedLines(trx, merchant.id, exchangeId)) > 0) {
      locked = exchange;
      return null;
    }
    const number = await insertSend(trx, merchant.id, { exchangeId, now: of.now, deadline });
    await moveExchange(trx, merchant.id, {
      exchangeId,
      from: stage,
      to: 'handing_over',
      attention: exchange.attention,
      set: { due_at: null },
    });
    return number;
  });
  if (locked !== null) {
    const why = explainLockedLines;
    const told = { occasion: 'card-locks', why, now: of.now };
    await noteNotReady(deps, merchant, locked, told);
  }
  if (isLate) await deps.workflows.wakeMail(merchant);
  return sendNumber;
}

function explainLate(windowsClosed: boolean): string {
  return windowsClosed
    ? '売上処理の期限を過ぎたオーソリが含まれます。ファイルを取り下げて作り直すと、期限内の請求を売上処理できます。'
    : '作成から送信までの期限（設定 paygent.sendWithinDays）が過ぎました。';
}

async function noteNotReady(
  deps: ActivityDependencies,
  merchant: Merchant,
  exchange: Exchange,
  of: { readonly why: string; readonly occasion?: string; readonly now: string },
): Promise<void> {
  const { why, occasion = 'not-ready', now } = of;
  const dueAt = new Date(Date.parse(now) + NOT_READY_PAUSE_MS).toISOString();
  const { id: exchangeId, stage } = exchange;
  const carriage = { exchangeId, stage, dueAt, note: why, attention: true };
  await noteCarriage(deps.db, merchant.id, carriage);
  await tellOfFile(deps, merchant, exchange, { occasion, sentence: null, now });
}

async function settleByInquiry(
  deps: ActivityDependencies,
  merchant: Merchant,
  { of, answer }: { readonly of: ReadExchange; readonly answer: Inquiry },
): Promise<void> {
  await deps.db.transaction().execute(async (trx) => {
    await lockMerchant(trx, merchant.id);
    const exchange = await requireExchange(trx, merchant.id, of.exchange);
    const latest = await findLatestSend(trx, merchant.id, exchange.id);
    if (exchange.stage !== 'unknown' || latest === undefined || latest.answer !== null) return;
    const unclearAt = exchange.unclearAt ?? exchange.createdAt;
    const judged = judgeInquiry(exchange, answer, of.now >= absenceCountsFrom(unclearAt));
    if (judged === null) {
      const dueAt = nextInquiryAt(unclearAt, of.now);
      const note = explainInquiry(answer);
      const { id: exchangeId, stage } = exchange;
      await noteCarriage(trx, merchant.id, { exchangeId, stage, dueAt, note });
      return;
    }
    const { sendNumber } = latest;
    await settleSend(trx, merchant.id, { exchange, sendNumber, answer: judged, now: of.now });
    await appendAudit(trx, merchant.id, {
      at: of.now,
      actor: SYSTEM_ACTOR,
      act: 'exchange.settled-by-inquiry',
      subject: exchangeFileName(of.exchange),
      reason: null,
      details: { sendNumber, answer: judged.kind },
    });
  });
}

/** What an inquiry proves of a sending; null = nothing yet. */
function judgeInquiry(
  { records }: Exchange,
  answer: Inquiry,
  absenceCounts: boolean,
): Extract<SendAnswer, { kind: 'accepted' | 'not_sent' }> | null {
  switch (answer.kind) {
    case 'found':
      // A file of another size under our name is not ours.
      if (answer.records !== null && answer.records !== records) return null;
      return { kind: 'accepted', acceptanceNumber: answer.acceptanceNumber };
    case 'absent':
      return absenceCounts ? { kind: 'not_sent', why: '照会の結果、届いていませんでした。' } : null;
    case 'unclear':
      return null;
  }
}

function explainInquiry(answer: Inquiry): string {
  switch (answer.kind) {
    case 'found':
      return `照会で見つかったファイルの件数（${answer.records} 件）が一致しません。`;
    case 'absent':
      return '照会では見つかりませんが、受け付けに時間がかかっている可能性があります。';
    case 'unclear':
      return answer.why;
  }
}
