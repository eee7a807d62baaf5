import { formatJstMinute } from '../billing/business-date.ts';
import { absenceCountsFrom, exchangeFileName, type FormatError } from '../billing/exchange.ts';
import type { Trx } from '../db/database.ts';
import { rejectAttempts } from '../db/queries/auth-file.ts';
import { refuseCaptures } from '../db/queries/capture-file.ts';
import { listOverdueFiles } from '../db/queries/capture-window.ts';
import {
  type Exchange,
  findByAcceptanceNumber,
  hasResult,
  insertFormatErrors,
  insertSendAnswer,
  moveExchange,
} from '../db/queries/exchanges.ts';
import { matchWaitingMails } from '../db/queries/mailbox.ts';
import { hastenCarriage } from '../db/queries/sends.ts';
import { countSettledLines } from '../db/queries/settlements.ts';
import { type ApplyAct, actOnExchange } from './act-on-exchange.ts';
import type { FactsAfterAct, OfExchange } from './acts.ts';
import type { ActivityDependencies } from './dependencies.ts';
import {
  answerRejected,
  cancelAsNotSent,
  openHandOver,
  refuseWhileSending,
  requirePortal,
  requireStage,
} from './exchange-act.ts';
import { refusal } from './failures.ts';
import { loadMerchant } from './merchant.ts';

/** What an operator tells of the upload at the portal, from the first try to the 受付番号. */
export function createHandOverActivities(deps: ActivityDependencies) {
  /** An act by which a file may get its 受付番号: a completion mail may have come before it. */
  async function numberedAct(
    of: OfExchange & { acceptanceNumber: string | null },
    decision: Parameters<typeof actOnExchange>[2],
    apply: ApplyAct,
  ): Promise<FactsAfterAct> {
    let mailPosted = false;
    const facts = await actOnExchange(deps, of, decision, async (trx, merchantId, ...rest) => {
      await apply(trx, merchantId, ...rest);
      if (of.acceptanceNumber === null) return;
      ({ mailPosted } = await matchWaitingMails(trx, merchantId, of.acceptanceNumber));
    });
    if (mailPosted) await deps.workflows.wakeMail(await loadMerchant(deps, of.merchant));
    return facts;
  }

  return {
    /** The portal took the file and showed its 受付番号. */
    async recordAcceptance(
      of: OfExchange & { acceptanceNumber: string; matched: boolean },
    ): Promise<FactsAfterAct> {
      const { acceptanceNumber, matched, now } = of;
      const decision = { act: 'record-acceptance', body: { acceptanceNumber, matched } };
      return await numberedAct(of, decision, async (trx, merchantId, exchange, id) => {
        requireUnnumbered(exchange);
        requirePortal(exchange);
        if (!matched) throw refuseMismatch();
        await requireFreeNumber(trx, merchantId, acceptanceNumber);
        const accepted = { exchange, from: 'handing_over', acceptanceNumber, id, now } as const;
        await accept(trx, merchantId, accepted);
      });
    },

    /** The 受付番号 was mistyped: this one is right. Not once a result has come under it. */
    async correctAcceptance(of: OfExchange & { acceptanceNumber: string }): Promise<FactsAfterAct> {
      const { acceptanceNumber } = of;
      const decision = { act: 'correct-acceptance', body: { acceptanceNumber } };
      return await numberedAct(of, decision, async (trx, merchantId, exchange) => {
        requireStage(exchange, ['awaiting_result'], '受付番号は訂正できません');
        if (await hasResult(trx, merchantId, exchange.id)) {
          throw refusal(
            'StageConflict',
            'このファイルの結果は取り込み済みのため、受付番号は訂正できません。何も変更していません。',
          );
        }
        await requireFreeNumber(trx, merchantId, acceptanceNumber);
        await moveExchange(trx, merchantId, {
          exchangeId: exchange.id,
          from: 'awaiting_result',
          to: 'awaiting_result',
          attention: false,
          // What was said to be complete was the other number's file.
          set: { acceptance_number: acceptanceNumber, completed_at: null },
        });
      });
    },

    /** The portal refused the file: it bills nobody, and its attempts end as rejected. */
    async recordFormatErrors(
      of: OfExchange & { errors: readonly FormatError[] },
    ): Promise<FactsAfterAct> {
      const decision = { act: 'record-format-errors', body: { errors: of.errors } };
      return await actOnExchange(deps, of, decision, async (trx, merchantId, exchange, id) => {
        const sendNumber = await answerRejected(trx, merchantId, { exchange, id, now: of.now });
        const send = { exchangeId: exchange.id, sendNumber };
        await insertFormatErrors(trx, merchantId, send, of.errors);
        const reject = exchange.kind === 'capture' ? refuseCaptures : rejectAttempts;
        await reject(trx, merchantId, { exchangeId: exchange.id, decisionId: id, now: of.now });
        await moveExchange(trx, merchantId, {
          exchangeId: exchange.id,
          from: exchange.stage,
          to: 'rejected',
          attention: false,
          set: { finished_at: of.now, due_at: null, note: null },
        });
      });
    },

    /** Nobody knows whether the upload went through: nothing is sent again until it is decided. */
    async recordUnclear(of: OfExchange): Promise<FactsAfterAct> {
      const decision = { act: 'record-unclear', body: {} };
      return await actOnExchange(deps, of, decision, async (trx, merchantId, exchange) => {
        requireStage(exchange, ['handing_over'], '「アップロード結果不明」は記録できません');
        requirePortal(exchange);
        await moveExchange(trx, merchantId, {
          exchangeId: exchange.id,
          from: 'handing_over',
          to: 'unknown',
          attention: true,
          set: { unclear_at: of.now },
        });
      });
    },

    /** An operator found the upload in the portal's list, or vouches that it never arrived. */
    async decideUnclear(
      of: OfExchange & { acceptanceNumber: string | null },
    ): Promise<FactsAfterAct> {
      const { acceptanceNumber, now } = of;
      const decision = { act: 'decide-unclear', body: { acceptanceNumber } };
      return await numberedAct(of, decision, async (trx, merchantId, exchange, id) => {
        requireStage(exchange, ['unknown'], 'このファイルの送信結果は不明ではありません');
        if (acceptanceNumber !== null) {
          await requireFreeNumber(trx, merchantId, acceptanceNumber);
          const accepted = { exchange, from: 'unknown', acceptanceNumber, id, now } as const;
          return await accept(trx, merchantId, accepted);
        }
        refuseEarlyAbsence(exchange, now);
        await refuseArrived(trx, merchantId, exchange);
        await cancelAsNotSent(trx, merchantId, { exchange, decisionId: id, now });
      });
    },

    /** An operator vouches that the file never left, and wants it no more. */
    async withdrawFile(of: OfExchange): Promise<FactsAfterAct> {
      const decision = { act: 'withdraw', body: {} };
      return await actOnExchange(deps, of, decision, async (trx, merchantId, exchange, id) => {
        requireStage(exchange, ['built', 'handing_over'], 'このファイルは取り下げられません');
        refuseWhileSending(exchange);
        await cancelAsNotSent(trx, merchantId, { exchange, decisionId: id, now: of.now });
      });
    },

    /** An operator hands this file over now, though its turn has not come; a machine acts at once. */
    async handOverEarly(of: OfExchange): Promise<FactsAfterAct> {
      const decision = { act: 'hand-over-early', body: {} };
      return await actOnExchange(deps, of, decision, async (trx, merchantId, exchange) => {
        if (exchange.transport !== 'portal') {
          const no = '自動の送信や照会を早めることはできません';
          requireStage(exchange, exchange.dueAt === null ? [] : ACTING_STAGES, no);
          await hastenCarriage(trx, merchantId, exchange.id, of.now);
          return;
        }
        requireStage(exchange, ['built'], 'このファイルは順番待ちではありません');
        const overdue = await listOverdueFiles(trx, merchantId, of.now);
        const found = overdue.find(
          ({ name }) => exchangeFileName(name) === exchangeFileName(exchange),
        );
        if (found !== undefined) {
          throw refusal('StageConflict', refuseOverdue(found.lines));
        }
        await openHandOver(trx, merchantId, exchange.id, of.now);
      });
    },
  };
}

/** Stages in which a machine has something to do at its time. */
const ACTING_STAGES = ['built', 'handing_over', 'unknown', 'awaiting_result'] as const;

async function accept(
  trx: Trx,
  merchantId: number,
  of: {
    readonly exchange: Exchange;
    readonly from: 'handing_over' | 'unknown';
    readonly acceptanceNumber: string;
    readonly id: number;
    readonly now: string;
  },
): Promise<void> {
  const { exchange, from, acceptanceNumber, id, now } = of;
  await insertSendAnswer(trx, merchantId, {
    exchangeId: exchange.id,
    answer: 'accepted',
    acceptanceNumber,
    decisionId: id,
    now,
  });
  await moveExchange(trx, merchantId, {
    exchangeId: exchange.id,
    from,
    to: 'awaiting_result',
    attention: false,
    // The upload that was unclear was made before it was said to be: the window opened then.
    set: {
      acceptance_number: acceptanceNumber,
      accepted_at: exchange.unclearAt ?? now,
      // A machine looks for the result from now on.
      ...(exchange.transport === 'portal' ? {} : { due_at: now, note: null }),
    },
  });
}

async function requireFreeNumber(
  trx: Trx,
  merchantId: number,
  acceptanceNumber: string,
): Promise<void> {
  const taken = await findByAcceptanceNumber(trx, merchantId, acceptanceNumber);
  if (taken === undefined) return;
  throw refusal(
    'AcceptanceNumberTaken',
    `受付番号 ${acceptanceNumber} は ${taken.billingMonth} の ${taken.kind}-${taken.number} で記録済みです。番号を確認してください。何も変更していません。`,
  );
}

function requireUnnumbered(exchange: Exchange): void {
  if (exchange.stage === 'awaiting_result') {
    throw refusal(
      'StageConflict',
      `受付番号 ${exchange.acceptanceNumber ?? ''} が記録済みです。何も変更していません。入力を間違えていた場合は「受付番号の訂正」で直してください。同じファイルをもう一度アップロードした場合は、二重請求になるため、ペイジェントに連絡してください。`,
    );
  }
  requireStage(exchange, ['handing_over'], '受付番号は記録できません');
}

function refuseMismatch(): Error {
  return refusal(
    'ConfirmScreenDiffers',
    '確認画面の内容がファイルと一致しないため、受付番号は記録していません。確認画面ではOKを押さずにキャンセルし、ファイルをダウンロードし直してください。OKを押してしまった場合は「アップロード結果不明」を記録し、ペイジェントに連絡してください。',
  );
}

/** An authorization that the portal's list shows proves that the file arrived, whole. */
async function refuseArrived(trx: Trx, merchantId: number, exchange: Exchange): Promise<void> {
  if (exchange.kind === 'capture') return;
  const found = await countSettledLines(trx, merchantId, exchange.id);
  if (found === 0) return;
  throw refusal(
    'StageConflict',
    `このファイルの ${found} 件は、情報照会でペイジェントに届いていることを確認済みです。「未送信」とは記録できません。何も変更していません。受付番号を確認して記録するか、残りの注文も情報照会で確認してください。`,
  );
}

/** Early on, what is not in the list may only be on its way into it. */
function refuseEarlyAbsence({ unclearAt, createdAt }: Exchange, now: string): void {
  const from = absenceCountsFrom(unclearAt ?? createdAt);
  if (now >= from) return;
  throw refusal(
    'StageConflict',
    `「未送信」と判断できるのは ${formatJstMinute(from)} 以降です。受け付けに時間がかかっている可能性があります。何も変更していません。それまで、もう一度アップロードしないでください。`,
  );
}

function refuseOverdue(lines: number): string {
  return `売上処理の期限を過ぎたオーソリを ${lines} 件含むため、このファイルはアップロードできません。何も変更していません。ファイルを取り下げてから作り直してください。期限内の請求だけが新しいファイルに入ります。`;
}
