import type { Trx } from '../db/database.ts';
import {
  type Exchange,
  insertSendAnswer,
  moveExchange,
  requireExchange,
} from '../db/queries/exchanges.ts';
import { listTouchedFiles } from '../db/queries/inquiry-facts.ts';
import { cancelAsNotSent } from './exchange-act.ts';

/**
 * What a list of payments means for the files that carried its orders, once its facts are written. A
 * file all of whose lines are answered is done, whatever was known of its hand-over. One that never
 * left must not carry what was done elsewhere: it is cancelled. One that an operator has in hand may
 * be out already: it is in doubt, and nobody is asked to upload it (again).
 */
export async function settleTouchedFiles(
  trx: Trx,
  merchantId: number,
  of: { decisionId: number; now: string },
): Promise<void> {
  for (const { open, ...name } of await listTouchedFiles(trx, merchantId)) {
    const exchange = await requireExchange(trx, merchantId, name);
    const { id: exchangeId, stage } = exchange;
    if (isCarriedNow(exchange)) continue;
    if (open === 0) await finish(trx, merchantId, exchange, of);
    else if (stage === 'built') await cancelAsNotSent(trx, merchantId, { exchange, ...of });
    else if (stage === 'handing_over') {
      const doubt = { attention: true, set: { unclear_at: of.now } };
      await moveExchange(trx, merchantId, { exchangeId, from: stage, to: 'unknown', ...doubt });
    }
  }
}

/** A machine that is at it records the end itself. */
function isCarriedNow({ transport, stage, sendOpen }: Exchange): boolean {
  return transport !== 'portal' && stage !== 'unknown' && stage !== 'awaiting_result' && sendOpen;
}

async function finish(
  trx: Trx,
  merchantId: number,
  exchange: Exchange,
  { decisionId, now }: { decisionId: number; now: string },
): Promise<void> {
  const exchangeId = exchange.id;
  if (exchange.sendOpen) {
    const answer = { answer: 'accepted', acceptanceNumber: null } as const;
    await insertSendAnswer(trx, merchantId, { exchangeId, ...answer, decisionId, now });
  }
  await moveExchange(trx, merchantId, {
    exchangeId,
    from: exchange.stage,
    to: 'reconciled',
    attention: false,
    set: { finished_at: now, due_at: null, note: null },
  });
}
