import { captureDeadline } from '../billing/capture-window.ts';
import {
  describeExchange,
  type ExchangeFacts,
  type ExchangeName,
  type ExchangeStage,
  type FormatError,
} from '../billing/exchange.ts';
import { lockMerchant, type Trx } from '../db/database.ts';
import { rejectAttempts } from '../db/queries/auth-file.ts';
import { refuseCaptures } from '../db/queries/capture-file.ts';
import type { Decision } from '../db/queries/decisions.ts';
import {
  type Exchange,
  findByAcceptanceNumber,
  insertFormatErrors,
  insertSend,
  insertSendAnswer,
  moveExchange,
  recordCompletionNotice,
  requireExchange,
} from '../db/queries/exchanges.ts';
import { countUnsettled } from '../db/queries/result-file.ts';
import {
  finishSettledExchange,
  type SettledOutcome,
  settleLines,
} from '../db/queries/settlements.ts';
import type { OfExchange, ReadExchange } from './acts.ts';
import { decide } from './decide.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { asRefusal, refusal } from './failures.ts';
import { loadMerchant, loadMerchantWithSettings } from './merchant.ts';

export function createExchangeActivities(deps: ActivityDependencies) {
  const { db } = deps;

  async function readFacts(merchantId: number, name: ExchangeName): Promise<ExchangeFacts> {
    const exchange = await requireExchange(db, merchantId, name);
    return {
      stage: exchange.stage,
      acceptanceNumber: exchange.acceptanceNumber,
      completed: exchange.completedAt !== null,
      unsettled: exchange.attention ? await countUnsettled(db, merchantId, exchange.id) : 0,
    };
  }

  /** One operator's act: lock, decide once, apply; all of it or nothing. */
  async function act(
    of: OfExchange,
    decision: Pick<Decision, 'act' | 'body'>,
    apply: (trx: Trx, merchantId: number, exchange: Exchange, decisionId: number) => Promise<void>,
  ): Promise<ExchangeFacts> {
    const merchant = await loadMerchant(deps, of.merchant);
    try {
      await db.transaction().execute(async (trx) => {
        await lockMerchant(trx, merchant.id);
        const recorded = await decide(trx, merchant.id, of, decision);
        if (!recorded.fresh) return;
        const exchange = await requireExchange(trx, merchant.id, of.exchange);
        await apply(trx, merchant.id, exchange, recorded.id);
      });
    } catch (error) {
      throw asRefusal(error);
    }
    return await readFacts(merchant.id, of.exchange);
  }

  return {
    async readExchange(of: ReadExchange): Promise<ExchangeFacts & { clockOffsetMs: number }> {
      const merchant = await loadMerchant(deps, of.merchant);
      return {
        ...(await readFacts(merchant.id, of.exchange)),
        clockOffsetMs: merchant.clockOffsetMs,
      };
    },

    /** Records the intent to send and opens the file to the operator: from now on it may be out. */
    async beginHandOver(of: ReadExchange): Promise<ExchangeFacts> {
      const merchant = await loadMerchant(deps, of.merchant);
      await db.transaction().execute(async (trx) => {
        await lockMerchant(trx, merchant.id);
        const exchange = await requireExchange(trx, merchant.id, of.exchange);
        if (exchange.stage !== 'built') return;
        await insertSend(trx, merchant.id, { exchangeId: exchange.id, now: of.now });
        await moveExchange(trx, merchant.id, {
          exchangeId: exchange.id,
          from: 'built',
          to: 'handing_over',
          attention: true,
        });
      });
      return await readFacts(merchant.id, of.exchange);
    },

    /** The portal took the file and showed its 受付番号. */
    async recordAcceptance(of: OfExchange & { acceptanceNumber: string }): Promise<ExchangeFacts> {
      const decision = {
        act: 'record-acceptance',
        body: { acceptanceNumber: of.acceptanceNumber },
      };
      return await act(of, decision, async (trx, merchantId, exchange, decisionId) => {
        requireStage(exchange, 'handing_over', '受付番号は記録できません');
        const taken = await findByAcceptanceNumber(trx, merchantId, of.acceptanceNumber);
        if (taken !== undefined) {
          throw refusal(
            'AcceptanceNumberTaken',
            `受付番号 ${of.acceptanceNumber} は ${taken.billingMonth} の ${taken.kind}-${taken.number} で記録済みです。番号を確認してください。何も変更していません。`,
          );
        }
        await insertSendAnswer(trx, merchantId, {
          exchangeId: exchange.id,
          answer: 'accepted',
          acceptanceNumber: of.acceptanceNumber,
          decisionId,
          now: of.now,
        });
        await moveExchange(trx, merchantId, {
          exchangeId: exchange.id,
          from: 'handing_over',
          to: 'awaiting_result',
          attention: false,
          set: { acceptance_number: of.acceptanceNumber, accepted_at: of.now },
        });
      });
    },

    /** The portal refused the file: it bills nobody, and its attempts end as rejected. */
    async recordFormatErrors(
      of: OfExchange & { errors: readonly FormatError[] },
    ): Promise<ExchangeFacts> {
      const decision = { act: 'record-format-errors', body: { errors: of.errors } };
      return await act(of, decision, async (trx, merchantId, exchange, decisionId) => {
        requireStage(exchange, 'handing_over', '書式エラーは記録できません');
        const sendNumber = await insertSendAnswer(trx, merchantId, {
          exchangeId: exchange.id,
          answer: 'rejected',
          acceptanceNumber: null,
          decisionId,
          now: of.now,
        });
        await insertFormatErrors(
          trx,
          merchantId,
          { exchangeId: exchange.id, sendNumber },
          of.errors,
        );
        const rejection = { exchangeId: exchange.id, decisionId, now: of.now };
        await (exchange.kind === 'capture' ? refuseCaptures : rejectAttempts)(
          trx,
          merchantId,
          rejection,
        );
        await moveExchange(trx, merchantId, {
          exchangeId: exchange.id,
          from: 'handing_over',
          to: 'rejected',
          attention: false,
          set: { finished_at: of.now },
        });
      });
    },

    /** 処理完了メール has come, or a person saw 完了処理済 in the portal's list. */
    async recordCompletion(of: OfExchange): Promise<ExchangeFacts> {
      const decision = { act: 'record-completion', body: {} };
      return await act(of, decision, async (trx, merchantId, exchange) => {
        requireStage(exchange, 'awaiting_result', '処理完了は記録できません');
        await recordCompletionNotice(trx, merchantId, exchange.id, of.now);
      });
    },

    /** An operator says what became of lines that no result file settled, with a reason. */
    async settleLines(
      of: OfExchange & { orderNumbers: readonly string[]; outcome: SettledOutcome },
    ): Promise<ExchangeFacts> {
      const { current } = await loadMerchantWithSettings(deps, of.merchant);
      const decision = {
        act: 'settle-lines',
        body: { orderNumbers: of.orderNumbers, outcome: of.outcome },
      };
      return await act(of, decision, async (trx, merchantId, exchange, decisionId) => {
        requireStage(exchange, 'awaiting_result', '明細は確定できません');
        const completedAt = exchange.acceptedAt ?? exchange.createdAt;
        const refused = await settleLines(trx, merchantId, {
          exchangeId: exchange.id,
          orderNumbers: of.orderNumbers,
          outcome: of.outcome,
          captureBefore: captureDeadline(completedAt, current.settings.capture.windowDays),
          decisionId,
          now: of.now,
        });
        if (refused.length > 0) {
          throw refusal(
            'UnknownOrders',
            `次の注文はこのファイルにないか、結果が確定しています: ${refused.join('、')}。何も変更していません。`,
          );
        }
        await finishSettledExchange(trx, merchantId, { exchangeId: exchange.id, now: of.now });
      });
    },

    /** Tells the month that this file has news; the month reads the rows itself. */
    async reportToCycle(of: ReadExchange): Promise<void> {
      await deps.workflows.wakeCycle(
        of.merchant,
        of.exchange.billingMonth,
        `${of.exchange.kind}-${of.exchange.number}`,
      );
    },
  };
}

/** Refuses with what the exchange waits for instead, so that the operator knows what to do. */
function requireStage(exchange: Exchange, stage: ExchangeStage, otherwise: string): void {
  if (exchange.stage === stage) return;
  const next = describeExchange(exchange.stage, 0);
  throw refusal('StageConflict', `${otherwise}。何も変更していません。現在の状態: ${next}`);
}
