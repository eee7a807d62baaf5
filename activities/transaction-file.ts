import type { CycleStage } from '../billing/cycle.ts';
import type { ExchangeName } from '../billing/exchange.ts';
import { explainNothingBuilt } from '../billing/rebuilt-files.ts';
import { readCycleFacts } from '../db/queries/cycle-facts.ts';
import { listExchanges, requireExchange } from '../db/queries/exchanges.ts';
import type { Act, OfCycle } from './acts.ts';
import { type BilledKind, type BuiltFiles, buildFiles } from './build-files.ts';
import { decide } from './decide.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { startFilesOfMonth } from './exchange-turns.ts';
import { asRefusal, refusal } from './failures.ts';
import { withHeartbeat } from './heartbeat.ts';
import { loadMerchant } from './merchant.ts';
import { requireOpenCycle } from './open-cycle.ts';

export function createTransactionFileActivities(deps: ActivityDependencies) {
  return {
    /**
     * Builds files of all charges that wait for one, up to the first that is not cleared: then the
     * month has to show what it bills again.
     *
     * @param of `starts`: the files' workflows, too. Left out by runs of older versions, which do it by
     *   a step of their own
     */
    async buildFiles(
      of: OfCycle & { kind: BilledKind; starts?: boolean },
    ): Promise<BuiltFiles & { started?: boolean }> {
      return await withHeartbeat(async () => {
        if (of.starts !== true) return await buildFiles(deps, of, { askedAt: null });
        const merchant = await loadMerchant(deps, of.merchant);
        // A file need not wait for the next one: it is on its way while that is built.
        const built = await buildFiles(deps, of, { askedAt: null }, (file) =>
          deps.workflows.startExchange(merchant, file),
        );
        // Also those of an earlier try, which may have died between the file and its workflow.
        await startFilesOfMonth(deps, of);
        return { ...built, started: true };
      });
    },

    /** Builds files of what a cancelled one carried and nobody holds back. */
    async buildReturnedFiles(
      of: OfCycle & { exchange: ExchangeName & { kind: BilledKind } },
    ): Promise<{ files: number }> {
      const merchant = await loadMerchant(deps, of.merchant);
      const { id: returnedFrom } = await requireExchange(deps.db, merchant.id, of.exchange);
      const { kind } = of.exchange;
      const which = { returnedFrom };
      const { files } = await withHeartbeat(() => buildFiles(deps, { ...of, kind }, which));
      return { files };
    },

    /** A person wants new files for what was rejected or refused. */
    async rebuildFiles(
      of: OfCycle & { workflowId: string; act: Act; kind: 'auth' | 'capture' },
    ): Promise<{ files: number; why: string | null }> {
      const merchant = await loadMerchant(deps, of.merchant);
      let askedAt = of.now;
      try {
        await deps.db.transaction().execute(async (trx) => {
          const decision = await decide(trx, merchant.id, of, {
            act: 'rebuild-files',
            body: { kind: of.kind },
          });
          askedAt = decision.decidedAt;
          if (!decision.fresh) return;
          const { stage } = await requireOpenCycle(trx, merchant.id, of.month);
          if (!REBUILDING_STAGES.includes(stage)) {
            throw refusal(
              'StageConflict',
              'いまはファイルを作り直せません。何も変更していません。差し戻しや売上NGが起きてから実行してください。',
            );
          }
        });
      } catch (error) {
        throw asRefusal(error);
      }
      // What is not cleared waits: the month finds that it was asked for.
      const built = await withHeartbeat(() => buildFiles(deps, of, { askedAt }));
      if (built.files > 0) return { files: built.files, why: null };
      const exchanges = await listExchanges(deps.db, merchant.id, of.month);
      const facts = await readCycleFacts(deps.db, merchant.id, of.month, of.now);
      const asked = { kind: of.kind, files: exchanges, uncleared: built.uncleared };
      return { files: 0, why: explainNothingBuilt(asked, facts) };
    },
  };
}

/** Before them a month builds its files itself. */
const REBUILDING_STAGES: readonly CycleStage[] = [
  'awaiting_approval',
  'awaiting_result',
  'capturing',
  'working_ng',
];
