import { type CycleFacts, type CycleStage, isDone, needsAttention } from '../billing/cycle.ts';
import { cycleReminderKey, writeCycleReminder } from '../billing/cycle-reminder.ts';
import { formatYen } from '../billing/money.ts';
import { CONSERVATION_REASONS, nameRows } from '../billing/open-rows.ts';
import { lockMerchant } from '../db/database.ts';
import { expireAuthorizations } from '../db/queries/capture-file.ts';
import { endCharges } from '../db/queries/charges.ts';
import { checkConservation } from '../db/queries/conservation.ts';
import { readCycleFacts } from '../db/queries/cycle-facts.ts';
import {
  moveCycle,
  openCycle,
  requireCycle,
  setCycleAttention,
  setCycleTrouble,
} from '../db/queries/cycles.ts';
import { RESUME_CYCLE } from '../db/queries/decisions.ts';
import { listOpenDifferences, type OpenDifferences } from '../db/queries/inquiry-comparison.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import { hasNgDesk, hasNgNews } from '../db/queries/ng-cases.ts';
import { notifyOperators } from '../db/queries/notices.ts';
import { listOpenRows } from '../db/queries/open-rows.ts';
import type { Act, OfCycle } from './acts.ts';
import { decide } from './decide.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { startFilesOfMonth } from './exchange-turns.ts';
import { asRefusal, refusal } from './failures.ts';
import { startMailWorkflows } from './mail-workflows.ts';
import { loadMerchant } from './merchant.ts';
import { requireOpenCycle } from './open-cycle.ts';

/** Rows that the refusal to close names; the others are listed. */
const NAMED_ROWS = 3;

export function createCycleActivities(deps: ActivityDependencies) {
  const { db } = deps;

  /** The facts as they are now; what they say of attention goes to the row, for lists. */
  async function refresh(merchant: Merchant, of: OfCycle): Promise<CycleFacts> {
    const merchantId = merchant.id;
    const facts = await readCycleFacts(db, merchantId, of.month, of.now);
    const cycle = await requireCycle(db, merchantId, of.month);
    const attention = needsAttention(facts);
    await setCycleAttention(db, merchantId, { cycleId: cycle.id, attention, now: of.now });
    // What was declined, paid or ended since the desk last looked. Here, because every report of a
    // file and every act of a person on the month comes by.
    if (await hasNgNews(db, merchantId)) await deps.workflows.wakeNgDesk(merchant);
    return { ...facts, waitsSince: attention ? (facts.waitsSince ?? of.now) : null };
  }

  return {
    /** First step of every run: the row is the lock on the month, and says where the month stands. */
    async openCycle(
      of: OfCycle & { startedBy: string; scope: 'all' | 'chosen' },
    ): Promise<{ facts: CycleFacts; clockOffsetMs: number }> {
      const merchant = await loadMerchant(deps, of.merchant);
      await openCycle(db, merchant.id, {
        billingMonth: of.month,
        startedBy: of.startedBy,
        scope: of.scope,
        now: of.now,
      });
      await startMailWorkflows(deps, merchant);
      // Also where nothing is new: it may have been lost with Temporal's state.
      if (await hasNgDesk(db, merchant.id)) await deps.workflows.wakeNgDesk(merchant);
      return { facts: await refresh(merchant, of), clockOffsetMs: merchant.clockOffsetMs };
    },

    async readCycle(of: OfCycle): Promise<CycleFacts> {
      const merchant = await loadMerchant(deps, of.merchant);
      return await refresh(merchant, of);
    },

    /** Moves the stage; a cycle that stands elsewhere is left there. Says where it stands then. */
    async moveCycle(of: OfCycle & { from: CycleStage; to: CycleStage }): Promise<CycleFacts> {
      const merchant = await loadMerchant(deps, of.merchant);
      const cycle = await requireCycle(db, merchant.id, of.month);
      await moveCycle(db, merchant.id, {
        cycleId: cycle.id,
        from: of.from,
        to: of.to,
        attention: cycle.attention,
        now: of.now,
      });
      return await refresh(merchant, of);
    },

    /** Starts the workflow of every file of the month that is still on its way. */
    async startExchanges(of: OfCycle): Promise<void> {
      await startFilesOfMonth(deps, of);
    },

    async expireAuthorizations(of: OfCycle): Promise<void> {
      const merchant = await loadMerchant(deps, of.merchant);
      const cycle = await requireCycle(db, merchant.id, of.month);
      await db.transaction().execute(async (trx) => {
        await lockMerchant(trx, merchant.id);
        await expireAuthorizations(trx, merchant.id, { cycleId: cycle.id, now: of.now });
      });
    },

    /** Notes why the month's latest step was refused, or (null) that it went through after all. */
    async noteTrouble(of: OfCycle & { trouble: string | null }): Promise<void> {
      const merchant = await loadMerchant(deps, of.merchant);
      const cycle = await requireCycle(db, merchant.id, of.month);
      await setCycleTrouble(db, merchant.id, cycle.id, of.trouble);
    },

    /** Reminds operators of what a month waits for; once for each wait and day. */
    async remindOfCycle(of: OfCycle & { since: string; days: number }): Promise<void> {
      const merchant = await loadMerchant(deps, of.merchant);
      const facts = await readCycleFacts(db, merchant.id, of.month, of.now);
      const reminder = writeCycleReminder(of.month, facts, of.days);
      if (reminder === null) return;
      const key = cycleReminderKey(of.month, of.since, of.days);
      await db
        .transaction()
        .execute((trx) => notifyOperators(trx, merchant.id, { ...reminder, key, now: of.now }));
      // Also when it was posted by an earlier try, which may have died before this.
      await deps.workflows.wakeMail(merchant);
    },

    /** An operator says that what stood in the way is put right. */
    async resumeCycle(
      of: OfCycle & { act: Act; workflowId: string },
    ): Promise<{ stage: CycleStage }> {
      const merchant = await loadMerchant(deps, of.merchant);
      const { id, stage } = await requireCycle(db, merchant.id, of.month);
      try {
        await db.transaction().execute(async (trx) => {
          const decision = await decide(trx, merchant.id, of, { act: RESUME_CYCLE, body: {} });
          if (!decision.fresh) return;
          await requireOpenCycle(trx, merchant.id, of.month);
          // Said to be put right: until the step is refused again, nothing stands in its way.
          await setCycleTrouble(trx, merchant.id, id, null);
        });
      } catch (error) {
        throw asRefusal(error);
      }
      return { stage };
    },

    /**
     * Closes the month, when every row and every yen is accounted for. People may have said something
     * since it was about to close: under the merchant's lock, which every act of theirs takes, the
     * month looks once more, and goes back to work when anything is open.
     */
    async closeCycle(of: OfCycle): Promise<void> {
      const merchant = await loadMerchant(deps, of.merchant);
      await db.transaction().execute(async (trx) => {
        await lockMerchant(trx, merchant.id);
        const { id: cycleId } = await requireCycle(trx, merchant.id, of.month);
        const move = { cycleId, from: 'closing', attention: false, now: of.now } as const;
        const facts = await readCycleFacts(trx, merchant.id, of.month, of.now, 'walked');
        if (!isDone(facts)) {
          await moveCycle(trx, merchant.id, { ...move, to: 'working_ng' });
          return;
        }
        const lists = await listOpenDifferences(trx, merchant.id, {
          ...{ cycleId, workflowId: `cycle:${of.merchant}:${of.month}` },
        });
        if (lists.length > 0) throw refuseDifferences(lists);
        const { rows, yen, broken } = await checkConservation(trx, merchant.id, cycleId);
        if (!rows || !yen) {
          const found = await listOpenRows(trx, merchant.id, {
            ...{ cycleId, reasons: CONSERVATION_REASONS, after: null },
            limit: NAMED_ROWS + 1,
          });
          const named = nameRows(found.slice(0, NAMED_ROWS), found.length > NAMED_ROWS);
          throw refusal(
            'ConservationBroken',
            `件数または金額が合わないため締められません: ${broken.join('、')}。${named}締め処理以外は何も失われていません。「締めを妨げている行の一覧」を確かめ、開発担当に連絡してください。`,
          );
        }
        await moveCycle(trx, merchant.id, { ...move, to: 'closed' });
      });
    },

    /** An operator ends charges that will not be billed: all of those named, or none. */
    async endCharges(
      of: OfCycle & {
        act: Act;
        workflowId: string;
        kind: 'cancelled' | 'given_up';
        orderNumbers: readonly string[];
      },
    ): Promise<{ ended: number }> {
      const merchant = await loadMerchant(deps, of.merchant);
      const cycle = await requireCycle(db, merchant.id, of.month);
      try {
        return await db.transaction().execute(async (trx) => {
          await lockMerchant(trx, merchant.id);
          const decision = await decide(trx, merchant.id, of, {
            act: 'end-charges',
            body: { kind: of.kind, orderNumbers: of.orderNumbers },
          });
          if (!decision.fresh) return { ended: of.orderNumbers.length };
          await requireOpenCycle(trx, merchant.id, of.month);
          const refused = await endCharges(trx, merchant.id, {
            cycleId: cycle.id,
            kind: of.kind,
            orderNumbers: of.orderNumbers,
            decisionId: decision.id,
            now: of.now,
          });
          if (refused.length > 0) {
            throw refusal(
              'StageConflict',
              `次の注文は請求を終了できる状態ではありません: ${refused.join('、')}。何も変更していません。終了できるのは未送信・NG・期限切れ・取消済の請求です。結果待ちや要確認の請求は、先に結果を確定してください。`,
            );
          }
          return { ended: of.orderNumbers.length };
        });
      } catch (error) {
        throw asRefusal(error);
      }
    },
  };
}

/** Somebody was charged another amount, or without us: said before the month can no longer change. */
function refuseDifferences(lists: readonly OpenDifferences[]): Error {
  const named = lists
    .map(({ n, rows, yen }) => `${n} 番: ${rows} 件、${formatYen(yen)}`)
    .join('、');
  return refusal(
    'DifferencesOpen',
    `情報照会の一覧に、金額が記録と異なる決済、またはこちらから送信していない決済があるため締められません(${named})。記録は変更していません。一覧で内容を確かめ、必要なら返金・取消をしてから「差異を確認済み」にしてください。`,
  );
}
