import { lockMerchant } from '../db/database.ts';
import { requireExchange } from '../db/queries/exchanges.ts';
import { listAbsentOrders } from '../db/queries/file-lines.ts';
import { insertHolds } from '../db/queries/holds.ts';
import type { OfExchange } from './acts.ts';
import { decide } from './decide.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { cancelAsNotSent, refuseWhileSending, requireStage } from './exchange-act.ts';
import { asRefusal, refusal } from './failures.ts';
import { loadMerchant } from './merchant.ts';

export function createTakeOutActivities(deps: ActivityDependencies) {
  return {
    /**
     * Takes orders out of a file that never left: the file is cancelled and the orders are put on
     * hold. The others wait for a new file.
     */
    async takeOutOrders(
      of: OfExchange & { orderNumbers: readonly string[] },
    ): Promise<{ held: number }> {
      const { orderNumbers, now } = of;
      const { id: merchantId } = await loadMerchant(deps, of.merchant);
      refuseOtherKinds(of);
      try {
        await deps.db.transaction().execute(async (trx) => {
          await lockMerchant(trx, merchantId);
          const decision = { act: 'take-out-orders', body: { orderNumbers } };
          const { id: decisionId, fresh } = await decide(trx, merchantId, of, decision);
          if (!fresh) return;
          const exchange = await requireExchange(trx, merchantId, of.exchange);
          requireStage(exchange, ['built', 'handing_over'], 'このファイルから注文は取り出せません');
          refuseWhileSending(exchange);
          const inFile = { exchangeId: exchange.id, orderNumbers };
          const absent = await listAbsentOrders(trx, merchantId, inFile);
          if (absent.length > 0) {
            throw refusal(
              'UnknownOrders',
              `次の注文はこのファイルにありません: ${absent.join('、')}。何も変更していません。`,
            );
          }
          const { cycleId } = exchange;
          if (cycleId === null) throw new Error('a file that bills has its cycle');
          await cancelAsNotSent(trx, merchantId, { exchange, decisionId, now });
          await insertHolds(trx, merchantId, { cycleId, orderNumbers, decisionId, now });
        });
      } catch (error) {
        throw asRefusal(error);
      }
      return { held: orderNumbers.length };
    },
  };
}

/** Only files of a month's own charges are built again by themselves. */
function refuseOtherKinds({ exchange: { kind } }: OfExchange): void {
  if (kind === 'auth' || kind === 'capture' || kind === 'retry') return;
  throw refusal(
    'StageConflict',
    'この種類のファイルから注文を取り出すことはできません。何も変更していません。ファイルを取り下げてください。',
  );
}
