import { lockMerchant } from '../db/database.ts';
import { requireExchange } from '../db/queries/exchanges.ts';
import { listAbsentOrders } from '../db/queries/file-lines.ts';
import { insertHolds } from '../db/queries/holds.ts';
import type { OfExchange } from './acts.ts';
import { decide } from './decide.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { requireStage } from './exchange-act.ts';
import { asRefusal, refusal } from './failures.ts';
import { cancelAsNotSent } from './hand-over.ts';
import { withHeartbeat } from './heartbeat.ts';
import { loadMerchant } from './merchant.ts';
import { type BilledKind, buildFiles } from './transaction-file.ts';

export function createTakeOutActivities(deps: ActivityDependencies) {
  return {
    /**
     * Takes orders out of a file that never left: the file is cancelled, the orders are put on hold
     * and the others stand at once in a new file, with a trailer that counts them anew.
     */
    async takeOutOrders(
      of: OfExchange & { orderNumbers: readonly string[] },
    ): Promise<{ held: number; files: number }> {
      const merchant = await loadMerchant(deps, of.merchant);
      const { id: exchangeId } = await requireExchange(deps.db, merchant.id, of.exchange);
      const kind = requireBilledKind(of);
      await cancelAndHold(deps, merchant.id, of);
      const month = { merchant: of.merchant, month: of.exchange.billingMonth, now: of.now };
      // After a crash it goes on with what is in no file yet: the rows tell.
      const { files } = await withHeartbeat(() =>
        buildFiles(deps, { ...month, kind }, { returnedFrom: exchangeId }),
      );
      return { held: of.orderNumbers.length, files };
    },
  };
}

async function cancelAndHold(
  { db }: ActivityDependencies,
  merchantId: number,
  of: OfExchange & { orderNumbers: readonly string[] },
): Promise<void> {
  const { orderNumbers, now } = of;
  try {
    await db.transaction().execute(async (trx) => {
      await lockMerchant(trx, merchantId);
      const decision = { act: 'take-out-orders', body: { orderNumbers } };
      const { id: decisionId, fresh } = await decide(trx, merchantId, of, decision);
      if (!fresh) return;
      const exchange = await requireExchange(trx, merchantId, of.exchange);
      requireStage(exchange, ['built', 'handing_over'], 'このファイルから注文は取り出せません');
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
}

/** Only files of a month's own charges are built again by themselves. */
function requireBilledKind({ exchange: { kind } }: OfExchange): BilledKind {
  if (kind === 'auth' || kind === 'capture') return kind;
  throw refusal(
    'StageConflict',
    'この種類のファイルから注文を取り出すことはできません。何も変更していません。ファイルを取り下げてください。',
  );
}
