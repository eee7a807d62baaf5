import { createBusinessCalendar } from '../billing/business-calendar.ts';
import { businessDateOf } from '../billing/business-date.ts';
import {
  isFinishedRefresh,
  type RefreshFacts,
  refreshResultDueAt,
  refreshStartAt,
} from '../billing/card-refresh.ts';
import { refreshRequestAt } from '../billing/card-refresh-schedule.ts';
import {
  type CardRefresh,
  changeRefresh,
  findRefresh,
  openRefresh,
  requireRefresh,
} from '../db/queries/card-refresh.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { refusal } from './failures.ts';
import { loadMerchant, loadMerchantWithSettings } from './merchant.ts';
import {
  actOnRefresh,
  type OfRefreshAct,
  refuse,
  settleRefreshSend,
  toFacts,
} from './refresh-act.ts';
import type { OfRefresh } from './refresh-carriage.ts';

/** Short acts on the row of a month's refresh. */
export function createCardRefreshActivities(deps: ActivityDependencies) {
  return {
    /** The row is the lock: of two starts at once one writes who it was. */
    async openCardRefresh(
      of: OfRefresh & { startedBy: string },
    ): Promise<RefreshFacts & { clockOffsetMs: number }> {
      const { month, now, startedBy } = of;
      const { merchant, current } = await loadMerchantWithSettings(deps, of.merchant);
      const known = await findRefresh(deps.db, merchant.id, month);
      if (known === undefined) {
        const { cardRefresh, calendar } = current.settings;
        const days = createBusinessCalendar(calendar.closedDays);
        const requestAt = isCurrentMonth(month, now)
          ? refreshStartAt(month, now)
          : refreshRequestAt(month, cardRefresh, days);
        if (requestAt === null) throw refuseMonth(month);
        await openRefresh(deps.db, merchant.id, { month, requestAt, startedBy, now });
      }
      const refresh = await requireRefresh(deps.db, merchant.id, month);
      return { ...toFacts(refresh), clockOffsetMs: merchant.clockOffsetMs };
    },

    async readRefresh(of: OfRefresh): Promise<RefreshFacts & { clockOffsetMs: number }> {
      const merchant = await loadMerchant(deps, of.merchant);
      const refresh = await requireRefresh(deps.db, merchant.id, of.month);
      return { ...toFacts(refresh), clockOffsetMs: merchant.clockOffsetMs };
    },

    /** What waits is tried now; a month that was not run is run after all, while there is time. */
    runRefreshNow: (of: OfRefreshAct): Promise<RefreshFacts> =>
      actOnRefresh(deps, of, { act: 'run-refresh-now', body: {} }, async (trx, id, refresh) => {
        await changeRefresh(trx, id, refresh, hasten(refresh, of.now));
      }),

    /** What became of a request of which nobody knows whether it arrived, vouched for by a person. */
    decideRefreshRequest: (of: OfRefreshAct & { arrived: boolean }): Promise<RefreshFacts> => {
      const { arrived, now } = of;
      const decision = { act: 'decide-refresh-request', body: { arrived } };
      return actOnRefresh(deps, of, decision, async (trx, id, refresh) => {
        if (refresh.stage !== 'unknown') {
          throw refuse(refresh, '送信できたかどうか不明の依頼ではありません');
        }
        await settleRefreshSend(trx, id, refresh, { arrived, now });
      });
    },

    /** The month ends as it is: without a request, or with cards that nobody judged. */
    closeRefresh: (of: OfRefreshAct): Promise<RefreshFacts> =>
      actOnRefresh(deps, of, { act: 'close-refresh', body: {} }, async (trx, id, refresh) => {
        const { stage, sendOpen } = refresh;
        // A finished month that became one without a request could be asked for twice.
        if (isFinishedRefresh(stage)) throw refuse(refresh, 'この月の洗替はすでに終了しています');
        if (stage === 'unknown' || sendOpen) {
          throw refuse(refresh, '先に、依頼が届いていたかどうかを記録してください');
        }
        const asked = stage === 'awaiting_result';
        await changeRefresh(trx, id, refresh, {
          stage: asked ? 'done' : 'not_run',
          note: asked ? '担当者が終了しました。' : '担当者が取りやめました。',
          attention: false,
          due_at: null,
          closed_at: of.now,
        });
      }),
  };
}

const isCurrentMonth = (month: string, now: string) => businessDateOf(now).startsWith(month);

function refuseMonth(month: string): Error {
  return refusal(
    'StageConflict',
    `${month} の洗替は開始できません。依頼できるのは、当月の26日まで、または来月の分です。何も変更していません。`,
  );
}

function hasten(refresh: CardRefresh, now: string) {
  const { month, stage, sendOpen } = refresh;
  switch (stage) {
    case 'planned':
    case 'not_run': {
      const requestAt = refreshStartAt(month, now);
      if (requestAt === null) {
        throw refuse(refresh, `${month} の洗替を依頼できるのは、その月の26日までです`);
      }
      const change = { stage: 'planned', request_at: requestAt, due_at: now } as const;
      return { ...change, note: null, attention: false, closed_at: null };
    }
    case 'built':
      if (sendOpen) throw refuse(refresh, '依頼ファイルを送信しています');
      return { due_at: now };
    case 'unknown':
      return { due_at: now };
    case 'awaiting_result':
      if (Date.parse(now) < Date.parse(refreshResultDueAt(month))) {
        throw refuse(refresh, '結果はまだ返却されません');
      }
      return { due_at: now };
    case 'done':
      throw refuse(refresh, 'この月の洗替は完了しています');
  }
}
