import { Context } from '@temporalio/activity';
import { captureDeadline } from '../billing/capture-window.ts';
import type { ExchangeFacts, ExchangeKind, ExchangeName } from '../billing/exchange.ts';
import { admitFiles } from '../billing/exchange-admission.ts';
import { exchangeReminderKey, writeExchangeReminder } from '../billing/exchange-reminder.ts';
import { lockMerchant } from '../db/database.ts';
import { listOpenHandOvers, readAdmission } from '../db/queries/exchange-admission.ts';
import { recordCompletionNotice, requireExchange } from '../db/queries/exchanges.ts';
import { notifyOperators } from '../db/queries/notices.ts';
import {
  finishSettledExchange,
  type SettledOutcome,
  settleLines,
} from '../db/queries/settlements.ts';
import type { OfExchange, ReadExchange } from './acts.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { actOnExchange, openHandOver, readExchangeFacts, requireStage } from './exchange-act.ts';
import { refusal } from './failures.ts';
import { loadMerchant, loadMerchantWithSettings } from './merchant.ts';
import { returnOverdueFiles } from './overdue-files.ts';

export function createExchangeActivities(deps: ActivityDependencies) {
  return {
    async readExchange(of: ReadExchange): Promise<ExchangeFacts & { clockOffsetMs: number }> {
      const merchant = await loadMerchant(deps, of.merchant);
      return {
        ...(await readExchangeFacts(deps, merchant.id, of)),
        clockOffsetMs: merchant.clockOffsetMs,
      };
    },

    /**
     * Opens to the operator the files whose turn it is, of whatever month, and wakes their workflows;
     * takes back those whose authorizations have expired meanwhile.
     * Whoever calls it, and how often: under the merchant's lock the rows alone decide.
     */
    async admitFiles(of: ReadExchange): Promise<ExchangeFacts> {
      const { merchant, current } = await loadMerchantWithSettings(deps, of.merchant);
      const { exchangesAtOnce } = current.settings.paygent;
      const { opened, returned } = await deps.db.transaction().execute(async (trx) => {
        await lockMerchant(trx, merchant.id);
        const returned = await returnOverdueFiles(trx, merchant.id, of.now);
        const { waiting, inHand } = await readAdmission(trx, merchant.id);
        const admissions = admitFiles(waiting, inHand, exchangesAtOnce);
        const due = waiting.filter(({ id }) => admissions.get(id) === null);
        for (const { id } of due) await openHandOver(trx, merchant.id, id, of.now);
        return { opened: due, returned };
      });
      if (returned.length > 0) await deps.workflows.wakeMail(merchant);
      // An earlier try may have opened files and died before it could wake anybody.
      const repeated = Context.current().info.attempt > 1;
      const toWake = repeated ? await listOpenHandOvers(deps.db, merchant.id) : opened;
      // Of a month whose files are still being built, the first ones have no workflow yet: an operator may
      // act on them from now on.
      for (const name of toWake) {
        if (!isSame(name, of.exchange)) await deps.workflows.startExchange(merchant, name);
      }
      for (const name of [...toWake, ...returned]) {
        if (!isSame(name, of.exchange)) await deps.workflows.wakeExchange(of.merchant, name);
      }
      return await readExchangeFacts(deps, merchant.id, of);
    },

    /** 処理完了メール has come, or a person saw 完了処理済 in the portal's list. */
    async recordCompletion(of: OfExchange): Promise<ExchangeFacts> {
      const decision = { act: 'record-completion', body: {} };
      return await actOnExchange(deps, of, decision, async (trx, merchantId, exchange) => {
        requireStage(exchange, ['awaiting_result'], '処理完了は記録できません');
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
      await deps.workflows.wakeCycle(
        of.merchant,
        of.exchange.billingMonth,
        `${of.exchange.kind}-${of.exchange.number}`,
      );
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

function isSame(one: ExchangeName, other: ExchangeName): boolean {
  return (
    one.billingMonth === other.billingMonth &&
    one.kind === other.kind &&
    one.number === other.number
  );
}
