import { type CycleFacts, type CycleStage, needsAttention } from '../billing/cycle.ts';
import { isFinishedExchange } from '../billing/exchange.ts';
import { lockMerchant } from '../db/database.ts';
import { expireAuthorizations } from '../db/queries/capture-file.ts';
import { endCharges } from '../db/queries/charges.ts';
import { checkConservation } from '../db/queries/conservation.ts';
import {
  moveCycle,
  openCycle,
  readCycleFacts,
  requireCycle,
  setCycleAttention,
} from '../db/queries/cycles.ts';
import { recordDecision } from '../db/queries/decisions.ts';
import { listExchanges } from '../db/queries/exchanges.ts';
import type { Act, OfCycle } from './acts.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { asRefusal, refusal } from './failures.ts';
import { loadMerchant } from './merchant.ts';

export function createCycleActivities(deps: ActivityDependencies) {
  const { db } = deps;

  /** The facts as they are now; what they say of attention goes to the row, for lists. */
  async function refresh(merchantId: number, of: OfCycle): Promise<CycleFacts> {
    const facts = await readCycleFacts(db, merchantId, of.month, of.now);
    const cycle = await requireCycle(db, merchantId, of.month);
    await setCycleAttention(db, merchantId, cycle.id, needsAttention(facts));
    return facts;
  }

  return {
    /** First step of every run: the row is the lock on the month, and says where the month stands. */
    async openCycle(
      of: OfCycle & { startedBy: string },
    ): Promise<{ facts: CycleFacts; clockOffsetMs: number }> {
      const merchant = await loadMerchant(deps, of.merchant);
      await openCycle(db, merchant.id, {
        billingMonth: of.month,
        startedBy: of.startedBy,
        now: of.now,
      });
      return { facts: await refresh(merchant.id, of), clockOffsetMs: merchant.clockOffsetMs };
    },

    async readCycle(of: OfCycle): Promise<CycleFacts> {
      const merchant = await loadMerchant(deps, of.merchant);
      return await refresh(merchant.id, of);
    },

    /** Moves the stage; a cycle that stands elsewhere is left there: the caller reads it again. */
    async moveCycle(of: OfCycle & { from: CycleStage; to: CycleStage }): Promise<void> {
      const merchant = await loadMerchant(deps, of.merchant);
      const cycle = await requireCycle(db, merchant.id, of.month);
      await moveCycle(db, merchant.id, {
        cycleId: cycle.id,
        from: of.from,
        to: of.to,
        attention: cycle.attention,
        now: of.now,
      });
    },

    /** Starts the workflow of every file of the month that is still on its way. */
    async startExchanges(of: OfCycle): Promise<void> {
      const merchant = await loadMerchant(deps, of.merchant);
      for (const exchange of await listExchanges(db, merchant.id, of.month)) {
        if (isFinishedExchange(exchange.stage)) continue;
        await deps.workflows.startExchange(merchant, exchange);
      }
    },

    async expireAuthorizations(of: OfCycle): Promise<number> {
      const merchant = await loadMerchant(deps, of.merchant);
      const cycle = await requireCycle(db, merchant.id, of.month);
      return await db.transaction().execute(async (trx) => {
        await lockMerchant(trx, merchant.id);
        return await expireAuthorizations(trx, merchant.id, { cycleId: cycle.id, now: of.now });
      });
    },

    /** Closes the month, when every row and every yen is accounted for. */
    async closeCycle(of: OfCycle): Promise<void> {
      const merchant = await loadMerchant(deps, of.merchant);
      const cycle = await requireCycle(db, merchant.id, of.month);
      const { rows, yen, broken } = await checkConservation(db, merchant.id, cycle.id);
      if (!rows || !yen) {
        throw refusal(
          'ConservationBroken',
          `件数または金額が合わないため締められません: ${broken.join('、')}`,
        );
      }
      await moveCycle(db, merchant.id, {
        cycleId: cycle.id,
        from: 'closing',
        to: 'closed',
        attention: false,
        now: of.now,
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
          const decision = await recordDecision(trx, merchant.id, {
            key: of.act.idempotencyKey,
            workflowId: of.workflowId,
            act: 'end-charges',
            body: { kind: of.kind, orderNumbers: of.orderNumbers },
            actor: of.act.actor,
            reason: of.act.reason,
            now: of.now,
          });
          if (!decision.fresh) return { ended: of.orderNumbers.length };
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
              `次の注文は請求を終了できる状態ではありません: ${refused.join('、')}。何も変更していません。`,
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

export type CycleActivities = ReturnType<typeof createCycleActivities>;
