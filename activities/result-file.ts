import { type ExchangeName, type IngestedResult, isFinishedExchange } from '../billing/exchange.ts';
import { UnusableFileError } from '../billing/row-reason.ts';
import { detectEncoding, type TextEncoding } from '../billing/text-encoding.ts';
import { inCopyTransaction } from '../db/copy-rows.ts';
import { type Db, lockMerchant, retryMerge } from '../db/database.ts';
import { requireCycle } from '../db/queries/cycles.ts';
import { type Exchange, requireExchange } from '../db/queries/exchanges.ts';
import { openFile } from '../db/queries/files.ts';
import {
  findExchangeOfResult,
  findResultRound,
  summarizeResult,
} from '../db/queries/result-file.ts';
import { refreshStatistics } from '../db/statistics.ts';
import { WrongResultFileError } from '../psp/paygent/result-file.ts';
import { tellOfExchange } from './act-on-exchange.ts';
import type { FactsAfterAct, OfExchange } from './acts.ts';
import { decide } from './decide.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { asRefusal, refusal } from './failures.ts';
import { withHeartbeat } from './heartbeat.ts';
import { correctByLateResult } from './late-result.ts';
import { loadMerchantWithSettings } from './merchant.ts';
import { mergeResult, type StagedResult, stageResult } from './merge-result.ts';
import { readAhead } from './read-ahead.ts';
import { readStored } from './read-stored.ts';

export function createResultFileActivities(deps: ActivityDependencies) {
  return {
    /**
     * Takes a result file into the record: every sent line gets its verdict, every definite one its
     * fact, all in one transaction with the operator's decision. The same file again changes
     * nothing; a further file settles what the earlier one left open. Of a closed month it becomes
     * corrections.
     */
    async ingestResult(
      of: OfExchange & { sha256: string },
    ): Promise<IngestedResult & { file?: FactsAfterAct }> {
      const { merchant, current } = await loadMerchantWithSettings(deps, of.merchant);
      const exchange = await requireExchange(deps.db, merchant.id, of.exchange);
      const result = await openFile(deps.db, merchant.id, of.sha256, deps.fileKeys);
      if (result === undefined) {
        throw refusal(
          'UnknownFile',
          '指定されたファイルは保存されていません。先にアップロードしてください。',
        );
      }
      const source = (sha256: string) => () => readAhead(readStored(deps, merchant.id, sha256));
      const files = { request: source(exchange.sha256), result: source(of.sha256) };
      const key = { exchangeId: exchange.id, fileId: result.fileId };
      const refuseUnfit = async (db: Db, now: Exchange) => {
        refuseUnaccepted(now);
        const other = await findExchangeOfResult(db, merchant.id, key);
        if (other !== undefined) throw refuseOtherResult(other);
      };
      const { windowDays } = current.settings.capture;
      const merge = (encoding: TextEncoding) =>
        inCopyTransaction(deps.pool, async (trx, copyRows): Promise<IngestedResult | null> => {
          const context = {
            ...{ merchantId: merchant.id, fileId: result.fileId, files, encoding, windowDays },
            now: of.now,
          };
          const isTaken = async () => (await findResultRound(trx, merchant.id, key)) !== undefined;
          const isOpen = async () =>
            (await requireCycle(trx, merchant.id, exchange.billingMonth)).stage !== 'closed';
          // Before the lock, as far as it goes: meanwhile another file may be merged.
          let staged: StagedResult | undefined;
          if (!(await isTaken()) && (await isOpen())) {
            await refuseUnfit(trx, await requireExchange(trx, merchant.id, of.exchange));
            staged = await stageResult(trx, copyRows, { ...context, exchange });
          }
          await lockMerchant(trx, merchant.id);
          const body = { sha256: of.sha256 };
          const decided = await decide(trx, merchant.id, of, { act: 'ingest-result', body });
          if (await isTaken()) return null;
          const now = await requireExchange(trx, merchant.id, of.exchange);
          await refuseUnfit(trx, now);
          const { id: cycleId, stage } = await requireCycle(trx, merchant.id, now.billingMonth);
          if (stage === 'closed') {
            const place = { cycleId, decisionId: decided.id };
            return await correctByLateResult(trx, { ...context, exchange: now }, place);
          }
          if (staged === undefined) throw new Error('a closed month does not open again');
          await mergeResult(trx, { ...context, exchange: now }, staged);
          return null;
        });
      try {
        // Paygent writes レスポンス詳細 in Japanese, in Windows' encoding.
        const encoding = await detectEncoding(files.result());
        const said = await withHeartbeat(async (): Promise<IngestedResult> => {
          const late = await retryMerge(() => merge(encoding));
          if (late !== null) return late;
          await refreshStatistics(deps.db, exchange.records, [
            exchange.kind === 'capture' ? 'ending_results' : 'outcomes',
            'result_lines',
          ]);
          // After the lock: meanwhile another file may be merged.
          const summary = await summarizeResult(deps.db, merchant.id, exchange.id);
          if (summary === undefined) throw new Error('a result has a verdict for every sent line');
          return { ...summary, corrections: null };
        });
        // Also of an earlier try, which may have died before this.
        if ((said.corrections?.rows ?? 0) > 0) await deps.workflows.wakeMail(merchant);
        const { tells } = of;
        if (tells === undefined) return said;
        const file = await withHeartbeat(() => tellOfExchange(deps, { ...of, tells }));
        return { ...said, file };
      } catch (error) {
        if (error instanceof WrongResultFileError || error instanceof UnusableFileError) {
          throw refusal(
            'WrongResultFile',
            `${error.ja}。このファイルは保存しましたが、取り込んでいません。`,
            error.code,
          );
        }
        throw asRefusal(error);
      }
    },
  };
}

/**
 * A file that was settled or rejected may still get a result: the PSP did something after all, and
 * only the contradiction shows it.
 */
function refuseUnaccepted(exchange: Exchange): void {
  if (exchange.stage === 'awaiting_result' || isFinishedExchange(exchange.stage)) return;
  throw refusal(
    'StageConflict',
    '受付番号がまだ記録されていません。何も変更していません。受付番号を記録してから結果ファイルを取り込んでください。',
  );
}

/** A file that bills the same orders again has the same columns: only the bytes tell them apart. */
function refuseOtherResult({ billingMonth, kind, number }: ExchangeName): Error {
  return refusal(
    'WrongResultFile',
    `このファイルは ${billingMonth} の ${kind}-${number} の結果として取り込み済みです。何も変更していません。受付番号を確かめ、このファイルの結果を取り込んでください。`,
    'other_exchange',
  );
}
