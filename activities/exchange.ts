import { captureDeadline } from '../billing/capture-window.ts';
import type { ExchangeFacts, ExchangeKind } from '../billing/exchange.ts';
import { exchangeReminderKey, writeExchangeReminder } from '../billing/exchange-reminder.ts';
import { recordCompletionNotice, requireExchange } from '../db/queries/exchanges.ts';
import { notifyOperators } from '../db/queries/notices.ts';
import {
  finishSettledExchange,
  type SettledOutcome,
  settleLines,
} from '../db/queries/settlements.ts';
import { actOnExchange, tellOfExchange, wakeMonthOf } from './act-on-exchange.ts';
import type { FactsAfterAct, OfExchange, ReadExchange } from './acts.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { readExchangeFacts, requireStage } from './exchange-act.ts';
import { openDueFiles } from './exchange-turns.ts';
import { refusal } from './failures.ts';
import { loadMerchant, loadMerchantWithSettings } from './merchant.ts';

export function createExchangeActivities(deps: ActivityDependencies) {
  return {
    async readExchange(of: ReadExchange): Promise<ExchangeFacts & { clockOffsetMs: number }> {
      const merchant = await loadMerchant(deps, of.merchant);
      return {
        ...(await readExchangeFacts(deps, merchant.id, of)),
        clockOffsetMs: merchant.clockOffsetMs,
      };
    },

    /** First look of a file's workflow at its row, which is opened if its turn has come. */
    async openExchange(of: ReadExchange): Promise<ExchangeFacts & { clockOffsetMs: number }> {
      const { id, clockOffsetMs } = await loadMerchant(deps, of.merchant);
      const facts = await readExchangeFacts(deps, id, of);
      if (facts.stage !== 'built' || facts.transport !== 'portal')
        return { ...facts, clockOffsetMs };
      await openDueFiles(deps, of);
      return { ...(await readExchangeFacts(deps, id, of)), clockOffsetMs };
    },

    /** Opens the files whose turn it is; `of.exchange` is the one that asks. */
    async admitFiles(of: ReadExchange): Promise<ExchangeFacts> {
      const { id } = await loadMerchant(deps, of.merchant);
      await openDueFiles(deps, of);
      return await readExchangeFacts(deps, id, of);
    },

    tellOfExchange: (of: Parameters<typeof tellOfExchange>[1]): Promise<FactsAfterAct> =>
      tellOfExchange(deps, of),

    /** 処理完了メール has come, or a person saw 完了処理済 in the portal's list. */
    async recordCompletion(of: OfExchange): Promise<FactsAfterAct> {
      const decision = { act: 'record-completion', body: {} };
      return await actOnExchange(deps, of, decision, async (trx, merchantId, exchange) => {
        requireStage(exchange, ['awaiting_result'], '処理完了は記録できません');
        await recordCompletionNotice(trx, merchantId, exchange.id, of.now);
      });
    },

    /** An operator says what became of lines that no result file settled, with a reason. */
    async settleLines(
      of: OfExchange & { orderNumbers: readonly string[]; outcome: SettledOutcome },
    ): Promise<FactsAfterAct> {
      const { current } = await loadMerchantWithSettings(deps, of.merchant);
      const decision = {
        act: 'settle-lines',
        body: { orderNumbers: of.orderNumbers, outcome: of.outcome },
      };
      return await actOnExchange(deps, of, decision, async (trx, merchantId, exchange, id) => {
        requireStage(exchange, ['awaiting_result'], '明細は確定できません');
        requireOutcomeOf(exchange.kind, of.outcome);
        const completedAt = exchange.acceptedAt ?? exchange.createdAt;
        const refused = await settleLines(trx, merchantId, {
          exchangeId: exchange.id,
          orderNumbers: of.orderNumbers,
          outcome: of.outcome,
          captureBefore: captureDeadline(completedAt, current.settings.capture.windowDays),
          decisionId: id,
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

    /** Reminds operators of what a file waits for; once for each wait and day. */
    async remindOfExchange(of: ReadExchange & { days: number }): Promise<void> {
      const merchant = await loadMerchant(deps, of.merchant);
      const { unsettled } = await readExchangeFacts(deps, merchant.id, of);
      await deps.db.transaction().execute(async (trx) => {
        const exchange = await requireExchange(trx, merchant.id, of.exchange);
        const reminder = writeExchangeReminder(exchange, unsettled, of.days);
        if (reminder === null) return;
        const key = exchangeReminderKey(exchange, of.days);
        await notifyOperators(trx, merchant.id, { ...reminder, key, now: of.now });
      });
      // Also when it was posted by an earlier try, which may have died before this.
      await deps.workflows.wakeMail(merchant);
    },

    /** Tells the month that this file has news; the month reads the rows itself. */
    async reportToCycle(of: ReadExchange): Promise<void> {
      await wakeMonthOf(deps, of);
    },
  };
}

/** Said of its own: that no order fits would send the operator to look for a mistyped number. */
function requireOutcomeOf(kind: ExchangeKind, outcome: SettledOutcome): void {
  const outcomes = kind === 'capture' ? ['captured', 'refused'] : ['ok', 'declined'];
  if (outcome === 'not_sent' || outcomes.includes(outcome)) return;
  throw refusal(
    'StageConflict',
    `${kind === 'capture' ? '売上' : 'オーソリ'}のファイルの明細は「${outcome}」では確定できません。何も変更していません。${[...outcomes, 'not_sent'].join('、')} のいずれかを指定してください。`,
  );
}
