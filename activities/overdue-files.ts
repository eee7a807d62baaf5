import { type ExchangeName, exchangeFileName } from '../billing/exchange.ts';
import type { Trx } from '../db/database.ts';
import { listOverdueFiles } from '../db/queries/capture-window.ts';
import { recordDecision } from '../db/queries/decisions.ts';
import { requireExchange } from '../db/queries/exchanges.ts';
import { notifyOperators } from '../db/queries/notices.ts';
import { cancelAsNotSent } from './exchange-act.ts';

/** Who takes a file back: the window of its authorizations. */
const OVERDUE_ACTOR = 'policy:capture-window';

/**
 * Takes back the capture files that wait for their turn and hold an authorization whose window has
 * closed meanwhile: the PSP would refuse it. Their other lines wait for a person to have them put into a
 * new file. The caller holds the merchant's lock, wakes the files' workflows and the mail.
 */
export async function returnOverdueFiles(
  trx: Trx,
  merchantId: number,
  now: string,
): Promise<ExchangeName[]> {
  const overdue = await listOverdueFiles(trx, merchantId, now);
  for (const { lines, name } of overdue) {
    const exchange = await requireExchange(trx, merchantId, name);
    const fileName = exchangeFileName(name);
    const decision = await recordDecision(trx, merchantId, {
      key: `overdue:${fileName}`,
      workflowId: fileName,
      act: 'return-overdue-file',
      body: { lines },
      actor: OVERDUE_ACTOR,
      reason: `期限を過ぎたオーソリが ${lines} 件含まれる`,
      now,
    });
    await cancelAsNotSent(trx, merchantId, { exchange, decisionId: decision.id, now });
    await notifyOperators(trx, merchantId, {
      key: `overdue:${fileName}`,
      template: 'attention',
      parameters: { month: name.billingMonth, sentence: explainOverdue(fileName, lines) },
      now,
    });
  }
  return overdue.map(({ name }) => name);
}

/** What an operator reads of a file that is not opened any more. */
export function explainOverdue(fileName: string, lines: number): string {
  return `${fileName} は、売上処理の期限を過ぎたオーソリを ${lines} 件含むため、アップロードできません。ファイルは取り下げ、ペイジェントには何も送っていません。期限内の請求は、ファイルを作り直すと売上処理できます。期限を過ぎた請求は期限切れになり、請求するにはもう一度オーソリが必要です。`;
}
