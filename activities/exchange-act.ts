import type { ExchangeFacts, ExchangeStage } from '../billing/exchange.ts';
import { explainLockedLines } from '../billing/exchange-admission.ts';
import { describeCarriage } from '../billing/exchange-transport.ts';
import { describeMissedWindow } from '../billing/hand-over.ts';
import type { Trx } from '../db/database.ts';
import { findFirstCaptureWindow } from '../db/queries/capture-window.ts';
import { countLockedLines } from '../db/queries/card-locks.ts';
import {
  type Exchange,
  hasResult,
  insertSend,
  insertSendAnswer,
  moveExchange,
  requireExchange,
} from '../db/queries/exchanges.ts';
import { countUnsettled } from '../db/queries/result-file.ts';
import { findLatestSend } from '../db/queries/sends.ts';
import { settleFileAsNotSent } from '../db/queries/settlements.ts';
import type { ReadExchange } from './acts.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { refusal } from './failures.ts';

/** What the workflow of a file must know of its row to choose the next step. */
export async function readExchangeFacts(
  { db }: Pick<ActivityDependencies, 'db'>,
  merchantId: number,
  { exchange: name }: Pick<ReadExchange, 'exchange'>,
): Promise<ExchangeFacts> {
  const exchange = await requireExchange(db, merchantId, name);
  const answered = exchange.attention && exchange.stage === 'awaiting_result';
  return {
    stage: exchange.stage,
    acceptanceNumber: exchange.acceptanceNumber,
    completed: exchange.completedAt !== null,
    unsettled: answered ? await countUnsettled(db, merchantId, exchange.id) : 0,
    waitsSince: exchange.waitsSince,
    attention: exchange.attention,
    transport: exchange.transport,
    dueAt: exchange.dueAt,
    note: exchange.note,
    sendOpen: exchange.sendOpen,
  };
}

/** Refuses with what the exchange waits for instead, so that the operator knows what to do. */
export function requireStage(
  exchange: Exchange,
  stages: readonly ExchangeStage[],
  otherwise: string,
): void {
  if (stages.includes(exchange.stage)) return;
  const next = describeCarriage(exchange, 0);
  throw refusal('StageConflict', `${otherwise}。何も変更していません。現在の状態: ${next}`);
}

/** Refuses what only an operator can tell who carried the file to the portal. */
export function requirePortal({ transport }: Exchange): void {
  if (transport === 'portal') return;
  throw refusal(
    'StageConflict',
    'このファイルは自動で送信しています。何も変更していません。送信結果が不明なときだけ、確認した結果を記録できます。',
  );
}

/** Records the intent to send and opens the file to the operator: from now on it may be out. */
export async function openHandOver(
  trx: Trx,
  merchantId: number,
  exchangeId: number,
  now: string,
): Promise<void> {
  const before = await findFirstCaptureWindow(trx, merchantId, exchangeId);
  if (before !== null && Date.parse(before) <= Date.parse(now)) {
    throw refusal('StageConflict', describeMissedWindow);
  }
  if ((await countLockedLines(trx, merchantId, exchangeId)) > 0) {
    throw refusal('StageConflict', `${explainLockedLines}何も変更していません。`);
  }
  await insertSend(trx, merchantId, { exchangeId, now });
  await moveExchange(trx, merchantId, {
    exchangeId,
    from: 'built',
    to: 'handing_over',
    attention: true,
  });
}

/** Ends a file that never left: its lines are not sent, its charges are free for another file. */
export async function cancelAsNotSent(
  trx: Trx,
  merchantId: number,
  of: { readonly exchange: Exchange; readonly decisionId: number; readonly now: string },
): Promise<void> {
  const { exchange, decisionId, now } = of;
  const exchangeId = exchange.id;
  // A file that was never opened, or whose sending came to nothing, has none that could be answered.
  if (exchange.sendOpen) {
    const answer = { answer: 'not_sent', acceptanceNumber: null } as const;
    await insertSendAnswer(trx, merchantId, { exchangeId, ...answer, decisionId, now });
  }
  await settleFileAsNotSent(trx, merchantId, { exchangeId, decisionId, now });
  await moveExchange(trx, merchantId, {
    exchangeId,
    from: exchange.stage,
    to: 'cancelled',
    attention: false,
    set: { finished_at: now, due_at: null, note: null },
  });
}

/** While a machine sends a file nobody knows whether it leaves: it cannot be taken back then. */
export function refuseWhileSending({ transport, stage, sendOpen }: Exchange): void {
  if (transport === 'portal' || stage === 'unknown' || !sendOpen) return;
  throw refusal(
    'StageConflict',
    'このファイルは自動で送信している最中です。何も変更していません。送信の結果が記録されてから、もう一度実行してください。',
  );
}

/**
 * The sending to which format errors belong. A folder takes whatever is put into it: there the PSP says
 * so only afterwards, and the sending stays answered as it was.
 */
export async function answerRejected(
  trx: Trx,
  merchantId: number,
  { exchange, id, now }: { exchange: Exchange; id: number; now: string },
): Promise<number> {
  const no = '書式エラーは記録できません';
  if (exchange.transport !== 'sftp') {
    requireStage(exchange, ['handing_over'], no);
    requirePortal(exchange);
    const answer = { answer: 'rejected', acceptanceNumber: null, decisionId: id, now } as const;
    return await insertSendAnswer(trx, merchantId, { exchangeId: exchange.id, ...answer });
  }
  requireStage(exchange, ['awaiting_result'], no);
  if (await hasResult(trx, merchantId, exchange.id)) {
    throw refusal(
      'StageConflict',
      'このファイルの結果は取り込み済みのため、書式エラーは記録できません。何も変更していません。',
    );
  }
  const latest = await findLatestSend(trx, merchantId, exchange.id);
  if (latest === undefined) throw new Error('a file that was taken was sent');
  return latest.sendNumber;
}
